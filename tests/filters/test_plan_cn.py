"""China's plan is data, and every class of it is proven by its samples."""

import pytest

from filters.number import read_number
from filters.plan import Form, NumberClass
from filters.plans import PLANS
from filters.plans.cn import CN

CLASSES = [
    (plan, number_class) for plan in PLANS.values() for number_class in (*plan.classes, plan.landline, plan.local)
]
IDS = [f"{plan.country} {number_class.name} {number_class.begins[0]}" for plan, number_class in CLASSES]


@pytest.mark.parametrize(("plan", "number_class"), CLASSES, ids=IDS)
def test_class_has_samples_of_each_kind(plan: object, number_class: NumberClass) -> None:
    assert len(number_class.samples) >= 2
    assert len(number_class.counter_samples) >= 2


def test_samples_are_of_their_class_and_counter_samples_are_not() -> None:
    for plan, number_class in CLASSES:
        for sample in number_class.samples:
            assert number_class.classes <= read_number(sample, country=plan.country).classes, sample
        for sample in number_class.counter_samples:
            found = plan.class_of(sample)
            assert found is not number_class, sample
            if number_class in (plan.landline, plan.local):
                assert number_class.name not in read_number(sample, country=plan.country).classes, sample


def test_every_beginning_leads_to_its_class_and_to_a_key_of_its_form() -> None:
    for number_class in CN.classes:
        for begin in number_class.begins:
            keys = {
                read_number(digits).key
                for length in number_class.lengths
                for digits in (begin.ljust(length, "5"),)
                if CN.class_of(digits) is number_class
            }
            assert keys, begin
            assert all(key.startswith("+86" if number_class.form is Form.SUBSCRIBER else "CN:") for key in keys), begin


def test_no_area_code_begins_another_and_none_begins_a_country_code_short_cut() -> None:
    assert len(CN.areas) >= 310
    for code, area in CN.areas.items():
        assert code == area.code
        assert area.region
        assert area.lengths <= {7, 8}
        assert not any(other != code and other.startswith(code) for other in CN.areas)
        assert not code.startswith(CN.calling_code)


def test_carrier_prefixes_have_one_length_and_are_no_beginning_of_a_full_number() -> None:
    assert {len(prefix) for prefix in CN.carriers} == {5}


def test_plan_says_its_version_and_country() -> None:
    assert (CN.country, CN.calling_code) == ("CN", "86")
    year, month = CN.version.split("-")
    assert int(year) >= 2026
    assert 1 <= int(month) <= 12

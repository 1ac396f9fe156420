"""The presets for China do what they say, and never cost a shop the calls that it needs."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from filters.call import Call
from filters.decide import decide
from filters.directories import DIRECTORIES
from filters.directory import find
from filters.facts import Facts
from filters.number import read_number
from filters.plan import Form
from filters.plans.cn import CN
from filters.policy import Policy
from filters.presets import PRESETS, Preset
from filters.shop import Shop
from filters.verdict import Action, Verdict

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
SHANGHAI = Shop("CN", "021")
MAILBOX = "100@default"


def policy(*presets: Preset, shop: Shop = SHANGHAI) -> Policy:
    return Policy(rules=tuple(replace(one.rule, enabled=True) for one in presets), shop=shop, mailbox=MAILBOX)


ALL = policy(*PRESETS)


def judged(caller: str, settings: Policy) -> Verdict:
    number = read_number(caller, country=settings.shop.country, area=settings.shop.area)
    return decide(Call(caller, NOW), number, Facts(), settings)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.rule.name)
def test_preset_is_switched_off_and_has_samples_of_both_kinds(preset: Preset) -> None:
    assert not preset.rule.enabled
    assert preset.about.endswith(".")
    assert len(preset.samples) >= 2
    assert len(preset.counter_samples) >= 2


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.rule.name)
def test_preset_is_about_its_samples_and_not_about_their_likes(preset: Preset) -> None:
    alone = policy(preset)
    assert not alone.faults
    for caller in preset.samples:
        assert judged(caller, alone).rule == preset.rule.name, caller
        assert judged(caller, alone).action is preset.rule.action
    for caller in preset.counter_samples:
        assert judged(caller, alone).rule != preset.rule.name, caller


def test_only_impossible_numbers_are_rejected() -> None:
    assert [one.rule.name for one in PRESETS if one.rule.action is Action.REJECT] == ["impossible-numbers"]


def test_presets_have_names_of_their_own() -> None:
    assert len({one.rule.name for one in PRESETS}) == len(PRESETS)


def test_with_all_presets_on_every_number_in_the_directory_rings() -> None:
    numbers = [number for group in DIRECTORIES["CN"] for number, _, _ in group.rows]
    assert len(numbers) >= 250
    for number in numbers:
        for spelling in (number, f"010{number}") if find("CN", read_number(f"010{number}").key) else (number,):
            verdict = judged(spelling, ALL)
            assert (verdict.action, verdict.label) == (Action.ALLOW, ""), spelling


BEFORE = ("+86", "86", "0", "021")
"""What carriers put before numbers."""


@pytest.mark.parametrize("before", BEFORE)
def test_with_all_presets_on_no_number_in_the_directory_is_rejected_for_what_a_carrier_puts_before_it(
    before: str,
) -> None:
    numbers = [number for group in DIRECTORIES["CN"] for number, _, _ in group.rows]
    assert [number for number in numbers if judged(before + number, ALL).action is Action.REJECT] == []


@pytest.mark.parametrize("before", BEFORE)
def test_with_all_presets_on_no_short_or_service_number_is_rejected_for_what_a_carrier_puts_before_it(
    before: str,
) -> None:
    classes = [one for one in CN.classes if one.form is not Form.SUBSCRIBER or "service" in one.classes]
    samples = [sample for one in classes for sample in one.samples]
    assert len(samples) >= 60
    assert [sample for sample in samples if judged(before + sample, ALL).action is Action.REJECT] == []


@pytest.mark.parametrize("begin", ["953", "955", "956", "95588"])
def test_with_all_presets_on_no_number_is_rejected_for_the_digits_behind_a_bank_or_courier(begin: str) -> None:
    for size in range(len(begin), 16):
        assert judged(begin.ljust(size, "3"), ALL).action is not Action.REJECT


@pytest.mark.parametrize(
    "caller",
    ["110", "120", "021110", "12345", "02112345", "12306", "96110", "95338", "95311", "95588", "01095588", "10086"],
)
def test_with_all_presets_on_authorities_banks_and_couriers_ring(caller: str) -> None:
    verdict = judged(caller, ALL)
    assert (verdict.action, verdict.label) == (Action.ALLOW, "")


def test_with_all_presets_on_every_mobile_and_landline_in_use_rings() -> None:
    samples = [
        sample
        for one in (*CN.classes, CN.landline, CN.local)
        for sample in one.samples
        if one.classes & {"mobile", "landline", "landline-local", "iot", "toll-free", "regional", "company"}
    ]
    assert len(samples) >= 20
    assert {judged(sample, ALL).action for sample in samples} == {Action.ALLOW}


def test_preset_that_needs_the_shops_area_says_so_where_it_is_not_set() -> None:
    nowhere = policy(*PRESETS, shop=Shop("CN"))
    assert [(fault.rule, fault.place) for fault in nowhere.faults] == [
        ("landlines-of-other-provinces", ("unless", "region"))
    ]
    assert "set your area code" in nowhere.faults[0].text
    assert judged("01061234567", nowhere).action is Action.ALLOW

import json
import string
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfilter.store.record import (
    ALPHABET,
    CallIds,
    CallRecord,
    floor_of,
    format_id,
    parse_id,
    record_of,
)
from filters.call import Call
from filters.number import Number
from filters.verdict import Action, Reason, Signal, Step, Verdict
from tests.callfilter.store.records import RECORD, START

hostile = st.text(st.characters(), max_size=40) | st.sampled_from(
    [
        "\ud800",
        "a\x00b",
        "line\nline",
        "${SHELL(id)}",
        "\u202eevil",
        "'; DROP TABLE calls; --",
        "\\udcff",
        "\u2028",
        "😀",
    ]
)
whole_ids = st.integers(0, 2**50 - 1)
records = st.builds(
    CallRecord,
    id=whole_ids,
    at=st.datetimes(timezones=st.timezones() | st.just(UTC), min_value=datetime(1971, 1, 1)).map(  # noqa: DTZ001 - zones are drawn
        lambda at: at.astimezone(UTC)
    ),
    **dict.fromkeys(
        (
            *("unique_id", "caller", "name", "key", "display", "country", "region", "did", "trunk", "channel"),
            *("redirecting", "rule", "target", "label", "source"),
        ),
        hostile,
    ),
    classes=st.frozensets(hostile, max_size=4),
    action=st.sampled_from(Action),
    reason=st.sampled_from(Reason),
    signal=st.none() | st.sampled_from(Signal),
    trace=st.lists(
        st.builds(Step, hostile, hostile, st.booleans(), st.none() | st.sampled_from(Action)), max_size=4
    ).map(tuple),
    milliseconds=st.floats(0, 1e6),
)


@given(records)
def test_a_record_survives_its_line_whatever_the_caller_wrote(record: CallRecord) -> None:
    line = record.to_line()
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert CallRecord.from_line(line) == record


@given(records, st.data())
def test_a_torn_line_is_refused(record: CallRecord, data: st.DataObject) -> None:
    line = record.to_line()
    with pytest.raises(ValueError, match=r"."):
        CallRecord.from_line(line[: data.draw(st.integers(0, len(line) - 2))])


@given(st.binary(max_size=60))
def test_garbage_is_refused_and_never_crashes(garbage: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        CallRecord.from_line(garbage)


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000,
        b"null\n",
        b"{}\n",
        RECORD.to_line().replace(b'"milliseconds":0.25', b'"milliseconds":NaN'),
        RECORD.to_line().replace(b'"signal":603', b'"signal":200'),
        RECORD.to_line().replace(b'"trace":[[', b'"trace":[7,['),
        RECORD.to_line().replace(b'"classes":[', b'"classes":[1,'),
        RECORD.to_line().replace(b'"at":', b'"at":99999'),
        RECORD.to_line().replace(b'"id":', b'"id":99999999'),
        RECORD.to_line().replace(b'"caller":', b'"caller":null,"other":'),
    ],
)
def test_a_line_with_a_wrong_value_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        CallRecord.from_line(line)


def test_a_record_tells_the_call_the_number_and_the_verdict() -> None:
    call = Call(
        caller=RECORD.caller,
        at=START,
        name=RECORD.name,
        did=RECORD.did,
        trunk=RECORD.trunk,
        channel=RECORD.channel,
        unique_id=RECORD.unique_id,
    )
    number = Number(RECORD.caller, RECORD.key, RECORD.display, RECORD.classes, RECORD.country, RECORD.region)
    verdict = Verdict(Action.REJECT, Reason.BLOCKED, RECORD.rule, Signal.DECLINE, trace=RECORD.trace, milliseconds=0.25)
    assert record_of(call, number, verdict, RECORD.id, "fastagi") == RECORD


def test_ids_grow_even_when_the_clock_goes_back() -> None:
    ids = CallIds(process=511)
    times = [START, START, START - timedelta(hours=23), START + timedelta(milliseconds=1), START - timedelta(hours=1)]
    given_ids = [ids.next(at) for at in times]
    assert given_ids == sorted(set(given_ids))


def test_ids_follow_a_clock_that_was_days_ahead_and_none_is_given_twice() -> None:
    ids = CallIds(process=7)
    ahead = [ids.next(START + timedelta(milliseconds=n)) for n in range(50)]
    ids.next(START + timedelta(days=365))
    again = [ids.next(START + timedelta(milliseconds=n)) for n in range(50)]
    assert not set(ahead) & set(again)
    assert again == sorted(again)
    assert floor_of(START) <= again[0] < floor_of(START + timedelta(milliseconds=1))


@pytest.mark.parametrize("year", [1970, 2000, 2024, 2094, 2095, 9998])
def test_ids_of_a_clock_that_nobody_has_set_differ_and_can_be_shown(year: int) -> None:
    at = datetime(year, 12, 31, 23, 59, tzinfo=UTC)
    found = {CallIds(process=1).next(at + timedelta(milliseconds=n)) for n in range(100)}
    assert len(found) == 100
    assert all(parse_id(format_id(one)) == one for one in found)


def test_words_that_this_callfilter_does_not_know_stay_as_they_stand_in_a_row() -> None:
    row = RECORD.to_row() | {"action": "hypnotise", "reason": "oracle", "signal": 600, "classes": '["martian"]'}
    row["trace"] = '[["omens","a crow would have said hypnotise",false,"hypnotise"]]'
    record = CallRecord.from_row(row)
    assert (record.action, record.reason, record.signal) == ("hypnotise", "oracle", 600)
    assert record.classes == {"martian"}
    assert record.trace == (Step("omens", "a crow would have said hypnotise", matched=False),)
    assert record.to_row()["action"] == "hypnotise"


@pytest.mark.parametrize(
    "damage", [{"trace": "[7]"}, {"trace": "{"}, {"classes": "[1]"}, {"at": None}, {"signal": "x"}]
)
def test_a_damaged_row_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        CallRecord.from_row(RECORD.to_row() | damage)


def test_ids_of_scripts_in_the_same_millisecond_differ() -> None:
    assert len({CallIds(process=pid).next(START) for pid in range(4000, 4500)}) == 500


def test_an_id_holds_its_millisecond() -> None:
    assert floor_of(START) <= CallIds(process=77).next(START) < floor_of(START + timedelta(milliseconds=1))
    assert floor_of(datetime(1970, 1, 1, tzinfo=UTC)) == 0


@given(whole_ids)
def test_an_id_survives_being_shown(call_id: int) -> None:
    shown = format_id(call_id)
    assert len(shown) == 10
    assert set(shown) <= set(ALPHABET)
    assert parse_id(shown) == parse_id(f" {shown.lower()} ") == call_id


def test_ids_sort_alike_as_numbers_and_as_text() -> None:
    ids = CallIds()
    shown = [format_id(ids.next(START + timedelta(days=n))) for n in range(3000)]
    assert shown == sorted(shown)


def test_letters_that_look_like_digits_are_understood() -> None:
    assert parse_id("oOiIlL0101") == parse_id("0011110101")


@pytest.mark.parametrize(
    "text", ["", "123", "ABCDEFGHJU", "12345678901", "１２３４５６７８９０", "ABCDE-FGHJ", *string.punctuation]
)
def test_what_is_no_id_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="no call id"):
        parse_id(text)


@pytest.mark.parametrize("call_id", [-1, 2**50])
def test_a_number_that_ten_characters_cannot_hold_is_refused(call_id: int) -> None:
    with pytest.raises(ValueError, match="50 bits"):
        format_id(call_id)


def test_what_a_call_needs_imports_neither_asyncio_nor_sqlalchemy() -> None:
    code = (
        "import sys, callfilter.store.record, callfilter.store.lookup, callfilter.store.direct\n"
        "print(*sorted({'asyncio', 'aiosqlite', 'sqlalchemy', 'alembic', 'pydantic'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert shown.stdout.strip() == ""


def test_a_line_of_an_older_callfilter_is_read_without_a_policy_version() -> None:
    fields = json.loads(RECORD.to_line())
    del fields["policy_version"]
    assert CallRecord.from_line(json.dumps(fields).encode() + b"\n") == RECORD
    judged = replace(RECORD, policy_version=3)
    assert CallRecord.from_line(judged.to_line()) == judged
    assert CallRecord.from_row(judged.to_row()) == judged

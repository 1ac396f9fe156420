import asyncio
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callfilter.cli.say import harmless
from callfilter.store.database import open_database
from callfilter.store.items import Item, statements_for
from callfilter.store.outcome import Answered, Ended, VoicemailSaved
from callfilter.store.record import CallRecord, format_id
from filters.verdict import Action, Reason
from tests.callfilter.cli.shop import Shop
from tests.callfilter.store.records import START, Maker

HOSTILE = "[red]\x1b[2J\n\u202egnp.exe,${SHELL(id)}"


def write(shop: Shop, items: Iterable[Item]) -> None:
    async def store() -> None:
        async with await open_database(shop.database) as database, database.begin() as connection:
            for sql, rows in statements_for(items):
                for row in rows:
                    await connection.exec_driver_sql(sql, row)

    asyncio.run(store())


@pytest.fixture
def records(shop: Shop) -> list[CallRecord]:
    make = Maker()
    now = datetime.now(UTC)
    calls = [
        make(),
        make(name=HOSTILE, caller=HOSTILE, did="02161234567"),
        make(action=Action.ALLOW, reason=Reason.DEFAULT, signal=None, rule="", key="+8613900139000", at=now),
    ]
    write(
        shop,
        [
            *calls,
            Answered(calls[2].id, now),
            Ended(calls[2].id, now + timedelta(seconds=32), 16, 32.4),
            VoicemailSaved(calls[1].id, "100@default", "/spool/msg0000", 9.0),
            Ended(calls[0].id, START, 21),
        ],
    )
    return calls


def test_the_table_shows_each_call_newest_first(shop: Shop, records: list[CallRecord]) -> None:
    result = shop("log")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert len(lines) == 4
    assert [line.split()[0] for line in lines[1:]] == [format_id(record.id) for record in reversed(records)]
    assert "talked 32 s" in lines[1]
    assert "message of 9 s in 100@default" in lines[2]
    assert "not answered (21)" in lines[3]
    assert "王小明" in lines[3]


def test_what_callers_wrote_moves_no_terminal(shop: Shop, records: list[CallRecord]) -> None:
    for result in (shop("log"), shop("log", "show", format_id(records[1].id))):
        assert all(line.isprintable() for line in result.out.splitlines())
        assert "[red]" in result.out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--action", "allow"], [2]),
        (["--caller", "13900139000"], [2]),
        (["--caller", "+86 138 0013 8000"], [1, 0]),
        (["--since", "2h"], [2]),
        (["--since", "2026-03-01"], [2, 1, 0]),
        (["--since", "999999w"], [2, 1, 0]),
        (["--to", "02161234567"], [1]),
        (["--limit", "1"], [2]),
        (["--action", "voicemail"], []),
    ],
)
def test_options_narrow_the_log(shop: Shop, records: list[CallRecord], options: list[str], expected: list[int]) -> None:
    result = shop("log", "--json", *options)
    assert [call["id"] for call in result.json] == [format_id(records[index].id) for index in expected]


def test_the_json_of_a_call_is_that_of_a_check_and_more(shop: Shop, records: list[CallRecord]) -> None:
    (call,) = shop("log", "--action", "allow", "--json").json
    checked = shop("check", "13900139000", "--json").json
    shown = shop("log", "show", call["id"], "--json").json
    for part in ("number", "verdict"):
        assert list(shown[part]) == list(checked[part])
    assert list(checked) == [key for key in shown if key in checked]
    assert call["outcome"]["answered"] is True
    assert call["outcome"]["talk_seconds"] == 32.4
    assert datetime.fromisoformat(call["at"]) == records[2].at
    del shown["number"]["reading"], shown["rules"], shown["notes"]
    assert shown == call


def test_showing_a_call_has_its_trace(shop: Shop, records: list[CallRecord]) -> None:
    result = shop("log", "show", format_id(records[0].id).lower())
    assert result.code == 0
    assert "own numbers" in result.out
    assert "+86138*" in result.out


RULES = """
[[rule]]
name = "pest"
when = { calls = "3 in 10 minutes" }
action = "reject"

[[rule]]
name = "idea"
mode = "observe"
when = { class = "mobile" }
action = "screen"
"""


def apply(shop: Shop, text: str) -> None:
    file = shop.config.with_name("policy.toml")
    file.write_text(text, encoding="utf-8")
    assert shop("policy", "apply", str(file)).code == 0


def change(shop: Shop, record: CallRecord, **values: object) -> None:
    with closing(sqlite3.connect(shop.database)) as connection:
        for column, value in values.items():
            connection.execute(f"UPDATE calls SET {column} = ? WHERE id = ?", (value, record.id))
        connection.commit()


def test_a_call_is_explained_by_the_version_that_judged_it_and_the_log_as_it_was(shop: Shop) -> None:
    make = Maker()
    calls = [make(policy_version=1), make(policy_version=1), make(policy_version=1), make(policy_version=1)]
    write(shop, calls)
    apply(shop, RULES)
    apply(shop, "")
    rules = [
        [(step["check"].split("; ", 1)[1], step.get("would")) for step in told["rules"]]
        for told in (shop("log", "show", format_id(call.id), "--json").json for call in calls[1:3])
    ]
    observes = ("matches; it only observes, and would have said screen", "screen")
    assert rules == [
        [("no, since this is not so: calls 3 in 10 minutes", None), observes],
        [("matches", None), observes],
    ]
    told = shop("log", "show", format_id(calls[2].id)).out
    assert "rule 'pest': calls 3 in 10 minutes; matches" in told
    assert "not reached: rules for everyone, expecting" in told
    assert "0 is the trunk prefix; a full number of CN; so the key is +8613800138000" in told


def test_a_score_is_added_up_again_from_what_the_log_knew_then(shop: Shop) -> None:
    make = Maker()
    calls = [make(policy_version=1, did=str(n)) for n in range(9)]
    write(shop, calls)
    apply(shop, '[[rule]]\nname = "scored"\nwhen = { score = "2.5-" }\naction = "screen"\n')
    first, last = (shop("log", "show", format_id(call.id), "--json").json["rules"] for call in (calls[0], calls[-1]))
    assert [step["matched"] for step in (*first, *last)] == [False, True]


def test_a_version_that_is_not_there_any_more_is_a_sentence(shop: Shop) -> None:
    record = Maker()(policy_version=7)
    write(shop, [record])
    apply(shop, RULES)
    told = shop("log", "show", format_id(record.id), "--json").json
    assert told["notes"] == ["version 7 of the policy is not in the database any more"]
    assert told["rules"] == []


def test_a_version_that_cannot_be_read_any_more_is_a_sentence(shop: Shop) -> None:
    record = Maker()(policy_version=1)
    write(shop, [record])
    apply(shop, RULES)
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.execute("UPDATE policy_versions SET text = 'later = true'")
        connection.commit()
    told = shop("log", "show", format_id(record.id))
    assert told.code == 0
    assert "Note: version 1 of the policy cannot be used (line 1: " in " ".join(told.out.split())


def test_what_was_not_logged_then_is_said(shop: Shop) -> None:
    record = Maker()(policy_version=1, attestation=None)
    write(shop, [record])
    apply(shop, '[[rule]]\nname = "signed"\nwhen = { attestation = "A" }\naction = "allow"\n')
    (note,) = shop("log", "show", format_id(record.id), "--json").json["notes"]
    assert note.startswith("what the carrier vouched for was not logged")


def test_settings_that_changed_since_are_said(shop: Shop) -> None:
    record = Maker()(caller="913800138000")
    write(shop, [record])
    told = shop("log", "show", format_id(record.id), "--json").json
    assert told["notes"] == ["the settings have changed: the call was judged as +8613800138000"]
    shop.settings('[trunks.telecom]\nstrip = ["9"]')
    assert shop("log", "show", format_id(record.id), "--json").json["notes"] == []


def test_a_screening_and_what_was_vouched_for_are_shown(shop: Shop) -> None:
    record = Maker()(attestation="A")
    write(shop, [record])
    change(shop, record, screened="failed", screen_tries=3)
    told = shop("log", "show", format_id(record.id), "--json").json
    assert (told["attestation"], told["outcome"]["screened"], told["outcome"]["screen_tries"]) == ("A", "failed", 3)
    shown = " ".join(shop("log", "show", format_id(record.id)).out.split())
    assert "screening failed, asked 3 times" in shown
    assert "vouched for A" in shown


def test_a_row_of_another_callfilter_is_shown_with_its_words_as_they_stand(shop: Shop) -> None:
    make = Maker()
    calls = [make(), make()]
    write(shop, calls)
    change(
        shop,
        calls[0],
        action="hypnotise\x1b[2J",
        reason="oracle",
        classes='["martian"]',
        trace='[["omens","a crow would have said hypnotise",true,"hypnotise"]]',
    )
    table = shop("log")
    assert (table.code, len(table.out.splitlines())) == (0, 3)
    assert "oracle" in table.out
    told = shop("log", "show", format_id(calls[0].id))
    assert told.code == 0
    assert "martian" in told.out
    assert "a crow would have said hypnotise" in told.out
    assert all(line.isprintable() for line in (table.out + told.out).splitlines())
    assert shop("log", "--json").json[1]["verdict"]["reason"] == "oracle"


def test_times_in_the_log_say_their_zone(shop: Shop, records: list[CallRecord]) -> None:
    assert {call["at"][-6:] for call in shop("log", "--json").json} == {"+00:00"}


def test_a_call_of_a_clock_far_ahead_is_shown(shop: Shop) -> None:
    write(shop, [Maker()(at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC))])
    assert "9999-12-31" in shop("log").out


def names(value: dict[str, Any]) -> set[str]:
    return {
        f"{key}.{inner}" if isinstance(held, dict) else key
        for key, held in value.items()
        for inner in (held if isinstance(held, dict) else [""])
    }


def test_every_name_in_the_json_is_in_the_docs_and_no_other(shop: Shop, records: list[CallRecord]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "reasons.md").read_text("utf-8").partition("## As JSON\n")[2]
    shown = shop("log", "show", format_id(records[0].id), "--json").json
    told = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    assert set(told) == names(shown)
    of_check = page.partition("Of calls in the log")[0]
    checked = shop("check", "13800138000", "--json").json
    assert set(re.findall(r"^\| `([^`]+)` \|", of_check, re.MULTILINE)) == names(checked)


def test_a_call_that_is_not_there_is_a_no(shop: Shop, records: list[CallRecord]) -> None:
    result = shop("log", "show", "0000000000")
    assert result.code == 1
    assert result.is_one_sentence()


def test_an_empty_log_says_so(shop: Shop) -> None:
    write(shop, [])
    assert shop("log").out == "No such calls.\n"
    assert shop("log", "--json").json == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "xyz"],
        ["show", "\x1b[2J"],
        ["show"],
        ["--since", "yesterday"],
        ["--action", "fly"],
        ["--limit", "0"],
        ["--limit", "x"],
        ["nonsense"],
    ],
)
def test_wrong_input_is_one_sentence(shop: Shop, records: list[CallRecord], arguments: list[str]) -> None:
    result = shop("log", *arguments)
    assert result.code == 2
    assert result.is_one_sentence()


def test_without_a_database_it_says_so(shop: Shop) -> None:
    result = shop("log")
    assert result.code == 2
    assert result.is_one_sentence()
    assert not shop.database.exists()


def test_a_did_has_its_name(shop: Shop, records: list[CallRecord]) -> None:
    shop.settings('[dids."02161234567"]\nname = "front desk"')
    assert "02161234567 front desk" in shop("log", "--to", "02161234567").out


def test_harmless_text_stays_as_it_is() -> None:
    assert harmless("王小明 & Co. 😀") == "王小明 & Co. 😀"
    assert harmless("a\nb\u202e\udcff") == "a\\nb\\u202e\\udcff"

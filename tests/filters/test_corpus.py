"""Every call in tests/calls/ ends as its line says. A file may be extended without reading this one."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from filters.call import Call
from filters.decide import decide
from filters.facts import Facts, OwnEntry
from filters.number import read_number, read_prefix
from filters.policy import Policy
from filters.verdict import Action, Signal

ARRIVAL = datetime(2026, 6, 1, 9, tzinfo=UTC)
FOLDER = Path(__file__).parents[1] / "calls"
FILES = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
CASES = [(name, case) for name, content in FILES.items() for case in content["cases"]]


def own_entry(told: Mapping[str, Any]) -> OwnEntry:
    text = told["entry"]
    is_prefix = text.endswith("*")
    key = read_prefix(text) if is_prefix else read_number(text).key
    return OwnEntry(key, is_prefix, Action(told["action"]), expires_at=told.get("expires"))


def policy(told: Mapping[str, Any]) -> Policy:
    known = Policy(mailbox=told.get("mailbox", ""), mailboxes=told.get("mailboxes", {}))
    return replace(
        known,
        protected=frozenset(told.get("protected", ())),
        own_lines=frozenset(told.get("own_lines", ())),
        anonymous=Action(told.get("anonymous", "allow")),
        invalid=Action(told.get("invalid", "allow")),
    )


@pytest.mark.parametrize(("file", "case"), CASES, ids=[f"{file}: {case['name']}" for file, case in CASES])
def test_call_ends_as_the_corpus_says(file: str, case: Mapping[str, Any]) -> None:
    content = FILES[file]
    withheld = case.get("withheld", False)
    number = read_number(
        case["caller"],
        country=case.get("country", "CN"),
        area=case.get("area", ""),
        strip=case.get("strip", ()),
        withheld=withheld,
    )
    call = Call(case["caller"], ARRIVAL, name=case.get("caller_name", ""), withheld=withheld, did=case.get("did", ""))
    own = tuple(own_entry(told) for told in content.get("own", ()))
    verdict = decide(call, number, Facts(own), policy(case.get("policy", content.get("policy", {}))))

    assert (number.key, verdict.action, verdict.reason) == (case["key"], case["action"], case["reason"])
    assert (verdict.signal is Signal.DECLINE) == (verdict.action is Action.REJECT)
    assert bool(verdict.target) == (verdict.action is Action.VOICEMAIL)
    assert verdict.target == case.get("target", verdict.target)
    assert verdict.trace


def test_corpus_is_large_and_mostly_of_calls_that_must_not_be_lost() -> None:
    passed = [case for _, case in CASES if case["action"] == "allow"]
    assert len(CASES) >= 120
    assert len(passed) * 2 >= len(CASES)

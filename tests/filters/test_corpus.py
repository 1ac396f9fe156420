"""Every call in tests/calls/ ends as its line says. A file may be extended without reading this one."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from filters.call import Call
from filters.decide import decide
from filters.facts import Bond, Expecting, Facts, History, OwnEntry, PastCall, Surroundings, Trusted
from filters.number import read_number, read_prefix
from filters.policy import Policy
from filters.policy_text import rules_from
from filters.presets import PRESETS
from filters.schedule import Window
from filters.shop import Shop
from filters.suspicion.settings import STEPS, read_suspicion
from filters.suspicion.symbols import SYMBOLS
from filters.suspicion.watches import Watch
from filters.verdict import Action, Reason, Verdict

ARRIVAL = datetime(2026, 6, 1, 9, tzinfo=UTC)
FOLDER = Path(__file__).parents[1] / "calls"
FILES = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
CASES = [(name, case) for name, content in FILES.items() for case in content["cases"]]


def own_entry(told: Mapping[str, Any]) -> OwnEntry:
    text = told["entry"]
    is_prefix = text.endswith("*")
    key = read_prefix(text) if is_prefix else read_number(text).key
    return OwnEntry(key, is_prefix, Action(told["action"]), expires_at=told.get("expires"))


def policy(content: Mapping[str, Any], case: Mapping[str, Any]) -> Policy:
    told = case.get("policy", content.get("policy", {}))
    windows = {name: Window.parse(table) for name, table in told.get("windows", {}).items()}
    shop = Shop(area=told.get("area", case.get("area", "")), zone=ZoneInfo("Asia/Shanghai"), windows=windows)
    rules, faults = rules_from(content, shop)
    assert not faults
    shipped = PRESETS if told.get("presets") == "all" else ()
    return Policy(
        protected=frozenset(told.get("protected", ())),
        own_lines=frozenset(told.get("own_lines", ())),
        anonymous=Action(told.get("anonymous", "allow")),
        invalid=Action(told.get("invalid", "allow")),
        mailbox=told.get("mailbox", ""),
        mailboxes=told.get("mailboxes", {}),
        rules=(*rules, *(replace(preset.rule, enabled=True) for preset in shipped)),
        shop=shop,
        suspicion=suspicion(told.get("suspicion", {})),
    )


def suspicion(told: Mapping[str, Any] | str) -> tuple[Watch, ...]:
    """Steps with their settings, or all of them as they are meant."""
    watches, faults = read_suspicion({name: {} for name in STEPS} if isinstance(told, str) else told)
    assert not faults
    return watches


def past_call(told: Mapping[str, Any], at: datetime) -> PastCall:
    ended = told.get("ended_seconds_ago")
    return PastCall(
        at - timedelta(minutes=told.get("minutes_ago", 0), seconds=told.get("seconds_ago", 0)),
        read_number(told["caller"]).key,
        told.get("did", ""),
        Action(told.get("action", "allow")),
        Reason(told.get("reason", "default")),
        told.get("screened", ""),
        None if ended is None else at - timedelta(seconds=ended),
    )


def surroundings(told: Mapping[str, Any], at: datetime) -> Surroundings:
    """What went on around a caller; `crowd` are so many strangers, each so many seconds before the next."""
    crowd = told.get("crowd", {"count": 0})
    return Surroundings(
        reported=tuple(read_number(caller).key for caller in told.get("reported", ())),
        own=tuple(past_call(one, at) for one in told.get("own", ())),
        block=tuple(past_call(one, at) for one in told.get("block", ())),
        strangers=tuple(
            PastCall(at - timedelta(minutes=crowd["until"], seconds=place * crowd["every"]), f"+861391234{place:04}")
            for place in range(1, crowd["count"] + 1)
        ),
    )


def facts(content: Mapping[str, Any], case: Mapping[str, Any], key: str, at: datetime) -> Facts:
    trusted = next((told for told in content.get("trusted", ()) if read_number(told["caller"]).key == key), None)
    return Facts(
        own=tuple(own_entry(told) for told in content.get("own", ())),
        expecting=tuple(Expecting(**told) for told in content.get("expecting", ())),
        trusted=Trusted(Bond(trusted["bond"]), trusted["at"], trusted.get("expires")) if trusted else None,
        history=History(
            first_at=at - timedelta(days=case["known_for"]) if "known_for" in case else None,
            recent=tuple(at - timedelta(minutes=minutes) for minutes in case.get("minutes_ago", ())),
        ),
        surroundings=surroundings(content["around"][case["around"]] if "around" in case else {}, at),
    )


@pytest.mark.parametrize(("file", "case"), CASES, ids=[f"{file}: {case['name']}" for file, case in CASES])
def test_call_ends_as_the_corpus_says(file: str, case: Mapping[str, Any]) -> None:
    content = FILES[file]
    withheld = case.get("withheld", False)
    settings = policy(content, case)
    number = read_number(
        case["caller"],
        country=case.get("country", "CN"),
        area=settings.shop.area,
        strip=case.get("strip", ()),
        withheld=withheld,
    )
    call = Call(
        case["caller"],
        case.get("at", ARRIVAL),
        name=case.get("caller_name", ""),
        withheld=withheld,
        did=case.get("did", ""),
        trunk=case.get("trunk", ""),
        redirecting=case.get("redirecting", ""),
        attestation=case.get("attestation", ""),
    )
    verdict = decide(call, number, facts(content, case, number.key, call.at), settings)

    assert (number.key, verdict.action, verdict.reason) == (case["key"], case["action"], case["reason"])
    assert (verdict.signal is not None) == (verdict.action in (Action.REJECT, Action.TARPIT))
    if verdict.action is not Action.SCREEN:  # which has a mailbox for those who fail, or none
        assert bool(verdict.target) == (verdict.action in (Action.VOICEMAIL, Action.DIVERT))
    for told in ("rule", "target", "label", "signal", "score"):
        assert told not in case or getattr(verdict, told) == case[told]
    assert "symbols" not in case or symbols_in(verdict) == case["symbols"]
    assert verdict.trace


def symbols_in(verdict: Verdict) -> list[str]:
    """Names of the symbols that the trace gives points for."""
    told = next((step.check for step in verdict.trace if step.score is not None), "")
    names = "|".join(symbol.name for symbol in SYMBOLS)
    return re.findall(rf"(?<=[ ,])({names}) -?[0-9.]+ \(", told)


def test_every_step_of_suspicion_decides_a_call_and_every_symbol_gives_points_to_one() -> None:
    cases = FILES["suspicion"]["cases"]
    assert {case["rule"] for case in cases if case["reason"] == "suspicion"} == set(STEPS)
    told = [name for case in cases for name in case.get("symbols", ())]
    assert set(told) == {symbol.name for symbol in SYMBOLS}


def test_corpus_is_large_and_mostly_of_calls_that_must_not_be_lost() -> None:
    passed = [case for _, case in CASES if case["action"] == "allow"]
    assert len(CASES) >= 300
    assert len(passed) * 2 >= len(CASES)


def test_every_shipped_preset_and_every_reason_has_its_calls() -> None:
    decided = {case.get("rule") for _, case in CASES}
    assert {preset.rule.name for preset in PRESETS} <= decided
    assert {case["reason"] for _, case in CASES} == set(Reason) - {Reason.ERROR}
    assert {case["action"] for _, case in CASES} == set(Action)

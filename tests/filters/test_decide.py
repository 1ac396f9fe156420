from datetime import UTC, datetime, timedelta

import pytest

from filters.call import Call
from filters.decide import CHAPTERS, decide
from filters.facts import Facts, OwnEntry
from filters.number import read_number
from filters.policy import Policy
from filters.verdict import Action, Reason, Signal, Verdict

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
MOBILE = "+8613800138000"


def judged(caller: str, *own: OwnEntry, policy: Policy | None = None, did: str = "") -> Verdict:
    return decide(Call(caller, NOW, did=did), read_number(caller), Facts(own), policy or Policy())


def test_chapters_stand_in_the_order_of_the_design() -> None:
    assert [chapter.name for chapter in CHAPTERS] == [
        *("protected", "own numbers", "rules for everyone", "expecting", "trusted", "rules for strangers"),
        *("suspicion", "default"),
    ]
    assert all(chapter.about.endswith(".") for chapter in CHAPTERS)


def test_trace_names_every_chapter_that_had_something_to_look_at() -> None:
    assert [step.chapter for step in judged("110").trace] == ["protected"]
    stranger = judged("13800138000").trace
    assert [step.chapter for step in stranger] == ["protected", "own numbers", "default"]
    assert [step.matched for step in stranger] == [False, False, True]


def test_trace_says_why_in_plain_words() -> None:
    assert judged("110").trace[-1].check == "110 is an emergency number"
    assert judged("12345").trace[-1].check == "12345 is a public-service number"
    assert judged("13800138000", OwnEntry("+86138", True, Action.REJECT)).trace[-1].check == "+86138* is blocked"
    expired = OwnEntry("+86138", is_prefix=True, action=Action.REJECT, expires_at=NOW - timedelta(1))
    steps = judged("13800138000", expired).trace
    assert [step.check for step in steps][1] == "+86138* covers the caller, but is expired"
    assert not steps[1].matched


def test_an_entry_for_one_number_of_the_shop_decides_there_and_nowhere_else() -> None:
    own = (
        OwnEntry(MOBILE, is_prefix=False, action=Action.REJECT),
        OwnEntry(MOBILE, is_prefix=False, action=Action.ALLOW, did="600"),
    )
    there, elsewhere = (
        decide(Call("13800138000", NOW, did=did), read_number("13800138000"), Facts(own), Policy())
        for did in ("600", "601")
    )
    assert (there.action, there.rule) == (Action.ALLOW, f"{MOBILE} → 600")
    assert (elsewhere.action, elsewhere.rule) == (Action.REJECT, MOBILE)


@pytest.mark.parametrize("signal", Signal)
def test_reject_carries_the_signal_of_the_policy(signal: Signal) -> None:
    verdict = judged("13800138000", OwnEntry(MOBILE, False, Action.REJECT), policy=Policy(signal=signal))
    assert (verdict.action, verdict.reason, verdict.signal) == (Action.REJECT, Reason.BLOCKED, signal)
    assert (verdict.rule, verdict.target) == (MOBILE, "")


def test_label_of_the_entry_is_carried_whatever_it_does() -> None:
    for action in Action:
        entry = OwnEntry(MOBILE, is_prefix=False, action=action, label="VIP")
        assert judged("13800138000", entry, policy=Policy(mailbox="1@box")).label == "VIP"


def test_voicemail_goes_to_the_box_of_the_called_number() -> None:
    entry = OwnEntry(MOBILE, is_prefix=False, action=Action.VOICEMAIL)
    policy = Policy(mailbox="1@box", mailboxes={"600": "6@box"})
    assert judged("13800138000", entry, policy=policy).target == "1@box"
    assert judged("13800138000", entry, policy=policy, did="600").target == "6@box"


def test_voicemail_without_a_box_rings_and_says_so() -> None:
    verdict = judged("13800138000", OwnEntry(MOBILE, False, Action.VOICEMAIL))
    assert (verdict.action, verdict.reason, verdict.rule) == (Action.ALLOW, Reason.BLOCKED, MOBILE)
    assert "no mailbox is configured" in verdict.trace[-1].check


@pytest.mark.parametrize("caller", ["", "138****8000"])
def test_callers_without_a_number_match_no_own_entry(caller: str) -> None:
    entries = [
        OwnEntry(key, prefix, Action.REJECT) for key in ("", "an", "anonymous", "invalid") for prefix in (True, False)
    ]
    assert judged(caller, *entries).action is Action.ALLOW


def test_entry_that_does_not_cover_the_caller_is_not_used() -> None:
    assert judged("13800138000", OwnEntry("+86139", True, Action.REJECT)).reason is Reason.DEFAULT


def test_without_a_last_word_the_call_rings() -> None:
    verdict = decide(Call("", NOW), read_number(""), Facts(), Policy(), chapters=())
    assert (verdict.action, verdict.reason) == (Action.ALLOW, Reason.DEFAULT)

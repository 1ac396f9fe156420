"""Rules among the other chapters: who meets them, in what order, and what becomes of broken ones."""

from datetime import timedelta

import pytest

from filters import directory
from filters.call import Call
from filters.conditions import plan
from filters.explain import broken_rule, every_rule, not_reached
from filters.facts import Bond, Expecting, Facts, History, OwnEntry, Trusted
from filters.number import read_number
from filters.policy import Policy
from filters.rule import Condition, Mode, Rule, Who
from filters.rulebook import words_of
from filters.verdict import Action, Reason, Signal, Step
from tests.filters.rules import NOW, SHOP, judged, rule

MOBILE = "13800138000"
KEY = "+8613800138000"
SOON, AGO = NOW + timedelta(minutes=30), NOW - timedelta(days=3)
EVERYBODY = rule("closed", who=Who.EVERYONE)
STRANGER = rule("strangers", who=Who.STRANGERS)


def test_first_rule_that_matches_decides_and_is_named() -> None:
    verdict = judged(MOBILE, rule("one", prefix="139*"), rule("two", prefix="138*"), rule("three"))
    assert (verdict.action, verdict.reason, verdict.rule) == (Action.REJECT, Reason.RULE, "two")
    assert verdict.trace[-1] == Step("rules for strangers", "rule 'two': number begins with 138*", matched=True)


def test_rule_carries_signal_target_and_label() -> None:
    assert judged(MOBILE, rule(action=Action.REJECT)).signal is Signal.DECLINE
    assert judged(MOBILE, rule(action=Action.REJECT, signal=Signal.BUSY)).signal is Signal.BUSY
    voicemail = judged(MOBILE, rule(action=Action.VOICEMAIL, target="7@shop", label="late"))
    assert (voicemail.action, voicemail.target, voicemail.label) == (Action.VOICEMAIL, "7@shop", "late")
    tarpit = judged(MOBILE, rule(action=Action.TARPIT))
    assert (tarpit.action, tarpit.signal) == (Action.TARPIT, Signal.DECLINE)
    divert = judged(MOBILE, rule(action=Action.DIVERT, target="600@internal"))
    assert (divert.action, divert.target) == (Action.DIVERT, "600@internal")
    screen = judged(MOBILE, rule(action=Action.SCREEN))
    assert (screen.action, screen.target, screen.signal) == (Action.SCREEN, "", None)
    assert judged(MOBILE, rule(action=Action.SCREEN, target="7@shop")).target == "7@shop"


def test_voicemail_of_a_rule_goes_to_the_box_of_the_called_number_or_rings() -> None:
    policy = Policy(rules=(rule(action=Action.VOICEMAIL),), mailbox="1@box", mailboxes={"600": "6@box"})
    assert judged(MOBILE, policy=policy, did="600").target == "6@box"
    verdict = judged(MOBILE, rule(action=Action.VOICEMAIL))
    assert (verdict.action, verdict.reason, verdict.rule) == (Action.ALLOW, Reason.RULE, "it")
    assert "no mailbox is configured" in verdict.trace[-1].check


def test_protected_and_own_numbers_meet_no_rule() -> None:
    allowed = Facts(own=(OwnEntry(KEY, is_prefix=False, action=Action.ALLOW),))
    assert judged("110", EVERYBODY).reason is Reason.PROTECTED
    assert judged(MOBILE, EVERYBODY, facts=allowed).reason is Reason.ALLOWED


def test_rules_for_everyone_come_before_windows_and_trust_and_those_for_strangers_after() -> None:
    expected = Facts(expecting=(Expecting(SOON),))
    trusted = Facts(trusted=Trusted(Bond.TALKED, AGO, SOON))
    for facts, reason in ((expected, Reason.EXPECTING), (trusted, Reason.TRUSTED)):
        assert judged(MOBILE, EVERYBODY, facts=facts).rule == "closed"
        assert judged(MOBILE, STRANGER, facts=facts).reason is reason
    assert judged(MOBILE, STRANGER).rule == "strangers"


@pytest.mark.parametrize(
    ("window", "is_open"),
    [
        (Expecting(SOON), True),
        (Expecting(NOW), False),
        (Expecting(SOON, did="600"), True),
        (Expecting(SOON, did="601"), False),
        (Expecting(SOON, number_class="mobile", note="courier"), True),
        (Expecting(SOON, number_class="landline"), False),
    ],
)
def test_window_is_open_for_its_number_and_class_until_it_ends(window: Expecting, is_open: object) -> None:
    verdict = judged(MOBILE, STRANGER, facts=Facts(expecting=(window,)), did="600")
    assert (verdict.reason is Reason.EXPECTING) is is_open
    assert "expecting" in [step.chapter for step in verdict.trace]


def test_window_says_who_is_expected_and_until_when() -> None:
    verdict = judged(MOBILE, facts=Facts(expecting=(Expecting(SOON, note="courier"),)))
    assert verdict.trace[-1].check == "courier is expected until 2026-06-01 09:30 UTC"
    assert verdict.rule == "courier"


@pytest.mark.parametrize("bond", Bond)
def test_trusted_caller_rings_until_trust_ends(bond: Bond) -> None:
    for expires_at in (None, SOON):
        verdict = judged(MOBILE, STRANGER, facts=Facts(trusted=Trusted(bond, AGO, expires_at)))
        assert (verdict.action, verdict.reason, verdict.rule) == (Action.ALLOW, Reason.TRUSTED, bond)
        assert "on 2026-05-29" in verdict.trace[-1].check
    verdict = judged(MOBILE, STRANGER, facts=Facts(trusted=Trusted(bond, AGO, AGO)))
    assert verdict.rule == "strangers"
    assert "too long ago" in "".join(step.check for step in verdict.trace)


def test_nobody_without_a_number_is_trusted() -> None:
    assert judged("", facts=Facts(trusted=Trusted(Bond.TALKED, AGO))).reason is Reason.ANONYMOUS


def test_rule_that_observes_says_what_it_would_have_done_and_the_decision_goes_on() -> None:
    verdict = judged(MOBILE, rule("trial", mode=Mode.OBSERVE), rule("real", action=Action.SCREEN))
    trial, real = verdict.trace[-2:]
    assert (trial.matched, trial.would) == (False, Action.REJECT)
    assert trial.check == "rule 'trial': every call; it only observes, and would have said reject"
    assert (verdict.rule, real.matched, real.would) == ("real", True, None)


def test_expired_rule_is_passed_over_and_named() -> None:
    verdict = judged(MOBILE, rule(expires_at=NOW), rule("later", expires_at=SOON))
    assert verdict.rule == "later"
    assert "but it is expired" in verdict.trace[-2].check


def test_rule_that_is_switched_off_is_not_looked_at() -> None:
    off = rule(enabled=False)
    assert judged(MOBILE, off).reason is Reason.DEFAULT
    assert Policy(rules=(off,)).books is not None
    assert [step.chapter for step in judged(MOBILE, off).trace] == ["protected", "own numbers", "default"]


def test_trace_counts_rules_that_do_not_match() -> None:
    checks = [step.check for step in judged("", rule("a", prefix="139*"), rule("b", digits=5)).trace]
    assert "none of the 2 rules here matches" in checks
    assert "the one rule here does not match" in [step.check for step in judged("", rule(digits=5)).trace]


def test_rule_that_breaks_on_a_call_is_passed_over_alone_and_named() -> None:
    verdict = judged(MOBILE, rule("unknown past", first_call=True), rule("last"))
    assert verdict.rule == "last"
    assert "rule 'unknown past' is passed over: the caller's earlier calls were not looked up" in [
        step.check for step in verdict.trace
    ]


def test_whatever_a_condition_raises_the_others_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = rule("broken", listed=True)
    policy = Policy(rules=(broken, rule("sound")), shop=SHOP)
    monkeypatch.setattr(directory, "find", lambda *_: 1 / 0)
    verdict = judged(MOBILE, policy=policy)
    assert verdict.rule == "sound"
    assert "rule 'broken' is passed over: division by zero" in [step.check for step in verdict.trace]


def test_rule_that_cannot_be_read_is_left_out_and_told_while_the_others_hold() -> None:
    policy = Policy(rules=(rule("bad", regex="(?!a)", digits="many"), rule("good"), rule("good")), shop=SHOP)
    assert judged(MOBILE, policy=policy).rule == "good"
    assert [(fault.rule, fault.place) for fault in policy.faults] == [
        ("bad", ("when", "regex")),
        ("bad", ("when", "digits")),
        ("good", ("name",)),
    ]


@pytest.mark.parametrize(
    ("wrong", "place", "text"),
    [
        (rule(" "), "name", "write 1 to 80 characters"),
        (rule("a\nb"), "name", "write 1 to 80 characters"),
        (rule(action=Action.ALLOW, signal=Signal.BUSY), "signal", "has no meaning for allow"),
        (rule(action=Action.DIVERT), "target", "write extension@context"),
        (rule(action=Action.DIVERT, target="600@a,b"), "target", "write extension@context"),
        (rule(action=Action.VOICEMAIL, target="600"), "target", "write box@context"),
        (rule(action=Action.SCREEN, target="600"), "target", "write box@context"),
        (rule(action=Action.REJECT, target="600@a"), "target", "has no meaning for reject"),
        (rule(label="a;b"), "label", "cannot be shown"),
        (rule(label="x" * 41), "label", "at most 40"),
    ],
)
def test_action_that_cannot_be_carried_out_is_a_fault(wrong: Rule, place: str, text: str) -> None:
    (fault,) = Policy(rules=(wrong,)).faults
    assert fault.place == (place,)
    assert text in fault.text


def test_policy_says_whether_earlier_calls_must_be_looked_up() -> None:
    assert not Policy().needs_history
    assert not Policy(rules=(rule(prefix="138*"),)).needs_history
    assert not Policy(rules=(rule(first_call=True, enabled=False),)).needs_history
    policy = Policy(rules=(rule(calls="3 in 10 minutes"),))
    assert policy.needs_history
    assert judged(MOBILE, policy=policy, facts=Facts(history=History(AGO, (NOW, NOW)))).rule == "it"


def test_all_conditions_must_be_met() -> None:
    both = rule(prefix="138*", digits=11, unless={"did": "600"})
    assert judged(MOBILE, both).rule == "it"
    assert judged(MOBILE, both, did="600").rule == ""
    assert words_of(both) == "number begins with 138*, 11 digits, not (call to 600)"


def test_one_thing_is_asked_once_and_as_it_is_and_negated_at_most() -> None:
    asked = Condition("prefix", ("138*",))
    with pytest.raises(ValueError, match="asks the same thing twice: write the values as one list"):
        Rule("twice", (asked, Condition("prefix", ("139*",))), Action.REJECT)
    negated = Condition("prefix", ("1380*",), negated=True)
    assert Rule("both", (negated, asked), Action.REJECT).conditions == (asked, negated)


def test_every_rule_can_be_asked_why_it_does_or_does_not_match() -> None:
    asked = (
        rule("mine", prefix="138*", digits=11),
        rule("theirs", prefix="139*"),
        rule("old", expires_at=AGO),
        rule("past", first_call=True),
        rule("all", who=Who.EVERYONE, unless={"anonymous": False}),
        rule("off", enabled=False),
        rule("idea", mode=Mode.OBSERVE, action=Action.SCREEN),
    )
    number = read_number(MOBILE)
    steps = every_rule(Call(MOBILE, NOW), number, Facts(), Policy(rules=asked, shop=SHOP))
    assert [(step.chapter, step.check) for step in steps] == [
        ("rules for everyone", "rule 'all': anonymous; no, since this is not so: anonymous"),
        ("rules for strangers", "rule 'mine': number begins with 138*, 11 digits; matches"),
        (
            "rules for strangers",
            "rule 'theirs': number begins with 139*; no, since this is not so: number begins with 139*",
        ),
        ("rules for strangers", "rule 'old': every call; expired"),
        (
            "rules for strangers",
            "rule 'past': first call; passed over: the caller's earlier calls were not looked up",
        ),
        ("rules for strangers", "rule 'idea': every call; matches; it only observes, and would have said screen"),
    ]
    assert [(step.matched, step.would) for step in steps if step.matched] == [(True, None), (True, Action.SCREEN)]
    assert every_rule(Call(MOBILE, NOW), number, Facts(), Policy()) == ()


def test_a_rule_that_broke_can_be_told_from_the_trace() -> None:
    broken = rule("it's past", first_call=True)
    trace = judged(MOBILE, broken, rule("mine", prefix="138*")).trace
    assert [broken_rule(step) for step in trace if broken_rule(step)] == [
        ("it's past", "the caller's earlier calls were not looked up")
    ]


def test_chapters_after_the_one_that_decided_are_not_reached() -> None:
    assert not_reached(judged("110").trace)[0] == "own numbers"
    assert not_reached(judged(MOBILE, rule("mine")).trace)[-1] == "default"
    assert not_reached(judged(MOBILE).trace) == ()
    assert not_reached([Step("error", "the filter failed", matched=True)]) == ()


def test_many_values_are_counted_and_long_ones_shortened_in_traces() -> None:
    many = rule(number=tuple(f"1380013{last:04}" for last in range(1000)), unless={"invalid": False})
    assert words_of(many) == ("number 13800130000 or 13800130001 or 13800130002 or 13800130003 or 996 more, invalid")
    assert len(words_of(rule(conditions=(Condition("name", ("x" * 200,)),)))) < 80
    assert judged("13800130999", many).rule == ""
    (fault,) = Policy(rules=(rule(digits=tuple(range(90)) * 12),)).faults
    assert "write 1000 at most" in fault.text


def test_regions_that_cannot_be_read_cost_only_the_rules_that_ask_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError("no such file")

    monkeypatch.setattr(plan, "load", fail)
    policy = Policy(rules=(rule("far", region="Beijing"), rule("all")), shop=SHOP)
    assert judged("01061234567", policy=policy).rule == "all"
    assert "install callfilter anew" in policy.faults[0].text

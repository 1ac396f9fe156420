"""What holds under any policy: generated rules of every kind, callers of every kind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filters.call import Call
from filters.conditions.kind import Question
from filters.conditions.registry import KINDS
from filters.decide import CHAPTERS, decide
from filters.facts import Bond, Expecting, Facts, History, OwnEntry, PastCall, Surroundings, Trusted
from filters.number import read_number
from filters.plans.cn import CN
from filters.policy import Policy
from filters.policy_text import rules_from, tables_of
from filters.rule import Condition, Mode, Rule, Who
from filters.rulebook import ReadRule, RuleBook, read_rule
from filters.suspicion.score import Score
from filters.suspicion.watches import (
    ACTIONS,
    BlockInTurn,
    Flood,
    LookAlike,
    Neighbour,
    Redial,
    Sweep,
    Watch,
)
from filters.verdict import Action, Reason, Signal, Verdict
from tests.filters.rules import NOW, SHOP

modest = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SAMPLES = sorted({sample for one in (*CN.classes, CN.landline, CN.local) for sample in one.samples})
PROTECTED = [sample for sample in SAMPLES if {"emergency", "public-service"} & read_number(sample).classes]
TARGETS = {Action.DIVERT: "600@internal", Action.VOICEMAIL: "1@box"}
MORE: dict[str, tuple[Any, ...]] = {
    "number": tuple(SAMPLES[:20]),
    "prefix": ("+86", "1101*", "12345", "95588", "0216*"),
    "pattern": ("_X.", "_X!", "_[1-9]X.", "_NXX", "110", "_021N.", "_+!"),
    "regex": ("^", ".", "^110$", "^1", "0$", r"\+86", "^0", "5{2,}"),
    "name_regex": ("^", "x", "^$"),
    "name": ("贷", "a.b", "(", "\\", "ＬＯ", "O", " a"),
    "digits": ("0-99", 3, "3-", "0-"),
    "class": ("emergency", "public-service", "mobile", "call-centre", "impossible"),
    "did": ("600",),
    "trunk": ("t",),
    "score": ("0-", "0-1", "1-"),
}
KIND_NAMES = sorted(KINDS)


@st.composite
def conditions(draw: st.DrawFn) -> tuple[Condition, ...]:
    chosen = draw(
        st.lists(st.tuples(st.sampled_from(KIND_NAMES), st.booleans()), max_size=3, unique=True),
    )
    return tuple(
        Condition(
            kind,
            tuple(draw(st.lists(st.sampled_from((*KINDS[kind].samples, *MORE.get(kind, ()))), min_size=1, max_size=3))),
            negated,
        )
        for kind, negated in chosen
    )


@st.composite
def rules(draw: st.DrawFn, most: int = 8) -> tuple[Rule, ...]:
    made = []
    for position in range(draw(st.integers(0, most))):
        action = draw(st.sampled_from(Action))
        made.append(
            Rule(
                f"rule {position}",
                draw(conditions()),
                action,
                signal=draw(st.sampled_from([None, *Signal])) if action is Action.REJECT else None,
                target=TARGETS.get(action, ""),
                label=draw(st.sampled_from(["", "label", "标签"])),
                who=draw(st.sampled_from(Who)),
                mode=draw(st.sampled_from([Mode.ENFORCE, Mode.ENFORCE, Mode.OBSERVE])),
                expires_at=draw(st.sampled_from([None, NOW, NOW + timedelta(1), datetime(2026, 1, 1, tzinfo=UTC)])),
                note=draw(st.sampled_from(["", "why"])),
                enabled=draw(st.sampled_from([True, True, True, False])),
            )
        )
    return tuple(made)


_LABELS = st.sampled_from(["?", "可疑"])
_MODES = st.sampled_from([Mode.ENFORCE, Mode.OBSERVE])
_WATCHES = (
    *(
        st.builds(kind, action=st.sampled_from(ACTIONS), label=_LABELS, mode=_MODES)
        for kind in (Neighbour, LookAlike, Sweep, BlockInTurn, Flood)
    ),
    st.builds(Redial, seconds=st.integers(1, 3600), mode=_MODES),
    st.builds(Score, label_from=st.integers(0, 3), screen_from=st.integers(0, 5), mode=_MODES),
)
suspicions = st.lists(st.sampled_from(range(len(_WATCHES))), unique=True, max_size=len(_WATCHES)).flatmap(
    lambda chosen: st.tuples(*(_WATCHES[place] for place in chosen))
)
past_calls = st.builds(
    PastCall,
    at=st.integers(-60, 3600).map(lambda seconds: NOW - timedelta(seconds=seconds)),
    key=st.sampled_from(["+8613800138000", "+8613800138001", "+8613800138002", "anonymous", "CN:110", "CN:95588"]),
    did=st.sampled_from(["", "600", "601", "602"]),
    action=st.sampled_from(Action),
    reason=st.sampled_from(Reason),
    screened=st.sampled_from(["", "passed", "failed", "silent", "hangup"]),
)
_PAST = st.lists(past_calls, max_size=12).map(tuple)
surroundings = st.none() | st.builds(
    Surroundings,
    reported=st.lists(st.integers(0, 999).map("+8613800138{:03}".format), max_size=8).map(tuple),
    own=_PAST,
    block=_PAST,
    strangers=_PAST,
)
attestations = st.sampled_from(["", "A", "failed"])

callers = st.one_of(
    st.sampled_from(SAMPLES),
    st.sampled_from(["", "anonymous", "138****8000", "+442079460018", "+85223456789", "+8695588", "021110", "8001"]),
    st.text(max_size=30),
)
names = st.one_of(st.just(""), st.text(max_size=10), st.text(alphabet="\ud800loan贷款.(\\ ＯＬ", max_size=8))
histories = st.sampled_from([None, History(), History(NOW, (NOW, NOW - timedelta(minutes=3)))])


def asked(caller: str, name: str = "", facts: Facts | None = None, did: str = "600") -> Question:
    number = read_number(caller, area=SHOP.area)
    return Question(Call(caller, NOW, name=name, did=did, trunk="t"), number, facts or Facts())


def decided(question: Question, policy: Policy) -> Verdict:
    return decide(question.call, question.number, question.facts, policy)


@modest
@given(st.sampled_from(PROTECTED), rules(), st.sampled_from(Action), histories)
def test_protected_number_is_never_blocked_by_any_rule(
    caller: str, made: tuple[Rule, ...], anonymous: Action, history: History | None
) -> None:
    policy = Policy(rules=made, shop=SHOP, mailbox="1@box", anonymous=anonymous)
    own = OwnEntry(read_number(caller).key, is_prefix=False, action=Action.REJECT)
    verdict = decided(asked(caller, facts=Facts(own=(own,), history=history)), policy)
    assert (verdict.action, verdict.reason, verdict.label) == (Action.ALLOW, Reason.PROTECTED, "")


@modest
@given(st.sampled_from(PROTECTED), suspicions, surroundings, attestations)
def test_protected_number_is_never_blocked_by_any_suspicion(
    caller: str, watches: tuple[Watch, ...], around: Surroundings | None, attestation: str
) -> None:
    policy = Policy(suspicion=watches, shop=SHOP, mailbox="1@box")
    question = asked(caller, facts=Facts(surroundings=around))
    call = replace(question.call, attestation=attestation)
    verdict = decide(call, question.number, question.facts, policy)
    assert (verdict.action, verdict.reason, verdict.label) == (Action.ALLOW, Reason.PROTECTED, "")


@modest
@given(callers, names, suspicions, surroundings, attestations)
def test_suspicion_never_rejects_and_tells_each_thing_once(
    caller: str, name: str, watches: tuple[Watch, ...], around: Surroundings | None, attestation: str
) -> None:
    policy = Policy(suspicion=watches, shop=SHOP, mailbox="1@box")
    question = asked(caller, name, Facts(surroundings=around))
    verdict = decide(replace(question.call, attestation=attestation), question.number, question.facts, policy)
    assert verdict.action in ACTIONS
    assert verdict.reason is not Reason.SUSPICION or verdict.rule in {watch.name for watch in watches}
    assert [step.matched for step in verdict.trace].count(True) == 1
    assert len({step.check for step in verdict.trace}) == len(verdict.trace)
    assert {step.chapter for step in verdict.trace} <= {chapter.name for chapter in CHAPTERS}


@modest
@given(callers, names, rules(), suspicions, surroundings)
def test_what_rules_say_of_a_stranger_suspicion_changes_only_for_who_just_failed(
    caller: str, name: str, made: tuple[Rule, ...], watches: tuple[Watch, ...], around: Surroundings | None
) -> None:
    facts = Facts(surroundings=around)
    plain = decided(asked(caller, name, facts), Policy(rules=made, shop=SHOP, mailbox="1@box"))
    verdict = decided(asked(caller, name, facts), Policy(rules=made, suspicion=watches, shop=SHOP, mailbox="1@box"))
    if plain.reason not in (Reason.RULE, Reason.PROTECTED):
        return
    redialled = (plain.action, verdict.action) == (Action.SCREEN, Action.VOICEMAIL)
    assert redialled or verdict.action is plain.action
    assert (verdict.reason, verdict.rule) == (plain.reason, plain.rule)


@modest
@given(callers, rules(), st.sampled_from([Action.ALLOW, Action.REJECT]))
def test_own_entry_wins_over_every_rule_and_the_longest_over_the_others(
    caller: str, made: tuple[Rule, ...], action: Action
) -> None:
    question = asked(caller)
    key = question.number.key
    other = Action.REJECT if action is Action.ALLOW else Action.ALLOW
    own = (OwnEntry(key[:3], is_prefix=True, action=other), OwnEntry(key, is_prefix=False, action=action))
    verdict = decided(asked(caller, facts=Facts(own=own)), Policy(rules=made, shop=SHOP))
    if key in ("anonymous", "invalid") or verdict.reason is Reason.PROTECTED:
        return
    assert (verdict.action, verdict.rule) == (action, key)


@modest
@given(callers, names, rules(), histories, st.sampled_from(["trusted", "expected"]))
def test_known_and_expected_callers_meet_no_rule_for_strangers(
    caller: str, name: str, made: tuple[Rule, ...], history: History | None, why: str
) -> None:
    facts = Facts(
        trusted=Trusted(Bond.DIALLED, NOW) if why == "trusted" else None,
        expecting=(Expecting(NOW + timedelta(1)),) if why == "expected" else (),
        history=history,
    )
    verdict = decided(asked(caller, name, facts), Policy(rules=made, shop=SHOP))
    strangers = {rule.name for rule in made if rule.who is Who.STRANGERS}
    assert verdict.rule not in strangers or (why == "trusted" and question_has_no_number(caller))


@modest
@given(callers, names, rules(), histories)
def test_deciding_never_raises_and_the_last_match_in_the_trace_is_what_decided(
    caller: str, name: str, made: tuple[Rule, ...], history: History | None
) -> None:
    policy = Policy(rules=made, shop=SHOP)
    assert not policy.faults
    verdict = decided(asked(caller, name, Facts(history=history)), policy)
    order = [chapter.name for chapter in CHAPTERS]
    told = [order.index(step.chapter) for step in verdict.trace]
    assert told == sorted(told)
    assert [step.matched for step in verdict.trace].count(True) == 1
    assert all(step.would is None or not step.matched for step in verdict.trace)


@modest
@given(callers, names, rules(most=20), histories)
def test_index_finds_the_rule_that_trying_them_all_would_find(
    caller: str, name: str, made: tuple[Rule, ...], history: History | None
) -> None:
    question = asked(caller, name, Facts(history=history))
    ready = [one for one in (read_rule(rule, SHOP) for rule in made) if isinstance(one, ReadRule)]
    assert len(ready) == len(made)
    found = RuleBook("rules", ready).first(question.call, question.number, question.facts, [])
    assert found is next((one.rule for one in ready if _speaks(one, question)), None)


def _speaks(one: ReadRule, question: Question) -> bool:
    over = one.rule.expires_at is not None and one.rule.expires_at <= NOW
    if over or one.rule.mode is Mode.OBSERVE:
        return False
    try:
        return all(matches(question) for matches in one.matchers)
    except LookupError:
        return False


@modest
@given(rules())
def test_tables_read_and_written_again_are_the_same(made: tuple[Rule, ...]) -> None:
    tables = tables_of(made)
    again, faults = rules_from({"rule": tables}, SHOP)
    assert not faults
    assert again == made
    assert tables_of(again) == tables


@modest
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["name", "action", "when", "unless", "signal", "who", "expires_at", "label", "class", "x"]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=20,
    )
)
def test_any_table_is_read_or_its_faults_are_told(table: object) -> None:
    read, faults = rules_from({"rule": [table]}, SHOP)
    assert read or faults
    assert all(fault.text and fault.place[0] == "rule" for fault in faults)
    assert rules_from({"rule": tables_of(read)}, SHOP)[0] == read


def question_has_no_number(caller: str) -> bool:
    return read_number(caller).key in ("anonymous", "invalid")

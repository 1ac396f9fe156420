"""Rules made ready once, and tried on calls.

A rule that cannot be read is left out and named in `faults`; one that breaks on a call is passed over and named in the
trace. Of several rules that match, the first as written wins.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from filters.call import Call
from filters.conditions.kind import By, Hint, Matcher, Question, Scorer, Test
from filters.conditions.registry import kind_of, read_condition
from filters.facts import Facts
from filters.moment import is_over
from filters.number import Number
from filters.rule import EVERYONE, STRANGERS, Fault, Mode, Rule, Who
from filters.rule_index import RuleIndex
from filters.shop import Shop
from filters.verdict import Action, Step

_TARGET = re.compile(r"[A-Za-z0-9_.+*#-]+@[A-Za-z0-9_.-]+")
# What the dialplan would read as its own, and what no display shows.
_NO_LABEL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff,=\"'`$&|;\\()\[\]{}]"
)
_ORDER = {by: place for place, by in enumerate(By)}
_LONGEST_NAME = 80
_LONGEST_LABEL = 40


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule, ready to be tried."""

    rule: Rule
    matchers: tuple[Matcher, ...]
    """In the order of its conditions."""
    hints: tuple[Hint, ...]
    """One of them holds for every call that the rule speaks of; empty where it must be tried on all."""
    words: str
    """Its conditions in plain words."""


def words_of(rule: Rule) -> str:
    """The conditions of a rule in plain words.

    Raises:
        ValueError: one of them is not known.
    """
    return ", ".join(kind_of(condition).phrase(condition) for condition in rule.conditions) or "every call"


def read_rule(rule: Rule, shop: Shop) -> ReadRule | list[Fault]:
    """A rule made ready, or all that is wrong with it."""
    faults = list(_faults_of_action(rule))
    tests: list[Test] = []
    for condition in rule.conditions:
        try:
            tests.append(read_condition(condition, shop))
        except ValueError as refusal:
            place = ("unless" if condition.negated else "when", condition.kind)
            faults.append(Fault(rule.name, place, str(refusal)))
    if faults:
        return faults
    hints = min((test.hints for test in tests if test.hints), key=_cost, default=())
    return ReadRule(rule, tuple(test.matches for test in tests), hints, words_of(rule))


def _cost(hints: tuple[Hint, ...]) -> tuple[int, int]:
    return max(_ORDER[by] for by, _ in hints), len(hints)


def _faults_of_action(rule: Rule) -> Iterator[Fault]:
    if not rule.name.strip() or len(rule.name) > _LONGEST_NAME or not rule.name.isprintable():
        yield Fault(
            rule.name, ("name",), f"{rule.name[:_LONGEST_NAME]!r} is no name: write 1 to {_LONGEST_NAME} characters"
        )
    if rule.signal is not None and rule.action not in (Action.REJECT, Action.TARPIT):
        yield Fault(rule.name, ("signal",), f"a SIP answer has no meaning for {rule.action}: leave it out")
    if rule.action is Action.DIVERT and not rule.target:
        yield Fault(rule.name, ("target",), "divert needs a target: write extension@context, such as 600@internal")
    elif rule.target and rule.action in (Action.ALLOW, Action.REJECT, Action.TARPIT):
        yield Fault(rule.name, ("target",), f"a target has no meaning for {rule.action}: leave it out")
    elif rule.target and not _TARGET.fullmatch(rule.target):
        wanted = "extension@context" if rule.action is Action.DIVERT else "box@context"
        yield Fault(rule.name, ("target",), f"{rule.target!r} is no target: write {wanted}, such as 600@default")
    if fault := fault_of_label(rule.label):
        yield Fault(rule.name, ("label",), fault)


def fault_of_label(label: str) -> str:
    """Why a text cannot stand before a caller's name; empty if it can."""
    if label == label.strip() and len(label) <= _LONGEST_LABEL and not _NO_LABEL.search(label):
        return ""
    return (
        f"{label[:_LONGEST_LABEL]!r} cannot be shown on a phone: write at most {_LONGEST_LABEL} letters, digits, spaces"
        " and hyphens"
    )


class RuleBook:
    """The rules of one chapter in their order."""

    def __init__(self, chapter: str, rules: Sequence[ReadRule], scorer: Scorer | None = None) -> None:
        """`scorer` adds up the score for rules that ask for it."""
        self._chapter = chapter
        self._scorer = scorer
        self._rules = rules
        self._decided = [Step(chapter, f"rule {_quoted(one.rule)}: {one.words}", matched=True) for one in rules]
        self._matchers = [_quick_first(one) for one in rules]
        self._none = Step(chapter, _none_of(len(rules)), matched=False)
        self._index = RuleIndex([one.hints for one in rules])

    def first(self, call: Call, number: Number, facts: Facts, trace: list[Step]) -> Rule | None:
        """The first rule that decides; adds a step for each that matched, broke or only observes."""
        asked = Question(call, number, facts, self._scorer)
        for position in self._index.candidates(asked):
            outcome = _ask(self._matchers[position], asked)
            if outcome is False:
                continue
            one = self._rules[position]
            if outcome is not True:
                trace.append(Step(self._chapter, f"rule {_quoted(one.rule)} is passed over: {outcome}", matched=False))
                continue
            step = self._decided[position]
            if is_over(one.rule.expires_at, asked.call.at):
                trace.append(Step(self._chapter, f"{step.check}; but it is expired", matched=False))
            elif one.rule.mode is Mode.OBSERVE:
                would = one.rule.action
                check = f"{step.check}; it only observes, and would have said {would}"
                trace.append(Step(self._chapter, check, matched=False, would=would))
            else:
                trace += (*self._points(asked), step)
                return one.rule
        trace += (*self._points(asked), self._none)
        return None

    def _points(self, asked: Question) -> Iterator[Step]:
        """What the score came to, if a rule asked for it."""
        if asked.tally is not None:
            score, words = asked.tally
            yield Step(self._chapter, words, matched=False, score=score)

    def every(self, call: Call, number: Number, facts: Facts) -> Iterator[Step]:
        """What each rule says about a call, in order, and for those that do not match the first reason why not.

        Those that match stand there as matched, whether or not the decision came to them.
        """
        asked = Question(call, number, facts, self._scorer)
        for one, decided in zip(self._rules, self._decided, strict=True):
            refusal = _refusal(one, asked)
            if refusal:
                yield Step(self._chapter, f"{decided.check}; {refusal}", matched=False)
            elif one.rule.mode is Mode.OBSERVE:
                would = one.rule.action
                check = f"{decided.check}; matches; it only observes, and would have said {would}"
                yield Step(self._chapter, check, matched=True, would=would)
            else:
                yield Step(self._chapter, f"{decided.check}; matches", matched=True)


def _quick_first(one: ReadRule) -> tuple[Matcher, ...]:
    pairs = zip(one.rule.conditions, one.matchers, strict=True)
    return tuple(matcher for _, matcher in sorted(pairs, key=lambda pair: not kind_of(pair[0]).is_quick))


def _ask(matchers: Iterable[Matcher], asked: Question) -> bool | Exception:
    """Whether all match, or what went wrong in one of them."""
    try:
        # Not all(): this is what a call spends most of its time on where there are many rules, and a loop takes half.
        for matches in matchers:
            if not matches(asked):
                return False
    except Exception as fault:  # noqa: BLE001 - one broken rule must not take the others' word
        return fault
    return True


def _refusal(one: ReadRule, asked: Question) -> str:
    """Why a rule does not match, or an empty text."""
    for condition, matches in zip(one.rule.conditions, one.matchers, strict=True):
        outcome = _ask((matches,), asked)
        if outcome is not True:
            phrase = kind_of(condition).phrase(condition)
            return f"passed over: {outcome}" if outcome else f"no, since this is not so: {phrase}"
    return "expired" if is_over(one.rule.expires_at, asked.call.at) else ""


def _quoted(rule: Rule) -> str:
    return f"'{rule.name}'"


def _none_of(count: int) -> str:
    return "the one rule here does not match" if count == 1 else f"none of the {count} rules here matches"


@dataclass(frozen=True, slots=True)
class Books:
    """All rules of a policy, made ready."""

    everyone: RuleBook | None
    """None where no rule is for everyone."""
    strangers: RuleBook | None
    faults: tuple[Fault, ...]
    """What is wrong with rules that are switched on: those are left out."""
    needs_history: bool
    """Some rule asks about earlier calls."""
    needs_surroundings: bool
    """Some rule asks what went on around callers."""


def read_books(rules: Iterable[Rule], shop: Shop, scorer: Scorer | None = None) -> Books:
    """Make rules ready; whatever is wrong with some, the others come into the books."""
    faults: list[Fault] = []
    ready = list(_ready(rules, shop, faults))
    kinds = [kind_of(condition) for one in ready for condition in one.rule.conditions]
    return Books(
        _book(EVERYONE, Who.EVERYONE, ready, scorer),
        _book(STRANGERS, Who.STRANGERS, ready, scorer),
        tuple(faults),
        any(kind.needs_history for kind in kinds),
        any(kind.needs_surroundings for kind in kinds),
    )


def _ready(rules: Iterable[Rule], shop: Shop, faults: list[Fault]) -> Iterator[ReadRule]:
    names: set[str] = set()
    for rule in rules:
        if rule.name in names:
            faults.append(Fault(rule.name, ("name",), f"two rules are called {rule.name!r}: give one another name"))
            continue
        names.add(rule.name)
        if not rule.enabled:
            continue
        read = read_rule(rule, shop)
        if isinstance(read, ReadRule):
            yield read
        else:
            faults += read


def _book(chapter: str, who: Who, ready: Iterable[ReadRule], scorer: Scorer | None) -> RuleBook | None:
    rules = [one for one in ready if one.rule.who is who]
    return RuleBook(chapter, rules, scorer) if rules else None

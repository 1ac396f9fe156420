"""What the linter says holds for every generated call, and it says something or nothing of every generated policy."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filters.call import Call
from filters.conditions.kind import Question
from filters.directory import keys
from filters.facts import Facts, History, OwnEntry
from filters.lint.finding import Finding, Known, Severity
from filters.lint.linter import lint
from filters.number import read_number
from filters.policy import Policy
from filters.regions import ALL_PROVINCES
from filters.rule import Condition, Mode, Rule, Who
from filters.rulebook import ReadRule, read_rule
from filters.verdict import Action
from tests.filters.rules import NOW, SHOP
from tests.filters.test_rule_properties import SAMPLES, conditions, rules

many = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MORE = {
    "prefix": ("138*", "1380*", "+86138", "021*", "0216*", "95*", "955*", "+852*", "+4420*", "170*"),
    "range": ("13800000000-13899999999", "95500-95599", "02160000000-02169999999"),
    "number": ("13800138000", 95588, "02161234567", "110", "+85223456789", "17012345678", "8001"),
    "pattern": ("_138XXXXXXXX", "_1[3-9]XXXXXXXXX", "_955XX", "_0[2-9]X.", "_+86!", "_X!", "_95X", "_021XXXXXXXX"),
    "regex": ("^1", "^138", "0$"),
    "digits": (11, 5, "7-8", "0-99", "5-", "13-14"),
    "class": (
        "mobile",
        "mvno",
        "landline",
        "service",
        "company",
        "impossible",
        "unassigned",
        "withheld",
        "international",
    ),
    "country": ("CN", "HK", "GB", "cn"),
    "region": ("own", "Shanghai", "Beijing", str(ALL_PROVINCES[5].english)),
    "listed": (True, False, "bank", "courier", "emergency"),
    "anonymous": (True, False),
    "invalid": (True, False),
    "first_call": (True, False),
    "calls": ("1 in 1 hour", "2 in 10 minutes", "3 in 1 hour", "3 in 10 minutes"),
    "window": ("mon-fri", "mon-fri 09:00-18:00", "08:00-20:00", "00:00-24:00", "sat,sun", "22:00-06:00", "open"),
    "name": ("loan", "Loan shark", "x"),
    "attestation": ("A", "none", "failed", "b"),
    "did": ("600", "60*", "6*", "0216*"),
    "redirecting": (True, False, "0216*", "02161234567"),
    "trunk": ("t", "u"),
}
KIND_NAMES = sorted(MORE)
narrow_conditions = st.lists(
    st.tuples(st.sampled_from(KIND_NAMES), st.booleans()), min_size=1, max_size=3, unique=True
).flatmap(
    lambda chosen: st.tuples(
        *(
            st.lists(st.sampled_from(MORE[kind]), min_size=1, max_size=2).map(
                lambda values, kind=kind, negated=negated: Condition(kind, tuple(values), negated)  # type: ignore[misc]
            )
            for kind, negated in chosen
        )
    )
)
"""Conditions of which many exclude or contain each other."""


@st.composite
def narrow_rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    drawn = draw(st.lists(st.one_of(narrow_conditions, conditions()), min_size=1, max_size=5))
    return tuple(
        Rule(
            f"rule {position}",
            each,
            draw(st.sampled_from([Action.ALLOW, Action.REJECT])),
            who=draw(st.sampled_from(Who)),
            mode=draw(st.sampled_from([Mode.ENFORCE, Mode.ENFORCE, Mode.OBSERVE])),
            expires_at=draw(st.sampled_from([None, None, NOW, NOW + timedelta(1)])),
        )
        for position, each in enumerate(drawn)
    )


CALLERS = (
    *SAMPLES,
    *(key.removeprefix("CN:") for key in keys("CN")[::5]),
    *("", "anonymous", "x", "01095588", "sip:13700137000@anonymous.invalid", "138****8000", "8001", "+999123"),
    *(f"{begin}{'0123456789012'[:size]}" for begin in ("138", "+86138", "021", "95", "+852") for size in range(2, 11)),
    *("13800000000", "13899999999", "95500", "95599", "02160000000", "02169999999", "+442079460018", "+85223456789"),
)
HISTORIES = (None, History(), History(NOW, (NOW, NOW - timedelta(minutes=3), NOW - timedelta(hours=2))))


def _made(place: int, caller: str, chance: Random, country: str = "CN") -> Question:
    at = NOW + timedelta(minutes=15 * chance.randrange(8 * 24 * 4) - place % 2)
    call = Call(
        caller,
        at,
        name=chance.choice(["", "LOAN shark", "loan", "贷款", "x"]),
        did=chance.choice(["600", "601", "02161234567", ""]),
        trunk=chance.choice(["t", "u", "carrier-1"]),
        redirecting=chance.choice(["", "02161234567", "13800138000"]),
        attestation=chance.choice(["", "A", "B", "failed"]),
        withheld=place % 5 == 0,
    )
    number = read_number(caller, country=country, area=SHOP.area, withheld=call.withheld)
    return Question(call, number, Facts(history=chance.choice(HISTORIES)))


CALLS = [_made(place, caller, Random(place)) for place, caller in enumerate(CALLERS * 4)]
"""Of all kinds of callers, each several times in different circumstances."""
ABROAD = ("HK", "GB", "US")
FROM_ABROAD = [
    _made(place, caller, Random(place), country)
    for country in ABROAD
    for place, caller in enumerate((*CALLERS, "01186" + "13800138000", "008613800138000", "02079460018", "999", "911"))
]
"""By trunks that write numbers as in other countries."""


def about(rule: Rule, calls: Sequence[Question]) -> set[int]:
    """Places of the calls that a rule is about and that do not break it."""
    read = read_rule(rule, SHOP)
    assert isinstance(read, ReadRule)
    return {place for place, asked in enumerate(calls) if _speaks(read, asked)}


def _speaks(read: ReadRule, asked: Question) -> bool:
    try:
        return all(matches(asked) for matches in read.matchers)
    except LookupError:
        return False


def is_over(expires_at: datetime | None, at: datetime) -> bool:
    return expires_at is not None and expires_at <= at


def found(made: tuple[Rule, ...], known: Known | None = None) -> tuple[Finding, ...]:
    return lint(Policy(rules=made, shop=SHOP), known or Known())


WORLDS = pytest.mark.parametrize(
    ("calls", "known"),
    [(CALLS, Known()), ([*CALLS[::2], *FROM_ABROAD], Known(countries=frozenset(ABROAD)))],
    ids=["at home", "with trunks of other countries"],
)


@WORLDS
@many
@given(narrow_rules())
def test_rule_that_is_said_never_to_match_meets_no_call(
    calls: list[Question], known: Known, made: tuple[Rule, ...]
) -> None:
    never = {each.rule for each in found(made, known) if each.text.startswith("never matches")}
    for one in made:
        assert one.name not in never or not about(one, calls), one.conditions


@WORLDS
@many
@given(narrow_rules())
def test_rule_that_is_said_to_be_hidden_decides_no_call(
    calls: list[Question], known: Known, made: tuple[Rule, ...]
) -> None:
    hidden = {each.rule for each in found(made, known) if each.text.startswith(("never decides", "never observes"))}
    decided: set[int] = set()
    for one in sorted(made, key=lambda rule: rule.who is not Who.EVERYONE):
        now = {place for place in about(one, calls) if not is_over(one.expires_at, calls[place].call.at)}
        assert one.name not in hidden or now <= decided, [calls[place].call for place in now - decided]
        if one.mode is Mode.ENFORCE:
            decided |= now


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(rules(), narrow_rules()),
    st.sampled_from(["CN", "GB", "HK", "US"]),
    st.lists(st.sampled_from(SAMPLES).map(lambda number: OwnEntry(read_number(number).key, False, Action.ALLOW))),
)
def test_linter_never_raises_and_each_finding_has_a_remedy(
    made: tuple[Rule, ...], country: str, own: list[OwnEntry]
) -> None:
    known = Known(NOW, frozenset({country, "CN"}), frozenset({"600"}), tuple(own))
    for each in found(made, known):
        assert each.rule in {one.name for one in made}
        assert each.severity in Severity
        assert each.place[0] == "rule"
        assert any(word in each.text for word in (": ", ", so "))

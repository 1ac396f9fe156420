"""The policy's text: what is written is read again as it was."""

import tomllib
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfilter.config import Config
from callfilter.policy import KEYS, WINDOW_KEYS, PolicyError, PolicyText, read, read_leniently, write, zone_of
from callfilter.policy_lines import Lines
from callfilter.policy_toml import key_of, value_of
from filters.policy_text import KEYS as RULE_KEYS
from filters.presets import PRESETS
from filters.rule import Condition, Mode, Rule, Who
from filters.suspicion.score import Score
from filters.suspicion.settings import STEPS, keys_of
from filters.suspicion.symbols import CAPS, SYMBOLS
from filters.suspicion.watches import ACTIONS, Flood, LookAlike, Neighbour, Redial
from filters.verdict import Action

CONFIG = Config()
WORDS = [*KEYS, *WINDOW_KEYS, *RULE_KEYS, *STEPS, *keys_of(Score), "seconds", "night", "prefix", "digits", "window"]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
conditions = st.lists(
    st.sampled_from(
        [
            Condition("prefix", ("138*", "021*")),
            Condition("digits", (11,)),
            Condition("regex", (r"^1[38]\d+",)),
            Condition("listed", (True,), negated=True),
            Condition("name", ('it\'s "a" \\ loan',)),
            Condition("window", ("mon-fri 09:00-18:30",), negated=True),
        ]
    ),
    unique_by=lambda condition: condition.kind,
)
ENDS = datetime(2000, 1, 1), datetime(9998, 12, 31)  # noqa: DTZ001 - zones are drawn
rules = st.builds(
    Rule,
    name=names,
    conditions=conditions.map(tuple),
    action=st.sampled_from([Action.ALLOW, Action.REJECT, Action.SCREEN, Action.VOICEMAIL]),
    who=st.sampled_from(Who),
    mode=st.sampled_from(Mode),
    expires_at=st.none() | st.datetimes(*ENDS, timezones=st.just(ZoneInfo("Asia/Shanghai"))),
    note=texts,
    author=texts,
    enabled=st.booleans(),
)
screens = st.sampled_from([Action.SCREEN, Action.VOICEMAIL])
modes = st.sampled_from(Mode)
points = st.integers(0, 400).map(lambda quarters: quarters / 4)
watches = st.tuples(
    st.builds(Neighbour, block=st.sampled_from([100, 1000]), reported=st.integers(1, 100), action=screens, mode=modes),
    st.builds(LookAlike, action=st.sampled_from(ACTIONS), label=st.sampled_from(["?", "可疑"])),
    st.builds(Flood, strangers=st.integers(3, 100), hold=st.integers(1, 100), label=st.sampled_from(["", "busy"])),
    st.builds(Redial, seconds=st.integers(1, 3600), mode=modes),
    st.builds(
        Score,
        label_from=points,
        screen_from=points,
        weights=st.dictionaries(st.sampled_from([one.name for one in SYMBOLS]), st.floats(-20, 20)),
        caps=st.dictionaries(st.sampled_from(list(CAPS)), st.floats(0, 20)),
    ),
)
policies = st.builds(
    PolicyText,
    suspicion=watches | st.just(()),
    rules=st.lists(rules, max_size=4, unique_by=lambda rule: rule.name).map(tuple),
    presets=st.frozensets(st.sampled_from([preset.rule.name for preset in PRESETS])),
    time_zone=st.sampled_from(["", "Asia/Shanghai", "UTC"]),
    calendars=st.dictionaries(texts, st.lists(st.dates(), max_size=3).map(lambda days: tuple(sorted(set(days))))),
    windows=st.dictionaries(texts, st.just({"days": "mon-fri", "never": [date(2026, 10, 1)]}), max_size=2),
)


@given(policies)
def test_what_is_written_reads_as_it_was_and_is_written_the_same(policy: PolicyText) -> None:
    text = write(policy)
    again = read(text, CONFIG)
    assert write(again) == text
    assert (again.presets, again.time_zone, again.suspicion) == (policy.presets, policy.time_zone, policy.suspicion)
    assert (again.calendars, again.windows) == (policy.calendars, policy.windows)
    assert [(rule.name, rule.conditions, rule.note, rule.enabled) for rule in again.rules] == [
        (rule.name, rule.conditions, rule.note, rule.enabled) for rule in policy.rules
    ]


scalars = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | texts | st.dates() | st.datetimes() | st.times()
)
values = st.recursive(
    scalars.filter(lambda value: value is not None),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=8,
)


tables = st.dictionaries(st.sampled_from(WORDS), values, max_size=4)


@given(tables | st.fixed_dictionaries({"rule": st.lists(tables, min_size=1, max_size=2)}))
def test_whatever_is_in_a_text_it_is_a_policy_or_its_faults_are_told_with_lines(document: dict[str, Any]) -> None:
    text = "".join(f"{key} = {toml(value)}\n" for key, value in document.items())
    policy = PolicyText()
    faults: tuple[tuple[int | None, str], ...] = ()
    try:
        policy = read(text, CONFIG)
    except PolicyError as refused:
        faults = refused.faults
    assert all(line and 1 <= line <= len(document) and told for line, told in faults)
    assert write(read(write(policy), CONFIG)) == write(policy)


def toml(value: object) -> str:
    """As `value_of`, and what no policy has."""
    match value:
        case float():
            return "nan" if value != value else repr(value)  # noqa: PLR0124 - what makes it a nan
        case time():
            return value.isoformat()
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            return f"{{ {', '.join(f'{key_of(key)} = {toml(inner)}' for key, inner in value.items())} }}"
    return value_of(value)


def test_presets_are_tried_after_the_rules_and_in_their_own_order() -> None:
    text = 'presets = ["international", "impossible-numbers"]\n[[rule]]\nname = "a"\naction = "allow"\n'
    rules = read(text, CONFIG).every_rule()
    assert [rule.name for rule in rules] == ["a", "impossible-numbers", "international"]
    assert all(rule.enabled for rule in rules)


def test_a_faulty_rule_is_left_out_for_calls_and_never_speaks_of_more_of_them() -> None:
    text = '[[rule]]\nname = "a"\naction = "reject"\nwhen = { later = 1 }\n[[rule]]\nname = "b"\naction = "allow"\n'
    policy, faults = read_leniently(text, CONFIG)
    assert [rule.name for rule in policy.rules] == ["b"]
    assert [line for line, _ in faults] == [4]


def test_a_fault_outside_of_the_rules_is_told_together_with_theirs() -> None:
    with pytest.raises(PolicyError) as refused:
        read_leniently('time_zone = "Mars"\n[[rule]]\nname = "a"\n', CONFIG)
    assert [line for line, _ in refused.value.faults] == [1, 2]


def test_without_a_time_zone_the_machines_own_is_meant() -> None:
    assert zone_of("") is not None
    assert zone_of("Asia/Shanghai") == ZoneInfo("Asia/Shanghai")
    for name in ("Mars", "../etc/passwd", "/etc/localtime", "\0"):
        with pytest.raises(ValueError, match="is no time zone"):
            zone_of(name)


def test_brackets_quotes_and_line_ends_within_texts_and_comments_end_nothing() -> None:
    lines = Lines(
        "a = [ # ] \"\n'[', \"\\\"]\", # [[x]]\n{ b = ']' }]\n"  # 1 to 3
        'c = """"[\n\\"""\n"""""\n'  # 4 to 6
        "d = '''\n[[x]]\n''''\n"  # 7 to 9
        '"e[" = "[" # {\n'  # 10
        "f = 1"
    )
    assert [lines.of((key,)) for key in ("a", "c", "d", "e[", "f", "x", "b")] == [1, 4, 7, 10, 11, None, None]


def test_each_statement_of_a_text_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read_so_far: list[str] = []
    loads = tomllib.loads

    def noting(text: str) -> dict[str, Any]:
        read_so_far.append(text)
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", noting)
    text = '[[rule]]\nname = "a"\n\n# many\nwhen.number = [\n' + '"13800138000", # one\n' * 500 + "]\n"
    Lines(text)
    assert len(read_so_far) == 3
    assert sum(map(len, read_so_far)) <= len(text)


def test_lines_are_found_whatever_way_a_table_is_written() -> None:
    lines = Lines(
        "a.b = 1\n"  # 1
        'text = """\n[[rule]]\nname = 1\n"""\n'  # 2 to 5
        "# [[rule]]\n\n"
        "[[rule]]\r\n"  # 8
        'name = "x"\n'
        "when = { x = 1, y = [\n2] }\n"  # 10
        "[[rule]]\n"  # 12
        "[rule.when]\n"
        "x = [\n1,\n]\n"  # 14
        '["windows"."open"]\n'  # 17
        "days = 1"
    )
    assert [
        lines.of(place)
        for place in (
            ("a", "b"),
            ("rule", 0, "name"),
            ("rule", 0, "when", "y"),
            ("rule", 1),
            ("rule", 1, "name"),
            ("rule", 1, "when", "x"),
            ("windows", "open", "days"),
            ("windows", "open", "hours"),
            ("nothing",),
        )
    ] == [1, 9, 10, 12, 12, 14, 18, 17, None]

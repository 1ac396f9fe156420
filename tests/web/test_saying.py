"""Whatever the filter says can be told in each language: no sentence of it is left in English."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from markupsafe import Markup

from callfilter.cli.say import harmless
from callfilter.config import Config, load_config
from callfilter.config_faults import ConfigError
from callfilter.config_values import Address
from callfilter.doctor import everything
from callfilter.web import languages
from callfilter.web.saying import asked, messages, said, sentences, vocabulary
from callfilter.web.saying.callers import callers
from callfilter.web.saying.sentences import Teller
from callfilter.web.words import ACTIONS
from filters import directories, directory
from filters.call import Call
from filters.conditions.plan import CLASSES
from filters.conditions.registry import KINDS
from filters.decide import CHAPTERS, decide
from filters.explain import every_rule
from filters.facts import Bond, Expecting, Facts, History, OwnEntry, PastCall, Surroundings, Trusted
from filters.lint.finding import Known, Severity
from filters.lint.linter import lint
from filters.number import read_number
from filters.plans.cn import CN
from filters.policy import Policy
from filters.policy_text import rules_from
from filters.presets import PRESETS
from filters.rule import Condition, Mode, Rule, Who
from filters.rulebook import words_of
from filters.suspicion.score import Score
from filters.suspicion.settings import read_suspicion
from filters.suspicion.suspicions import WATCHES
from filters.suspicion.symbols import CAPS, SYMBOLS
from filters.suspicion.watches import Flood, Redial
from filters.trust import faults_of
from filters.verdict import Action, Reason
from tests.filters.rules import NOW, SHOP, rule
from tests.filters.test_corpus import CASES, FILES, facts, policy
from tests.filters.test_rule_properties import callers as callers_of_tests
from tests.filters.test_rule_properties import names, rules

FILTERS_FOLDER = Path(directory.__file__).parent
DOCTOR_FOLDER = Path(everything.__file__).parent
LANGUAGES = languages.load()
CHINESE, ENGLISH = LANGUAGES["zh-Hans"], LANGUAGES["en"]
ENGLISH_WORDS = re.compile(r"[A-Za-z']{2,} [a-z]{2,} [a-z]{2,}")
"""Three words in a row: no number, name or key that stands in a sentence has them."""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Teller:
    """Tells in Chinese; values stand in ⟦ ⟧."""
    monkeypatch.setattr(sentences, "value", lambda text: Markup("⟦{}⟧").format(text))
    return Teller(CHINESE)


def untold(told: Teller, text: str) -> str:
    """What of a sentence stays English: all of it, or what stands where only values may."""
    chinese = told.tell(text)
    if chinese is None:
        return text
    values = re.findall("⟦(.*?)⟧", chinese)
    return " | ".join(value for value in values if ENGLISH_WORDS.search(value) and value not in NAMES)


NAMES = {
    "the courier from the bank",
    *(table["name"] for content in FILES.values() for table in content.get("rule", ())),
}
"""What admins of these tests wrote."""


def test_every_step_of_the_corpus_is_told(told: Teller) -> None:
    left = {}
    for file, case in CASES:
        content = FILES[file]
        judging = policy(content, case)
        number = read_number(
            case["caller"],
            country=case.get("country", "CN"),
            area=judging.shop.area,
            strip=case.get("strip", ()),
            withheld=case.get("withheld", False),
        )
        call = Call(case["caller"], case.get("at", NOW), name=case.get("caller_name", ""), did=case.get("did", ""))
        known = facts(content, case, number.key, call.at)
        steps = (*decide(call, number, known, judging).trace, *every_rule(call, number, known, judging))
        for text in (*(step.check for step in steps), *number.reading):
            if rest := untold(told, text):
                left[text] = rest
    assert not left


def every_rule_of(mode: Mode = Mode.ENFORCE) -> Iterator[Rule]:
    """Rules with each kind of condition, plain and negated, with one value and with all samples."""
    for kind in KINDS.values():
        lists = [(sample,) for sample in kind.samples] + ([kind.samples] if False not in kind.samples else [])
        for position, values in enumerate(lists):
            for negated in (False, True):
                name = f"{kind.name}-{'not' if negated else 'is'}-{position}"
                yield Rule(name, (Condition(kind.name, values, negated),), Action.SCREEN, mode=mode)


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("caller", ["13800138000", "", "x", "+85223456789", "95588", "02161234567", "4006695588"])
def test_what_every_kind_of_rule_says_of_a_call_is_told(told: Teller, caller: str, mode: Mode) -> None:
    number = read_number(caller, area="021")
    call = Call(caller, NOW, name="loan", did="02160001000", trunk="carrier-1", attestation="A")
    judging = Policy(rules=tuple(every_rule_of(mode)), shop=SHOP)
    assert not judging.faults
    for known in (Facts(), Facts(history=History(), surroundings=Surroundings())):
        said = [*every_rule(call, number, known, judging), *decide(call, number, known, judging).trace]
        assert not [rest for step in said if (rest := untold(told, step.check))]


@pytest.mark.parametrize("one", list(every_rule_of()), ids=lambda one: one.name)
def test_conditions_are_read_back_from_what_a_trace_says(one: Rule) -> None:
    read = asked.read(words_of(one))
    assert read is not None
    whole = callers(CHINESE, asked.of_conditions(one.conditions)).text(CHINESE)
    assert callers(CHINESE, read).text(CHINESE) == whole


def test_several_conditions_are_read_back_whatever_commas_stand_in_them() -> None:
    told = "from Xi'an, Shaanxi or Suzhou, Jiangsu, not (class mobile or 2 more), 7-8 or 11 digits, not (anonymous)"
    assert asked.read(told) == (
        asked.Asked("region", ("Xi'an, Shaanxi", "Suzhou, Jiangsu")),
        asked.Asked("class", ("mobile",), negated=True, more=2),
        asked.Asked("digits", ("7-8", "11")),
        asked.Asked("anonymous", (), negated=True),
    )
    assert asked.read("every call") == ()
    assert asked.read("the moon is full") is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules(), callers_of_tests, names)
def test_what_any_rules_say_of_any_call_is_told(made: tuple[Rule, ...], caller: str, name: str) -> None:
    number = read_number(caller, area="021")
    call = Call(caller, NOW, name=name, did="600", trunk="t")
    judging = Policy(rules=made, shop=SHOP, mailbox="1@box")
    teller = Teller(CHINESE)
    for known in (Facts(), Facts(history=History(), surroundings=Surroundings())):
        for step in (*every_rule(call, number, known, judging), *decide(call, number, known, judging).trace):
            assert teller.tell(step.check), step.check


def judged(caller: str, known: Facts, **more: Any) -> Iterator[str]:
    number = read_number(caller, area="021")
    at = more.pop("at", NOW)
    call = Call(caller, at, name=more.pop("name", ""), did="02160001000", attestation=more.pop("vouched", ""))
    for step in decide(call, number, known, Policy(shop=SHOP, **more)).trace:
        yield step.check


def special_cases() -> Iterator[str]:
    """What the chapters say in cases that no file of calls has."""
    caller, key = "13800138000", "+8613800138000"
    for action in Action:
        for mailbox in ("", "1@box"):
            yield from judged(caller, Facts(own=(OwnEntry(key, is_prefix=False, action=action),)), mailbox=mailbox)
            yield from judged("", Facts(), anonymous=action, mailbox=mailbox)
            yield from judged("x", Facts(), invalid=action, mailbox=mailbox)
        yield from judged(caller, Facts(), rules=(rule(action=action, target="1@x", mode=Mode.OBSERVE),))
        yield from judged(caller, Facts(), rules=(rule(action=action, expires_at=NOW),))
    yield from judged(caller, Facts(own=(OwnEntry(key, False, Action.ALLOW, expires_at=NOW),)))
    yield from judged("sip:13800138000@anonymous.invalid", Facts(), anonymous=Action.REJECT)
    yield from judged(caller, Facts(), rules=(rule(calls="3 in 10 minutes"), rule("second", score="5-")))
    yield from judged(caller, Facts(), protected=frozenset({key}))
    yield from judged(caller, Facts(), own_lines=frozenset({key}))
    for bond in Bond:
        yield from judged(caller, Facts(trusted=Trusted(bond, NOW)))
    yield from judged(caller, Facts(trusted=Trusted(Bond.TALKED, NOW, NOW)))
    later = NOW + timedelta(1)
    for window in (Expecting(later), Expecting(later, number_class="mobile"), Expecting(later, did="1")):
        yield from judged(caller, Facts(expecting=(window,)))
    yield from judged(caller, Facts(expecting=(Expecting(later, note="the courier from the bank"),)))


def past(key: str, minutes: float = 1, **more: Any) -> PastCall:
    return PastCall(NOW - timedelta(minutes=minutes), key, **more)


def suspicious_cases() -> Iterator[str]:
    """What suspicion says: each of its steps, deciding, observing and counting, and each of its symbols."""
    around = Surroundings(
        reported=("+8613800138000", "+8613800138001", "+8613800138002"),
        own=tuple(
            past("+8613800138000", minutes, did=f"{minutes}", action=action, screened=screened)
            for minutes, screened, action in (
                *((0.1, "failed", Action.SCREEN), (1, "hangup", Action.SCREEN), (2, "", Action.SCREEN)),
                *((3, "silent", Action.SCREEN), (4, "", Action.ALLOW), (3000, "", Action.ALLOW)),
            )
        ),
        block=tuple(past(f"+861380013801{last}") for last in range(9)),
        strangers=tuple(past(f"+861380013802{last}") for last in range(10)),
    )
    watched = {
        Mode.ENFORCE: tuple(kind() for kind in WATCHES),
        Mode.OBSERVE: tuple(kind(mode=Mode.OBSERVE) for kind in WATCHES),
    }
    callers_ = [
        *("13800138000", "95589", "95029267", "4001234567", "17012345678", "15412345678", "02111234567", "1065752588"),
        *("10690001234", "16812345", "+442079460018", "01061234567", "95588", "955881", "10095588", "02160001009", ""),
        "sip:13800138000@anonymous.invalid",
    ]
    lines = frozenset({"+862160001000"})
    for mode in Mode:
        for known in (Facts(), Facts(surroundings=Surroundings()), Facts(surroundings=around)):
            for caller in callers_:
                for mailbox in ("", "1@box"):
                    yield from judged(caller, known, suspicion=watched[mode], mailbox=mailbox, own_lines=lines)
        for name in ("骚扰电话", "13900139000"):
            for vouched in ("A", "failed"):
                yield from judged(caller, known, suspicion=watched[mode], name=name, vouched=vouched)
    yield from judged("13800138000", Facts(surroundings=Surroundings()), suspicion=(Score(),), at=NOW.replace(hour=23))
    last = Surroundings(own=(past("+8613800138000", 0.1, action=Action.VOICEMAIL, reason=Reason.SUSPICION),))
    yield from judged("13800138000", Facts(surroundings=last), suspicion=(Redial(), Score(), Flood()))


@pytest.mark.parametrize("cases", [special_cases, suspicious_cases])
def test_what_chapters_say_in_special_cases_is_told(told: Teller, cases: Any) -> None:
    said = set(cases())
    assert not {text: rest for text in said if (rest := untold(told, text))}


def test_every_symbol_of_the_score_comes_up_in_these_tests() -> None:
    said = "\n".join(text for text in suspicious_cases() if text.startswith("score"))
    assert {one.name for one in SYMBOLS} - set(re.findall(r"[a-z][a-z0-9-]+(?= -?[0-9])", said)) == set()


SPELLINGS = [
    *(sample for one in (*CN.classes, CN.landline, CN.local) for sample in (*one.samples, *one.counter_samples)),
    *("+8613800138000", "008613800138000", "8613800138000", "013800138000", "1795113800138000", "+00442079460018"),
    *("tel:61234567;phone-context=+8621", "sip:1 3８00138000@x", "sip:machine", "+", "anonymous", "x" * 600, "1" * 40),
    *("sip:13800138000@anonymous.invalid", "01095588", "+8613", "+80012345678", "+999123", "+442079460018", ""),
]


@pytest.mark.parametrize("country", ["CN", "GB", "US"])
def test_how_numbers_are_read_is_told(told: Teller, country: str) -> None:
    left: dict[str, str] = {}
    for raw in SPELLINGS:
        for number in (
            read_number(raw, country=country, area="021"),
            read_number(f"9{raw}", country=country, strip=("9",), withheld=True),
        ):
            left |= {text: rest for text in number.reading if (rest := untold(told, text))}
    assert not left


def test_fixed_words_of_the_filter_are_all_known() -> None:
    assert set(Reason) == vocabulary.REASONS.keys()
    assert set(Action) == vocabulary.DOES.keys() == ACTIONS.keys()
    assert {chapter.name for chapter in CHAPTERS} <= vocabulary.CHAPTERS.keys()
    assert CLASSES == vocabulary.CLASSES.keys() == vocabulary.CALLERS.keys()
    assert set(directory.Kind) == vocabulary.KINDS.keys()
    assert {preset.rule.name for preset in PRESETS} == vocabulary.PRESETS.keys()
    assert {watch.name for watch in WATCHES} == vocabulary.WATCHES.keys()
    assert {symbol.name for symbol in SYMBOLS} == vocabulary.SYMBOLS.keys()
    assert set(Severity) == vocabulary.SEVERITIES.keys()
    assert {f"trusted {bond}" for bond in Bond} <= vocabulary.DECIDERS.keys()
    assert CAPS.keys() == vocabulary.GROUPS.keys()


def test_what_things_are_about_is_told(told: Teller) -> None:
    about = [
        *(text for kind in KINDS.values() for text in (kind.about, kind.takes)),
        *(each.about for each in PRESETS),
        *(each.about for each in CHAPTERS),
        *(each.about for each in WATCHES),
        *(each.about for each in SYMBOLS),
        *(group.source for group in directories.DIRECTORIES["CN"]),
    ]
    assert not [rest for text in about if (rest := untold(told, text))]


FAULTY: tuple[dict[str, Any], ...] = (
    {},
    {"name": "a", "action": "refuse", "signal": 999, "enabled": 1, "who": 3, "mode": [], "label": "<", "target": "x"},
    {"name": "b", "action": "divert", "expires_at": "soon", "when": 3, "note": 4, "nmae": "?"},
    {"name": "c", "action": "reject", "target": "1@x", "when": {"clas": 1, "class": {}, "digits": "9-3"}},
    {"name": "\n", "action": "voicemail", "target": "x", "signal": 603},
    {
        "name": "d",
        "action": "reject",
        "when": {"anonymous": "yes", "listed": "shops", "window": "mo 9", "calls": "many"},
    },
    {"name": "d", "action": "allow", "when": {"country": "XX", "region": "Xyzzy", "score": "much", "attestation": "Z"}},
    {"name": "e", "action": "allow", "when": {"region": "Suzho", "score": "9-3", "number": "x", "prefix": "1"}},
    {
        "name": "f",
        "action": "allow",
        "when": {"region": "Fuzhou", "class": "mobil", "prefix": "216*", "window": "mon 9:00"},
    },
    {
        "name": "g",
        "action": "allow",
        "when": {"class": "zzzzzzz", "number": True, "digits": "x", "prefix": "x", "range": "1"},
    },
    *(
        {"name": f"range {text}", "action": "allow", "when": {"range": text}}
        for text in ("13800138001-13800138000", "x-1380013800", "95588-13800138000", "95588-955999", "1-2-3")
    ),
    *(
        {"name": f"pattern {position}", "action": "allow", "when": {"pattern": text}}
        for position, text in enumerate(
            [
                *("_", "_1[3-", "_[^1]", "_[10-20]", "_[9-3]", "_[-]", "_[X1]", "_1*", "_1]", "_1 2", "_1%", "_1.2"),
                *("_anonymous", "138X", "-", "_[]", "1" * 190 + "XX", "_" + "1" * 199),
            ]
        )
    ),
    *(
        {"name": f"window {position}", "action": "allow", "when": {"window": text}}
        for position, text in enumerate(["mon-fri 25:00-26:00", "mon 09:00-09:00", "monday"])
    ),
    *(
        {"name": f"regex {position}", "action": "allow", "when": {"regex": text}}
        for position, text in enumerate(["(?=x)", "(", ")", "[", "a**", "*", "\\", "[9-3]", r"\Z", "x{2000}", "(?P>x)"])
    ),
)


def refusals() -> Iterator[str]:
    shop = SHOP
    _, faults = rules_from({"rule": list(FAULTY)}, shop)
    yield from (fault.text for fault in faults)
    yield from (fault.text for fault in rules_from({"rule": 3}, shop)[1])
    yield from (text for _, text in faults_of({"day": 1, "days": "x"}))
    steps = {
        "x": {},
        "sweep": 3,
        "flood": {"x": 1, "hold": 0, "label": 4, "mode": "x"},
        "neighbour": {"action": "reject", "block": 3},
    }
    steps |= {
        "look-alike": {"action": "allow"},
        "score": {"label_from": "x", "weights": 3, "caps": {"x": 1, "number": 99}},
    }
    yield from (text for _, text in read_suspicion(steps)[1])


def test_refusals_of_rules_and_settings_are_told(told: Teller) -> None:
    said = set(refusals())
    assert len(said) >= 80
    assert not {text: rest for text in said if (rest := untold(told, text))}


def of_class(name: str) -> Condition:
    return Condition("class", (name,))


def findings() -> Iterator[str]:
    """What the linter says of odd rules."""
    reject = Action.REJECT
    twice = rule("first", prefix="138*"), rule("second", prefix="1380*")
    groups: list[tuple[Rule, ...]] = [
        twice,
        (twice[0], rule("same", prefix="138*")),
        (twice[0], rule("opposite", prefix="1380*", action=Action.ALLOW)),
        (twice[0], rule("watches", prefix="1380*", mode=Mode.OBSERVE)),
        (rule("all", who=Who.EVERYONE, prefix="138*"), rule("some", prefix="1380*", action=Action.VOICEMAIL)),
        (rule("some", prefix="1380*", action=Action.ALLOW), rule("all", who=Who.EVERYONE, prefix="138*")),
        (rule("never", digits=3, conditions=[of_class("landline")]),),
        (rule("never", prefix="138*", country="HK"),),
        (rule("three", number="13800138000", digits=5, conditions=[of_class("mobile")]),),
        (rule("nobody", prefix="+86194*"),),
        (rule("over", prefix="138*", expires_at=datetime(2020, 1, 1, tzinfo=UTC)),),
        (rule("hides", anonymous=True, prefix="138*"),),
        (rule("other", did="1", prefix="138*"),),
        (rule("other", did="1*", prefix="138*"),),
        (
            rule("misread", regex="/138/"),
            rule("b", regex="^00"),
            rule("c", regex="1{,3}"),
            rule("d", name_regex=r"\<a\>"),
        ),
        (rule("emergency", prefix="11*"),),
        (rule("protected", number="13800138000"),),
        (rule("own", number="13900139000"),),
        (rule("bank", prefix="95588"), rule("banks", prefix="955*")),
        *(
            (rule("every", action=action, target="1@x" if action is not reject else ""),)
            for action in Action
            if action is not Action.ALLOW
        ),
        *(
            (
                rule(
                    "half", conditions=[of_class("mobile")], action=action, target="1@x" if action is not reject else ""
                ),
            )
            for action in Action
            if action is not Action.ALLOW
        ),
        (rule("mail", prefix="138*", action=Action.VOICEMAIL),),
    ]
    own = (
        OwnEntry("+8613900139000", is_prefix=False, action=Action.ALLOW),
        OwnEntry("+86137", is_prefix=True, action=reject),
    )
    known = Known(at=NOW, dids=frozenset({"02160001000"}), own=own, presets=frozenset({"same"}))
    for group in (*groups, (rule("blocked", prefix="1370*"),)):
        protecting = Policy(rules=group, shop=SHOP, protected=frozenset({"+8613800138000"}))
        yield from (f"rule '{each.rule}' {each.text}" for each in lint(protecting, known))


def test_findings_of_the_linter_are_told(told: Teller) -> None:
    said = set(findings())
    assert len(said) >= 25
    assert not {text: rest for text in said if (rest := untold(told, text))}


FRAGMENT = re.compile(r"[A-Za-z']{2,} [a-z]{2,}")
NOT_SAID = re.compile(
    r"\|---|operator:|argument for|too large|anonym anonymouscaller|autonomous region|[a-z] show\b|not registered"
)
"""Tables of docs, commands, and texts that are looked for in others: RE2's, Asterisk's, callers', names of places."""
COMMANDS = re.compile(r"(?:callfilter|systemctl)(?: [a-z]+){2}")
IN_PARTS = {
    "matches; it only observes, and would have said",
    *("call log", "signal is", "label is", "all of group", "write a whole number from 0 to"),
    "X, or a single digit on each side of the",
    *("every day", "but not on", "of the next day"),
}
"""What several templates say together, and the text of a window, which the page makes of its days and hours."""
DATA = ("directories", "plans", "regions_data.py")


def fragments() -> Iterator[tuple[str, str]]:
    """Where something of two words or more stands in the code of filter and doctor, and the words."""
    settings = [FILTERS_FOLDER.parent / "callfilter" / name for name in ("config.py", "config_faults.py")]
    for path in sorted([*FILTERS_FOLDER.rglob("*.py"), *DOCTOR_FOLDER.glob("*.py"), *settings]):
        place = path.relative_to(FILTERS_FOLDER.parent)
        if place.parts[1] in DATA:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                for part in re.split(r"(?<!\{)\{\w*\}", node.value):
                    words = re.sub(r"^[^A-Za-z]+|[^A-Za-z]+$", "", part.replace("{{", "{").replace("}}", "}"))
                    if FRAGMENT.search(words) and words not in IN_PARTS and not NOT_SAID.search(node.value):
                        yield f"{place}:{node.lineno}", words


def test_every_text_in_the_code_of_filter_and_doctor_is_in_one_of_the_templates() -> None:
    tables = [table for name, table in vars(vocabulary).items() if isinstance(table, dict) and name.isupper()]
    known = "\n".join(
        [
            *(said.PLACE.sub("\0", message) for message in messages.SENTENCES),
            *(text for table in tables for pair in table.items() for text in pair),
            *(kind.words for kind in KINDS.values()),
        ]
    )
    assert not [(place, words) for place, words in fragments() if words not in known]


def test_translations_of_what_the_filter_says_hold_no_english_but_what_is_written_so() -> None:
    left: dict[str, list[str]] = {}
    for message in languages.catalogue("zh_Hans"):
        if message.id in messages.SENTENCES:
            rest = ENGLISH_WORDS.findall(COMMANDS.sub("", said.PLACE.sub("", str(message.string))))
            left |= {str(message.id): rest} if rest else {}
    assert not left


def test_in_english_sentences_stay_as_they_are_but_for_what_html_would_take_for_its_own() -> None:
    teller = Teller(ENGLISH)
    for text in {*special_cases(), *suspicious_cases(), *refusals()}:
        shown = teller(text)
        assert shown.unescape().removeprefix("<bdi>").removesuffix("</bdi>") == harmless(text)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_what_nobody_knows_is_shown_as_it_is(tag: str) -> None:
    teller = Teller(LANGUAGES[tag])
    assert teller("the moon is <full>") == "the moon is &lt;full&gt;"
    assert teller("") == ""


@pytest.mark.parametrize("tag", LANGUAGES)
def test_hostile_values_can_neither_write_html_nor_reorder_a_sentence(tag: str) -> None:
    teller = Teller(LANGUAGES[tag])
    shown = teller("<script>alert(1)</script>\u202etxt is a word for no number")
    assert "<script" not in shown
    assert "\u202e" not in shown
    assert "<bdi>" in shown


@pytest.mark.parametrize(
    "text",
    [
        "x; matches" * 400,
        "rule '" * 800,
        "score 1: " + "night 1 (" * 500,
        "not (" * 900,
        "class a, " * 500,
        "%(text)s %s %",
    ],
)
def test_hostile_sentences_take_no_longer_than_others_and_break_nothing(text: str) -> None:
    began = perf_counter()
    assert Teller(CHINESE)(text)
    assert perf_counter() - began < 1


FAULTY_SETTINGS = """\
countri = "CN"
zzz = 1
area = "x y"
country = "XXX"
web = "0.0.0.0:1"
fastagi = 3
ami = "what"
mask_numbers = "x"
extensions = "8001"
trunks = 3
dids = { "1" = { mailbox = "x", name = 3 } }
[policy]
anonymous = "reject it"
signal = 1
protected = ["none at all"]
"""


@pytest.mark.parametrize("text", [FAULTY_SETTINGS, 'web = "0.0.0.0:1"', '[policy]\nanonymous = "voicemail"'])
def test_faults_of_settings_are_told(told: Teller, tmp_path: Path, text: str) -> None:
    file = tmp_path / "callfilter.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refusal:
        load_config(file, {})
    assert refusal.value.faults
    assert not {each: rest for each in refusal.value.faults if (rest := untold(told, each))}


def test_findings_of_the_doctor_are_told(told: Teller, tmp_path: Path) -> None:
    nowhere = Address("127.0.0.1", 1)
    config = Config(database=tmp_path / "there", fastagi=nowhere)
    found = list(everything.examine_everything(config, ["no-such-asterisk"]))
    assert len(found) >= 4
    assert not {each.text: rest for each in found if (rest := untold(told, each.text))}


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        (
            "look-alike: 955881 is 95588 (Industrial and Commercial Bank of China) with something behind it",
            "相似号码：955881 是 95588（中国工商银行）后面加了数字",
        ),
        (
            "rule 'no: this': class landline, not (from own), within sat; it only observes, and would have said reject",
            "规则“no: this”：外省固话，周六；仅观察，若生效会拒接",
        ),
        (
            "score 1.5: other-province 0.5 (Suzhou, Jiangsu), first-call 1 (no call in the last 30 days)",
            "可疑分 1.5：外省 0.5（江苏苏州），首次来电 1（近 30 天内没有来电）",
        ),
        ("score: 'x' is not known in caps: write number or block", "可疑分：caps 中没有 'x'：请写 number 或 block"),
        (
            "version 3, line 7: rule 'a': name has no value: write a text, such as insurance",
            "版本 3，第 7 行：规则“a”：name 没有值：请写：文字，例如 insurance",
        ),
        (
            "version 3 of the policy cannot be used by it, so the built-in policy judges",
            "它无法使用策略版本 3，因此由内置策略判定",
        ),
        (
            "Asterisk 13.1.0 is older than anything that was tried; Asterisk 16 or newer is better",
            "Asterisk 13.1.0 比测试过的版本都旧；建议使用 Asterisk 16 或更新版本",
        ),
        ("rule 'no-caller-id': anonymous", "规则“没有号码的来电”：隐藏号码的来电"),
        ("so the key is anonymous", "因此按匿名来电处理"),
        ("presets on: no-caller-id, sweep", "启用预设：没有号码的来电和扫号"),
        ("0512 is the area code of Suzhou, Jiangsu", "0512 是江苏苏州的区号"),
        (
            'turns away about 66% of ordinary callers: add a condition, or try it with mode = "observe" first',
            '对约 66% 的普通来电拒接：请添加条件，或先用 mode = "observe" 试行',
        ),
    ],
)
def test_sentences_read_well_in_chinese(text: str, chinese: str) -> None:
    assert Teller(CHINESE)(text).striptags() == chinese

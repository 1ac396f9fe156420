"""What the docs say about numbers, reasons and rules is what the code does."""

import re
import tomllib
from pathlib import Path

from filters import presets, trust
from filters.conditions import registry
from filters.decide import CHAPTERS, order
from filters.number import read_number
from filters.plans.cn import CN
from filters.policy_text import KEYS, rules_from
from filters.shop import Shop
from filters.suspicion import settings
from filters.verdict import Action, Reason

DOCS = Path(__file__).parents[2] / "docs"
REASONS = (DOCS / "reasons.md").read_text("utf-8")
RULES = (DOCS / "rules.md").read_text("utf-8")
NUMBERS = (DOCS / "numbers.md").read_text("utf-8")


def listed(text: str, heading: str) -> list[str]:
    """First word in backticks of each list line under a heading."""
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^[-|] `([^`]+)`", section, re.MULTILINE)


def test_every_reason_and_every_action_has_its_line() -> None:
    assert listed(REASONS, "Reasons") == [str(reason) for reason in Reason]
    assert listed(REASONS, "Actions") == [str(action) for action in Action]


def test_chapters_stand_in_the_docs_as_they_are_tried() -> None:
    section = REASONS.partition("## Order of decision\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\d\. \*\*(.+?)\*\* - (.+)$", section, re.MULTILINE)
    assert lines == [(chapter.name, chapter.about) for chapter in CHAPTERS]


def test_every_class_of_the_plan_has_its_line() -> None:
    names = {name for each in (*CN.classes, CN.landline, CN.local) for name in each.classes}
    assert names <= set(listed(NUMBERS, "Classes"))


def test_every_spelling_in_the_docs_folds_to_the_key_beside_it() -> None:
    rows = re.findall(r"^\| (`.+`) \| `([^`]+)` \|", NUMBERS, re.MULTILINE)
    assert len(rows) >= 10
    for spellings, key in rows:
        for spelling in re.findall(r"`([^`]*)`", spellings):
            assert read_number(spelling).key == key, spelling


def test_rules_page_has_the_order_the_conditions_and_the_presets_of_the_code() -> None:
    for table in (order(), registry.table(), presets.table()):
        assert f"\n{table}" in RULES


def test_rules_page_has_the_steps_the_symbols_and_the_groups_of_suspicion() -> None:
    for table in (settings.table(), settings.symbols_table(), settings.caps_table()):
        assert f"\n{table}" in RULES


def test_rules_page_explains_every_action_and_every_key() -> None:
    for action in Action:
        assert f"| `{action}` |" in RULES
    for key in KEYS:
        assert re.search(rf"`?\b{key}\b( =|`)", RULES), key


def test_every_example_on_the_rules_page_is_a_sound_rule() -> None:
    examples = re.findall(r"```toml\n(.*?)```", RULES, re.DOTALL)
    assert len(examples) >= 3
    for example in examples:
        document = tomllib.loads(example)
        rules, faults = rules_from(document, Shop("CN", "021"))
        watches, more = settings.read_suspicion(document.get("suspicion", {}))
        assert len(rules) == 1 or len(watches) == 3
        assert not faults
        assert not more


def test_rules_page_has_the_settings_of_trust_as_they_are_if_you_write_nothing() -> None:
    (written,) = re.findall(r"```\n(\[trust\]\n.*?)```", RULES, re.DOTALL)
    table = tomllib.loads(written)["trust"]
    assert tuple(table) == trust.KEYS
    assert trust.read_trust(table) == trust.TRUST


def test_every_sample_of_a_condition_on_the_page_is_toml() -> None:
    cells = re.findall(r"^\| `(\w+)` \| .* \| (`.*`) \|$", registry.table(), re.MULTILINE)
    assert [kind for kind, _ in cells] == list(registry.KINDS)
    for kind, cell in cells:
        written = [sample.replace("\\|", "|") for sample in re.findall(r"`([^`]*)`", cell)]
        assert [tomllib.loads(f"a = {sample}")["a"] for sample in written] == list(registry.KINDS[kind].samples)

"""What the docs say about numbers and reasons is what the code does."""

import re
from pathlib import Path

from filters.decide import CHAPTERS
from filters.number import read_number
from filters.plans.cn import CN
from filters.verdict import Action, Reason

DOCS = Path(__file__).parents[2] / "docs"
REASONS = (DOCS / "reasons.md").read_text("utf-8")
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

"""The page speaks each of its languages completely."""

import re
from collections.abc import Iterable, Iterator

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from callfilter.web import languages
from callfilter.web.extract import Message, messages
from callfilter.web.site import TEMPLATES

OTHERS = [name for name, _ in languages.LANGUAGES.values() if name != languages.DEFAULT]
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
NAMES = re.compile(r"callfilter|CSV|XLSX|vCard|API|JSON|SIP|DID")
"""What is called the same in every language."""


def texts(given: str | Iterable[str] | None) -> list[str]:
    return [given] if isinstance(given, str) else list(given or [""])


def ids() -> set[Message]:
    return {message for _, _, message in messages()}


@pytest.mark.parametrize("name", OTHERS)
def test_every_message_is_translated(name: str) -> None:
    catalogue = languages.catalogue(name)
    missing = []
    for file, line, message in messages():
        found = catalogue.get(message if isinstance(message, str) else message[0])
        if found is None or not all(texts(found.string)):
            missing.append(f"{file}:{line}: {message!r}")
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("name", OTHERS)
def test_no_translation_is_left_over(name: str) -> None:
    used = {message if isinstance(message, str) else message[0] for message in ids()}
    given = {message.id if isinstance(message.id, str) else message.id[0] for message in languages.catalogue(name)}
    assert given - {""} <= used


@pytest.mark.parametrize("name", OTHERS)
def test_every_message_is_translated_in_one_file_only(name: str) -> None:
    files: dict[str, set[str]] = {}
    for file in (languages.FOLDER / name).glob("*.po"):
        with file.open("rb") as opened:
            for message in read_po(opened, locale=name):
                files.setdefault(str(message.id), set()).add(file.name)
    assert not {message: names for message, names in files.items() if message and len(names) > 1}


@pytest.mark.parametrize("name", OTHERS)
def test_translations_have_the_same_places_for_values(name: str) -> None:
    for message in languages.catalogue(name):
        if not message.id:
            continue
        originals = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = texts(message.string)
        wanted = set(PLACEHOLDER.findall(" ".join(originals)))
        assert all(set(PLACEHOLDER.findall(each)) <= wanted for each in strings), message.id


class Anything(dict[str, str]):
    """A value for every place."""

    def __missing__(self, place: str) -> str:
        return place


@pytest.mark.parametrize("name", OTHERS)
def test_every_translation_takes_its_values(name: str) -> None:
    for message in languages.catalogue(name):
        if message.id:
            for each in texts(message.string):
                # A percent sign of its own is written twice: templates fill in values even where there are none.
                assert each % Anything(), message.id


def bare_texts() -> Iterator[str]:
    """Text of templates that stands outside of any tag of HTML and any call of gettext."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted(TEMPLATES.rglob("*.html")):
        parsed = environment.parse(path.read_text(encoding="utf-8"))
        html = "".join(
            part.data if isinstance(part, nodes.TemplateData) else "\0"
            for output in parsed.find_all(nodes.Output)
            for part in output.nodes
        )
        for text in re.split(r"<[^>]*>", re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)):
            shown = NAMES.sub("", re.sub(r"&\w+;|\0", "", text)).strip()
            if re.search(r"\w", shown):
                yield f"{path.name}: {shown[:80]!r}"


def test_templates_hold_no_words_that_nobody_could_translate() -> None:
    assert not list(bare_texts())

"""Our pattern matcher against a real Asterisk's own, on thousands of pairs."""

import random
from collections.abc import Callable
from itertools import islice

import pytest

from filters.patterns import Pattern, compile_pattern
from lab.matcher import ask
from lab.pbx import Pbx

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

PATTERNS = 700
SETS = 100
PAIRS = 10_000
SHOWN = 10

ODD_PATTERNS = (
    *("_.", "_!", "_X.", "_X!", "_X.-", "_X!--", "_-X", "_X-", "_--X--X--", "_[]X", "_[]!", "_[].", "_X[]!", "_X[][]."),
    *("_[1-3-5]", "_[13-]X", "_[-13]X", "_[--3]X", "_[1-]X", "_[5]", "_[55]5", "_[0-9]X", "_[2-9]N", "_[*#+]X"),
    *("_nxz", "_NXZ", "_1[3-9]XXXXXXXXX", "_+86!", "_00XX.", "_*X.", "_#XX", "_[a-f]X", "_[A-F]X", "_[n]o[n]e", "__X"),
    *("_X_", "_[X]", "_[.]X", "_[!]", "_[_]X", "_AX", "_aX", "_s", "_1", "_95[0-24-7]XX", "_[1-3]-[4-6]", "_[+]86X."),
    *("13800138000", "138-0013-8000", "+8613800138000", "*98", "#1", "anonymous", "ANONYMOUS", "a.b", "1.2.3.4"),
)
CHARACTERS = tuple("0123456789*#+a")
ODD_NUMBERS = (
    *CHARACTERS,
    *("", "-", "--", "10", "15", "22", "55", "5-5", "-55-", "95588", "95012", "9502"),
    *(
        "13800138000",
        "138-0013-8000",
        "+8613800138000",
        "+86",
        "+861",
        "0086",
        "00861",
        "*98",
        "*9",
        "#12",
        "#1",
        "98*",
    ),
    *("anonymous", "Anonymous", "ANONYMOUS", "none", "N", "X", "n", "x", "XX", "a1", "A1", "ax", "s", "_", "_1", "1_"),
    *("_X.", "_X", "_[0-9]X", "_XX", "_XN", "_NN", "_[13579]X", "_[31-]X", "_.", "_!", "_[]X", "_-X", "-_X", "_nxz"),
    *(".1", "!1", "!", "a.b", "1.2.3.4", "1@example.net", "  1", "1 1", "14", "+1", "*1", "[5]", "_5", "_[5]"),
)
NEVER = ("_X[]", "_[9-1]", "_1[5-2]X", "_[-]", "_1[-]X", "_X[12", "_[")


def places(chance: random.Random) -> tuple[str, Callable[[], str]]:
    """One place of a pattern, and what makes characters that stand there."""
    kind = chance.randrange(12)
    if kind < 5:
        digit = chance.choice("0123456789" if kind else "+*#AaDd@_")
        return digit, lambda: digit
    if kind < 9:
        letter, digits = chance.choice((("X", "0123456789"), ("Z", "123456789"), ("N", "23456789")))
        letter = letter.lower() if chance.random() < 0.15 else letter
        return letter, lambda: chance.choice(digits)
    members = sorted(chance.sample("0123456789", chance.randint(1, 5)))
    if kind == 9:
        return f"[{''.join(chance.sample(members, len(members)))}]", lambda: chance.choice(members)
    first, last = members[0], members[-1]
    span = [str(digit) for digit in range(int(first), int(last) + 1)]
    extra = chance.choice(("", "-", "*", "+#", "05", "7-9", "-5", "a-c"))
    return f"[{first}-{last}{extra}]", lambda: chance.choice(span)


def generated(chance: random.Random) -> tuple[str, Callable[[], str]]:
    """A pattern, and what makes numbers for it."""
    parts = [places(chance) for _ in range(chance.choice((1, 2, 3, 3, 4, 5, 7, 8, 11, 12)))]
    texts = [text for text, _ in parts]
    if chance.random() < 0.15:
        texts.insert(chance.randrange(len(texts)), chance.choice(("-", "--", "[]")))
    tail = chance.choice(("", "", "", "", ".", "!"))
    text = f"_{''.join(texts)}{tail}"
    if chance.random() < 0.1:
        text = "".join(make() for _, make in parts)
        return text, lambda: text

    def number() -> str:
        rest = "".join(chance.choice("0123456789*#") for _ in range(chance.randrange(4))) if tail else ""
        return "".join(make() for _, make in parts) + rest

    return text, number


def odd_set(chance: random.Random) -> str:
    """A set such as `[1-3-5]`, whatever that means."""
    parts = []
    for _ in range(chance.randint(1, 4)):
        first, last = sorted(chance.sample("0123456789", 2))
        parts.append(chance.choice((first, f"{first}-{last}", f"{first}-{last}-", "-", f"{first}*-+")))
    return f"_[{''.join(parts)}]"


def changed(chance: random.Random, number: str) -> str:
    """A number that is nearly the same."""
    at = chance.randrange(len(number)) if number else 0
    other = chance.choice("0123456789" * 2 + "0011223" + "+*#-XNabz_.!@")
    replaced = number[:at] + other + number[at + 1 :]
    return chance.choice(
        (
            *(replaced, replaced, replaced, replaced),
            number[:at] + number[at + 1 :],
            number[:at] + other + number[at:],
            number[:-1],
            number + other,
            f"{number[:at]}-{number[at:]}",
        )
    )


def compiled(text: str) -> Pattern | None:
    try:
        return compile_pattern(text)
    except ValueError:
        return None


def questions() -> dict[str, list[str]]:
    """Patterns that we accept, each with numbers, about half of which match."""
    chance = random.Random(20_260_601)
    asked: dict[str, list[str]] = {text: [*ODD_NUMBERS] for text in ODD_PATTERNS}
    endless = iter(lambda: generated(chance), None)
    drawn = ((text, number) for text, number in endless if compiled(text) and text not in asked)
    for text, number in islice(drawn, PATTERNS):
        near = [number() for _ in range(7)]
        asked[text] = [*near, *(changed(chance, each) for each in near), chance.choice(ODD_NUMBERS)]
    sets = (text for text in iter(lambda: odd_set(chance), None) if compiled(text))
    asked |= {text: [*CHARACTERS] for text in islice(sets, SETS)}
    return asked


@pytest.mark.parametrize("version", ["22", "16"])
async def test_patterns_match_as_in_asterisk(booted: Pbx) -> None:
    asked = questions()

    answers = await ask(booted, asked)

    pairs = [
        (text, number, theirs)
        for text, numbers in asked.items()
        for number, theirs in zip(numbers, answers[text], strict=True)
    ]
    different = [
        f"{text} and {number!r}: Asterisk says {theirs}"
        for text, number, theirs in pairs
        if compile_pattern(text).matches(number) is not theirs
    ]
    assert different[:SHOWN] == []
    assert len(pairs) >= PAIRS
    assert 0.4 < sum(theirs for *_, theirs in pairs) / len(pairs) < 0.6


async def test_what_is_refused_since_it_never_matches_never_matches_in_asterisk(booted: Pbx) -> None:
    for text in NEVER:
        with pytest.raises(ValueError, match=r"matches no|empty range"):
            compile_pattern(text)

    # A number with a leading _ is compared as a pattern, and then [] and [9-1] do not count.
    numbers = [number for number in ODD_NUMBERS if not number.startswith("_")]
    answers = await ask(booted, dict.fromkeys(NEVER, numbers))

    assert {text for text, said in answers.items() if any(said)} == set()


async def test_what_is_refused_since_it_reads_otherwise_reads_so_in_asterisk(booted: Pbx) -> None:
    surprises = {
        "_X.5": ("129", "5"),
        "_anonymous": ("a2o3ymous", "anonymous"),
        "_[10-20]": ("2", "12"),
        "_[2-9X]": ("X", "1"),
        "_[^1-9]": ("5", "0"),
        "138*": ("138*", "1381"),
        "1XX": ("1XX", "123"),
        "_1]": ("1]", "1"),
    }
    assert [text for text in surprises if compiled(text)] == []

    answers = await ask(booted, surprises)

    # The first number of each is matched, and the second, which was meant, is not.
    assert {text for text, said in answers.items() if said != [True, False]} == set()

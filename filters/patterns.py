"""Asterisk's extension patterns, matching exactly as `main/pbx.c` does; proven against a real one's matcher.

Asterisk has two matchers and uses the older unless told otherwise; so do we. Hyphens count neither in a pattern nor in
a number, but for ranges in brackets. No regular expressions: every answer takes one pass over the number.
"""

import string
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

MAX_TEXT = 255
"""Characters of an extension that Asterisk reads from its configuration."""
_REMEMBERED = 2000
"""Patterns that are kept: a policy is read for its faults first, and again to be used."""

_WILDCARDS = {"X": "0123456789", "Z": "123456789", "N": "23456789"}
_WILDCARDS |= {letter.lower(): digits for letter, digits in _WILDCARDS.items()}
_MEANINGS = {"X": "a digit 0 to 9", "Z": "a digit 1 to 9", "N": "a digit 2 to 9"}
_NUMBERS = frozenset(string.digits + "+*#-")
# What can stand in a caller's number or in the user part of a SIP address.
_PLAIN = frozenset(string.ascii_letters + string.digits + "+*#-_@:&=~'.!<>")


class Tail(Enum):
    """What may follow in a number after all that a pattern compares one by one."""

    NOTHING = ""
    SOME = "."
    ANY = "!"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, or without a leading `_` an exact text."""

    text: str
    """As the admin wrote it."""
    places: tuple[frozenset[str], ...]
    """For each place of a number the characters that may stand there."""
    tail: Tail
    shape: tuple[object, ...] | None = None
    """Equal for patterns that Asterisk takes for the same, see `_shape`; None for an exact text."""

    def matches(self, number: str) -> bool:
        """Whether Asterisk would find this extension when `number` is dialled (its `E_MATCH`)."""
        if number.startswith("_") and self._is_same(number):
            return True
        dialled = number.replace("-", "")
        more = len(dialled) - len(self.places)
        if more < (1 if self.tail is Tail.SOME else 0) or (more and self.tail is Tail.NOTHING):
            return False
        return all(character in place for character, place in zip(dialled, self.places, strict=False))

    def _is_same(self, number: str) -> bool:
        """Asterisk first takes a number with a leading `_` for a pattern, and compares that with this one."""
        readable = len(number) <= MAX_TEXT and number.isascii()
        return self.shape is not None and readable and _shape(number[1:]) == self.shape


@lru_cache(_REMEMBERED)
def compile_pattern(text: str) -> Pattern:
    """Read a pattern such as `_1[3-9]XXXXXXXXX`, or an exact text; spaces around it do not count.

    Raises:
        ValueError: Asterisk would never match it, or would read it otherwise than whoever wrote it must have meant; the
            message is one sentence that says what to write instead.
    """
    written = text.strip()
    if len(written) > MAX_TEXT:
        raise ValueError(f"pattern {written[:20]!r}… has {len(written)} characters: Asterisk reads {MAX_TEXT} at most")
    if not written.startswith("_"):
        return _exact(written)
    return _pattern(written)


def _exact(written: str) -> Pattern:
    compared = written.replace("-", "")
    if not compared or compared.startswith("_"):
        raise ValueError(
            f"pattern {written!r} is neither number nor pattern: write digits, or a pattern such as _1[3-9]XXXXXXXXX"
        )
    if _forgot_underscore(written):
        raise ValueError(
            f"pattern {written!r} is an exact text without a leading _: write _{written} to make it a pattern"
        )
    _refuse_prefix(written, compared)
    _refuse_strange(written, compared)
    return Pattern(written, tuple(map(frozenset, compared)), Tail.NOTHING)


def _pattern(written: str) -> Pattern:
    places: list[frozenset[str]] = []
    tail = Tail.NOTHING
    letters: list[str] = []
    _refuse_prefix(written, written[1:].replace("-", ""))
    at, wants_more = 1, False
    while at < len(written):
        character = written[at]
        at += 1
        if character == "[":
            end = _end_of_set(written, at)
            wants_more = at == end
            if not wants_more:
                places.append(_set(written, written[at:end]))
            at = end + 1
        elif character in ".!":
            _refuse_behind(written, at)
            tail = Tail.SOME if wants_more else Tail(character)
            wants_more = False
        elif character != "-":
            _refuse_strange(written, character)
            wants_more = False
            letters += character if character.isalpha() else ""
            places.append(frozenset(_WILDCARDS.get(character, character)))
    if not places and tail is Tail.NOTHING:
        raise ValueError(f"pattern {written!r} has nothing to compare: write one such as _1[3-9]XXXXXXXXX behind the _")
    if wants_more:
        raise ValueError(f"pattern {written!r} matches no number because it ends in []: leave the [] out")
    _refuse_word(written, letters)
    return Pattern(written, tuple(places), tail, _shape(written[1:]))


def _end_of_set(written: str, at: int) -> int:
    end = written.find("]", at)
    if end < 0:
        raise ValueError(f"pattern {written!r} matches no number because a [ is never closed: write ] behind the set")
    return end


def _set(written: str, content: str) -> frozenset[str]:
    """The characters of `[…]`; a hyphen among them can never be met, since hyphens of the number do not count."""
    shown = f"pattern {written!r}: [{content}]"
    if content[0] in "^!" and len(content) > 1:
        raise ValueError(f"{shown} does not negate, it is a set with {content[0]} in it: write the characters you want")
    _refuse_strange(written, content)
    left, hyphen, right = content.partition("-")
    if hyphen and min(len(left), len(right)) > 1 and (left + right).isdecimal():
        raise ValueError(
            f"{shown} stands for one digit, not for the numbers {content}: write one pattern for each first"
            f" digit, such as _{left[0]}X, or a single digit on each side of the -"
        )
    found: set[str] = set()
    for first, last in _ranges(content):
        if first > last:
            raise ValueError(f"{shown} has the empty range {first}-{last}: write {last}-{first}")
        found.update(map(chr, range(ord(first), ord(last) + 1)))
    found.discard("-")
    if not found:
        raise ValueError(f"{shown} matches nothing because hyphens in numbers do not count: leave it out")
    wildcards = [first for first, last in _ranges(content) if first == last and first in _WILDCARDS]
    if wildcards and found & _NUMBERS:
        letter = wildcards[0]
        raise ValueError(
            f"{shown} has the letter {letter} itself in it, not {_MEANINGS[letter.upper()]}:"
            f" write {_span(letter)} in its place"
        )
    return frozenset(found)


def _span(wildcard: str) -> str:
    digits = _WILDCARDS[wildcard]
    return f"{digits[0]}-{digits[-1]}"


def _ranges(content: str) -> Iterator[tuple[str, str]]:
    """First and last character of each range; of a single character both are the same."""
    at = 0
    while at < len(content):
        is_range = at + 2 < len(content) and content[at + 1] == "-"
        yield content[at], content[at + 2 if is_range else at]
        at += 3 if is_range else 1


def _shape(pattern: str) -> tuple[object, ...]:
    """What Asterisk compares two patterns by: `_[0-9]` is then the same as `_X`.

    The pattern may come from a caller and be anything; one with an open set is the same as none of ours.
    """
    shape: list[object] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "[":
            end = pattern.find("]", at)
            if end < 0:
                return (None,)
            ranges = list(_ranges(pattern[at:end]))
            members = frozenset(chr(code) for first, last in ranges for code in range(ord(first), ord(last) + 1))
            if members:
                shape.append((min(first for first, _ in ranges), members))
            at = end + 1
        elif character in ".!":
            shape.append(character)
        elif character != "-":
            members = frozenset(_WILDCARDS.get(character, character))
            shape.append((min(members), members))
    return tuple(shape)


def _forgot_underscore(written: str) -> bool:
    """Only what numbers and patterns are made of, and some of it means nothing outside a pattern."""
    body = written.rstrip(".!")
    if not all(character in _NUMBERS or character in _WILDCARDS or character in "[]" for character in body):
        return False
    return body != written or any(character not in _NUMBERS for character in body)


def _refuse_prefix(written: str, compared: str) -> None:
    if compared.endswith("*") and compared[:-1].lstrip("+").isdecimal():
        digits = compared[:-1]
        raise ValueError(
            f"pattern {written!r} means the key * itself: write _{digits}! for all numbers that begin with {digits}"
        )


def _refuse_strange(written: str, characters: str) -> None:
    for character in characters:
        if character == "]":
            raise ValueError(f"pattern {written!r} has a ] without a [ before it: leave it out")
        if character.isspace():
            raise ValueError(
                f"pattern {written!r} has a space in it, which no number has: leave it out, or write - there"
            )
        if character not in _PLAIN:
            raise ValueError(
                f"pattern {written!r} has {character!r} in it, which has no meaning there: patterns are made of digits,"
                " X, Z, N, sets such as [3-9], and . or ! at the end; for more write a regular expression"
            )


def _refuse_behind(written: str, at: int) -> None:
    if written[at:].strip("-"):
        raise ValueError(
            f"pattern {written!r} goes on after {written[at - 1]}, where Asterisk compares nothing any more:"
            f" write {written[:at]}, or X for each digit that has to be there"
        )


def _refuse_word(written: str, letters: list[str]) -> None:
    """`_anonymous` means a digit by each n; nobody who writes a word wants that."""
    wildcards = [letter for letter in letters if letter in _WILDCARDS and letter.islower()]
    if wildcards and len(wildcards) < sum(letter.islower() for letter in letters):
        letter = wildcards[0]
        raise ValueError(
            f"pattern {written!r} has a word in which {letter} stands for {_MEANINGS[letter.upper()]}:"
            f" write [{letter}] for the letter, or the word without the leading _"
        )

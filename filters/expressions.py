"""All use of RE2: regular expressions in linear time, one by one and hundreds at once.

The library is loaded with the first expression: whoever writes none does not wait for it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module

_MEMORY = 64 << 20
"""Bytes that a set of expressions may take for its automaton."""
_MEMORY_OF_ONE = 4 << 20

# What RE2 leaves out, as people write it, and what serves instead.
_REFUSED = (
    (r"\(\?!", "(?!…), a look-ahead", "put what must not be there into the rule's `unless`"),
    (r"\(\?=", "(?=…), a look-ahead", "write two conditions, for a rule needs all of its conditions"),
    (r"\(\?<[=!]", "(?<…), a look-behind", "write what stands before as part of the expression"),
    (r"\(\?>", "(?>…), an atomic group", "write (?:…), which is as fast here"),
    (r"[*+?}]\+", "a possessive repetition such as a*+", "leave the second + out, it is as fast here"),
    (r"\(\?\(", "(?(…)…), a choice", "write two rules"),
    (r"\(\?P=|\\[1-9]|\\k", "a reference back to a group", "write out the texts that can be repeated, with | between"),
)


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression, found anywhere in a text unless it has ^ or $."""

    text: str
    search: Callable[[str], object]
    """Something true where the expression is found."""


def compile_expression(text: str) -> Expression:
    """Read an RE2 expression.

    Raises:
        ValueError: RE2 refuses it; the sentence names the construct and says what to write instead.
    """
    re2 = import_module("re2")
    try:
        return Expression(text, re2.compile(text, _options(_MEMORY_OF_ONE)).search)
    except (re2.error, UnicodeEncodeError) as refusal:
        raise ValueError(_explained(text, refusal)) from None


def literal(text: str) -> str:
    """The expression that finds a text as it stands."""
    return str(import_module("re2").escape(text))


class ExpressionSet:
    """Many expressions, asked in one pass over a text."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Join expressions that `compile_expression` has read.

        Raises:
            MemoryError: together they need more than 64 MiB; one by one they can still be asked.
        """
        re2 = import_module("re2")
        self._set = re2.Set.SearchSet(_options(_MEMORY))
        try:
            for text in texts:
                self._set.Add(text)
            self._set.Compile()
        except re2.error:
            raise MemoryError(f"{len(texts)} expressions together need more than {_MEMORY >> 20} MiB") from None

    def found(self, text: str) -> Iterable[int]:
        """Places in the set of the expressions that are found in the text, in no particular order."""
        return self._set.Match(text) or ()


def _options(memory: int) -> object:
    options = import_module("re2").Options()
    options.max_mem = memory
    options.log_errors = False
    return options


def _explained(text: str, refusal: Exception) -> str:
    for construct, name, instead in _REFUSED:
        if re.search(construct, text):
            return f"the expression has {name}, which RE2 does not know: {instead}"
    said = refusal.args[0]
    reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(refusal)
    return f"the expression cannot be read ({reason}): correct it, or put \\ before a character that means itself"

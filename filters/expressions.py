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

# What RE2 says of a construct that it leaves out or cannot read, how people call that, and what serves instead. Its own
# words are compared, because the same characters behind a \ or in brackets are something else.
_REFUSED = (
    (r"operator: \(\?!", "(?!…), a look-ahead", "put what must not be there into the rule's `unless`"),
    (r"operator: \(\?=", "(?=…), a look-ahead", "write two conditions, for a rule needs all of its conditions"),
    (r"operator: \(\?<[=!]", "(?<…), a look-behind", "write what stands before as part of the expression"),
    (r"operator: \(\?>", "(?>…), an atomic group", "write (?:…), which is as fast here"),
    (r"operator: (?:[*+?]|\{.*\})\+$", "a possessive repetition such as a*+", "leave the second + out, it is as fast"),
    (r"operator: \(\?\(", "(?(…)…), a choice", "write two rules"),
    (
        r"operator: \(\?P$|sequence: \\[1-9gk]",
        "a reference back to a group",
        "write out the texts that may repeat",
    ),
    (r"operator: \(\?(?:R|&|[0-9])", "a call of a group", "write out what the group says in its place"),
    (r"operator: \(\?#", "(?#…), a comment", "put it into the rule's `note`"),
    (r"operator: \(\?[a-z-]*x", "(?x), spaces that do not count", "leave x and the spaces out"),
    (r"operator: \(\?[auL]", "a flag of another language", "leave it out, or write (?i) for letters of either case"),
    (r"operator: \(\?\|", "(?|…), a choice of groups", "write (?:…)"),
    (r"operator: \(\?C", "(?C…), a callout", "leave it out"),
    (r"operator: \(\?'|capture group", "a group whose name cannot be read", "write (?:…), names of groups do nothing"),
    (r"sequence: \\Z", r"\Z, the end of the text", r"write $ or \z"),
    (r"sequence: \\G", r"\G, the end of the last match", "write ^, as each text is looked at once"),
    (r"sequence: \\K", r"\K, a new beginning of the match", "leave it out, for only whether it is found counts"),
    (r"sequence: \\[hH]", r"\h, a space of any kind", r"write [ \t], or [^ \t] for \H"),
    (r"sequence: \\R", r"\R, the end of a line", "leave it out, for names and numbers are one line"),
    (r"sequence: \\X", r"\X, a whole character", "write ."),
    (r"sequence: \\[uUN]", r"\u…, a character by its code", r"write the character itself, or \x{4e00}"),
    (r"sequence: \\b", r"[\b], a backspace in brackets", r"leave it out, or put \b before the brackets"),
    (r"range: \\[pP]", "a script or property by an unknown name", r"write one such as \p{Han}, or the characters"),
    (r"range: \[:", "a class by an unknown name", "write one such as [[:digit:]], or the characters"),
    (r"range: ", "a range that runs backwards", "write the lower character first, such as [3-9]"),
    (r"size: ", "a repetition of too many times, or that runs backwards", "write {1,3}, and 1000 at most in all"),
    (r"operator: (?:[*+?]|\{.*\}){2}", "two repetitions in a row", "leave one of them out"),
    (r"argument for", "a repetition with nothing before it", r"write . before it, or \ where it means itself"),
    (r"missing \)", "a ( that is never closed", r"write the ), or \( for the character"),
    (r"unexpected \)", "a ) without a ( before it", r"leave it out, or write \) for the character"),
    (r"missing \]", "a [ that is never closed", r"write the ], or \[ for the character"),
    (r"trailing", "a \\ at its end", r"leave it out, or write \\ for the character"),
    (r"too large", "too much in it", "write less, such as .* in place of .{900}"),
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
        raise ValueError(_explained(refusal)) from None


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


def _explained(refusal: Exception) -> str:
    said = refusal.args[0]
    reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(refusal)
    for construct, name, instead in _REFUSED:
        if re.search(construct, reason):
            return f"the expression has {name}, which RE2 cannot read: {instead}"
    return f"the expression cannot be read ({reason}): correct it, or put \\ before a character that means itself"

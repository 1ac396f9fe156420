"""Expressions that RE2 reads, but otherwise than whoever wrote them must have meant."""

import re

from filters.lint.finding import Said, Severity
from filters.lint.reading import Reading

# How people write it, what it looks for here, and what to write instead.
_MISREAD = (
    (r"/.*/[a-z]*", "the strokes / themselves", "leave them out, and write (?i) for letters of either case"),
    (r".*\{,[0-9]+\}.*", "{,…} itself, and not for up to so many", "write {0,3} for up to three"),
    (r"[^\[]*\[:[a-z]+:\].*", "one of the letters in [:…:]", "write it in brackets, such as [[:digit:]]"),
    (r".*(?<!\\)(?:\\\\)*\\[<>].*", "< or > itself", r"write \b for the edge of a word"),
)
_WITH_00 = r"\^\(?00.*"


def reads_otherwise(one: Reading) -> Said:
    """Expressions that find something else than they seem to."""
    for asked in one.asked:
        if asked.kind not in ("regex", "name_regex"):
            continue
        for text in asked.values:
            for written, finds, instead in _MISREAD:
                if re.fullmatch(written, text):
                    yield Severity.WARNING, asked.place, f"looks with {text!r} for {finds}: {instead}"
            if asked.kind == "regex" and re.fullmatch(_WITH_00, text):
                why = "finds nobody abroad, as numbers are compared as 13800138000 and +8613800138000"
                yield Severity.WARNING, asked.place, rf"{why}: write ^\+ in place of ^00"

"""Where in a TOML text a value stands: tomllib tells lines of syntax errors only. Reads valid texts; judges nothing."""

import re
import tomllib
from collections.abc import Iterator, Mapping

from filters.rule import Place

# Texts, comments, brackets and line ends: all that says where a statement ends. A text of several lines may end in two
# quotes of its own.
_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|'
    r"'''.*?'{3,5}|"
    r'"(?:[^"\\\n]|\\.)*"|'
    r"'[^'\n]*'|"
    r"#[^\n]*|[][{}]|\n",
    re.DOTALL,
)


class Lines:
    """Lines of the values in a text that tomllib can read."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Place, int] = {}
        header: Place = ()
        counts: dict[Place, int] = {}
        for line, statement in _statements(text):
            table = tomllib.loads(statement)
            if not statement.lstrip().startswith("["):
                self._note(header, table, line)
                continue
            header = ()
            inner: object = table
            while isinstance(inner, Mapping) and inner:
                key, inner = next(iter(inner.items()))
                header = (*header, key)
                if isinstance(inner, list):
                    # [[rule]] begins the next one.
                    counts[header] = counts.get(header, -1) + 1
                if header in counts:
                    header = (*header, counts[header])
                self._lines.setdefault(header, line)
                inner = inner[0] if isinstance(inner, list) else inner

    def of(self, place: Place) -> int | None:
        """The line of the value at `place`, or of the nearest table around it; None for the whole text."""
        for length in range(len(place), 0, -1):
            line = self._lines.get(place[:length])
            if line is not None:
                return line
        return None

    def _note(self, at: Place, value: object, line: int) -> None:
        if at:
            self._lines.setdefault(at, line)
        if isinstance(value, Mapping):
            for key, inner in value.items():
                self._note((*at, key), inner, line)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self._note((*at, index), inner, line)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """First line and text of each header and each key with its value: it ends with a line in which none is open."""
    begin, begins_at, line, depth = 0, 1, 1, 0
    for token in _TOKEN.finditer(f"{text}\n"):
        found = token[0]
        line += found.count("\n")
        depth += (found in "[{") - (found in "]}")
        if found == "\n" and depth == 0:
            statement = text[begin : token.end()]
            if statement.strip() and not statement.lstrip().startswith("#"):
                yield begins_at, statement
            begin, begins_at = token.end(), line

"""A shop and its command line."""

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from callfilter.cli.main import main


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    def is_one_sentence(self) -> bool:
        """Nothing but one line on stderr, without control characters."""
        line = self.err.removesuffix("\n")
        return not self.out and line.startswith("callfilter: ") and line.isprintable() and line.endswith((".", "?"))


class Shop:
    """A shop's settings and database, and its command line."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.config = folder / "callfilter.toml"
        self.database = folder / "calls.db"
        self._capsys = capsys
        self._patch = patch
        self.settings()

    def settings(self, text: str = "") -> None:
        self.config.write_text(f'database = "{self.database}"\n{text}', encoding="utf-8")

    def __call__(self, *arguments: str, stdin: bytes | None = b"") -> Result:
        self._patch.setattr(sys, "stdin", None if stdin is None else io.TextIOWrapper(io.BytesIO(stdin)))
        self._capsys.readouterr()
        code = main(["--config", str(self.config), *arguments])
        said = self._capsys.readouterr()
        return Result(code, said.out, said.err)

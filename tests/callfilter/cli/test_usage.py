import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from callfilter import __version__
from callfilter.cli.main import app, main
from callfilter.cli.reference import reference
from tests.callfilter.cli.shop import Shop

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"


def commands(command: Any, name: str = "") -> list[str]:
    children = getattr(command, "commands", {})
    return [name, *(found for child, sub in children.items() for found in commands(sub, f"{name} {child}".strip()))]


ALL = commands(typer.main.get_command(app))


def test_the_page_shows_what_help_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: python -m callfilter.cli.reference > docs/cli.md"


@pytest.mark.parametrize("command", ALL)
def test_every_command_has_help_and_a_place_on_the_page(shop: Shop, command: str) -> None:
    result = shop(*command.split(), "--help")
    assert result.code == 0
    assert "Usage: " in result.out
    assert len(result.out.splitlines()) > 4
    assert f"## `{f'callfilter {command}'.strip()}`" in PAGE.read_text(encoding="utf-8")


def test_these_are_the_commands() -> None:
    named = ["", "serve", "check", "block", "allow", "forget", "numbers", "doctor", "setup", "log", "log show", "rules"]
    named += ["page", "user", *(f"user {name}" for name in ("add", "list", "password", "role", "remove"))]
    named += ["report", "trusted", "trusted forget", "replay", "import", "backup"]
    named += ["expect", "presets", "presets list", "presets on", "presets off", "policy"]
    named += [f"policy {name}" for name in ("export", "validate", "diff", "apply", "history")]
    assert sorted(named) == sorted(ALL)


def test_the_version_is_told(shop: Shop) -> None:
    assert shop("--version").out == f"callfilter {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["chek"],
        ["check"],
        ["check", "-5"],
        ["check", "1", "2"],
        ["check", "1", "--nonsense"],
        ["check", "1", "--at"],
        ["block"],
        ["forget"],
        ["check\x1b[2J"],
        ["--config"],
        ["doctor", "extra"],
        ["policy"],
        ["policy", "validate"],
        ["presets"],
        ["setup", "--asterisk-etc"],
    ],
)
def test_wrong_usage_is_one_sentence(shop: Shop, arguments: list[str]) -> None:
    result = shop(*arguments)
    assert result.code == 2
    assert result.is_one_sentence()


@pytest.mark.parametrize(
    "arguments", [["check", "1"], ["block", "13800138000"], ["log"], ["serve"], ["forget", "13800138000"]]
)
def test_settings_that_are_wrong_are_one_sentence_for_each_fault(shop: Shop, arguments: list[str]) -> None:
    shop.config.write_text('country = "XX"\nfastagi = 5\n', encoding="utf-8")
    result = shop(*arguments)
    assert result.code == 2
    assert [line.startswith(f"callfilter: {shop.config}: ") for line in result.err.splitlines()] == [True, True]
    assert not result.out


def test_a_settings_file_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", "/nonexistent/callfilter.toml", "check", "1"]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "/nonexistent/callfilter.toml" in said.err


def run(*arguments: str, **options: Any) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "callfilter.cli.main", *arguments]
    return subprocess.run(command, capture_output=True, check=False, timeout=60, **options)


def test_as_a_process_it_ends_with_the_status_and_no_traceback(shop: Shop) -> None:
    done = run("--config", str(shop.config), "check", "--at", "never", "1")
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1


def test_a_reader_that_goes_away_is_no_traceback(shop: Shop) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "callfilter.cli.main", "--config", str(shop.config), "check", "-", "--json"]
    done = subprocess.run(command, input=b"1\n" * 10, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writing)
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


def test_a_terminal_of_another_encoding_gets_escapes(shop: Shop) -> None:
    done = run(
        *("--config", str(shop.config), "check", "-"),
        input="王".encode() + b"\n",
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0
    assert b"\\u738b" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete_commands(shell: str) -> None:
    words = {"bash": {"COMP_WORDS": "callfilter for", "COMP_CWORD": "1"}}.get(
        shell, {"_TYPER_COMPLETE_ARGS": "callfilter for", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    )
    done = run(env=os.environ | words | {"_CALLFILTER_COMPLETE": f"complete_{shell}"})
    assert b"forget" in done.stdout

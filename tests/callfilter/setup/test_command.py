from pathlib import Path

import pytest

from tests.callfilter.cli.shop import Shop
from tests.callfilter.setup.test_plan import EXTENSIONS, Machine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    # No asterisk and no systemctl: the commands are told, not run.
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return Machine(tmp_path)


def options(machine: Machine, *more: str) -> list[str]:
    return ["setup", "--asterisk-etc", str(machine.etc), "--systemd", str(machine.units), *more]


def test_a_dry_run_shows_all_and_writes_nothing(shop: Shop, machine: Machine) -> None:
    before = machine.snapshot()
    result = shop(*options(machine, "--dry-run"))
    assert (result.code, result.err) == (0, "")
    assert machine.snapshot() == before
    for part in ("callfilter.conf (new file)", '+#include "callfilter.conf"', "callfilter.service (new file)", "Gosub"):
        assert part in result.out
    assert "secret = (the secret)" in result.out


def test_without_agreement_nothing_is_written(shop: Shop, machine: Machine) -> None:
    before = machine.snapshot()
    result = shop(*options(machine), stdin=b"n\n")
    assert result.code == 1
    assert machine.snapshot() == before
    assert shop(*options(machine)).code == 2
    assert machine.snapshot() == before


def test_with_agreement_it_is_written_and_examined(shop: Shop, machine: Machine) -> None:
    result = shop(*options(machine), stdin=b"y\n")
    assert result.code == 1
    assert (machine.etc / "callfilter.conf").exists()
    assert "Done." in result.out
    assert "✓ settings" in result.out
    assert "✗ service" in result.out
    assert "there is no asterisk here" in result.err


def test_it_is_taken_out_again(shop: Shop, machine: Machine) -> None:
    shop.config.unlink()
    before = machine.snapshot()
    shop(*options(machine, "--yes"))
    result = shop(*options(machine, "--remove", "--yes"))
    assert "the database" in result.out.lower()
    assert machine.snapshot() == before
    assert (machine.etc / "extensions.conf").read_bytes() == EXTENSIONS


def test_taking_out_what_is_not_there_is_done_at_once(shop: Shop, machine: Machine) -> None:
    result = shop(*options(machine, "--remove"))
    assert result.code == 0
    assert "nothing to remove" in result.out


def test_a_machine_without_asterisk_is_one_sentence(shop: Shop, tmp_path: Path) -> None:
    result = shop("setup", "--asterisk-etc", str(tmp_path))
    assert result.code == 2
    assert result.is_one_sentence()

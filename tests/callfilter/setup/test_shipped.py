import configparser
from pathlib import Path

import pytest

import callfilter
from callfilter.setup.plan import CONFIG, DIALPLAN, MANAGER, UNIT
from callfilter.setup.shipped import shipped

CHECKOUT = Path(callfilter.__file__).parents[1]


@pytest.mark.parametrize("name", [CONFIG, DIALPLAN, MANAGER, UNIT])
def test_every_file_that_setup_writes_is_the_one_in_asterisk_conf(name: str) -> None:
    assert shipped(name) == (CHECKOUT / "asterisk-conf" / name).read_bytes()


def test_an_installed_package_has_them_too() -> None:
    assert (CHECKOUT / "callfilter" / "shipped").readlink() == Path("../asterisk-conf")
    setup = configparser.ConfigParser()
    setup.read(CHECKOUT / "setup.cfg")
    assert "shipped/*" in setup["options.package_data"]["callfilter"].split()


def test_the_unit_names_only_marks_that_setup_fills_in() -> None:
    marks = {word for word in shipped(UNIT).decode().replace("=", " ").split() if word.startswith("@")}
    assert marks == {"@USER@", "@GROUP@", "@PROGRAM@", "@CONFIG@"}


def test_the_service_runs_as_the_user_of_asterisk_and_tells_when_it_is_ready() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read_string(shipped(UNIT).decode())
    assert unit["Service"]["Type"] == "notify"
    assert int(unit["Service"]["WatchdogSec"]) > 0
    assert unit["Service"]["User"] == "@USER@"


def test_the_service_is_started_again_for_ever_and_a_migration_may_take_its_time() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read_string(shipped(UNIT).decode())
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["TimeoutStartSec"] == "infinity"

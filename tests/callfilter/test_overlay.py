"""Settings of the page lie over the admin's file and under the environment."""

import os
from pathlib import Path

import pytest

from callfilter.config import Config, ConfigError, load_config, read_layers
from callfilter.doctor.settings import examine_settings
from callfilter.live_settings import LiveSettings
from callfilter.overlay import difference, overlay_path, save
from filters.verdict import Signal

ADMIN = """
database = "{folder}/callfilter.db"
area = "021"
ami = "callfilter:s3cret@127.0.0.1:5038"
[policy]
signal = 607
mailbox = "100@default"
[dids."02161234567"]
name = "front desk"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "callfilter.toml"
    path.write_text(ADMIN.format(folder=tmp_path))
    return path


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "callfilter.settings.toml"


def test_the_page_lies_over_the_file_and_the_environment_over_both(file: Path, page: Path) -> None:
    page.write_text('area = "010"\ncountry = "DE"\n[policy]\nsignal = 486\n[dids.1]\nname = "x"')
    config = load_config(file, {"CALLFILTER_COUNTRY": "US"})
    assert (config.country, config.area) == ("US", "010")
    assert config.policy_settings.signal is Signal.BUSY
    assert config.policy_settings.mailbox == "100@default"
    assert list(config.dids) == ["1"]


def test_without_the_pages_file_the_admins_holds(file: Path, page: Path) -> None:
    assert not page.exists()
    assert load_config(file, {}).area == "021"


def test_what_is_wrong_is_told_with_the_file_that_it_stands_in(file: Path, page: Path) -> None:
    file.write_text(f'{file.read_text()}mailbox = "no"')
    page.write_text('country = "XX"\n[policy]\nsignal = 600')
    with pytest.raises(ConfigError) as caught:
        load_config(file, {})
    assert [each.partition(": ")[0] for each in caught.value.faults] == [str(page), str(page), str(file)]
    assert caught.value.places == (("country",), ("policy", "signal"), ("dids", "02161234567", "mailbox"))


@pytest.mark.parametrize("text", ['voicemail_spool = "/"', 'ami = "off"', 'fastagi = "0.0.0.0:1"', "what = 1"])
def test_what_belongs_to_the_machine_cannot_be_set_on_the_page(file: Path, page: Path, text: str) -> None:
    page.write_text(text)
    with pytest.raises(ConfigError, match="cannot be set on the page"):
        load_config(file, {})


def test_a_pages_file_that_is_no_settings_is_named(file: Path, page: Path) -> None:
    page.write_text("country = ")
    with pytest.raises(ConfigError, match=r"callfilter.settings.toml is not valid TOML"):
        load_config(file, {})
    page.unlink()
    page.mkdir()
    with pytest.raises(ConfigError, match=r"callfilter.settings.toml cannot be read"):
        load_config(file, {})


def test_what_is_saved_is_read_again_whatever_stands_in_it(file: Path, page: Path) -> None:
    table = {
        "area": "",
        "extensions": ["8001"],
        "mask_numbers": False,
        "keep_days": 365,
        "language": "zh-Hans",
        "policy": {"signal": 480, "protected": ["110"]},
        "dids": {'a"] x = "': {"name": "\x7f\n\\ \u202e 前台", "mailbox": ""}, "02161234567": {}},
        "trunks": {"my carrier": {"strip": ["9"], "country": "DE"}},
    }
    save(page, table)
    assert dict(read_layers(file, {}).of_page) == table
    config = load_config(file, {})
    assert config.dids['a"] x = "'].name == "\x7f\n\\ \u202e 前台"
    assert config.reading("my carrier") == ("DE", "", ("9",))
    assert (config.keep_days, config.language, config.mask_numbers) == (365, "zh-Hans", False)
    assert page.stat().st_mode & 0o777 == 0o640


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(page, {"area": "021"})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("callfilter.overlay.os.replace", full)
    with pytest.raises(OSError, match="No space"):
        save(page, {"area": "010"})
    assert [path.name for path in tmp_path.iterdir()] == [page.name]
    assert "021" in page.read_text()


def test_only_what_differs_is_kept_so_that_the_rest_follows_the_file() -> None:
    below = {"area": "021", "country": "CN", "policy": {"signal": 603, "mailbox": ""}}
    wanted = {"area": "021", "country": "DE", "policy": {"signal": 607, "mailbox": ""}}
    assert difference(wanted, below) == {"country": "DE", "policy": {"signal": 607}}
    assert difference(below, below) == {}


def test_the_doctor_tells_where_settings_come_from_and_no_secret(file: Path, page: Path) -> None:
    page.write_text('area = "010"\n[policy]\nsignal = 486')
    texts = [one.text for one in examine_settings(file, {"CALLFILTER_COUNTRY": "CN", "CALLFILTER_AMI": "a:s3cret@h:1"})]
    assert texts == [
        f"{file} can be used",
        f"set on the page, in {page}: area, policy.signal",
        "set by variables of the environment: CALLFILTER_COUNTRY, CALLFILTER_AMI",
    ]


def test_the_pages_file_lies_beside_the_database() -> None:
    assert overlay_path(Path("/var/lib/callfilter/callfilter.db")) == Path(
        "/var/lib/callfilter/callfilter.settings.toml"
    )


def settled(live: LiveSettings) -> bool:
    """Whether there are other settings, once two looks see the same files."""
    assert not live.are_new
    return live.are_new and live.read()


def test_changed_settings_are_taken_up_and_faulty_ones_are_not(file: Path, page: Path) -> None:
    live = LiveSettings(file, {}, load_config(file, {}))
    assert not settled(live)
    save(page, {"area": "010"})
    assert settled(live)
    assert live.config.area == "010"
    page.write_text("area = 10")
    assert not settled(live)
    assert live.config.area == "010"
    assert "callfilter.settings.toml: area is 10" in live.faults[0]
    page.unlink()
    assert settled(live)
    assert (live.config.area, live.faults) == ("021", ())
    assert not live.are_new


def test_a_file_that_is_being_written_is_not_read_yet(file: Path) -> None:
    live = LiveSettings(file, {}, load_config(file, {}))
    whole = file.read_text()
    settled(live)
    file.write_text("")
    assert not live.are_new
    file.write_text(whole)
    os.utime(file, (1, 1))
    assert not live.are_new
    assert live.are_new
    assert not live.read()


def test_what_is_open_stays_as_it_is_until_a_restart(file: Path) -> None:
    live = LiveSettings(file, {}, load_config(file, {}))
    file.write_text(f'fastagi = "127.0.0.1:9"\n{file.read_text()}'.replace("021", "010"))
    assert live.read()
    assert live.waiting == ("fastagi",)
    assert live.config.fastagi == Config().fastagi
    assert live.config.area == "010"

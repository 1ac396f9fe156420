import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from callfilter.config import DEFAULT_DATABASE, Config, ConfigError, find_config, load_config
from callfilter.config_faults import _EXPECTED
from callfilter.config_values import Address
from callfilter.setup.shipped import shipped
from filters.verdict import Action, Signal

SECRET = "s3cr:t@x"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "callfilter.toml"


def load(file: Path, text: str = "", **environ: str) -> Config:
    file.write_text(text, encoding="utf-8")
    return load_config(file, environ)


def faults(file: Path, text: str = "", **environ: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(file, text, **environ)
    return caught.value.faults


def test_without_file_and_environment_it_works_on_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("callfilter.config.DEFAULT_PATH", tmp_path / "none.toml")
    config = load_config(None, {})
    assert config.database == DEFAULT_DATABASE
    assert config.fastagi == Address("127.0.0.1", 4573)
    assert (config.country, config.area, config.ami, config.mask_numbers) == ("CN", "", None, True)
    assert config.policy().signal is Signal.DECLINE
    assert config.policy().anonymous is Action.ALLOW


def test_the_named_file_wins_over_the_variable_and_that_over_the_usual_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usual = tmp_path / "usual.toml"
    monkeypatch.setattr("callfilter.config.DEFAULT_PATH", usual)
    assert find_config(None, {}) is None
    usual.touch()
    assert find_config(None, {}) == usual
    assert find_config(None, {"CALLFILTER_CONFIG": "/other"}) == Path("/other")
    assert find_config(Path("/named"), {"CALLFILTER_CONFIG": "/other"}) == Path("/named")


def test_every_setting_is_read(file: Path) -> None:
    config = load(
        file,
        f"""
        database = "/tmp/calls.db"
        country = "de"
        area = "30"
        fastagi = "[::1]:4000"
        ami = "me:{SECRET}@10.0.0.1:5039"
        mask_numbers = false
        extensions = ["8001"]
        [policy]
        anonymous = "voicemail"
        invalid = "reject"
        signal = 607
        mailbox = "100@default"
        protected = ["03012345678"]
        [dids."03023125000"]
        name = "desk"
        mailbox = "200@default"
        [trunks.carrier]
        country = "CN"
        area = "021"
        strip = ["9", "00"]
        """,
    )
    assert config.database == Path("/tmp/calls.db")
    assert config.fastagi == Address("::1", 4000)
    assert config.ami is not None
    assert (config.ami.user, config.ami.address) == ("me", Address("10.0.0.1", 5039))
    assert config.ami.secret.get_secret_value() == SECRET
    policy = config.policy()
    assert (policy.anonymous, policy.invalid, policy.signal) == (Action.VOICEMAIL, Action.REJECT, Signal.UNWANTED)
    assert policy.mailbox_of("03023125000") == "200@default"
    assert policy.mailbox_of("other") == "100@default"
    assert len(policy.protected) == 1
    assert len(policy.own_lines) == 2
    assert config.reading("carrier") == ("CN", "021", ("9", "00"))
    assert config.reading("another") == ("DE", "30", ())


def test_the_environment_lies_over_the_file(file: Path) -> None:
    config = load(
        file,
        'country = "DE"\narea = "30"\nami = "a:b@h:1"',
        CALLFILTER_COUNTRY="US",
        CALLFILTER_AREA="21",
        CALLFILTER_DATABASE="sqlite+aiosqlite:////tmp/x.db",
        CALLFILTER_FASTAGI="localhost:99",
        CALLFILTER_AMI="off",
    )
    assert (config.country, config.area, config.ami) == ("US", "21", None)
    assert config.database == Path("/tmp/x.db")
    assert config.fastagi == Address("localhost", 99)


def test_variables_of_others_and_empty_ones_are_left_alone(file: Path) -> None:
    config = load(file, 'country = "DE"', CALLFILTER_ID="x", CALLFILTER_ACTION="allow", CALLFILTER_COUNTRY="")
    assert config.country == "DE"


def test_all_faults_are_told_at_once_each_with_file_setting_and_value(file: Path) -> None:
    found = faults(
        file,
        """
        country = "Chna"
        contry = "CN"
        fastagi = "0.0.0.0:4573"
        mask_numbers = "yes"
        [policy]
        signal = 600
        anonymous = "voicemail"
        protected = ["soap", "110"]
        [dids."021"]
        mailbx = "100@default"
        """,
    )
    assert len(found) == 7
    assert all(sentence.startswith(f"{file}: ") and sentence.endswith(".") for sentence in found)
    text = "\n".join(found)
    for part in (
        'country is "Chna"',
        "perhaps country was meant",
        '"0.0.0.0:4573"',
        "mask_numbers",
        "policy.signal is 600",
    ):
        assert part in text
    assert 'dids."021".mailbx is no setting; perhaps mailbox was meant' in text
    assert 'policy.anonymous is "voicemail", but there is no mailbox' in text


@pytest.mark.parametrize("setting", ["anonymous", "invalid"])
@pytest.mark.parametrize("action", ["divert", "tarpit"])
def test_callers_without_a_number_are_not_sent_where_no_setting_says(file: Path, setting: str, action: str) -> None:
    (found,) = faults(file, f'[policy]\n{setting} = "{action}"')
    assert found == f'{file}: policy.{setting} is "{action}", but must be allow, reject, voicemail or screen.'


def test_callers_without_a_number_may_be_asked_to_press_a_key(file: Path) -> None:
    policy = load(file, '[policy]\nanonymous = "screen"\ninvalid = "screen"').policy()
    assert (policy.anonymous, policy.invalid) == (Action.SCREEN, Action.SCREEN)


def test_a_number_that_cannot_be_read_is_told_with_its_place(file: Path) -> None:
    (found,) = faults(file, 'extensions = ["8001", "soap"]')
    assert found == f'{file}: extensions[2] is "soap", but must be a number in digits.'


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CALLFILTER_DATABASE", "postgresql://host/db"),
        ("CALLFILTER_DATABASE", ":memory:"),
        ("CALLFILTER_COUNTRY", "XX"),
        ("CALLFILTER_AREA", "o21"),
        ("CALLFILTER_FASTAGI", "4573"),
        ("CALLFILTER_FASTAGI", "127.0.0.1:99999"),
        ("CALLFILTER_FASTAGI", "127.0.0.1:0"),
        ("CALLFILTER_FASTAGI", "192.168.0.1:4573"),
        ("CALLFILTER_AMI", "user@host:1"),
    ],
)
def test_a_wrong_variable_is_named_instead_of_the_file(file: Path, variable: str, value: str) -> None:
    (found,) = faults(file, "", **{variable: value})
    assert found.startswith(f"{variable} ")


@pytest.mark.parametrize(
    "host", ["a..b", ".a", ".", "a..", "x" * 64, f"{'x' * 64}.lan", "a..b::1", "1:2:3", "[::1::2]", "[]", "a b"]
)
def test_a_host_that_nobody_could_look_up_is_refused(file: Path, host: str) -> None:
    (found,) = faults(file, f'ami = "user:x@{host}:1"')
    assert found.startswith(f"{file}: ami must be")


@pytest.mark.parametrize(
    "host", ["pbx", "a_b-c.lan", "pbx.example.com.", f"{'x' * 63}.lan", "10.0.0.1", "::1", "[::1]"]
)
def test_a_host_may_be_a_name_or_an_address_of_either_kind(file: Path, host: str) -> None:
    ami = load(file, f'ami = "user:x@{host}:1"').ami
    assert ami is not None
    assert ami.address == Address(host.strip("[]"), 1)


def test_the_service_listens_elsewhere_only_if_that_is_said(file: Path) -> None:
    assert load(file, 'fastagi = "0.0.0.0:1"\nlisten_anywhere = true').fastagi.host == "0.0.0.0"


@pytest.mark.parametrize("ami", [f"user:{SECRET}@host", f"user:{SECRET}@host:x", f":{SECRET}@host:1", SECRET])
def test_no_secret_gets_into_a_message(file: Path, ami: str) -> None:
    (found,) = faults(file, f'ami = "{ami}"')
    assert SECRET not in found
    assert "t@x" not in found


def test_no_secret_gets_into_a_repr(file: Path) -> None:
    config = load(file, f'ami = "user:{SECRET}@host:1"')
    assert SECRET not in f"{config!r} {config} {config.ami} {config.model_dump()}"


def test_a_misspelled_secret_setting_does_not_show_it(file: Path) -> None:
    (found,) = faults(file, f'amy = "user:{SECRET}@host:1"')
    assert SECRET not in found


def test_bad_toml_is_told_with_its_line(file: Path) -> None:
    (found,) = faults(file, 'country = "CN"\narea 021\n')
    assert "line 2" in found


def test_a_file_that_is_not_utf8_is_told(file: Path) -> None:
    file.write_bytes(b'country = "\xff"')
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(file, {})


@pytest.mark.parametrize("missing", [True, False])
def test_a_named_file_must_be_there_and_be_a_file(tmp_path: Path, *, missing: bool) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "none" if missing else tmp_path, {})


def test_a_value_of_the_caller_of_commands_moves_no_terminal(file: Path) -> None:
    (found,) = faults(file, "", CALLFILTER_COUNTRY="\x1b[2J" + "x" * 500)
    assert found.isprintable()
    assert len(found) < 250


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["off", "CN", "allow"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*_EXPECTED, "x", "[key]", "0", ""]), inner, max_size=4)
    ),
    max_leaves=12,
)


def faults_of(table: dict[str, Any]) -> tuple[str, ...]:
    with patch("callfilter.config._read", return_value=table):
        try:
            load_config(Path("file.toml"), {})
        except ConfigError as error:
            return error.faults
    return ()


@example({"policy": {"anonymous": [], "invalid": {}}})
@given(st.dictionaries(st.sampled_from([*_EXPECTED, "x"]), ANYTHING, max_size=6))
def test_whatever_stands_in_the_file_it_is_settings_or_sentences(table: dict[str, Any]) -> None:
    assert all(sentence.isprintable() and sentence.endswith(".") for sentence in faults_of(table))


def test_settings_cannot_be_changed(file: Path) -> None:
    with pytest.raises(ValidationError):
        load(file).country = "DE"


def test_the_shipped_file_is_right_as_it_is_and_with_every_line_taken_in(file: Path) -> None:
    text = shipped("callfilter.toml").decode()
    assert load(file, text) == Config()
    full = re.sub(r"^# (?=[a-z_]+ = |\[)", "", text, flags=re.MULTILINE)
    assert full.count("\n#") < text.count("\n#") - 10
    config = load(file, full)
    assert config.reading("my-carrier") == ("CN", "021", ("9",))
    assert config.dids["02161234567"].mailbox == "100@default"


def test_the_shipped_file_shows_every_setting() -> None:
    text = shipped("callfilter.toml").decode()
    for name, field in Config.model_fields.items():
        assert re.search(rf"(# |\[|# \[){field.alias or name}\b", text), name

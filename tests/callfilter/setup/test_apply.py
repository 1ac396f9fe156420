from pathlib import Path

import pytest

from callfilter.setup.apply import apply, run
from callfilter.setup.manifest import Manifest
from callfilter.setup.pbx import SetupFault
from callfilter.setup.plan import Change, Kind, Places, Plan
from tests.callfilter.store.trouble import file_size_limit


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_commands_are_run_with_their_words(programs: Path, tmp_path: Path) -> None:
    program(programs, "asterisk", f'printf "%s|" "$@" > {tmp_path}/said')
    assert run([("asterisk", "-rx", "dialplan reload")]) == []
    assert (tmp_path / "said").read_text() == "-rx|dialplan reload|"


def test_a_command_that_fails_or_is_missing_is_told_and_the_next_one_is_run(programs: Path, tmp_path: Path) -> None:
    program(programs, "asterisk", "echo cannot connect >&2; exit 1")
    program(programs, "last", f"touch {tmp_path}/done")
    failed, missing = run([("asterisk", "-rx", "dialplan reload"), ("no-such-program", "x"), ("last",)])
    assert "asterisk -rx 'dialplan reload' failed (cannot connect)" in failed
    assert "no-such-program" in missing
    assert (tmp_path / "done").exists()


def test_a_file_that_cannot_be_written_is_one_sentence_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    places = Places(tmp_path / "file" / "callfilter.toml", None, Path("callfilter"))
    change = Change(tmp_path / "new.conf", Kind.CREATE, None, b"x")
    with pytest.raises(SetupFault, match="cannot be written"):
        apply(Plan((change,), Manifest({change.path: "0"})), places)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_names_the_file_that_found_no_room(tmp_path: Path) -> None:
    places = Places(tmp_path / "callfilter.toml", None, Path("callfilter"))
    change = Change(tmp_path / "new.conf", Kind.CREATE, None, b"x" * 5000)
    with file_size_limit(2000), pytest.raises(SetupFault, match=r"/new\.conf cannot be written"):
        apply(Plan((change,), Manifest({change.path: "0"})), places)
    assert [path.name for path in tmp_path.iterdir()] == ["setup.json"]


def test_what_is_about_to_be_done_is_noted_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places(tmp_path / "etc" / "callfilter.toml", None, Path("callfilter"))
    changes = tuple(Change(tmp_path / name, Kind.CREATE, None, b"x") for name in ("a.conf", "b.conf"))

    def crash(change: Change) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("callfilter.setup.apply._do", crash)
    with pytest.raises(KeyboardInterrupt):
        apply(Plan(changes, Manifest({change.path: "0" for change in changes})), places)
    assert places.manifest.exists()

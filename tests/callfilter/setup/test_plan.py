import json
from pathlib import Path

import pytest

from callfilter.config import load_config
from callfilter.setup.apply import _do, apply
from callfilter.setup.manifest import Manifest, read_manifest
from callfilter.setup.pbx import Pbx, SetupFault, ami_address, find_pbx, settings_of
from callfilter.setup.plan import Change, Kind, Places, Plan, plan_install, plan_remove
from callfilter.setup.shipped import shipped

SECRET = "fresh-secret"
EXTENSIONS = b"[general]\r\nstatic=yes\r\n\r\n[from-trunk]\r\nexten => _X.,1,Dial(PJSIP/100)"
MANAGER = b"; the manager\n[general]\nenabled = yes\nport = 5039\nbindaddr = 0.0.0.0\n"


class Machine:
    """A machine with an Asterisk, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.etc = folder / "asterisk"
        self.etc.mkdir()
        self.write("extensions.conf", EXTENSIONS)
        self.write("manager.conf", MANAGER)
        self.units = folder / "systemd"
        self.places = Places(
            folder / "callfilter" / "callfilter.toml", self.units, Path("/opt/callfilter/bin/callfilter")
        )

    def write(self, name: str, content: bytes) -> Path:
        path = self.etc / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    def freepbx(self) -> None:
        self.write("extensions_additional.conf", b"; generated\n")
        self.write("extensions_custom.conf", b"")
        self.write("manager_custom.conf", b"; mine\n")

    @property
    def manifest(self) -> Manifest:
        return read_manifest(self.places.manifest)

    def plan(self, secret: str = SECRET) -> Plan:
        return plan_install(find_pbx(self.etc), self.places, self.manifest, secret)

    def install(self, secret: str = SECRET) -> Plan:
        plan = self.plan(secret)
        apply(plan, self.places)
        return plan

    def remove(self) -> Plan:
        plan = plan_remove(self.places, self.manifest, ("asterisk",))
        apply(plan, self.places)
        return plan

    def snapshot(self) -> dict[str, bytes]:
        folder = self.etc.parent
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_planning_changes_nothing(machine: Machine) -> None:
    before = machine.snapshot()
    assert machine.plan().changes
    assert machine.snapshot() == before


def test_everything_is_put_in_its_place(machine: Machine) -> None:
    machine.install()
    assert set(machine.snapshot()) == {
        "asterisk/extensions.conf",
        "asterisk/manager.conf",
        "asterisk/callfilter.conf",
        "asterisk/callfilter-manager.conf",
        "callfilter/callfilter.toml",
        "callfilter/setup.json",
        "systemd/callfilter.service",
    }
    assert (machine.etc / "callfilter.conf").read_bytes() == shipped("callfilter.conf")
    assert (machine.etc / "extensions.conf").read_bytes() == b'#include "callfilter.conf"\r\n' + EXTENSIONS
    assert (machine.etc / "manager.conf").read_bytes() == b'#include "callfilter-manager.conf"\n' + MANAGER
    assert settings_of(machine.etc / "callfilter-manager.conf", "callfilter")["secret"] == SECRET
    unit = (machine.units / "callfilter.service").read_text()
    assert f"ExecStart=/opt/callfilter/bin/callfilter --config {machine.places.config} serve" in unit
    assert "@" not in unit


def test_the_settings_know_the_manager_user(machine: Machine) -> None:
    machine.install()
    ami = load_config(machine.places.config, {}).ami
    assert ami is not None
    assert (ami.user, ami.secret.get_secret_value(), str(ami.address)) == ("callfilter", SECRET, "127.0.0.1:5039")


def test_files_with_the_secret_are_not_for_everybody(machine: Machine) -> None:
    machine.install()
    for path in (machine.places.config, machine.etc / "callfilter-manager.conf"):
        assert path.stat().st_mode & 0o777 == 0o640
    for path in machine.etc.parent.rglob("*"):
        if path.is_file() and SECRET in path.read_text():
            assert path.stat().st_mode & 0o007 == 0


def test_done_twice_there_is_nothing_left_to_do(machine: Machine) -> None:
    machine.install()
    after = machine.snapshot()
    plan = machine.plan("another-secret")
    assert (plan.changes, plan.commands) == ((), ())
    machine.install("another-secret")
    assert machine.snapshot() == after


def test_removed_every_file_is_as_it_was(machine: Machine) -> None:
    before = machine.snapshot()
    machine.install()
    plan = machine.remove()
    assert machine.snapshot() == before
    assert not machine.places.config.parent.exists()
    assert ("systemctl", "disable", "--now", "callfilter") in plan.commands
    assert machine.remove().changes == ()


ODD: list[bytes] = [
    b"",
    b"\n",
    b"[x]",
    b"a=b\r\n[x]\r\n",
    b"\xef\xbb\xbf[x]\n",
    b"\xff\xfe\x00[x]\n",
    b";--\n[x]\n",
    b"a=b",
]


@pytest.mark.parametrize("content", ODD)
def test_odd_files_are_given_back_too(machine: Machine, content: bytes) -> None:
    machine.write("extensions.conf", content)
    machine.write("manager.conf", content)
    before = machine.snapshot()
    machine.install()
    assert machine.snapshot() != before
    machine.remove()
    assert machine.snapshot() == before


def test_what_the_admin_added_to_his_files_stays(machine: Machine) -> None:
    machine.install()
    path = machine.etc / "extensions.conf"
    path.write_bytes(path.read_bytes() + b"\r\n[more]\r\n")
    machine.remove()
    assert path.read_bytes() == EXTENSIONS + b"\r\n[more]\r\n"


def test_an_include_that_is_there_already_is_left_alone(machine: Machine) -> None:
    path = machine.write("extensions.conf", b"[x]\n#include callfilter.conf\n")
    machine.install()
    assert path.read_bytes() == b"[x]\n#include callfilter.conf\n"
    machine.remove()
    assert path.read_bytes() == b"[x]\n#include callfilter.conf\n"


def test_a_line_that_the_admin_took_out_is_told_and_not_missed(machine: Machine) -> None:
    machine.install()
    machine.write("extensions.conf", EXTENSIONS)
    plan = machine.remove()
    assert (machine.etc / "extensions.conf").read_bytes() == EXTENSIONS
    assert any("extensions.conf no longer holds the line" in note for note in plan.notes)


@pytest.mark.parametrize("name", ["callfilter.conf", "callfilter-manager.conf"])
def test_a_file_that_the_admin_changed_stays_and_the_new_one_goes_beside_it(
    machine: Machine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.install()
    path = machine.etc / name
    mine = path.read_bytes() + b"; mine\n"
    path.write_bytes(mine)
    plan = machine.install()
    assert path.read_bytes() == mine
    assert (machine.etc / f"{name}.new").exists()
    assert any(f"{path} was changed by you" in note for note in plan.notes)
    assert machine.plan().changes == ()
    machine.remove()
    assert path.read_bytes() == mine
    assert not (machine.etc / f"{name}.new").exists()


def test_a_file_of_somebody_elses_by_our_name_is_not_overwritten(machine: Machine) -> None:
    path = machine.write("callfilter.conf", b"[callfilter]\n; somebody else's\n")
    machine.install()
    assert path.read_bytes() == b"[callfilter]\n; somebody else's\n"
    machine.remove()
    assert path.read_bytes() == b"[callfilter]\n; somebody else's\n"


def test_settings_are_the_admins_once_he_has_changed_them(machine: Machine) -> None:
    machine.install()
    text = machine.places.config.read_text().replace('# country = "CN"', 'country = "SG"')
    machine.places.config.write_text(text)
    plan = machine.install()
    assert plan.changes == ()
    machine.remove()
    assert machine.places.config.read_text() == text


def test_settings_that_lack_the_login_are_told(machine: Machine) -> None:
    machine.places.config.parent.mkdir()
    machine.places.config.write_text('country = "SG"\n')
    notes = " ".join(machine.install().notes)
    assert "set ami = " in notes
    assert SECRET not in notes


def newer(name: str) -> bytes:
    return shipped(name) + b"; newer\n"


def test_a_new_version_replaces_what_nobody_changed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.install()
    monkeypatch.setattr("callfilter.setup.plan.shipped", newer)
    plan = machine.install()
    assert {change.kind for change in plan.changes} == {Kind.REPLACE}
    assert (machine.etc / "callfilter.conf").read_bytes().endswith(b"; newer\n")
    assert settings_of(machine.etc / "callfilter-manager.conf", "callfilter")["secret"] == SECRET


@pytest.mark.parametrize("written", range(5))
def test_an_upgrade_that_was_cut_off_is_ended_by_the_next_run(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    machine.install()
    monkeypatch.setattr("callfilter.setup.plan.shipped", newer)
    wanted = {change.path: change.after for change in machine.plan().changes}
    left = list(range(written))

    def full(change: Change) -> None:
        if not left:
            raise OSError(28, "No space left on device", str(change.path))
        left.pop()
        _do(change)

    with monkeypatch.context() as patch:
        patch.setattr("callfilter.setup.apply._do", full)
        if written < len(wanted):
            with pytest.raises(SetupFault, match="No space left"):
                machine.install()
    plan = machine.install()
    assert not any("changed by you" in note for note in plan.notes)
    assert {path: path.read_bytes() for path in wanted} == wanted
    assert not list(machine.etc.parent.rglob("*.new"))
    assert machine.plan().changes == ()
    machine.remove()
    assert machine.snapshot().keys() == {"asterisk/extensions.conf", "asterisk/manager.conf"}


def test_an_old_version_that_the_admin_put_back_is_his(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.install()
    path = machine.etc / "callfilter.conf"
    mine = path.read_bytes()
    monkeypatch.setattr("callfilter.setup.plan.shipped", newer)
    machine.install()
    path.write_bytes(mine)
    plan = machine.install()
    assert path.read_bytes() == mine
    assert any(f"{path} was changed by you" in note for note in plan.notes)


def test_a_folder_of_manager_users_is_used_where_there_is_one(machine: Machine) -> None:
    manager = MANAGER + b'#include "manager.d/*.conf"\n'
    machine.write("manager.conf", manager)
    machine.install()
    assert (machine.etc / "manager.d" / "callfilter.conf").exists()
    assert (machine.etc / "manager.conf").read_bytes() == manager


def test_freepbx_gets_it_into_its_custom_files(machine: Machine) -> None:
    machine.freepbx()
    before = machine.snapshot()
    plan = machine.install()
    assert (machine.etc / "extensions_custom.conf").read_bytes() == b'#include "callfilter.conf"\n'
    assert (machine.etc / "manager_custom.conf").read_bytes() == b'#include "callfilter-manager.conf"\n; mine\n'
    for name in ("extensions.conf", "manager.conf", "extensions_additional.conf"):
        assert (machine.etc / name).read_bytes() == before[f"asterisk/{name}"]
    assert any("FreePBX" in note and "from-trunk-callfilter" in note for note in plan.notes)
    machine.remove()
    assert machine.snapshot() == before


def test_a_custom_file_that_did_not_exist_is_gone_again(machine: Machine) -> None:
    machine.freepbx()
    (machine.etc / "manager_custom.conf").unlink()
    before = machine.snapshot()
    machine.install()
    assert (machine.etc / "manager_custom.conf").exists()
    machine.remove()
    assert machine.snapshot() == before


def test_a_symbolic_link_stays_one(machine: Machine, tmp_path: Path) -> None:
    kept = tmp_path / "in-git.conf"
    kept.write_bytes(EXTENSIONS)
    path = machine.etc / "extensions.conf"
    path.unlink()
    path.symlink_to(kept)
    machine.install()
    assert path.is_symlink()
    assert kept.read_bytes() == b'#include "callfilter.conf"\r\n' + EXTENSIONS
    machine.remove()
    assert path.is_symlink()
    assert kept.read_bytes() == EXTENSIONS


def test_a_link_that_leads_nowhere_is_told(machine: Machine, tmp_path: Path) -> None:
    (machine.etc / "callfilter.conf").symlink_to(tmp_path / "nowhere")
    with pytest.raises(SetupFault, match="leads nowhere"):
        machine.plan()


def test_a_folder_in_the_place_of_a_file_is_told(machine: Machine) -> None:
    (machine.etc / "callfilter.conf").mkdir()
    with pytest.raises(SetupFault, match="cannot be read"):
        machine.plan()


def test_an_existing_file_keeps_its_mode(machine: Machine) -> None:
    path = machine.etc / "extensions.conf"
    path.chmod(0o600)
    machine.install()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_changes_meanwhile_stops_everything(machine: Machine) -> None:
    plan = machine.plan()
    machine.write("extensions.conf", b"[changed]\n")
    before = machine.snapshot()
    with pytest.raises(SetupFault, match="nothing was written"):
        apply(plan, machine.places)
    assert machine.snapshot() == before


def test_without_systemd_there_is_no_unit(machine: Machine) -> None:
    machine.places = Places(machine.places.config, None, machine.places.program)
    plan = machine.install()
    assert not machine.units.exists()
    assert not any(command[0] == "systemctl" for command in plan.commands)
    assert any("no systemd" in note for note in plan.notes)


def test_without_a_manager_interface_the_rest_is_set_up(machine: Machine) -> None:
    (machine.etc / "manager.conf").unlink()
    plan = machine.install()
    assert load_config(machine.places.config, {}).ami is None
    assert any("manager.conf" in note for note in plan.notes)
    assert not (machine.etc / "callfilter-manager.conf").exists()


@pytest.mark.parametrize(
    ("bound", "permitted"),
    [("10.0.0.7", "10.0.0.7/32"), ("::1", "::1/128"), ("127.0.0.1", "127.0.0.1/255.255.255.255")],
)
def test_the_manager_user_may_come_from_where_the_service_connects(
    machine: Machine, bound: str, permitted: str
) -> None:
    machine.write("manager.conf", f"[general]\nenabled = yes\nbindaddr = {bound}\n".encode())
    machine.install()
    assert settings_of(machine.etc / "callfilter-manager.conf", "callfilter")["permit"] == permitted
    ami = load_config(machine.places.config, {}).ami
    assert ami is not None
    assert ami.address.host == bound


def test_a_manager_interface_that_is_off_is_told(machine: Machine) -> None:
    machine.write("manager.conf", b"[general]\nenabled = no\n")
    assert any("enabled = yes" in note for note in machine.plan().notes)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"files": 1}', b'{"files": {}, "lines": {"a": 1}}', b"\xff"])
def test_a_damaged_manifest_is_told(machine: Machine, content: bytes) -> None:
    machine.places.manifest.parent.mkdir()
    machine.places.manifest.write_bytes(content)
    with pytest.raises(SetupFault, match="damaged"):
        assert machine.manifest


def test_the_manifest_holds_no_secret(machine: Machine) -> None:
    machine.install()
    text = machine.places.manifest.read_text()
    assert SECRET not in text
    assert json.loads(text)["files"]


def test_a_folder_without_a_dialplan_is_no_asterisk(tmp_path: Path) -> None:
    with pytest.raises(SetupFault, match="--asterisk-etc"):
        find_pbx(tmp_path)


def test_the_user_of_asterisk_is_read_from_its_options(machine: Machine) -> None:
    machine.write(
        "asterisk.conf",
        b"[directories](!)\nastetcdir => /etc/asterisk\n[options]\nrunuser = pbx ; ours\nrungroup = pbx\n",
    )
    pbx = find_pbx(machine.etc)
    assert (pbx.user, pbx.group) == ("pbx", "pbx")


@pytest.mark.parametrize(
    ("general", "expected"),
    [
        (b"", "127.0.0.1:5038"),
        (b"port = 1\n", "127.0.0.1:1"),
        (b"bindaddr = 10.0.0.1\nport=x\n", "10.0.0.1:5038"),
        (b";port = 1\n;--\nport = 2\n--;\n", "127.0.0.1:5038"),
        (b"[callfilter]\nport = 3\n", "127.0.0.1:5038"),
    ],
)
def test_the_address_of_the_manager_interface_is_read(tmp_path: Path, general: bytes, expected: str) -> None:
    (tmp_path / "manager.conf").write_bytes(b"[general]\n" + general)
    assert str(ami_address(Pbx(tmp_path, freepbx=False))) == expected


def test_the_lines_for_freepbx_are_those_of_the_readme_so_that_calls_without_a_did_ring_too(machine: Machine) -> None:
    machine.freepbx()
    readme = {line.strip() for line in shipped("README.md").decode().splitlines()}
    notes = "\n".join(machine.plan().notes).splitlines()
    lines = [line.strip() for line in notes if line.startswith("    ")]
    assert "exten => s,1,Gosub(callfilter,s,1)" in lines
    assert "include => callfilter-features" in lines
    assert set(lines) <= readme

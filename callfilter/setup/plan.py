"""Plans an installation: what would be written, file by file. Reads the machine and changes nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from callfilter.setup.include import includes, with_include, without_include
from callfilter.setup.manifest import Manifest, digest
from callfilter.setup.pbx import Pbx, SetupFault, ami_address, ami_enabled, settings_of
from callfilter.setup.shipped import shipped

DIALPLAN: Final = "callfilter.conf"
MANAGER: Final = "callfilter-manager.conf"
MANAGER_FOLDER: Final = "manager.d"
UNIT: Final = "callfilter.service"
CONFIG: Final = "callfilter.toml"
PERMITTED: Final = "permit = 127.0.0.1/255.255.255.255"
"""In the shipped manager user."""
PUBLIC: Final = 0o644
SECRET: Final = 0o640
"""For files that hold the manager user's secret."""


class Kind(StrEnum):
    """What happens to a file."""

    CREATE = "new file"
    REPLACE = "new version"
    INSERT = "one line more"
    TAKE_OUT = "one line less"
    DELETE = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One file, before and after."""

    path: Path
    kind: Kind
    before: bytes | None
    """None where there is no such file."""
    after: bytes | None
    """None where there will be none."""
    mode: int = PUBLIC
    """Of a new file; others keep theirs."""
    group: str = ""
    """Of a new file, where that can be given."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where things go that are not Asterisk's."""

    config: Path
    units: Path | None
    """Folder for the systemd unit; None on a machine without systemd."""
    program: Path
    """The `callfilter` command that the unit starts."""

    @property
    def manifest(self) -> Path:
        """Where setup notes what it did."""
        return self.config.parent / "setup.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that would be done."""

    changes: tuple[Change, ...]
    manifest: Manifest
    """As it will be afterwards."""
    commands: tuple[tuple[str, ...], ...] = ()
    """To run after the files are written."""
    notes: tuple[str, ...] = ()
    """Sentences for the admin: what was left alone and why, and what is left to do by hand."""
    secret: str = ""
    """Not to be shown."""


def plan_install(pbx: Pbx, places: Places, manifest: Manifest, fresh_secret: str) -> Plan:
    """What puts callfilter on this PBX. Planned again after it was done, there are no changes.

    Args:
        pbx: the Asterisk.
        places: where the rest goes.
        manifest: what was put there before.
        fresh_secret: for the manager user, unless it has one already.

    Raises:
        SetupFault: a file that is needed cannot be read.
    """
    work = _Work(manifest)
    work.own(pbx.etc / DIALPLAN, shipped(DIALPLAN))
    work.include(pbx.dialplan, DIALPLAN)
    secret = _plan_manager(work, pbx, fresh_secret)
    login = f"callfilter:{secret}@{ami_address(pbx)}" if secret else "off"
    _plan_config(work, places, login, pbx.group)
    commands: list[tuple[str, ...]] = [(*pbx.console, "-rx", "dialplan reload")]
    if secret:
        commands.append((*pbx.console, "-rx", "manager reload"))
    if places.units:
        values = {
            "@PROGRAM@": str(places.program),
            "@CONFIG@": str(places.config),
            "@USER@": pbx.user,
            "@GROUP@": pbx.group,
        }
        work.own(places.units / UNIT, _filled(shipped(UNIT), values))
        commands += [("systemctl", "daemon-reload"), ("systemctl", "enable", "--now", "callfilter")]
    else:
        work.notes.append(
            f"There is no systemd here: start `callfilter serve` as the user {pbx.user} with whatever starts services."
        )
    work.notes += [_hook(pbx), _codes(pbx)]
    return work.plan(commands if work.changes else [], secret)


def plan_remove(places: Places, manifest: Manifest, console: tuple[str, ...]) -> Plan:
    """What takes callfilter off again: every file that is still as setup wrote it, and every line it put in.

    Raises:
        SetupFault: a file cannot be read.
    """
    work = _Work(manifest)
    for path, inserted in manifest.lines.items():
        work.take_out(path, inserted)
    for path in manifest.files:
        work.remove(path)
    if not (manifest.files or manifest.lines):
        work.notes.append(f"{places.manifest} names nothing that setup has put here, so there is nothing to remove.")
    unit = any(change.path.name == UNIT for change in work.changes)
    commands: list[tuple[str, ...]] = [("systemctl", "disable", "--now", "callfilter")] if unit else []
    if work.changes:
        commands += [(*console, "-rx", "dialplan reload"), (*console, "-rx", "manager reload")]
        work.notes.append(
            "The database with own numbers and call log stays; so does your own line with Gosub(callfilter,s,1)."
        )
    return work.plan(commands, "")


class _Work:
    """Collects changes, and the manifest as it will be."""

    def __init__(self, manifest: Manifest) -> None:
        self.changes: list[Change] = []
        self.notes: list[str] = []
        self._files = dict(manifest.files)
        self._lines = dict(manifest.lines)
        self._created = set(manifest.created)
        self._before = manifest

    def own(self, named: Path, content: bytes, *, mode: int = PUBLIC, group: str = "", beside: bool = True) -> bool:
        """A whole file of ours. One that the admin has changed stays; the new version goes `beside` it."""
        path = _real(named)
        before = content_of(path)
        if before is not None and before != content and not self._before.wrote(path, before):
            if beside:
                self.notes.append(
                    f"{path} was changed by you and stays as it is; the new version is {path}.new beside it."
                )
                self.own(path.with_name(f"{path.name}.new"), content, mode=mode, group=group, beside=False)
            return False
        self._files[path] = digest(content)
        if before != content:
            kind = Kind.CREATE if before is None else Kind.REPLACE
            self.changes.append(Change(path, kind, before, content, mode, group))
        return True

    def include(self, named: Path, target: str) -> None:
        """A line in a file of the admin's."""
        path = _real(named)
        before = content_of(path)
        if includes(before or b"", target):
            return
        after, line = with_include(before or b"", target)
        self._lines[path] = line
        if before is None:
            self._created.add(path)
        self.changes.append(Change(path, Kind.INSERT if before is not None else Kind.CREATE, before, after))

    def take_out(self, path: Path, inserted: bytes) -> None:
        """A line of ours, out of a file of the admin's."""
        before = content_of(path)
        after = without_include(before, inserted) if before is not None else None
        self._lines.pop(path)
        self._created.discard(path)
        if before is None:
            return
        if after is None:
            line = inserted.decode("latin-1").strip()
            self.notes.append(
                f"{path} no longer holds the line {line} as setup wrote it; look whether something is left."
            )
        elif not after and path in self._before.created:
            self.changes.append(Change(path, Kind.DELETE, before, None))
        else:
            self.changes.append(Change(path, Kind.TAKE_OUT, before, after))

    def remove(self, path: Path) -> None:
        """A whole file of ours, unless the admin has changed it."""
        before = content_of(path)
        self._files.pop(path)
        if before is None:
            return
        if self._before.wrote(path, before):
            self.changes.append(Change(path, Kind.DELETE, before, None))
        else:
            self.notes.append(f"{path} was changed by you and stays; remove it yourself if you no longer need it.")

    def plan(self, commands: list[tuple[str, ...]], secret: str) -> Plan:
        """All of it."""
        after = Manifest(self._files, self._lines, frozenset(self._created))
        return Plan(tuple(self.changes), after, tuple(commands), tuple(self.notes), secret)


def content_of(path: Path) -> bytes | None:
    """The file's content; None where there is none.

    Raises:
        SetupFault: there is something that cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SetupFault(f"{path} cannot be read ({error.strerror}); mend that, or run this as root") from None


def _real(path: Path) -> Path:
    """The file behind symbolic links, so that these stay.

    Raises:
        SetupFault: a link leads nowhere.
    """
    try:
        real = path.resolve()
    except (OSError, RuntimeError):
        real = None
    if real is None or (path.is_symlink() and not real.exists()):
        raise SetupFault(f"{path} is a symbolic link that leads nowhere; mend or remove it")
    return real


def _plan_manager(work: _Work, pbx: Pbx, fresh_secret: str) -> str:
    """The manager user; returns its secret, or an empty text where there is no manager interface."""
    main = pbx.etc / "manager.conf"
    if not main.exists():
        work.notes.append(
            f"There is no {main}, so the log will not tell what became of calls; add one and run setup again."
        )
        return ""
    if not ami_enabled(pbx):
        work.notes.append(
            f"Set enabled = yes in [general] of {main}: until then the log will not tell what became of calls."
        )
    in_folder = includes(content_of(main) or b"", f"{MANAGER_FOLDER}/*.conf")
    target = f"{MANAGER_FOLDER}/callfilter.conf" if in_folder else MANAGER
    file = pbx.etc / target
    secret = settings_of(file, "callfilter").get("secret") or fresh_secret
    values = {"@SECRET@": secret, PERMITTED: _permitted(ami_address(pbx).host)}
    work.own(file, _filled(shipped(MANAGER), values), mode=SECRET, group=pbx.group)
    if not in_folder:
        work.include(pbx.manager, target)
    return secret


def _permitted(host: str) -> str:
    """Who connects to an address of this machine comes from that address."""
    if host == "127.0.0.1":
        return PERMITTED
    return f"permit = {host}/{128 if ':' in host else 32}"


def _plan_config(work: _Work, places: Places, login: str, group: str) -> None:
    line = re.compile(rb'^# ami = ".*"$', re.MULTILINE)
    content = line.sub(lambda _: f'ami = "{login}"'.encode(), shipped(CONFIG), count=1)
    ours = work.own(places.config, content, mode=SECRET, group=group, beside=False)
    if not ours and f'"{login}"'.encode() not in (content_of(places.config) or b""):
        work.notes.append(
            f'{places.config} is yours and stays as it is; set ami = "callfilter:SECRET@host:port" in it, '
            "with the secret from the manager file."
        )


def _hook(pbx: Pbx) -> str:
    if not pbx.freepbx:
        return (
            "Left to you: enter the filter from the context that your trunk's calls come in by, with the line\n"
            "    exten => _X.,1,Gosub(callfilter,s,1)\n"
            "before the lines that ring your phones."
        )
    return (
        f"Left to you: put these lines into {pbx.dialplan}\n"
        "    [from-trunk-callfilter]\n"
        "    exten => _[+0-9]!,1,Gosub(callfilter,s,1)\n"
        "     same => n,Goto(from-pstn,${EXTEN},1)\n"
        "    exten => s,1,Gosub(callfilter,s,1)\n"
        "     same => n,Goto(from-pstn,s,1)\n"
        "and set the context of your trunk in FreePBX to from-trunk-callfilter."
    )


def _codes(pbx: Pbx) -> str:
    context = "[from-internal-custom]" if pbx.freepbx else "the context in which your own phones dial"
    return (
        f"If your phones are to say by *44 that a call is expected: put into {context}, and nowhere else, the line\n"
        "    include => callfilter-features"
    )


def _filled(template: bytes, values: Mapping[str, str]) -> bytes:
    for mark, value in values.items():
        template = template.replace(mark.encode(), value.encode())
    return template

"""Finds the Asterisk of this machine: its configuration folder, its user, and whether FreePBX writes its files."""

import grp
import pwd
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callfilter.config_values import Address
from callfilter.setup.include import lines_of

ETC: Final = Path("/etc/asterisk")
FREEPBX: Final = Path("/etc/freepbx.conf")
FREEPBX_FILES: Final = ("extensions_additional.conf", "extensions_custom.conf")
"""FreePBX generates the first at each reload; the second is the admin's."""
AMI_PORT: Final = 5038
EVERYWHERE: Final = frozenset({"", "0.0.0.0", "::", "[::]"})

_SECTION = re.compile(rb"[ \t]*\[([^\]\r\n]*)\]")
_SETTING = re.compile(rb"[ \t]*([A-Za-z_]+)[ \t]*=>?[ \t]*([^;\r\n]*)")


class SetupFault(Exception):  # noqa: N818 - as in "a fault of the installation"
    """The PBX cannot be set up as it is; the message is one sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Pbx:
    """An installed Asterisk."""

    etc: Path
    """Where its configuration is."""
    freepbx: bool
    """FreePBX owns the main files; ours go into the `_custom` ones."""
    user: str = "asterisk"
    group: str = "asterisk"

    @property
    def console(self) -> tuple[str, ...]:
        """The command that reaches this Asterisk's console."""
        return console_command(self.etc)

    @property
    def dialplan(self) -> Path:
        """The file that includes ours."""
        return self.etc / ("extensions_custom.conf" if self.freepbx else "extensions.conf")

    @property
    def manager(self) -> Path:
        """The file that includes our manager user."""
        return self.etc / ("manager_custom.conf" if self.freepbx else "manager.conf")


def console_command(etc: Path | None) -> tuple[str, ...]:
    """The command that reaches the console of the Asterisk whose configuration is in `etc`, or the usual one."""
    return ("asterisk",) if etc in {None, ETC} else ("asterisk", "-C", f"{etc}/asterisk.conf")


def find_pbx(etc: Path | None, *, freepbx: Path = FREEPBX) -> Pbx:
    """The Asterisk whose configuration is in `etc`, otherwise where `/etc/asterisk/asterisk.conf` says.

    Raises:
        SetupFault: there is none.
    """
    folder = etc or _astetcdir(ETC / "asterisk.conf") or ETC
    if not (folder / "extensions.conf").exists():
        raise SetupFault(
            f"{folder} holds no extensions.conf; install Asterisk, or name its configuration folder with --asterisk-etc"
        )
    is_freepbx = all((folder / name).exists() for name in FREEPBX_FILES) or (etc is None and freepbx.exists())
    options = settings_of(folder / "asterisk.conf", "options")
    user = options.get("runuser") or _known_user(folder)
    return Pbx(folder.absolute(), is_freepbx, user, options.get("rungroup") or _group_of(user))


def settings_of(file: Path, section: str) -> dict[str, str]:
    """The settings in one section of an Asterisk configuration file; empty where there is no such file."""
    found: dict[str, str] = {}
    inside = False
    try:
        content = file.read_bytes()
    except OSError:
        return found
    for line in significant_lines(content):
        if match := _SECTION.match(line):
            inside = match[1].strip().lower() == section.encode()
        elif inside and (match := _SETTING.match(line)):
            found[match[1].decode().lower()] = match[2].decode(errors="replace").strip()
    return found


def significant_lines(content: bytes) -> list[bytes]:
    """Lines without those that are empty or comments, `;-- … --;` blocks too."""
    return [line for _, line in lines_of(content) if line.strip() and not line.lstrip().startswith(b";")]


def ami_address(pbx: Pbx) -> Address:
    """Where the manager interface of this Asterisk is reached from this machine."""
    general = settings_of(pbx.etc / "manager.conf", "general")
    host = general.get("bindaddr", "").strip("[]")
    port = general.get("port", "")
    return Address("127.0.0.1" if host in EVERYWHERE else host, int(port) if port.isdecimal() else AMI_PORT)


def ami_enabled(pbx: Pbx) -> bool:
    """The manager interface is on."""
    enabled = settings_of(pbx.etc / "manager.conf", "general").get("enabled", "no")
    return enabled.lower() in {"yes", "true", "y", "t", "1", "on"}


def _astetcdir(file: Path) -> Path | None:
    named = settings_of(file, "directories").get("astetcdir")
    return Path(named) if named else None


def _known_user(folder: Path) -> str:
    """`asterisk` where there is such a user, else whoever owns the configuration."""
    names = {user.pw_name for user in pwd.getpwall()}
    return "asterisk" if "asterisk" in names else _name_of(folder.stat().st_uid)


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return "root"


def _group_of(user: str) -> str:
    try:
        return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
    except KeyError:
        return user

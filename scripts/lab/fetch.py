"""Gets Asterisk and SIPp into `.asterisk/` without root, once; an installed one that is new enough is used instead.

Debian packages are unpacked into a prefix and run with the prefix's own loader, so nothing of the machine is changed.
"""

import argparse
import fcntl
import itertools
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
STORE = CHECKOUT / ".asterisk"
APT_FOLDER = Path("/etc/apt")
DEBIAN_SUITES = frozenset(
    {"bullseye", "bookworm", "trixie", "forky", "sid", "oldstable", "stable", "testing", "unstable"}
)
DEBIAN_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
STAMP = "fetched"


class FetchError(Exception):
    """Nothing could be fetched; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Kit:
    """What to fetch: a folder's name under `.asterisk/`, and where it comes from."""

    name: str
    suite: str
    packages: tuple[str, ...]
    program: str
    """Path of the executable inside the prefix."""


KITS = {
    kit.name: kit
    for kit in (
        Kit("22", "forky", ("asterisk", "asterisk-core-sounds-en-gsm"), "usr/sbin/asterisk"),
        Kit("16", "bullseye", ("asterisk", "asterisk-core-sounds-en-gsm", "asterisk-voicemail"), "usr/sbin/asterisk"),
        Kit("sipp", "bookworm", ("sip-tester",), "usr/bin/sipp"),
    )
}


@dataclass(frozen=True, slots=True)
class Asterisk:
    """An Asterisk that can be started."""

    command: tuple[str, ...]
    """Beginning of the argument list: loader and program, or the installed program alone."""
    version: tuple[int, ...]
    modules: Path
    data: Path
    """Folder of the read-only data: sounds, documentation."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """One archive out of the machine's own apt sources."""

    uri: str
    options: str
    """Text for the brackets of a one-line source."""


def asterisk(name: str = "22") -> Asterisk:
    """The Asterisk for the role `22` or `16`, fetched if need be.

    Raises:
        FetchError: it is neither installed nor fetchable.
    """
    if name == "22" and (installed := _installed_asterisk()):
        return installed
    prefix = fetch(KITS[name])
    command = _with_own_loader(prefix, prefix / KITS[name].program)
    version = _version_of(command)
    if version is None:
        raise FetchError(f"{prefix} holds an Asterisk that does not run here: remove the folder and fetch again.")
    modules = next(prefix.glob("usr/lib/**/asterisk/modules"))
    return Asterisk(command, version, modules, prefix / "usr/share/asterisk")


def sipp() -> tuple[str, ...]:
    """How to start SIPp, which is fetched if need be.

    Raises:
        FetchError: it is neither installed nor fetchable.
    """
    if installed := shutil.which("sipp"):
        return (installed,)
    prefix = fetch(KITS["sipp"])
    return _with_own_loader(prefix, prefix / KITS["sipp"].program)


def fetch(kit: Kit) -> Path:
    """Unpack `kit` under `.asterisk/`, unless that was done before; returns its folder.

    Raises:
        FetchError: apt, a mirror or the network is missing.
    """
    prefix = STORE / kit.name
    recipe = f"{kit.suite}: {' '.join(kit.packages)}\n"
    STORE.mkdir(parents=True, exist_ok=True)
    with _alone(STORE / f"{kit.name}.lock"):
        stamp = prefix / STAMP
        if stamp.exists() and stamp.read_text(encoding="utf-8") == recipe:
            return prefix
        started = time.monotonic()
        _say(f"Fetching {kit.packages[0]} from Debian {kit.suite} into {prefix}")
        shutil.rmtree(prefix, ignore_errors=True)
        prefix.mkdir()
        _unpack(kit, prefix)
        _name_sounds(prefix)
        stamp.write_text(recipe, encoding="utf-8")
        _say(f"Fetched in {time.monotonic() - started:.0f} s")
    return prefix


def has_pjsip_hangup(version: tuple[int, ...]) -> bool:
    """Whether an Asterisk of this version has the application PJSIPHangup (18.21, 20.6, 21.1 and later)."""
    since = {18: (18, 21), 20: (20, 6), 21: (21, 1)}
    return version >= (22,) or (version[0] in since and version >= since[version[0]])


def find_mirror(apt_folder: Path = APT_FOLDER) -> Mirror:
    """The first Debian archive in the machine's own apt sources, `.list` or deb822 `.sources`.

    Raises:
        FetchError: there is none.
    """
    lists = [apt_folder / "sources.list", *sorted(apt_folder.glob("sources.list.d/*.list"))]
    stanzas = sorted(apt_folder.glob("sources.list.d/*.sources"))
    found = itertools.chain(
        itertools.chain.from_iterable(_mirrors_of_list(_text(path)) for path in lists),
        itertools.chain.from_iterable(_mirrors_of_stanzas(_text(path)) for path in stanzas),
    )
    mirror = next(found, None)
    if mirror is None:
        raise FetchError(
            f"No Debian mirror stands in the sources under {apt_folder}: install Asterisk 20.6 or newer and SIPp by "
            "other means, and they will be used."
        )
    return mirror


def _mirrors_of_list(text: str) -> Iterator[Mirror]:
    for line in text.splitlines():
        entry = re.match(
            r"\s*deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<parts>[^#]+)", line
        )
        if entry and entry["suite"] in DEBIAN_SUITES and "main" in entry["parts"].split():
            options = dict(part.split("=", 1) for part in (entry["options"] or "").split() if "=" in part)
            yield Mirror(entry["uri"], _options(options))


def _mirrors_of_stanzas(text: str) -> Iterator[Mirror]:
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", lines):
        fields = {
            key.lower(): " ".join(value.split())
            for key, value in re.findall(r"^(\S+?):((?:.*)(?:\n[ \t].*)*)", stanza, re.MULTILINE)
        }
        wanted = (
            "deb" in fields.get("types", "").split()
            and "main" in fields.get("components", "").split()
            and DEBIAN_SUITES.intersection(fields.get("suites", "").split())
            and fields.get("enabled", "yes").lower() not in {"no", "false", "0"}
        )
        if wanted and (uris := fields.get("uris", "").split()):
            yield Mirror(uris[0], _options(fields))


def _options(fields: dict[str, str]) -> str:
    """The trust that the machine gives this mirror; the Debian keyring where it names none."""
    keyring = fields.get("signed-by", "")
    if not keyring.startswith("/") and DEBIAN_KEYRING.exists():
        keyring = str(DEBIAN_KEYRING)
    options = [f"signed-by={keyring}"] if keyring.startswith("/") else []
    if fields.get("trusted", "").lower() == "yes":
        options.append("trusted=yes")
    return " ".join(options)


def _unpack(kit: Kit, prefix: Path) -> None:
    """Download the packages with all they need, unpack them, and drop the packages again."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise FetchError(
                f"{tool} is missing: fetching needs Debian's apt; install {kit.packages[0]} yourself instead."
            )
    work = prefix / "apt"
    apt = [*_apt_get(work, kit.suite)]
    _run([*apt, "update"], work, f"apt could not read the package list of Debian {kit.suite}: is the network there?")
    _run(
        [*apt, "--download-only", "--yes", "install", *kit.packages],
        work,
        f"apt could not download {kit.packages[0]} of Debian {kit.suite}: is the network there?",
    )
    for package in sorted(work.glob("cache/archives/*.deb")):
        _run(
            ["dpkg-deb", "-x", str(package), str(prefix)],
            work,
            f"{package.name} could not be unpacked: is the disk full?",
        )
    shutil.rmtree(work)


def _apt_get(work: Path, suite: str) -> Iterable[str]:
    """An apt-get that knows one suite, believes nothing to be installed, and keeps all its files in `work`."""
    mirror = find_mirror()
    for folder in ("parts", "state/lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    options = f"[{mirror.options}] " if mirror.options else ""
    (work / "sources.list").write_text(f"deb {options}{mirror.uri} {suite} main\n", encoding="utf-8")
    settings = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State": work / "state",
        "Dir::State::lists": work / "state/lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "Dir::Cache::archives": work / "cache/archives",
        "Dir::Log": work,
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "APT::Update::Error-Mode": "any",
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "Debug::NoLocking": "1",
    }
    # The machine's hooks (docker-clean, PackageKit) are for its own packages; its proxies and credentials serve us too.
    own = [f'{key} "{value}";' for key, value in settings.items()]
    hooks = ["APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success", "APT::Update::Pre-Invoke"]
    (work / "apt.conf").write_text("\n".join([*(f"#clear {hook};" for hook in hooks), *own]) + "\n", encoding="utf-8")
    return ("apt-get", "--config-file", str(work / "apt.conf"))


def _name_sounds(prefix: Path) -> None:
    """Debian ships the English sounds under their speaker's name; Asterisk looks for them under `en`."""
    for speaker in prefix.glob("usr/share/asterisk/sounds/en_US_f_Allison"):
        english = speaker.with_name("en")
        if not english.exists():
            english.unlink(missing_ok=True)
            english.symlink_to(speaker.name)


def _with_own_loader(prefix: Path, program: Path) -> tuple[str, ...]:
    """Run `program` with the C library it was built for; `--library-path` leaves its children's environment alone."""
    loader = next(path for path in sorted(prefix.glob("**/ld-linux*.so.*")) if path.exists())
    folders = {path.parent for path in prefix.glob("**/lib*.so.*")}
    path = ":".join(str(folder) for folder in sorted(folders))
    return (str(loader), "--library-path", path, str(program))


def _installed_asterisk() -> Asterisk | None:
    program = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        return None
    version = _version_of((program,))
    settings = dict(
        re.findall(r"^\s*(ast\w+dir)\s*=>?\s*(\S+)", _text(Path("/etc/asterisk/asterisk.conf")), re.MULTILINE)
    )
    modules = [
        Path(settings.get("astmoddir", "/usr/lib/asterisk/modules")),
        *Path("/usr/lib").glob("*/asterisk/modules"),
    ]
    data = [Path(settings.get("astdatadir", "/usr/share/asterisk")), Path("/var/lib/asterisk")]
    there = next((folder for folder in modules if folder.is_dir()), None)
    if version is None or not has_pjsip_hangup(version) or there is None:
        return None
    return Asterisk((program,), version, there, next((folder for folder in data if folder.is_dir()), data[0]))


def _version_of(command: tuple[str, ...]) -> tuple[int, ...] | None:
    try:
        done = subprocess.run([*command, "-V"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"Asterisk (?:certified[-/])?(\d+(?:\.\d+)+)", done.stdout)
    return tuple(int(part) for part in found[1].split(".")) if found else None


def _run(command: list[str], work: Path, complaint: str) -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=work, env=environment, check=False)
    if done.returncode:
        said = next(
            (line for line in reversed(done.stderr.splitlines()) if line.startswith("E:")), done.stderr.strip()[-200:]
        )
        raise FetchError(f"{complaint} ({said.removeprefix('E: ')})")


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Two test runs that start together must not unpack into one folder."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Fetch what is named on the command line; `22` and `sipp` if nothing is."""
    parser = argparse.ArgumentParser(prog="lab.fetch", description=__doc__)
    parser.add_argument("kits", nargs="*", metavar="{22,16,sipp}", default=["22", "sipp"])
    wanted = parser.parse_args().kits
    if unknown := [name for name in wanted if name not in KITS]:
        parser.error(f"{unknown[0]!r} is not one of {', '.join(KITS)}")
    try:
        for name in wanted:
            if name == "sipp":
                _say(f"sipp: {sipp()[-1]}")
            else:
                found = asterisk(name)
                _say(f"asterisk {'.'.join(map(str, found.version))}: {found.command[-1]}")
    except FetchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

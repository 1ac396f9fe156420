"""Does what a plan says: writes files whole or not at all, and runs the commands that make Asterisk read them."""

import contextlib
import dataclasses
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from callfilter.setup.manifest import Manifest, digest
from callfilter.setup.pbx import SetupFault
from callfilter.setup.plan import PUBLIC, Change, Places, Plan, content_of

COMMAND_TIMEOUT: Final = 60.0
FOLDER_MODE: Final = 0o755


def apply(plan: Plan, places: Places) -> None:
    """Write all files. What was done is noted before it is done, so that a crash leaves nothing unknown.

    Raises:
        SetupFault: a file has changed since the plan was made, or cannot be written.
    """
    for change in plan.changes:
        if content_of(change.path) != change.before:
            raise SetupFault(f"{change.path} was changed in this very moment, so nothing was written; run this again")
    leaves_something = bool(plan.manifest.files or plan.manifest.lines)
    meanwhile = _meanwhile(plan)
    try:
        if leaves_something:
            _write(places.manifest, meanwhile.to_json(), PUBLIC, "")
        for change in plan.changes:
            _do(change)
        if leaves_something and meanwhile != plan.manifest:
            _write(places.manifest, plan.manifest.to_json(), PUBLIC, "")
        if not leaves_something:
            places.manifest.unlink(missing_ok=True)
            _remove_folder(places.config.parent)
    except OSError as error:
        raise SetupFault(
            f"{error.filename} cannot be written ({error.strerror}); mend that, or run this as root"
        ) from None


def _meanwhile(plan: Plan) -> Manifest:
    """What is to be noted until all is written: the old version of a file is no edit of the admin's either."""
    replaced = {
        change.path: digest(change.before)
        for change in plan.changes
        if change.before is not None and change.path in plan.manifest.files
    }
    return dataclasses.replace(plan.manifest, replaced=replaced)


def run(commands: Iterable[tuple[str, ...]]) -> list[str]:
    """Run the commands that this machine has; a sentence for each that failed or is missing."""
    return [fault for command in commands if (fault := _run(command))]


def _run(command: tuple[str, ...]) -> str:
    line = shlex.join(command)
    program = shutil.which(command[0])
    if program is None:
        return f"{line} was not run, because there is no {command[0]} here; run it where Asterisk runs"
    try:
        done = subprocess.run([program, *command[1:]], capture_output=True, timeout=COMMAND_TIMEOUT, check=False)  # noqa: S603 - fixed words of ours
    except (OSError, subprocess.TimeoutExpired):
        return f"{line} did not end; run it yourself"
    if done.returncode == 0:
        return ""
    said = " ".join((done.stderr or done.stdout).decode(errors="replace").split())
    return f"{line} failed ({said or f'status {done.returncode}'}); run it yourself once that is mended"


def _do(change: Change) -> None:
    if change.after is None:
        change.path.unlink()
    else:
        _write(change.path, change.after, change.mode, change.group)


def _write(path: Path, content: bytes, mode: int, group: str) -> None:
    """Whole or not at all; a file that is there keeps its mode and owner."""
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _dress(Path(name), path, mode, group)
        Path(name).replace(path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk names none
        raise


def _dress(new: Path, old: Path, mode: int, group: str) -> None:
    try:
        status = old.stat()
    except FileNotFoundError:
        # Before it gets the group, the secret is for nobody else.
        if group:
            with contextlib.suppress(LookupError, PermissionError):
                shutil.chown(new, group=group)
        new.chmod(mode)
        return
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(new, status.st_uid, status.st_gid)
    new.chmod(status.st_mode & 0o7777)


def _remove_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()

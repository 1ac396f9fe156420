"""`callfilter backup`: all that callfilter remembers, copied while calls go on."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from callfilter.cli.options import config_of
from callfilter.cli.say import harmless, refuse, say
from callfilter.overlay import overlay_path
from callfilter.store.file import (
    BACKUP_MODE,
    connect,
    copy_into_new_file,
    explain,
    identity_of,
    require_version,
)

PATIENCE = 5.0
"""Seconds to wait for somebody else's lock."""
OF_READING = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_READ", "SQLITE_IOERR_SHORT_READ")
"""What ails the database that is copied; all else, such as a full disk, ails the copy."""


def backup(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(help="The copy to make, such as callfilter-monday.db.", metavar="FILE")],
) -> None:
    """Copy the database (numbers, rules, calls, logins) into a new file, and the page's settings beside it.

    Calls go on meanwhile. To restore, as root: 1. Stop the service. 2. Copy both files over the originals, which are
    callfilter.db and callfilter.settings.toml in the database's folder. 3. Remove callfilter.db-wal and
    callfilter.db-shm there. 4. Give both files to the service's user with chown, else it cannot use them. 5. Start the
    service.

    Exit status: 0 done, 2 wrong input or a fault.
    """
    path = config_of(context).database
    if not file.name:
        refuse(f"{file} is no name of a file; name a new one, such as callfilter-monday.db")
    settings, beside = overlay_path(path), overlay_path(file)
    for there in (file, beside):
        if identity_of(there) is not None:
            refuse(f"{there} is there already and stays as it is; name a new file")
    _copy_database(path, file)
    try:
        has_settings = _copy_settings(settings, beside)
    except OSError as error:
        file.unlink(missing_ok=True)
        refuse(f"{settings} can't be copied to {beside} ({error.strerror}), so nothing was; mend that and try again")
    say(harmless(f"Copied {path} to {file} ({file.stat().st_size / 1024**2:,.1f} MiB)."))
    if has_settings:
        say(harmless(f"Copied {settings} to {beside}."))


def _copy_database(path: Path, file: Path) -> None:
    try:
        with closing(connect(path, mode="ro", timeout=PATIENCE)) as database:
            require_version(path, database)
            _copy(database, path, file)
    except sqlite3.Error as error:
        refuse(explain(error, path))
    except OSError as error:
        refuse(f"{file} can't be made ({error.strerror}); name a file in a folder that can be written")


def _copy(database: sqlite3.Connection, path: Path, file: Path) -> None:
    try:
        copy_into_new_file(database, file)
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        refuse(explain(error, path if name.startswith(OF_READING) else file))


def _copy_settings(settings: Path, beside: Path) -> bool:
    """Whole or not at all, for its owner only as the database; False where there are none.

    Raises:
        OSError: one cannot be read, or the other not written.
    """
    try:
        content = settings.read_bytes()
    except FileNotFoundError:
        return False
    copy = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, BACKUP_MODE)
    try:
        with os.fdopen(copy, "wb") as file:
            file.write(content)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return True

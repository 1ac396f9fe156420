"""Finds the recording that a call left in Asterisk's voicemail. Opens nothing outside of Asterisk's spool.

Where a message was saved is told by Asterisk, but its owner may have moved it since, and Asterisk then gives its old
name to another message. So a message is known by its note, the text file beside it: which channel left it, and when.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from callfilter.marked import N_

NAME: Final = re.compile(r"msg[0-9]{4,6}")
MOST: Final = 10_000
"""Messages of a mailbox that are looked at."""
NOTE_LIMIT: Final = 64 * 1024
LONGEST_CALL: Final = timedelta(hours=1)
"""From the call's arrival to the beginning of its message."""
SLACK: Final = timedelta(seconds=5)
_EARLIEST: Final = 36
"""Bytes of a wave file in which its coding is told."""
_PCM: Final = 1


class RecordingError(Exception):
    """The recording cannot be played; the message is one sentence, to be translated and filled with `values`."""

    def __init__(self, message: str, **values: str) -> None:
        super().__init__(message)
        self.values = values


def find(spool: Path, told: str, channel: str, at: datetime) -> Path:
    """The wave file of a message.

    Args:
        spool: Asterisk's folder of voicemail.
        told: path of the message without an ending, as Asterisk told it when it was saved.
        channel: Asterisk's name of the channel that left it; empty where nobody told.
        at: when the call came.

    Raises:
        RecordingError: it is gone, may not be read, or is nothing that browsers play.
    """
    try:
        folder = _folder(spool, told)
        message = next((one for one in islice(_messages(folder), MOST) if _is_of(one, channel, at)), None)
        if message is None:
            raise RecordingError(N_("This message is no longer in its mailbox: somebody has deleted it."))
        return _playable(message, spool.resolve())
    except PermissionError:
        raise RecordingError(
            N_("The page may not read %(spool)s: add the user of the service to Asterisk's group."), spool=str(spool)
        ) from None
    except (OSError, ValueError):
        raise RecordingError(N_("This message cannot be read.")) from None


def _folder(spool: Path, told: str) -> Path:
    """The folder in which the message was saved: SPOOL/CONTEXT/MAILBOX/FOLDER, wherever links may lead."""
    path = Path(told)
    folder, real = path.parent.resolve(), spool.resolve()
    inside = folder.relative_to(real).parts if folder.is_relative_to(real) else ()
    if not path.is_absolute() or not NAME.fullmatch(path.name) or len(inside) != len(("context", "mailbox", "folder")):
        raise RecordingError(
            N_("Asterisk saved this message outside of %(spool)s: set voicemail_spool in the settings."),
            spool=str(spool),
        )
    return folder


def _messages(folder: Path) -> Iterator[Path]:
    """Notes of messages: of the folder itself first, then of the others of the mailbox."""
    others = [one for one in sorted(folder.parent.iterdir()) if one.is_dir() and not one.is_symlink() and one != folder]
    for each in (folder, *others):
        if each.exists():
            yield from (note for note in sorted(each.glob("msg*.txt")) if NAME.fullmatch(note.stem))


def _is_of(note: Path, channel: str, at: datetime) -> bool:
    try:
        with note.open("rb") as file:
            text = file.read(NOTE_LIMIT).decode("utf-8", "replace")
    except FileNotFoundError:
        return False
    values = dict(re.findall(r"^(callerchan|origtime)=(.*)$", text, re.MULTILINE))
    began = values.get("origtime", "")
    if not re.fullmatch(r"[0-9]{1,11}", began) or channel not in ("", values.get("callerchan")):
        return False
    return -SLACK <= timedelta(seconds=int(began) - at.timestamp()) <= LONGEST_CALL


def _playable(note: Path, real: Path) -> Path:
    recordings = [note.with_suffix(ending) for ending in (".wav", ".WAV")]
    for each in recordings:
        if each.is_file() and each.resolve().is_relative_to(real):
            with each.open("rb") as file:
                begin = file.read(_EARLIEST)
            if begin[:4] == b"RIFF" and int.from_bytes(begin[20:22], "little") == _PCM:
                return each.resolve()
    raise RecordingError(
        N_("Asterisk saved this message in a format that browsers do not play: write format=wav in voicemail.conf.")
    )

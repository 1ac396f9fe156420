"""Files that somebody sent, kept for as long as it takes to look at what is in them."""

import secrets
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

KEPT: Final = timedelta(hours=1)
MOST: Final = 4
"""Files at a time; a further one takes the place of the oldest."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file."""

    id: str
    author: str
    name: str
    """As the browser called it."""
    path: Path
    at: datetime

    @property
    def staged(self) -> Path:
        """Where its numbers are made ready."""
        return self.path.with_suffix(".db")


class Uploads:
    """All of them, in a folder that ends with the page."""

    def __init__(self) -> None:
        self._folder: TemporaryDirectory[str] | None = None
        self._kept: dict[str, Upload] = {}

    def keep(self, author: str, name: str, file: BinaryIO, at: datetime) -> Upload:
        """A copy of the file.

        Raises:
            OSError: the disk is full.
        """
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="callfilter-")
        for old in sorted(self._kept.values(), key=lambda each: each.at):
            if at - old.at > KEPT or len(self._kept) >= MOST:
                self.drop(old)
        upload_id = secrets.token_urlsafe(16)
        upload = Upload(upload_id, author, name, Path(self._folder.name) / upload_id, at)
        self._kept[upload_id] = upload
        with upload.path.open("wb") as copy:
            shutil.copyfileobj(file, copy)
        return upload

    def get(self, upload_id: str, author: str) -> Upload | None:
        """The file with this id, if that author sent it and it is still there."""
        upload = self._kept.get(upload_id)
        return upload if upload and upload.author == author else None

    def drop(self, upload: Upload) -> None:
        """Forgets a file."""
        self._kept.pop(upload.id, None)
        upload.path.unlink(missing_ok=True)
        upload.staged.unlink(missing_ok=True)

    def close(self) -> None:
        """Forgets all."""
        self._kept.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

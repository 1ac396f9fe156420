"""The settings of a running process: taken up when a file of theirs changes, kept when what it says is wrong."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from callfilter.config import Config, ConfigError, find_config, load_config
from callfilter.overlay import overlay_path

FIXED: Final = ("database", "fastagi", "web", "listen_anywhere", "ami")
"""What is only read at the start: sockets and files that are open."""

Mark = tuple[int, int, int]
Marks = tuple[Mark | None, ...]


class LiveSettings:
    """Looks at the settings' files, and reads them again after a change."""

    def __init__(self, path: Path | None, environ: Mapping[str, str], config: Config) -> None:
        """`config` is what was read at the start from `path`, as `load_config` takes it, and `environ`."""
        self.path = path
        self.environ = environ
        self.config = config
        """The settings in use."""
        self.faults: tuple[str, ...] = ()
        """What is wrong with the newest ones, which are not in use then."""
        self.waiting: tuple[str, ...] = ()
        """Settings that were changed and are in use after a restart only."""
        self._seen: Marks = ()
        self._read: Marks = ()

    @property
    def are_new(self) -> bool:
        """Whether a file has changed since it was read.

        Only once two looks see the same: an editor may empty a file before it writes it anew.
        """
        seen = self._look()
        is_settled, self._seen = seen == self._seen, seen
        if not is_settled or seen == self._read:
            return False
        self._read = seen
        return True

    def read(self) -> bool:
        """Reads the files; whether there are other settings to use now."""
        try:
            config = load_config(self.path, self.environ)
        except ConfigError as error:
            self.faults = error.faults
            return False
        self.faults = ()
        self.waiting = tuple(name for name in FIXED if getattr(config, name) != getattr(self.config, name))
        config = config.model_copy(update={name: getattr(self.config, name) for name in FIXED})
        if config == self.config:
            return False
        self.config = config
        return True

    def _look(self) -> Marks:
        return _mark(find_config(self.path, self.environ)), _mark(overlay_path(self.config.database))


def _mark(file: Path | None) -> Mark | None:
    """What differs between two versions of a file; None for none."""
    if file is None:
        return None
    try:
        status = os.stat(file)  # noqa: PTH116 - four times a second, beside the calls
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino

"""What setup has put on this machine, so that it can tell its own work from the admin's and take it out again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from callfilter.setup.pbx import SetupFault


@dataclass(frozen=True, slots=True)
class Manifest:
    """Paths are those of the files themselves, behind any symbolic link."""

    files: Mapping[Path, str] = field(default_factory=dict)
    """Whole files of ours -> SHA-256 of what we wrote."""
    lines: Mapping[Path, bytes] = field(default_factory=dict)
    """Files of the admin's -> the very bytes we put in."""
    created: frozenset[Path] = frozenset()
    """Of `lines`, those that did not exist before."""
    replaced: Mapping[Path, str] = field(default_factory=dict)
    """Of `files`, those whose new version may not be there yet -> SHA-256 of the one before, which is ours too."""

    def wrote(self, path: Path, content: bytes) -> bool:
        """This is exactly what we wrote there."""
        return digest(content) in {self.files.get(path), self.replaced.get(path)}

    def to_json(self) -> bytes:
        """As it is stored."""
        value = {
            "files": _by_name(self.files),
            "lines": {str(path): line.decode("latin-1") for path, line in sorted(self.lines.items())},
            "created": sorted(map(str, self.created)),
            **({"replaced": _by_name(self.replaced)} if self.replaced else {}),
        }
        return json.dumps(value, indent=2).encode() + b"\n"


def _by_name(digests: Mapping[Path, str]) -> dict[str, str]:
    return {str(path): digest for path, digest in sorted(digests.items())}


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(content).hexdigest()


def read_manifest(path: Path) -> Manifest:
    """The manifest stored at `path`; an empty one where there is none.

    Raises:
        SetupFault: it is there and cannot be read.
    """
    try:
        return _manifest(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return Manifest()
    except OSError as error:
        raise SetupFault(f"{path} cannot be read ({error.strerror}); run this as root") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise SetupFault(
            f"{path} is damaged, so setup cannot tell its files from yours; move it away and look at each file"
        ) from None


def _manifest(value: Any) -> Manifest:
    return Manifest(
        files=_by_path(value["files"]),
        lines={Path(path): str(line).encode("latin-1") for path, line in value["lines"].items()},
        created=frozenset(map(Path, value["created"])),
        replaced=_by_path(value.get("replaced", {})),
    )


def _by_path(digests: Any) -> dict[Path, str]:
    return {Path(path): str(digest) for path, digest in digests.items()}

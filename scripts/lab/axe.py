"""axe-core, the accessibility checker, from the npm registry: one file that a browser runs on a page."""

import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from lab.fetch import CHECKOUT

VERSION: Final = "4.14.1"
SCRIPT: Final = CHECKOUT / f".asterisk/axe-core-{VERSION}.min.js"
INSIDE: Final = "package/axe.min.js"


def fetch() -> Path:
    """The script, fetched if it is not there yet.

    Raises:
        CalledProcessError: npm cannot get it; it has said why.
    """
    if SCRIPT.exists():
        return SCRIPT
    with tempfile.TemporaryDirectory() as folder:
        print(f"Fetching axe-core {VERSION} with npm")
        subprocess.run(
            ("npm", "pack", "--silent", f"axe-core@{VERSION}"), cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
        (packed,) = Path(folder).glob("*.tgz")
        with tarfile.open(packed) as archive:
            found = archive.extractfile(INSIDE)
            if found is None:
                raise FileNotFoundError(f"{packed.name} has no {INSIDE}")
            SCRIPT.parent.mkdir(exist_ok=True)
            part = SCRIPT.with_suffix(".part")
            part.write_bytes(found.read())
            part.replace(SCRIPT)
    return SCRIPT


if __name__ == "__main__":
    fetch()

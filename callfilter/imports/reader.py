"""Has a file read by a process of its own, within bounds of memory and time."""

import asyncio
import contextlib
import pickle
import sys
from pathlib import Path
from typing import Final

from callfilter.imports.faults import Fault, FileFaultError
from callfilter.imports.staging import summary_of
from callfilter.imports.summary import Reading, Summary
from callfilter.imports.worker import SAID

LONGEST: Final = 180.0
"""Seconds. A million rows of CSV take ten, a million of XLSX a minute."""


async def read_file(path: Path, to: Path, reading: Reading) -> Summary:
    """Reads a file into a new database at `to`, and tells what was found.

    Raises:
        FileFaultError: it cannot be read.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "callfilter.imports.worker"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(LONGEST):
            said, _ = await process.communicate(pickle.dumps((path, to, reading)))
    except TimeoutError as error:
        raise FileFaultError(Fault.STOPPED) from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == SAID:
        fault, line = said.decode().split()
        raise FileFaultError(Fault(fault), int(line))
    if process.returncode:
        raise FileFaultError(Fault.STOPPED)
    return await asyncio.to_thread(summary_of, to)

"""Reads a file in a process of its own: one made to fill the memory ends this process and nothing else.

Started by `reader.py` as `python -m callfilter.imports.worker`. The order comes on stdin; the staged file is the
answer.
"""

import gc
import os
import pickle
import resource
import sys
import warnings

from callfilter.imports.faults import Fault, FileFaultError
from callfilter.imports.staging import stage

NICE = 10
"""Whoever answers calls goes first."""
MOST_MEMORY = 1024 * 1024 * 1024
"""Bytes of address space."""
SAID = 3
"""Exit status where the file has a fault, which then stands on stdout."""


def main() -> int:
    """Reads one file."""
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    # Rows hold no circles, and to look for some costs a tenth of the time.
    gc.disable()
    warnings.simplefilter("ignore")
    path, to, reading = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started us
    try:
        stage(path, to, reading)
    except FileFaultError as error:
        sys.stdout.write(f"{error.fault} {error.line}")
        return SAID
    except OSError:
        sys.stdout.write(f"{Fault.UNREADABLE} 0")
        return SAID
    except MemoryError:
        sys.stdout.write(f"{Fault.STOPPED} 0")
        return SAID
    return 0


if __name__ == "__main__":
    sys.exit(main())

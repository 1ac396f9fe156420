"""The classic AGI dialogue: one process a call, over stdin and stdout, for shops that want no daemon.

pyst2 sends the command and understands the result; around it stand the parts that it does badly. It would read the
header itself (printing all call data to stderr, stumbling over GBK), take over SIGHUP, quote without escaping, raise
ValueError at a hang-up, and spin for ever when Asterisk goes away within a usage error. So it gets neither the header
nor the real streams. Must start fast: no asyncio in here.
"""

import logging
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import BinaryIO

from asterisk.agi import AGI, AGIException, AGIHangup

from agi.reply import Answer, variables_for
from agi.request import call_from
from agi.wire import (
    FORGED_WAIT,
    HANGUP,
    HEADER_LIMIT,
    LINE_LIMIT,
    WireError,
    is_complete,
    parse_environment,
    set_variables,
)
from filters.call import Call

HEADER_TIMEOUT = 5.0
"""Seconds that Asterisk has for the whole header."""
RESULT_TIMEOUT = 2.0
"""Seconds that Asterisk has to carry out the command."""

log = logging.getLogger(__name__)


def run(answer: Callable[[Call], Answer], stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Answer the one call whose dialogue these streams are; both must have a file descriptor.

    Returns:
        The exit code: always 0, for whatever goes wrong here, the call is to ring.
    """
    source = _Input(stdin.fileno())
    with _hangup_survived():
        try:
            call = call_from(parse_environment(source.header()), datetime.now(UTC))
            command = set_variables(variables_for(answer(call)))
            _Dialogue(source, _Output(stdout.fileno())).execute(command.decode())
        except WireError as error:
            log.warning("No AGI header on stdin: %s. Let Asterisk's AGI() start this program", error)
        except (AGIException, OSError) as error:
            log.info("The AGI dialogue ended early: %r", error)
        except Exception:
            log.exception("The AGI script failed; its call rings as the dialplan has preset")
    return 0


class _Input:
    """Asterisk's side of the dialogue. Never waits without end, never returns an empty line for a closed pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._buffer = bytearray()

    def header(self) -> bytes:
        """Read the header block; as much as there is where it ends early.

        Raises:
            WireError: it is too large.
        """
        deadline = time.monotonic() + HEADER_TIMEOUT
        while not is_complete(self._buffer) and self._more(deadline):
            if len(self._buffer) > HEADER_LIMIT:
                raise WireError(f"it has more than {HEADER_LIMIT} bytes")
            if b"\n\n" in self._buffer:
                deadline = min(deadline, time.monotonic() + FORGED_WAIT)
        header = bytes(self._buffer).removesuffix(HANGUP)
        self._buffer.clear()
        return header

    def readline(self) -> str:
        """Read a result line, as pyst2 does.

        Raises:
            AGIHangup: Asterisk hung up, went away, or said nothing that one can use within the time.
        """
        deadline = time.monotonic() + RESULT_TIMEOUT
        while b"\n" not in self._buffer:
            if len(self._buffer) > LINE_LIMIT or not self._more(deadline):
                raise AGIHangup("no result from Asterisk")
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer[:] = rest
        if not line[:3].isdigit():
            raise AGIHangup(f"{line[:80]!r} in place of a result")
        return line.decode(errors="replace")

    def _more(self, deadline: float) -> bool:
        readable, _, _ = select.select([self._descriptor], [], [], max(deadline - time.monotonic(), 0))
        data = os.read(self._descriptor, HEADER_LIMIT) if readable else b""
        self._buffer += data
        return bool(data)


class _Output:
    """Our side. Unbuffered, so that nothing is left to flush into a closed pipe when Python exits."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def flush(self) -> None:
        """There is nothing to flush; pyst2 asks for it."""


class _Nowhere:
    """In place of stderr, where pyst2 would print the caller's data."""

    def write(self, text: str) -> None:
        """Forget the text."""


class _Dialogue(AGI):  # type: ignore[misc]  # pyst2 has no types
    """pyst2's dialogue without its constructor, which reads the header and takes SIGHUP."""

    def __init__(self, stdin: _Input, stdout: _Output) -> None:  # its own state, name for name
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = _Nowhere()
        self.env: dict[str, str] = {}
        self._got_sighup = False


@contextmanager
def _hangup_survived() -> Iterator[None]:
    """Outlive the SIGHUP that Asterisk sends when the caller hangs up: the call is to be in the log all the same."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)

"""The benchmark's own programs in C: compiled, started, and read. Knows nothing of what is compared."""

import asyncio
import contextlib
import itertools
import json
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent
FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror")
GRACE_SECONDS = 2.5
"""How long the caller waits for answers after its last call."""

# A SIP server remembers the ids of calls for 32 s, so no two runs may share a seed.
_seeds = itertools.count(secrets.randbits(48))


class BenchError(Exception):
    """The benchmark cannot go on; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What the caller saw. Times are in microseconds, of answered calls only."""

    sent: int
    missing: int
    """Calls without a final response."""
    wrong: int
    """Calls with another final response than the one expected."""
    wrong_calls: tuple[str, ...]
    """A few of the wrong ones, each as a sentence."""
    resent: int
    cpu: int
    """What the caller itself worked."""
    from_due: tuple[int, ...]
    """From the instant a call was due: what counts at high rates, where the caller itself may be late."""
    from_sent: tuple[int, ...]
    """From the instant a call left: the answering side alone."""

    def share_within(self, milliseconds: float) -> float:
        """Share of all calls sent that were answered within this time of being due."""
        return sum(each <= milliseconds * 1000 for each in self.from_due) / self.sent


@dataclass(frozen=True, slots=True)
class Listener:
    """A server that runs."""

    pid: int
    port: int


@dataclass(frozen=True, slots=True)
class Callers:
    """Whom the caller plays, and how each call is to end."""

    path: Path
    """Lines of `NUMBER CODE`."""


def compile_tool(name: str, folder: Path) -> Path:
    """Compile `NAME.c` into `folder`.

    Raises:
        BenchError: there is no compiler, or it refuses.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise BenchError(
            "No C compiler is here: install one (on Debian: apt-get install gcc libc6-dev), then try again."
        )
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    done = subprocess.run(
        [compiler, *FLAGS, "-o", str(program), str(SOURCES / f"{name}.c")], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(f"{name}.c does not compile: {done.stderr.strip()}")
    return program


@contextlib.asynccontextmanager
async def floor_server(*command: str) -> AsyncIterator[Listener]:
    """A do-nothing FastAGI server, which prints its port; until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        line = await process.stdout.readline() if process.stdout else b""
        if not line.strip().isdigit():
            raise BenchError("The do-nothing FastAGI server did not start: it found no free port on 127.0.0.1.")
        yield Listener(process.pid, int(line))
    finally:
        await end(process)


async def burst(
    program: Path, *, sip_port: int, extension: str, callers: Callers, rate: float, seconds: float
) -> Burst:
    """Place `rate` calls a second for `seconds`, whatever becomes of them.

    Raises:
        BenchError: the caller itself failed.
    """
    process = await asyncio.create_subprocess_exec(
        str(program),
        *("--target", f"127.0.0.1:{sip_port}", "--extension", extension, "--callers", str(callers.path)),
        *("--rate", str(rate), "--seconds", str(seconds), "--grace", str(GRACE_SECONDS)),
        *("--seed", str(next(_seeds)), "--samples"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds + GRACE_SECONDS + 30):
            output, complaint = await process.communicate()
    except TimeoutError:
        raise BenchError(f"The SIP caller hung while calling {extension} at {rate:g}/s.") from None
    finally:
        await end(process)
    if process.returncode:
        raise BenchError(f"The SIP caller failed: {complaint.decode(errors='replace').strip()}")
    return read_burst(output)


def read_burst(output: bytes) -> Burst:
    """What `sip_caller` printed."""
    told = json.loads(output)
    return Burst(
        sent=told["sent"],
        missing=told["missing"],
        wrong=told["wrong"],
        wrong_calls=tuple(
            f"{call['caller']} got {call['got']} instead of {call['expected']}" for call in told["wrong_calls"]
        ),
        resent=told["resent"],
        cpu=told["cpu"],
        from_due=tuple(due for due, _ in told["samples"]),
        from_sent=tuple(sent for _, sent in told["samples"]),
    )


async def end(process: asyncio.subprocess.Process, *, patience: float = 5.0) -> None:
    """Ask a child of ours to end, and make it if it does not within `patience` seconds."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), patience)
    except TimeoutError:
        process.kill()
        await process.wait()

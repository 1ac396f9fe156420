"""The benchmark's own instruments: a second of real calls, and the caller's refusals."""

import socket
import subprocess
from pathlib import Path

import pytest

from benchmarks.listed import Codes, write_callers
from benchmarks.rig import loaded, rig
from benchmarks.tools import compile_tool, read_burst
from benchmarks.variants import ASTDB, BLACKLIST, CALLFILTER, FEW, FLOOR, FLOOR_WAITS, HANGUP, WITH_RULES


@pytest.mark.asterisk
async def test_every_variant_that_needs_no_daemon_rejects_the_listed_and_passes_the_rest(tmp_path: Path) -> None:
    async with rig(tmp_path / "bench") as ready, loaded(ready, 1_000, beside=1_000) as bench:
        for variant in (HANGUP, ASTDB, BLACKLIST, FLOOR, FLOOR_WAITS):
            placed = await bench.place(variant, rate=50, seconds=0.4)
            assert (variant.name, placed.sent, placed.missing, placed.wrong) == (variant.name, 20, 0, 0)
            assert len(placed.from_due) == 20
        await bench.drained()


def test_a_call_that_nobody_answers_is_missing(tmp_path: Path) -> None:
    caller = compile_tool("sip_caller", tmp_path)
    callers = write_callers(tmp_path / "callers", 1_000, Codes(603, 486))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        done = subprocess.run(
            [
                *(caller, "--target", f"127.0.0.1:{deaf.getsockname()[1]}", "--extension", "x"),
                *("--callers", callers.path, "--rate", "100", "--seconds", "0.1", "--grace", "0.6", "--samples"),
            ],
            capture_output=True,
            check=True,
        )
    seen = read_burst(done.stdout)
    assert (seen.sent, seen.missing, seen.wrong, seen.resent, seen.from_due) == (10, 10, 0, 10, ())
    assert seen.share_within(50) == 0


def test_the_caller_never_calls_another_machine(tmp_path: Path) -> None:
    callers = write_callers(tmp_path / "callers", 1_000, Codes(603, 486))
    caller = compile_tool("sip_caller", tmp_path)
    done = subprocess.run(
        [caller, "--target", "192.0.2.1:5060", "--extension", "x", "--callers", callers.path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "127.0.0.0/8" in done.stderr


@pytest.mark.asterisk
async def test_a_thousand_rules_reject_half_of_the_strangers_and_leave_with_their_daemon(tmp_path: Path) -> None:
    async with rig(tmp_path / "bench") as ready, loaded(ready, 1_000, beside=10) as bench:
        for variant in (WITH_RULES, CALLFILTER, FEW):
            async with bench.answering(variant) as daemon:
                placed = await bench.place(variant, rate=50, seconds=0.4)
            assert daemon
            assert (variant.name, placed.sent, placed.missing, placed.wrong) == (variant.name, 20, 0, 0)

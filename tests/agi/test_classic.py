"""The classic AGI script's dialogue, over pipes as Asterisk opens them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from agi import classic
from agi.reply import Answer
from agi.wire import HEADER_LIMIT, LINE_LIMIT
from filters.call import Call
from filters.verdict import Action, Reason, Signal, Verdict
from tests.agi.headers import header

REJECTED = b'EXEC MSet "CALLFILTER_ACTION=reject,CALLFILTER_REASON=blocked,CALLFILTER_SIGNAL=603,CALLFILTER_ID=c-1"\n'
CLASSIC = header().partition(b"agi_network_script: screen\n")[2]


class Asterisk:
    """Asterisk's ends of the two pipes, and the script at the others."""

    def __init__(self) -> None:
        script_in, our_out = os.pipe()
        our_in, script_out = os.pipe()
        self.stdin, self.stdout = os.fdopen(script_in, "rb"), os.fdopen(script_out, "wb")
        self.out, self.heard = os.fdopen(our_out, "wb", 0), os.fdopen(our_in, "rb", 0)
        self.calls: list[Call] = []
        self._pool = ThreadPoolExecutor(1)

    def start(self, answer: Callable[[Call], Answer] | None = None) -> Future[int]:
        return self._pool.submit(classic.run, answer or self.reject, self.stdin, self.stdout)

    def reject(self, call: Call) -> Answer:
        self.calls.append(call)
        return Answer(Verdict(Action.REJECT, Reason.BLOCKED, signal=Signal.DECLINE), "c-1")

    def close(self) -> None:
        for end in (self.out, self.heard, self.stdin, self.stdout):
            end.close()
        self._pool.shutdown()


@pytest.fixture
def asterisk() -> Iterator[Asterisk]:
    asterisk = Asterisk()
    yield asterisk
    asterisk.close()


def test_a_call_is_answered_with_one_line(asterisk: Asterisk) -> None:
    script = asterisk.start()
    asterisk.out.write(CLASSIC)
    assert asterisk.heard.readline() == REJECTED
    asterisk.out.write(b"200 result=0\n")
    assert script.result(3) == 0
    assert asterisk.calls[0].caller == "13800138000"
    assert asterisk.calls[0].did == "02112345678"


def test_it_waits_for_asterisk_to_carry_the_line_out(asterisk: Asterisk) -> None:
    script = asterisk.start()
    asterisk.out.write(CLASSIC)
    asterisk.heard.readline()
    assert not script.done()
    asterisk.out.write(b"200 result=0\n")
    assert script.result(3) == 0


def test_a_forged_header_is_read_to_its_end(asterisk: Asterisk) -> None:
    script = asterisk.start()
    first, rest = CLASSIC.replace(b"13800138000", b"x\n\n").split(b"\n\n", 1)
    asterisk.out.write(first + b"\n\n")
    asterisk.out.write(rest)
    assert asterisk.heard.readline() == REJECTED
    asterisk.out.write(b"200 result=0\n")
    assert script.result(3) == 0
    assert asterisk.calls[0].caller == "x\n\n"


@pytest.mark.parametrize(
    "result",
    [
        b"HANGUP\n",
        b"",
        b"200 result=-1\n",
        b"510 Invalid or unknown command\n",
        b"511 Command Not Permitted on a dead channel or intercept routine\n",
        b"520-Invalid command syntax.  Proper usage follows:\nnonsense",
        b"520-Invalid command syntax.  Proper usage follows:\nUsage: EXEC\n520 End of proper usage.\n",
        b"\xff\xfe\n",
        b"\n",
        b"200\xff\n",
        b"x" * (LINE_LIMIT + 5),
    ],
)
def test_whatever_asterisk_says_to_the_line_the_exit_code_is_zero(asterisk: Asterisk, result: bytes) -> None:
    script = asterisk.start()
    asterisk.out.write(CLASSIC)
    asterisk.heard.readline()
    asterisk.out.write(result)
    asterisk.out.close()
    assert script.result(3) == 0


def test_a_caller_who_hangs_up_before_the_answer_is_judged_all_the_same(asterisk: Asterisk) -> None:
    asterisk.heard.close()
    asterisk.out.write(CLASSIC + b"HANGUP\n")
    asterisk.out.close()
    assert asterisk.start().result(3) == 0
    assert len(asterisk.calls) == 1


@pytest.mark.parametrize("noise", [b"", b"hello\n\n", b"\0" * 100, b"x" * (HEADER_LIMIT + 1)])
def test_what_is_no_header_is_told_and_nothing_is_answered(
    asterisk: Asterisk, caplog: pytest.LogCaptureFixture, noise: bytes
) -> None:
    script = asterisk.start()
    try:
        asterisk.out.write(noise)
    finally:
        asterisk.out.close()
    assert script.result(3) == 0
    assert asterisk.calls == []
    assert "No AGI header on stdin" in caplog.text


def test_an_asterisk_that_says_nothing_is_not_waited_for_without_end(
    asterisk: Asterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classic, "HEADER_TIMEOUT", 0.02)
    monkeypatch.setattr(classic, "RESULT_TIMEOUT", 0.02)
    assert asterisk.start().result(3) == 0
    asterisk.out.write(CLASSIC)
    assert asterisk.start().result(3) == 0
    assert len(asterisk.calls) == 1


def test_a_filter_that_fails_lets_the_call_ring(asterisk: Asterisk, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Call) -> Answer:
        raise RuntimeError("no such table")

    asterisk.out.write(CLASSIC)
    assert asterisk.start(fail).result(3) == 0
    assert "its call rings as the dialplan has preset" in caplog.text


def test_a_hangup_signal_does_not_stop_the_work_and_its_handler_is_given_back(asterisk: Asterisk) -> None:
    assert threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGHUP)
    asterisk.out.write(CLASSIC)
    asterisk.out.close()

    def answer(call: Call) -> Answer:
        os.kill(os.getpid(), signal.SIGHUP)
        return asterisk.reject(call)

    assert classic.run(answer, asterisk.stdin, asterisk.stdout) == 0
    assert asterisk.heard.readline() == REJECTED
    assert signal.getsignal(signal.SIGHUP) == before


PROGRAM = """
import sys
from agi.classic import run
from agi.reply import Answer
from filters.verdict import Action, Reason, Verdict
answer = Answer(Verdict(Action.ALLOW, Reason.DEFAULT), "c-1")
code = run(lambda call: answer, sys.stdin.buffer, sys.stdout.buffer)
print(sorted(set(sys.modules) & {"asyncio", "panoramisk", "sqlalchemy"}), file=sys.stderr)
sys.exit(code)
"""


def test_a_process_prints_no_call_data_loads_no_event_loop_and_ends_well_at_a_closed_pipe() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=CLASSIC,
            stdout=nobody,
            stderr=subprocess.PIPE,
            check=False,
            timeout=10,
        )
    assert (done.returncode, done.stderr) == (0, b"[]\n")

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from pydantic import SecretStr

from agi.wire import is_complete, parse_environment
from callfilter import __version__
from callfilter.config_values import Address, Ami
from callfilter.doctor.finding import Finding, Mark
from callfilter.doctor.manager import examine_manager
from callfilter.doctor.service import examine_service, read_answer

WELL = (
    f'EXEC MSet "CALLFILTER_HEALTH_VERSION={__version__},CALLFILTER_HEALTH_PID=7,CALLFILTER_HEALTH_CALLS=3,'
    'CALLFILTER_HEALTH_FAILED=0,CALLFILTER_HEALTH_LOST=0,CALLFILTER_HEALTH_DATABASE=ok,CALLFILTER_HEALTH_AMI=connected"\n'
)


@contextmanager
def peer(answer: Callable[[socket.socket], None]) -> Iterator[Address]:
    """Somebody who listens and treats one connection so."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Address("127.0.0.1", server.getsockname()[1])
        thread.join(10)


def header_of(connection: socket.socket) -> bytes:
    received = b""
    while not is_complete(received):
        received += connection.recv(4096)
    return received


def answering(line: str) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        environment = parse_environment(header_of(connection))
        assert environment.values["agi_network_script"] == "health"
        assert not environment.forged
        connection.sendall(line.encode())

    return answer


def marks(findings: list[Finding]) -> list[tuple[Mark, str]]:
    return [(finding.mark, finding.subject) for finding in findings]


def test_a_service_that_answers_well_is_well() -> None:
    with peer(answering(WELL)) as address:
        (finding,) = examine_service(address)
    assert finding.mark is Mark.OK
    assert "process 7" in finding.text
    assert "3 calls" in finding.text


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("FAILED=0", "FAILED=2"), (Mark.WARNING, "service")),
        (("PID=7", "PID=7,CALLFILTER_HEALTH_UNKNOWN_ROUTES=1"), (Mark.WARNING, "service")),
        (("PID=7", "PID=7,CALLFILTER_HEALTH_STRANGERS=9"), (Mark.WARNING, "service")),
        (("PID=7", "PID=7,CALLFILTER_HEALTH_IN_MEMORY=5"), (Mark.FAULT, "call log")),
        (("LOST=0", "LOST=1"), (Mark.FAULT, "call log")),
        (("DATABASE=ok", "DATABASE=failing"), (Mark.FAULT, "call log")),
        (("AMI=connected", "AMI=refused"), (Mark.WARNING, "service")),
        ((__version__, "0.0.1"), (Mark.WARNING, "service")),
        (("PID=7", "PID=7,CALLFILTER_HEALTH_BEHIND=5"), (Mark.WARNING, "call log")),
        (("PID=7", "PID=7,CALLFILTER_HEALTH_SET_ASIDE=5"), (Mark.WARNING, "call log")),
    ],
)
def test_what_the_service_knows_of_its_troubles_is_told(change: tuple[str, str], expected: tuple[Mark, str]) -> None:
    with peer(answering(WELL.replace(*change))) as address:
        findings = list(examine_service(address))
    assert marks(findings)[1:] == [expected]


def test_nobody_there_is_a_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address("127.0.0.1", server.getsockname()[1])
    (finding,) = examine_service(address)
    assert finding.mark is Mark.FAULT
    assert "nobody answers" in finding.text


def test_a_frozen_service_is_a_fault_and_found_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        (finding,) = examine_service(Address("127.0.0.1", server.getsockname()[1]), patience=0.1)
    assert finding.mark is Mark.FAULT
    assert "frozen" in finding.text


def trickle(connection: socket.socket) -> None:
    """A byte again and again, for longer than anybody's patience."""
    while True:
        connection.sendall(b"x")
        threading.Event().wait(0.02)


def test_a_service_that_trickles_is_frozen_too() -> None:
    with peer(trickle) as address:
        (finding,) = examine_service(address, patience=0.2)
    assert "frozen" in finding.text


@pytest.mark.parametrize("line", ["", "SSH-2.0-OpenSSH\n", 'EXEC MSet "A=b"\n', "\xff\x00\n", "x" * 10_000])
def test_somebody_else_on_the_port_is_a_fault(line: str) -> None:
    def answer(connection: socket.socket) -> None:
        header_of(connection)
        connection.sendall(line.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass

    with peer(answer) as address:
        (finding,) = examine_service(address)
    assert finding.mark is Mark.FAULT
    assert "not callfilter" in finding.text


def test_the_answer_is_read_as_it_is_written() -> None:
    facts = read_answer(WELL.rstrip())
    assert facts is not None
    assert (facts["VERSION"], facts["PID"], facts["AMI"]) == (__version__, "7", "connected")


SECRET = "s3cret"


def examine_ami(address: Address, patience: float = 5.0) -> Finding:
    (finding,) = examine_manager(Ami("callfilter", SecretStr(SECRET), address), patience=patience)
    assert SECRET not in finding.text
    return finding


def manager(banner: bytes, response: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(banner)
        received = b""
        while b"Logoff\r\n\r\n" not in received:
            received += connection.recv(4096)
        assert f"Secret: {SECRET}\r\n".encode() in received
        connection.sendall(response)

    return answer


BANNER = b"Asterisk Call Manager/11.0.0\r\n"


@pytest.mark.parametrize(
    ("response", "mark", "word"),
    [
        (b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n", Mark.OK, "logged in"),
        (b"Response: Error\r\nMessage: Authentication failed\r\n\r\n", Mark.FAULT, "refuses"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Mark.FAULT, "no manager interface"),
        (b"", Mark.FAULT, "no manager interface"),
    ],
)
def test_the_login_is_tried(response: bytes, mark: Mark, word: str) -> None:
    with peer(manager(BANNER, response)) as address:
        finding = examine_ami(address)
    assert finding.mark is mark
    assert word in finding.text


def test_a_manager_that_is_not_there_or_says_nothing_is_a_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address("127.0.0.1", server.getsockname()[1])
        assert "does not answer" in examine_ami(address, 0.1).text
    assert "cannot be reached" in examine_ami(address).text


def test_no_login_at_all_is_a_warning() -> None:
    (finding,) = examine_manager(None)
    assert finding.mark is Mark.WARNING

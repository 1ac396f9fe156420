"""How the service comes and goes: told to systemd, refused in one sentence, and never with an answer half given."""

import asyncio
import contextlib
import signal
import socket
from pathlib import Path

import pytest

from lab.service import Service, ServiceError, header

SECONDS = 10.0


async def test_systemd_is_told_that_it_is_ready_that_it_lives_and_that_it_stops(
    settings: tuple[Path, int], tmp_path: Path
) -> None:
    path, port = settings
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(tmp_path / "notify"))
        told.setblocking(False)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(SECONDS), Service(path, port, environ=environ):
            words = [await loop.sock_recv(told, 4096) for _ in range(3)]
        assert words == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        async with asyncio.timeout(SECONDS):
            while (word := await loop.sock_recv(told, 4096)) != b"STOPPING=1":
                assert word == b"WATCHDOG=1"


async def test_a_frozen_service_does_not_say_that_it_lives(settings: tuple[Path, int], tmp_path: Path) -> None:
    path, port = settings
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(tmp_path / "notify"))
        told.setblocking(False)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        loop = asyncio.get_running_loop()
        async with Service(path, port, environ=environ) as service:
            async with asyncio.timeout(SECONDS):
                while await loop.sock_recv(told, 4096) != b"WATCHDOG=1":
                    pass
            service.signal(signal.SIGSTOP)
            heard = [b""]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    while True:
                        heard.append(await loop.sock_recv(told, 4096))
            assert len(heard) <= 2, "one may have been on its way"


async def test_told_to_stop_it_answers_the_call_in_hand_and_ends_with_0(service: Service) -> None:
    question = header()
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(question[:100])
    await writer.drain()
    stopping = asyncio.create_task(service.stop())
    writer.write(question[100:])
    answer = await asyncio.wait_for(reader.read(), SECONDS)
    writer.close()
    assert b"CALLFILTER_ACTION=reject" in answer
    assert await stopping == 0
    assert len(await service.rows()) == 1


async def test_an_address_that_is_taken_is_told_in_one_sentence(settings: tuple[Path, int]) -> None:
    path, port = settings
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ServiceError) as refused:
        await Service(path, port).callfilter("serve")
    said = str(refused.value)
    assert "ended with 2" in said
    assert f"127.0.0.1:{port}" in said
    assert "Traceback" not in said
    assert said.count("\n") == 0

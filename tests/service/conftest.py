"""The real service as a process, on a real database, without Asterisk: what a peer on its port can do to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from lab.service import Service, free_port

SETTINGS = """
database = "{folder}/callfilter.db"
country = "CN"
fastagi = "127.0.0.1:{port}"

[policy]
signal = 607
"""


@pytest.fixture
def settings(tmp_path: Path) -> tuple[Path, int]:
    """A settings file and the port that it names."""
    port = free_port()
    path = tmp_path / "callfilter.toml"
    path.write_text(SETTINGS.format(folder=tmp_path, port=port))
    return path, port


@pytest_asyncio.fixture
async def service(settings: tuple[Path, int]) -> AsyncIterator[Service]:
    """Runs, and blocks 13800138000."""
    path, port = settings
    async with Service(path, port) as running:
        await running.callfilter("block", "13800138000")
        yield running

"""A shop with rules of its own, behind an Asterisk of the tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lab.pbx import Pbx
from lab.service import Service, free_port


@asynccontextmanager
async def shop_with(policy: str, pbx: Pbx, folder: Path) -> AsyncIterator[Service]:
    """The service with this policy in force, asked by `pbx`, until the end of the block."""
    port = free_port()
    settings = folder / "callfilter.toml"
    settings.write_text(f'database = "{folder}/callfilter.db"\nfastagi = "127.0.0.1:{port}"\n')
    (folder / "policy.toml").write_text(policy)
    async with Service(settings, port) as running:
        await running.callfilter("policy", "apply", str(folder / "policy.toml"))
        await pbx.use_daemon(f"127.0.0.1:{port}")
        yield running

"""What setup writes is what a running Asterisk takes, doctor sees it, and taken out again nothing of it is left."""

import asyncio
import shlex
import sys
from pathlib import Path

import pytest

from lab import fetch
from lab.pbx import Pbx

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]


def without_ours(file: Path) -> bytes:
    """An admin's file before the filter came."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("#include")), encoding="utf-8")
    return file.read_bytes()


async def callfilter(tmp_path: Path, *words: str) -> tuple[int | None, str]:
    program = await asyncio.create_subprocess_exec(
        *("callfilter", "--config", str(tmp_path / "etc/callfilter.toml"), *words),
        env={"PATH": f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await program.communicate()
    return program.returncode, said.decode()


@pytest.mark.parametrize("version", ["22", "16"])
async def test_it_is_put_in_and_taken_out_of_a_running_asterisk(version: str, tmp_path: Path) -> None:
    async with Pbx(fetch.asterisk(version), tmp_path / "pbx") as pbx:
        files = [pbx.etc / "extensions.conf", pbx.etc / "manager.conf"]
        before = [without_ours(file) for file in files]
        for ours in pbx.etc.glob("callfilter*"):
            ours.unlink()
        for command in ("dialplan reload", "manager reload"):
            await pbx.cli(command)
        (tmp_path / "bin").mkdir()
        console = tmp_path / "bin/asterisk"
        console.write_text(f'#!/bin/sh\nexec {shlex.join(pbx.asterisk.command)} "$@"\n')
        console.chmod(0o755)
        where = ("--asterisk-etc", str(pbx.etc), "--yes")

        _, said = await callfilter(tmp_path, "setup", *where)

        for line in (
            "✓ manager: logged in to 127.0.0.1",
            "✓ dialplan: the context callfilter is loaded",
            "✓ dialplan: the filter is entered from from-trunk",
            "✓ manager: Asterisk knows the manager user callfilter",
        ):
            assert line in said
        code, said = await callfilter(tmp_path, "setup", "--remove", *where)
        assert code == 0, said
        assert [file.read_bytes() for file in files] == before
        assert "no existence of 'callfilter' context" in await pbx.cli("dialplan show callfilter")
        assert "no manager called callfilter" in await pbx.cli("manager show user callfilter")

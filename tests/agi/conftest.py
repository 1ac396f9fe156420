"""Runs what is asynchronous in both event loops: the service uses uvloop, and asyncio's own may stand in for it."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop


# Older pytest-asyncio does not know the hook: there, asyncio's own loop has to do.
@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}

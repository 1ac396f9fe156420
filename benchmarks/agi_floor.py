"""The do-nothing FastAGI server of `agi_floor.c` in Python: callfilter's own event loop and wire, and no filter behind.

What it takes longer than the one in C is what any FastAGI server in Python takes that looks at nothing. It prints its
port and answers until it is told to end.
"""

import asyncio
import signal
from collections.abc import Mapping

import uvloop

from agi.server import FastAGIServer
from agi.wire import CALLER, Environment

REJECT = {"CALLFILTER_ACTION": "reject", "CALLFILTER_REASON": "blocked", "CALLFILTER_SIGNAL": "603"}
ALLOW = {"CALLFILTER_ACTION": "allow", "CALLFILTER_REASON": "default"}


async def answer(environment: Environment) -> Mapping[str, str]:
    """As in C: callers whose number ends with 0 are listed."""
    return REJECT if environment.values.get(CALLER, "").endswith("0") else ALLOW


async def serve() -> None:
    """Answer until SIGTERM."""
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    server = FastAGIServer({"screen": answer})
    await server.start("127.0.0.1", 0)
    print(server.address[1], flush=True)
    await told.wait()
    await server.close(0)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())

"""Runs the page in this process, apart from the one that answers Asterisk: whatever happens here delays no call."""

import os
import secrets
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Final

import uvicorn

from callfilter.cli.say import say
from callfilter.config import Config
from callfilter.config_values import Address
from callfilter.page_process import WITH_PARENT
from callfilter.web.app import create_app

NICE: Final = 5
"""Calls come first."""
PROXIES: Final = "127.0.0.1,::1"
"""Whose word is taken for where a visitor comes from, and whether by https: that of a proxy on this machine."""
CODE_VARIABLE: Final = "CALLFILTER_FIRST_CODE"
"""The code for the first login, where somebody else has made it up already."""


class AddressTakenError(Exception):
    """The page's address cannot be had; the message is one sentence for the admin."""


def new_code() -> str:
    """What the first visitor must know: short enough to type."""
    return secrets.token_hex(4)


def run(config: Config, address: Address, path: Path | None = None) -> None:
    """Serve until SIGTERM or SIGINT. `path` is the settings file named on the command line.

    Raises:
        AddressTakenError: somebody else listens there.
        StoreError: the database cannot be used.
    """
    os.nice(NICE)
    if os.environ.get(WITH_PARENT):
        threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    code = os.environ.get(CODE_VARIABLE) or new_code()
    listener = _listener(address)
    app = create_app(config, code=code, path=path)
    settings = uvicorn.Config(
        app,
        loop="uvloop",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        proxy_headers=True,
        forwarded_allow_ips=PROXIES,
    )
    say(f"the page is at http://{address}/ (first visit: http://{address}/welcome?code={code})")
    uvicorn.Server(settings).run(sockets=[listener])


def _end_with_parent() -> None:
    """Waits for the end of stdin: whoever started us is gone, killed perhaps."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _listener(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise AddressTakenError(
            f"cannot listen at web = {address} ({error.strerror or error}); end what listens there, or set web to "
            'another address or to "off"'
        ) from None
    return listener

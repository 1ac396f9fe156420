"""Talks to something on a port for a limited time in all, however slowly it answers."""

import socket
from time import monotonic

from callfilter.config_values import Address


def exchange(address: Address, question: bytes, end: bytes, *, limit: int, patience: float) -> bytes:
    """What is answered to `question`, up to and with `end`; less where the peer closes or says more than `limit` bytes.

    Raises:
        OSError: it cannot be reached; TimeoutError where it has not finished after `patience` seconds.
    """
    until = monotonic() + patience
    with socket.create_connection((address.host, address.port), timeout=patience) as connection:
        connection.sendall(question)
        received = b""
        while end not in received and len(received) < limit:
            left = until - monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
            piece = connection.recv(4096)
            if not piece:
                break
            received += piece
    return received

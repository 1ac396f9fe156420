"""Passwords: hashed with argon2, one at a time in a thread of its own, so that a storm of logins holds up no call.

One hash costs about 90 ms and 64 MiB. Who waits too long for a turn is sent away instead.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from callfilter.marked import N_

SHORTEST: Final = 10
LONGEST: Final = 200
LONGEST_NAME: Final = 60
MOST_WAITING: Final = 8
NICE: Final = 5
"""Of the thread, on top of that of the page: on Linux each has its own. Hashing fills a core and its caches."""


class TooBusyError(Exception):
    """Too many logins at once; the caller may try again in a moment."""


class Passwords:
    """Makes and checks hashes."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "passwords", initializer=os.nice, initargs=(NICE,))
        self._waiting = 0
        # At once, or the first unknown name would take longer than others to be refused.
        self._thread.submit(self._verify, "", None)

    async def hashed(self, password: str) -> str:
        """The hash to store.

        Raises:
            TooBusyError: as below.
        """
        return str(await self._in_turn(hash_of, password))

    async def right(self, password: str, stored: str | None) -> bool:
        """Whether it is the password of that hash. Without a hash it takes as long to say no.

        Raises:
            TooBusyError: too many are waiting.
        """
        return bool(await self._in_turn(self._verify, password, stored))

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _in_turn(self, work: Callable[..., object], *arguments: str | None) -> object:
        if self._waiting >= MOST_WAITING:
            raise TooBusyError
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
        finally:
            self._waiting -= 1

    def _verify(self, password: str, stored: str | None) -> bool:
        try:
            return self._hasher.verify(password, stored or self._nobody) and stored is not None
        except UnknownHashError:
            return False

    @cached_property
    def _hasher(self) -> PasswordHash:
        return PasswordHash.recommended()

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("nobody has this password")


def hash_of(password: str) -> str:
    """The hash to store, made here and now: for commands."""
    return PasswordHash.recommended().hash(password)


def fault_of_name(name: str) -> str:
    """What is wrong with the name of a new user, as a message to translate; empty if nothing is."""
    fits = 0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()
    return "" if fits else N_("A name has 1 to 60 characters.")


def fault_of(password: str) -> str:
    """What is wrong with a new password, as a message to translate; empty if nothing is."""
    if len(password) < SHORTEST:
        return N_("The password needs at least 10 characters.")
    return N_("The password may have at most 200 characters.") if len(password) > LONGEST else ""

"""What the running service says of itself, as the page and monitoring want it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Final

from callfilter.config_values import Address
from callfilter.doctor.service import ask, read_answer

PATIENCE: Final = 0.5
"""Seconds for an answer."""
FRESH: Final = 1.0
"""Seconds for which an answer is good: however many look, the service is asked once."""


class DownError(Exception):
    """The service does not answer; the message is one word: `unreachable`, `silent` or `stranger`."""


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """Its state; counts are since its start."""

    version: str
    calls: int
    failed: int
    """Calls that rang because the filter failed."""
    median_ms: float
    p99_ms: float
    behind: int
    """Calls that wait to be written into the log."""
    lost: int
    """Calls that could not be written at all."""
    writes: bool
    """It can write the database."""
    ami: str
    """`connected`, or what is in the way; `off` where the settings name no manager."""
    policy: int
    """The newest version of the policy that it knows."""
    judges: int
    """The version that it judges by; 0 for the built-in policy."""


class Service:
    """Asks the service at an address."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._found: ServiceHealth | str = ""

    async def health(self) -> ServiceHealth:
        """How it is.

        Raises:
            DownError: it does not answer.
        """
        async with self._lock:
            if monotonic() > self._until:
                self._found = await asyncio.to_thread(self._ask)
                self._until = monotonic() + FRESH
        if isinstance(self._found, str):
            raise DownError(self._found)
        return self._found

    def _ask(self) -> ServiceHealth | str:
        try:
            facts = read_answer(ask(self._address, PATIENCE))
        except TimeoutError:
            return "silent"
        except OSError:
            return "unreachable"
        return _health(facts) if facts else "stranger"


def _health(facts: Mapping[str, str]) -> ServiceHealth:
    return ServiceHealth(
        version=facts["VERSION"],
        calls=int(_number(facts, "CALLS")),
        failed=int(_number(facts, "FAILED")),
        median_ms=_number(facts, "MEDIAN_MS"),
        p99_ms=_number(facts, "P99_MS"),
        behind=int(_number(facts, "BEHIND")),
        lost=int(_number(facts, "LOST")),
        writes=facts.get("DATABASE", "ok") == "ok",
        ami=facts.get("AMI", "off"),
        policy=int(_number(facts, "POLICY")),
        judges=int(_number(facts, "POLICY_JUDGES")),
    )


def _number(facts: Mapping[str, str], name: str) -> float:
    """A count of it; 0 where a service of another version says nothing of it, or something else."""
    value = facts.get(name, "0")
    return float(value) if value.replace(".", "", 1).isdecimal() else 0.0

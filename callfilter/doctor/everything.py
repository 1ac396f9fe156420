"""All examinations in their order, for the command and for the page."""

import os
import shlex
from collections.abc import Iterable, Iterator
from typing import Final

from callfilter.config import Config
from callfilter.doctor.asterisk import console_of, examine_asterisk
from callfilter.doctor.database import examine_database
from callfilter.doctor.finding import Finding
from callfilter.doctor.manager import examine_manager
from callfilter.doctor.policy import examine_policy
from callfilter.doctor.service import examine_service

ASTERISK_VARIABLE: Final = "CALLFILTER_ASTERISK"
"""The command that reaches Asterisk's console, where it is not `asterisk`."""


def examine_everything(config: Config, asterisk: Iterable[str]) -> Iterator[Finding]:
    """All findings but those about the settings; `asterisk` is the command that reaches its console."""
    yield from examine_database(config.database)
    yield from examine_policy(config)
    yield from examine_service(config.fastagi)
    yield from examine_manager(config.ami)
    yield from examine_asterisk(config, console_of(asterisk))


def asterisk_command() -> list[str]:
    """The command of the environment, or the usual one."""
    named = os.environ.get(ASTERISK_VARIABLE, "")
    try:
        return shlex.split(named) or ["asterisk"]
    except ValueError:
        return [named]

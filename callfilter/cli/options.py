"""What several commands read from the command line: the settings, times, durations, texts as bytes."""

import os
import pwd
import re
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, TypeVar

import typer

from agi.wire import decode, is_safe
from callfilter.cli.say import refuse
from callfilter.config import Config, load_config

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

T = TypeVar("T")

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
END: Final = datetime(2094, 1, 1, tzinfo=UTC)
"""Calls have ids until then."""

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION: Final = re.compile(r"([0-9]{1,6})([mhdw])")


def config_of(context: typer.Context) -> Config:
    """The settings, from the file named with `--config` or the usual places.

    Raises:
        ConfigError: they cannot be used.
    """
    return load_config(context.find_root().obj, os.environ)


def typed(argument: str) -> str:
    """An argument as text, read like a caller ID from Asterisk whatever encoding the shell uses."""
    return decode(os.fsencode(argument))


def author() -> str:
    """The user of the operating system; behind sudo, the one who typed it."""
    if os.geteuid() == 0 and (behind := os.environ.get("SUDO_USER")):
        return typed(behind)
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def awaited(work: Coroutine[Any, Any, T]) -> T:
    """The result of work that goes through the database."""
    import asyncio  # noqa: PLC0415 - checking a number needs no event loop, and loads faster without

    return asyncio.run(work)


def duration(text: str, option: str) -> timedelta:
    """`30m`, `12h`, `7d` or `2w`.

    Raises:
        Refusal: it is none of these, or nothing.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if not match or not int(match[1]):
        refuse(f"{option} is {text!r}, but must be a duration such as 30m, 12h, 7d or 2w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def until(text: str, option: str, now: datetime) -> datetime | None:
    """The moment at which a duration from now ends; None where no duration is given.

    Raises:
        Refusal: it is no duration, or ends beyond the calendar.
    """
    try:
        return now + duration(text, option) if text else None
    except OverflowError:
        refuse(f"{option} is {text!r}, which is longer than any calendar; leave it out for no end")


def label_of(text: str) -> str:
    """What the phone is to show, as `--label` gives it.

    Raises:
        Refusal: Asterisk would read it as more than text.
    """
    label = typed(text).strip()
    if label and not is_safe(label):
        refuse(f"""--label is {label!r}, but Asterisk takes no control characters, brackets or , = " ' ` $ & | ; \\""")
    return label


def point_in_time(text: str, option: str, now: datetime) -> datetime:
    """A date, or a date and time, of ISO 8601, or HH:MM of the day of `now`; local time unless it says otherwise.

    Raises:
        Refusal: it is none of these.
    """
    try:
        if re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", text):
            hour, minute = map(int, text.split(":"))
            return now.astimezone().replace(hour=hour, minute=minute, second=0, microsecond=0)
        moment = datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        refuse(f"{option} is {text!r}, but must be a time such as 2026-03-01T09:30 or 09:30")
    if not BEGINNING <= moment < END:
        refuse(f"{option} is {text!r}, but must lie in the years from {BEGINNING.year} to {END.year - 1}")
    return moment


def since_when(text: str, option: str, now: datetime) -> datetime:
    """The moment that lies `2h` or `7d` back, or a point in time; none before 1970.

    Raises:
        Refusal: it is neither.
    """
    if not _DURATION.fullmatch(text.strip().lower()):
        return point_in_time(text, option, now)
    try:
        return max(now - duration(text, option), BEGINNING)
    except OverflowError:
        return BEGINNING

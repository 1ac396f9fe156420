"""What the doctor finds."""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """Calls are filtered, but something is missing or could not be looked at."""
    FAULT = "fault"
    """Calls are not filtered, or not as the settings say."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    mark: Mark
    subject: str
    """What was looked at: `settings`, `database`, `service`, `manager`, `asterisk`, `dialplan`…"""
    text: str
    """What was found, and where that is not well, what to do; one sentence."""


def ok(subject: str, text: str) -> Finding:
    """All well."""
    return Finding(Mark.OK, subject, text)


def warning(subject: str, text: str) -> Finding:
    """Worth a look."""
    return Finding(Mark.WARNING, subject, text)


def fault(subject: str, text: str) -> Finding:
    """To be mended."""
    return Finding(Mark.FAULT, subject, text)

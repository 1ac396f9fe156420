"""What becomes of a call after its verdict: news of it, as they are written, and the whole, as it is read.

News of whom the shop has come to know are among them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callfilter.store.codec import from_microseconds, real, storable, text, to_microseconds, whole
from filters.facts import Bond


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody at the shop picked up."""

    call_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over. If nobody has picked up until now, nobody has."""

    call_id: int
    at: datetime
    cause: int | None = None
    """ISDN cause of the hang-up (Q.850), as Asterisk tells it; None where nobody told the end."""
    talk_seconds: float | None = 0.0
    """None where that is unknown."""


@dataclass(frozen=True, slots=True)
class VoicemailSaved:
    """The caller left a message."""

    call_id: int
    box: str
    """`box@context`."""
    file: str
    """Path of the recording, as Asterisk tells it."""
    seconds: float


@dataclass(frozen=True, slots=True)
class ScreenEnded:
    """A caller was asked to press a key."""

    call_id: int
    result: str
    """`passed`, `failed`, `silent` or `hangup`."""
    tries: int
    """How often a digit was asked for."""


@dataclass(frozen=True, slots=True)
class CallerKnown:
    """By this call the shop has come to know its caller."""

    call_id: int
    bond: Bond
    at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NumberKnown:
    """The shop has come to know the number with this key, without a call from it."""

    key: str
    bond: Bond
    at: datetime
    expires_at: datetime


Update = Answered | Ended | VoicemailSaved | ScreenEnded | CallerKnown | NumberKnown


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that is known of a call's later life; None where nobody has told us."""

    answered: bool | None = None
    answered_at: datetime | None = None
    talk_seconds: float | None = None
    hangup_cause: int | None = None
    ended_at: datetime | None = None
    voicemail_box: str | None = None
    voicemail_file: str | None = None
    voicemail_seconds: float | None = None
    screened: str | None = None
    """How a screening ended: `passed`, `failed` (a wrong key), `silent`, `hangup`; None where there was none."""
    screen_tries: int | None = None
    """How often a digit was asked for."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Outcome":
        """The outcome in a row of `calls`."""
        return cls(
            answered=None if row["answered"] is None else bool(row["answered"]),
            answered_at=_time(row["answered_at"]),
            talk_seconds=row["talk_seconds"],
            hangup_cause=row["hangup_cause"],
            ended_at=_time(row["ended_at"]),
            voicemail_box=row["voicemail_box"],
            voicemail_file=row["voicemail_file"],
            voicemail_seconds=row["voicemail_seconds"],
            screened=row["screened"],
            screen_tries=row["screen_tries"],
        )


def update_fields(update: Update) -> dict[str, Any]:
    """`update` as it stands in a line of the spool, and as its statement takes it."""
    match update:
        case Answered(call_id, at):
            return {"update": "answered", "id": call_id, "at": to_microseconds(at)}
        case Ended(call_id, at, cause, talk_seconds):
            return {
                "update": "ended",
                "id": call_id,
                "at": to_microseconds(at),
                "cause": cause,
                "talk_seconds": talk_seconds,
            }
        case VoicemailSaved(call_id, box, file, seconds):
            return {
                "update": "voicemail",
                "id": call_id,
                "box": storable(box),
                "file": storable(file),
                "seconds": seconds,
            }
        case ScreenEnded(call_id, result, tries):
            return {"update": "screened", "id": call_id, "result": storable(result), "tries": tries}
        case CallerKnown(call_id, bond, at, expires_at):
            return {"update": "caller_known", "id": call_id, **_bond_fields(bond, at, expires_at)}
        case NumberKnown(key, bond, at, expires_at):
            return {"update": "number_known", "key": storable(key), **_bond_fields(bond, at, expires_at)}


def update_from(fields: Mapping[str, Any]) -> Update:
    """The update that `update_fields` described.

    Raises:
        ValueError: a value is missing or not of its type.
    """
    try:
        match fields["update"]:
            case "answered":
                return Answered(whole(fields["id"]), from_microseconds(fields["at"]))
            case "ended":
                cause = None if fields["cause"] is None else whole(fields["cause"])
                talked = None if fields["talk_seconds"] is None else real(fields["talk_seconds"])
                return Ended(whole(fields["id"]), from_microseconds(fields["at"]), cause, talked)
            case "voicemail":
                box, file = text(fields["box"]), text(fields["file"])
                return VoicemailSaved(whole(fields["id"]), box, file, real(fields["seconds"]))
            case "screened":
                return ScreenEnded(whole(fields["id"]), text(fields["result"]), whole(fields["tries"]))
            case "caller_known":
                return CallerKnown(whole(fields["id"]), *_bond_from(fields))
            case "number_known":
                return NumberKnown(text(fields["key"]), *_bond_from(fields))
            case other:
                raise ValueError(f"not an update: {other!r}")
    except KeyError as error:
        raise ValueError(f"not an update: {error} is missing") from error


def _bond_fields(bond: Bond, at: datetime, expires_at: datetime) -> dict[str, Any]:
    return {"bond": str(bond), "at": to_microseconds(at), "expires_at": to_microseconds(expires_at)}


def _bond_from(fields: Mapping[str, Any]) -> tuple[Bond, datetime, datetime]:
    return Bond(text(fields["bond"])), from_microseconds(fields["at"]), from_microseconds(fields["expires_at"])


def _time(value: int | None) -> datetime | None:
    return None if value is None else from_microseconds(value)

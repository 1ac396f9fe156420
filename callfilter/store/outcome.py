"""What becomes of a call after its verdict: news of it, as they are written, and the whole, as it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callfilter.store.codec import from_microseconds, real, storable, text, to_microseconds, whole


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
    """ISDN cause of the hang-up (Q.850), as Asterisk tells it."""
    talk_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class VoicemailSaved:
    """The caller left a message."""

    call_id: int
    box: str
    """`box@context`."""
    file: str
    """Path of the recording, as Asterisk tells it."""
    seconds: float


Update = Answered | Ended | VoicemailSaved


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


def update_from(fields: Mapping[str, Any]) -> Update:
    """The update that `update_fields` described.

    Raises:
        ValueError: a value is missing or not of its type.
    """
    try:
        call_id = whole(fields["id"])
        match fields["update"]:
            case "answered":
                return Answered(call_id, from_microseconds(fields["at"]))
            case "ended":
                cause = None if fields["cause"] is None else whole(fields["cause"])
                return Ended(call_id, from_microseconds(fields["at"]), cause, real(fields["talk_seconds"]))
            case "voicemail":
                return VoicemailSaved(call_id, text(fields["box"]), text(fields["file"]), real(fields["seconds"]))
            case other:
                raise ValueError(f"not an update: {other!r}")
    except KeyError as error:
        raise ValueError(f"not an update: {error} is missing") from error


def _time(value: int | None) -> datetime | None:
    return None if value is None else from_microseconds(value)

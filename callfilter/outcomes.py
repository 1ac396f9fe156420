"""Joins a call's later life, as AMI tells it, to its row of the call log; notes whom the shop comes to know by it."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agi.ami import BridgeEntered, BridgeLeft, Dialled, Event, HungUp, Resynced, Screened, VoicemailLeft
from callfilter.config import Config
from callfilter.store.open_calls import OpenCall
from callfilter.store.outcome import Answered, CallerKnown, Ended, NumberKnown, ScreenEnded, Update, VoicemailSaved
from callfilter.store.record import CallRecord, parse_id
from filters.facts import Bond
from filters.number import ANONYMOUS, INVALID, read_number
from filters.trust import Trust

log = logging.getLogger(__name__)

FOLLOW_FOR = timedelta(hours=24)
"""A call whose end AMI never told (it was away) is not followed for longer than this."""
MOST_FOLLOWED = 10_000
"""Beyond this many calls the oldest are let go: their rows keep the verdict and never get an outcome."""
YOUNG = timedelta(seconds=5)
"""A verdict that fell just now may be ahead of Asterisk's list of channels."""
NOTE_LIMIT = 64 * 1024
"""Bytes read of the text file beside a voicemail message; real ones have a few hundred."""


@dataclass(slots=True)
class _Life:
    """A call that has its verdict and has not hung up yet."""

    call_id: int
    began: datetime
    answered_at: datetime | None = None
    bridged_since: datetime | None = None
    talked: timedelta = timedelta()

    def left_bridge(self, at: datetime) -> None:
        if self.bridged_since is not None:
            self.talked += max(at - self.bridged_since, timedelta())
            self.bridged_since = None


class Outcomes:
    """Follows calls from verdict to hang-up. Entering a bridge is being talked to; music and menus are not."""

    def __init__(self, config: Config, update: Callable[[Update], None], trust: Callable[[], Trust]) -> None:
        """Follows nothing yet.

        Args:
            config: how dialled numbers are read.
            update: takes news; it must be quick and must not raise.
            trust: the settings in force at the moment.
        """
        self._config = config
        self._update = update
        self._trust = trust
        self._lives: dict[str, _Life] = {}

    def configure(self, config: Config) -> None:
        """Takes changed settings."""
        self._config = config

    def began(self, record: CallRecord) -> None:
        """A call got its verdict."""
        if not record.unique_id:
            return
        self._lives[record.unique_id] = _Life(record.id, record.at)
        if len(self._lives) > MOST_FOLLOWED:
            del self._lives[next(iter(self._lives))]

    def resume(self, calls: Iterable[OpenCall]) -> None:
        """Takes up calls that an earlier process followed; those that were answered are taken to talk still."""
        for call in calls:
            life = _Life(call.id, call.at, call.answered_at, bridged_since=call.answered_at)
            self._lives.setdefault(call.unique_id, life)

    def on_event(self, event: Event) -> None:
        """What AMI tells."""
        match event:
            case BridgeEntered(unique_id, at):
                self._entered(unique_id, at)
            case BridgeLeft(unique_id, at):
                if life := self._lives.get(unique_id):
                    life.left_bridge(at)
            case HungUp(unique_id, cause, at):
                self._ended(unique_id, at, cause)
            case VoicemailLeft():
                self._voicemail(event)
            case Screened():
                self._screened(event)
            case Dialled():
                self._dialled(event)
            case Resynced(live):
                for _ in self.end_missed(live):
                    pass

    def end_missed(self, live: frozenset[str]) -> Iterator[None]:
        """Ends the calls whose channels are not among the living ones; a step each, as there may be thousands."""
        at = datetime.now(UTC)
        for unique_id in self._lives.keys() - live:
            self._missed_end(unique_id, at)
            yield

    def _entered(self, unique_id: str, at: datetime) -> None:
        life = self._lives.get(unique_id)
        if life is None:
            return
        life.bridged_since = life.bridged_since or at
        if life.answered_at is None:
            life.answered_at = at
            self._update(Answered(life.call_id, at))

    def _ended(self, unique_id: str, at: datetime, cause: int | None) -> None:
        if life := self._lives.pop(unique_id, None):
            life.left_bridge(at)
            # Where nobody told us the end, nobody knows how long they talked.
            talked = None if cause is None else life.talked.total_seconds()
            self._update(Ended(life.call_id, at, cause, talked))
            if cause is not None and life.answered_at is not None:
                self._talked(life, at)

    def _missed_end(self, unique_id: str, at: datetime) -> None:
        """The channel is gone and nobody told us when: it ended at some time before `at`, for an unknown cause.

        Young calls are left alone: the AMI client lists the channels once more a little later.
        """
        life = self._lives.get(unique_id)
        if life and at - life.began > YOUNG:
            self._ended(unique_id, at, None)

    def _talked(self, life: _Life, at: datetime) -> None:
        trust = self._trust()
        until = trust.until(Bond.TALKED, at)
        if until is not None and life.talked >= timedelta(seconds=trust.talked_seconds):
            self._update(CallerKnown(life.call_id, Bond.TALKED, at, until))

    def _voicemail(self, event: VoicemailLeft) -> None:
        if not event.file:
            return
        call_id = _id_of(event)
        seconds = voicemail_seconds(Path(event.file))
        if call_id is not None and seconds is not None:
            self._update(VoicemailSaved(call_id, event.mailbox, event.file, seconds))

    def _screened(self, event: Screened) -> None:
        call_id = _id_of(event)
        if call_id is None:
            return
        self._update(ScreenEnded(call_id, event.result, event.tries))
        until = self._trust().until(Bond.PROVED, event.at)
        if event.result == "passed" and until is not None:
            self._update(CallerKnown(call_id, Bond.PROVED, event.at, until))

    def _dialled(self, event: Dialled) -> None:
        """A number that an incoming call is sent on to is nobody's whom the shop has dialled."""
        until = self._trust().until(Bond.DIALLED, event.at)
        if until is None or event.linked_id in self._lives:
            return
        key = read_number(event.number, country=self._config.country, area=self._config.area).key
        if key not in {ANONYMOUS, INVALID}:
            self._update(NumberKnown(key, Bond.DIALLED, event.at, until))


def _id_of(event: VoicemailLeft | Screened) -> int | None:
    try:
        return parse_id(event.call_id)
    except ValueError:
        log.warning("an event of a call that is not ours: ignored")
        return None


def voicemail_seconds(message: Path) -> float | None:
    """Length of a voicemail message, from the text file that Asterisk writes beside it.

    Args:
        message: path of the message without an ending, as Asterisk's `VM_MESSAGEFILE` has it.

    Returns:
        Seconds; None if the caller left no message, or the file cannot be read by us.
    """
    note = message.with_name(f"{message.name}.txt")
    try:
        with note.open("rb") as file:
            text = file.read(NOTE_LIMIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("cannot read %s: %s; callfilter's user needs to be in Asterisk's group", note, error.strerror)
        return None
    for line in text.splitlines():
        name, _, value = line.partition(b"=")
        if name.strip() == b"duration" and value.strip().isdigit():
            return float(value)
    return None

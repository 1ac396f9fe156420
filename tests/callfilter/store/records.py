"""Records of calls to write."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from callfilter.store.record import CallIds, CallRecord
from filters.verdict import Action, Reason, Signal, Step

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
RECORD = CallRecord(
    id=CallIds(process=0).next(START),
    at=START,
    unique_id="1772357400.1",
    caller="013800138000",
    name="王小明",
    key="+8613800138000",
    display="138 0013 8000",
    country="CN",
    region="Beijing",
    classes=frozenset({"mobile", "private"}),
    did="4001234567",
    trunk="telecom",
    channel="PJSIP/telecom-00000001",
    redirecting="",
    action=Action.REJECT,
    reason=Reason.BLOCKED,
    rule="+86138*",
    signal=Signal.DECLINE,
    target="",
    label="",
    trace=(Step("protected", "not protected", matched=False), Step("own numbers", "+86138*", matched=True)),
    milliseconds=0.25,
    source="fastagi",
    attestation="",
)


class Maker:
    """Makes the next record, a second later than the last, with the given changes."""

    def __init__(self) -> None:
        self._ids = CallIds(process=0)
        self._count = 0

    def __call__(self, **changes: Any) -> CallRecord:
        at = changes.pop("at", START + timedelta(seconds=self._count))
        self._count += 1
        return replace(RECORD, id=self._ids.next(at), at=at, unique_id=f"1772357400.{self._count}", **changes)

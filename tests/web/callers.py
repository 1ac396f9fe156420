"""Callers who did not get through, written into a log as the service would."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from callfilter.store.direct import record_now
from callfilter.store.record import CallIds, record_of
from filters.call import Call
from filters.number import read_number
from filters.verdict import Action, Reason, Step, Verdict

IDS = CallIds(process=0)
DID = "02012345678"


def turned_away(
    path: Path,
    caller: str = "13800138000",
    *,
    ago: timedelta = timedelta(minutes=5),
    name: str = "",
    did: str = DID,
    rule: str = "strangers",
    action: Action = Action.REJECT,
    reason: Reason = Reason.RULE,
    outcome: Mapping[str, Any] | None = None,
) -> int:
    """A call that was judged so; `outcome` is columns of its later life. Returns its id."""
    at = datetime.now(UTC) - ago
    trace = (
        Step(
            "protected", "not an emergency or public-service number, nor one of your lines or protected numbers", False
        ),
        Step("rules for strangers", f"rule '{rule}': class landline or mobile", matched=True),
    )
    call = Call(
        caller,
        at,
        name=name,
        did=did,
        trunk="trunk",
        channel="PJSIP/trunk-00000001",
        unique_id=f"{at.timestamp():.0f}.1",
    )
    verdict = Verdict(action, reason, rule, trace=trace, milliseconds=0.3)
    call_id = IDS.next(at)
    record_now(path, record_of(call, read_number(caller, area="021"), verdict, call_id, "fastagi", policy_version=1))
    if outcome:
        changes = ", ".join(f"{column} = ?" for column in outcome)
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            connection.execute(f"UPDATE calls SET {changes} WHERE id = ?", (*outcome.values(), call_id))
            connection.commit()
    return call_id


def message(
    seconds: float = 24, file: str = "/var/spool/asterisk/voicemail/default/101/INBOX/msg0000"
) -> dict[str, Any]:
    """The outcome of a call that left a message."""
    return {"voicemail_file": file, "voicemail_box": "101@default", "voicemail_seconds": seconds}


def an_inbox(path: Path) -> None:
    """One of each kind of caller, as on a usual day."""
    turned_away(path, "+442079460000", ago=timedelta(hours=50), rule="international", action=Action.VOICEMAIL)
    turned_away(path, "13900139000", ago=timedelta(hours=40), rule="+8613900139000", reason=Reason.BLOCKED)
    turned_away(path, "95018123", ago=timedelta(hours=30), rule="call-centre-access", action=Action.SCREEN)
    turned_away(path, ago=timedelta(hours=5), name="王小明", action=Action.VOICEMAIL)
    for minutes, did in ((202, DID), (201, "4001234567"), (200, "02087654321")):
        turned_away(path, "02161500099", ago=timedelta(minutes=minutes), name="<script>alert(1)</script>", did=did)
    turned_away(path, ago=timedelta(hours=3), name="王小明", action=Action.VOICEMAIL)
    turned_away(path, "", ago=timedelta(minutes=90), rule="", reason=Reason.ANONYMOUS)
    turned_away(path, ago=timedelta(minutes=50), name="王小明", action=Action.VOICEMAIL, outcome=message())
    turned_away(path, "95588", ago=timedelta(minutes=20), action=Action.SCREEN, outcome={"screened": "hangup"})

"""What the shop's phones ask for by feature codes: that somebody unknown is expected, or no more.

Only fixed words and integers go back to Asterisk, and what the phone is told is what happened.
"""

import asyncio
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Final

from agi.request import trunk_of
from agi.wire import Environment
from callfilter.store.file import StoreError
from filters.facts import LONGEST_WINDOW

PATIENCE: Final = 2.0
"""Seconds that a phone waits for somebody else's lock on the database; the dialplan's guard waits four in all."""
FAILED: Final = {"CALLFILTER_EXPECT": "failed"}

log = logging.getLogger(__name__)


async def expect(environment: Environment, database: Path) -> Mapping[str, str]:
    """Opens a window for the minutes that the first argument says, or ends all windows where it says 0.

    Returns:
        `CALLFILTER_EXPECT`: `open`, `ended` or `failed`; with `open` also `CALLFILTER_MINUTES`.
    """
    # Calls must not wait the 40 ms that this takes the first time.
    await asyncio.to_thread(import_module, "sqlalchemy.ext.asyncio")
    from callfilter.store import expected  # noqa: PLC0415
    from callfilter.store.database import open_database  # noqa: PLC0415

    minutes = _minutes(environment)
    if minutes is None:
        log.warning(
            "a feature code asks for no number of minutes up to %d; mend its AGI()",
            LONGEST_WINDOW.total_seconds() // 60,
        )
        return FAILED
    author, now = author_of(environment), datetime.now(UTC)
    try:
        async with await open_database(database, patience=PATIENCE) as opened:
            if minutes:
                await expected.open_window(opened, now, timedelta(minutes=minutes), author=author)
            else:
                await expected.end_windows(opened, now)
    except StoreError as error:
        log.error("%s could not change what is expected: %s", author, error)  # noqa: TRY400 - the sentence says it all
        return FAILED
    if not minutes:
        log.info("%s expects nobody any more", author)
        return {"CALLFILTER_EXPECT": "ended"}
    log.info("%s expects a call for %d minutes", author, minutes)
    return {"CALLFILTER_EXPECT": "open", "CALLFILTER_MINUTES": str(minutes)}


def author_of(environment: Environment) -> str:
    """`phone 101`. From the channel, which names the endpoint that logged in: a caller ID can be set by the phone."""
    phone = trunk_of(environment.values.get("agi_channel", ""))
    return f"phone {re.sub(r'[^0-9A-Za-z_.+-]', '', phone)[:40]}".rstrip()


def _minutes(environment: Environment) -> int | None:
    text = environment.args[0] if environment.args else ""
    if not re.fullmatch("[0-9]{1,4}", text) or timedelta(minutes=int(text)) > LONGEST_WINDOW:
        return None
    return int(text)

"""One call of the log with all that can be told of it, read from the database: for `log show` and for the page."""

from typing import TYPE_CHECKING

from callfilter.config import Config
from callfilter.explanation import Explanation, look_back
from callfilter.store.lookup import Lookup
from callfilter.store.record import CallRecord
from filters.facts import Facts

if TYPE_CHECKING:
    from callfilter.store.calls import CallRow
    from callfilter.store.database import Database


async def find(database: "Database", config: Config, call_id: int) -> "tuple[CallRow, Explanation] | None":
    """The call with this id, and how its verdict came about; None if there is no such call.

    Raises:
        StoreError: the database can't be read.
        LookupFailed: so it is, for what went on around the call.
    """
    import asyncio  # noqa: PLC0415 - other commands need neither this nor SQLAlchemy

    from callfilter.store import calls, policies  # noqa: PLC0415 - as above

    row = await calls.get(database, call_id)
    if row is None:
        return None
    version = row.record.policy_version
    judged = await policies.newest(database, before=version + 1) if version is not None else None
    text = judged.text if judged is not None and judged.id == version else None
    history = await calls.history_before(database, row.record.key, call_id)
    # In a thread: rules that stood in the log's policy are made ready anew, which takes a while if they are many.
    return row, await asyncio.to_thread(_told, row.record, text, Facts(history=history), config)


def _told(record: CallRecord, text: str | None, past: Facts, config: Config) -> Explanation:
    lookup = Lookup(config.database)
    try:
        surroundings = lookup.surroundings_of(record.key, record.at)
    finally:
        lookup.close()
    return look_back(record, text, Facts(history=past.history, surroundings=surroundings), config)

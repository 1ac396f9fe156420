"""Who is trusted and who is reported: written by way of the spool, read by the look-up, shown, revoked."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from callfilter.store import bonds, numbers, reports
from callfilter.store.bonds import BondRow
from callfilter.store.database import Database
from callfilter.store.direct import record_now
from callfilter.store.lookup import Lookup
from callfilter.store.outcome import CallerKnown, NumberKnown, Update
from callfilter.store.reports import Report
from callfilter.store.spool import Spool, spool_path
from callfilter.store.writer import KEEP_BONDS, Writer
from filters.facts import Bond, OwnEntry, Trusted
from filters.verdict import Action
from tests.callfilter.store.records import RECORD, START, Maker

SOON = 10.0
DAY = timedelta(days=1)
KEY = RECORD.key
DIALLED = NumberKnown(KEY, Bond.DIALLED, START, START + 90 * DAY)
REPORT = Report(KEY, START, "li", "card terminals")


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    running = Writer(database.path, Spool(spool_path(database.path)))
    await running.start()
    yield running
    await running.stop(timeout=0)


async def written(writer: Writer, *updates: Update) -> None:
    for update in updates:
        writer.update(update)
    assert await writer.flush(SOON)


async def in_force(database: Database) -> list[BondRow]:
    return await bonds.in_force(database, START)


async def test_a_number_that_was_dialled_is_known_to_the_look_up(database: Database, writer: Writer) -> None:
    await written(writer, DIALLED)
    assert Lookup(database.path).facts_for(KEY, START).trusted == Trusted(Bond.DIALLED, START, START + 90 * DAY)


async def test_the_caller_of_a_call_is_known_by_its_row(database: Database, writer: Writer, make: Maker) -> None:
    record = make(key="+8613900139000")
    writer.record(record)
    await written(writer, CallerKnown(record.id, Bond.PROVED, START, START + DAY))
    assert [(row.key, row.bond) for row in await in_force(database)] == [("+8613900139000", Bond.PROVED)]


async def test_the_caller_of_a_call_that_the_classic_script_answered_is_known_too(
    database: Database, writer: Writer, make: Maker
) -> None:
    record = make(source="classic")
    record_now(database.path, record)
    await written(writer, CallerKnown(record.id, Bond.PROVED, START, START + DAY))
    assert [(row.key, row.bond) for row in await in_force(database)] == [(KEY, Bond.PROVED)]


@pytest.mark.parametrize("key", ["anonymous", "invalid"])
async def test_a_caller_without_a_number_is_never_known(
    database: Database, writer: Writer, make: Maker, key: str
) -> None:
    record = make(key=key)
    writer.record(record)
    await written(writer, CallerKnown(record.id, Bond.TALKED, START, START + DAY))
    assert await in_force(database) == []


async def test_a_call_that_is_in_no_row_makes_nobody_known(database: Database, writer: Writer) -> None:
    await written(writer, CallerKnown(7, Bond.TALKED, START, START + DAY))
    assert await in_force(database) == []


async def test_news_written_twice_change_nothing(database: Database, writer: Writer) -> None:
    await written(writer, DIALLED)
    before = await in_force(database)
    await written(writer, DIALLED, DIALLED)
    assert await in_force(database) == before


async def test_a_renewal_keeps_the_beginning_and_never_shortens(database: Database, writer: Writer) -> None:
    longer = NumberKnown(KEY, Bond.DIALLED, START + DAY, START + 91 * DAY)
    shorter = NumberKnown(KEY, Bond.DIALLED, START + 2 * DAY, START + 9 * DAY)
    await written(writer, DIALLED, longer, shorter)
    assert await in_force(database) == [BondRow(KEY, Bond.DIALLED, START, START + 2 * DAY, START + 91 * DAY)]


async def test_bonds_in_force_are_listed_latest_first_and_ended_ones_are_not(
    database: Database, writer: Writer
) -> None:
    ended = NumberKnown("+8613700137000", Bond.DIALLED, START - DAY, START)
    other = NumberKnown("+8613900139000", Bond.DIALLED, START + DAY, START + 3 * DAY)
    await written(writer, ended, DIALLED, other)
    assert [row.key for row in await in_force(database)] == ["+8613900139000", KEY]


async def test_a_report_ends_trust_and_lets_none_come_back(database: Database, writer: Writer, make: Maker) -> None:
    record = make()
    writer.record(record)
    await written(writer, DIALLED)
    await reports.put(database, [REPORT])
    assert await in_force(database) == []
    await written(writer, DIALLED, CallerKnown(record.id, Bond.TALKED, START, START + DAY))
    assert await in_force(database) == []


async def test_news_that_waited_in_the_spool_do_not_undo_a_report(database: Database) -> None:
    late = Writer(database.path, Spool(spool_path(database.path)))
    late.update(DIALLED)
    await reports.put(database, [REPORT])
    await late.start()
    assert await late.flush(SOON)
    await late.stop()
    assert await in_force(database) == []


async def test_a_report_taken_back_lets_trust_begin_anew(database: Database, writer: Writer) -> None:
    await reports.put(database, [REPORT])
    await reports.remove(database, [KEY])
    await written(writer, DIALLED)
    assert await reports.find(database, KEY) is None
    assert len(await in_force(database)) == 1


async def test_a_second_report_replaces_the_first(database: Database) -> None:
    again = Report(KEY, START + DAY, "wang", "again\ud800")
    await reports.put(database, [REPORT, again])
    assert await reports.find(database, KEY) == Report(KEY, START + DAY, "wang", "again\\ud800")


async def test_to_revoke_takes_every_bond_of_a_caller_and_no_other(database: Database, writer: Writer) -> None:
    proved = NumberKnown(KEY, Bond.PROVED, START, START + DAY)
    other = NumberKnown("+8613900139000", Bond.DIALLED, START, START + DAY)
    await written(writer, DIALLED, proved, other)
    await bonds.revoke(database, [KEY])
    assert [row.key for row in await in_force(database)] == ["+8613900139000"]


@pytest.mark.parametrize("action", [Action.REJECT, Action.VOICEMAIL])
async def test_whoever_blocks_a_number_reports_it(database: Database, writer: Writer, action: Action) -> None:
    await written(writer, DIALLED)
    entry = OwnEntry(KEY, is_prefix=False, action=action, note="card terminals", author="li")
    await numbers.put(database, [entry], START)
    assert await reports.find(database, KEY) == REPORT
    assert await in_force(database) == []


async def test_a_blocked_prefix_is_no_report(database: Database) -> None:
    await numbers.put(database, [OwnEntry(KEY, is_prefix=True, action=Action.REJECT)], START)
    assert await reports.find(database, KEY) is None


async def test_to_allow_or_to_forget_a_number_takes_the_report_back(database: Database) -> None:
    blocked = OwnEntry(KEY, is_prefix=False, action=Action.REJECT)
    await numbers.put(database, [blocked], START)
    await numbers.put(database, [OwnEntry(KEY, is_prefix=False, action=Action.ALLOW)], START)
    assert await reports.find(database, KEY) is None
    await numbers.put(database, [blocked], START)
    await numbers.remove(database, [(KEY, False)])
    assert await reports.find(database, KEY) is None


async def test_trust_that_ended_long_ago_is_forgotten_when_the_service_starts(database: Database) -> None:
    now = datetime.now(UTC)
    long_ago, lately = now - KEEP_BONDS - DAY, now - DAY
    for round_ in range(2):
        writer = Writer(database.path, Spool(spool_path(database.path)))
        await writer.start()
        for key, end in (("+8613700137000", long_ago), ("+8613900139000", lately)) if round_ == 0 else ((KEY, now),):
            writer.update(NumberKnown(key, Bond.DIALLED, end - DAY, end))
        assert await writer.flush(SOON)
        await writer.stop()
    kept = await bonds.in_force(database, long_ago - DAY)
    assert {row.key for row in kept} == {"+8613900139000", KEY}

"""The inbox fills by itself, reviews empty it, and whatever was done can be undone."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callfilter.store import bonds, inbox, numbers, reports, reviews
from callfilter.store.codec import to_microseconds
from callfilter.store.database import Database, open_database
from callfilter.store.direct import record_now
from callfilter.store.lookup import Lookup
from callfilter.store.record import CallRecord
from callfilter.store.reports import Report
from callfilter.store.reviews import ChangedError, Deed, GoneError, OwnEntryError, Review, Wish
from filters.facts import Bond, OwnEntry
from filters.verdict import Action, Reason
from tests.callfilter.store.records import RECORD, START, Maker
from tests.callfilter.store.trouble import intruder, made_at

KEY = RECORD.key
NOW = START + timedelta(hours=1)


def turned_away(path: Path, make: Maker, **changes: Any) -> CallRecord:
    """A call that did not get through, in the log."""
    record = make(**({"action": Action.REJECT, "reason": Reason.RULE, "rule": "strangers"} | changes))
    record_now(path, record)
    return record


def change(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement, values)
        connection.commit()


async def reviewed(database: Database, deed: Deed, entry: OwnEntry | None = None, *, at: datetime = NOW) -> Review:
    """The caller of the tests, reviewed by somebody who has seen all calls."""
    caller = await inbox.find(database, KEY, at)
    assert caller is not None
    return await reviews.review(database, at, "li", Wish(KEY, caller.last_id, deed, entry))


def allowing(**changes: Any) -> OwnEntry:
    return replace(OwnEntry(KEY, is_prefix=False, action=Action.ALLOW, author="li"), **changes)


async def test_callers_who_do_not_get_through_are_in_the_inbox_once_each_and_the_newest_in_front(
    database: Database, make: Maker
) -> None:
    turned_away(database.path, make, name="王小明", did="600")
    for action in (Action.VOICEMAIL, Action.SCREEN, Action.DIVERT):
        turned_away(database.path, make, key=f"+861390013900{len(action)}", action=action)
    turned_away(database.path, make, key="+8613900139000", action=Action.ALLOW)
    last = turned_away(database.path, make, name="", did="601")
    callers = await inbox.waiting(database, NOW)
    assert [(one.key, one.count) for one in callers] == [
        (KEY, 2),
        ("+8613900139006", 2),
        ("+8613900139009", 1),
    ]
    assert callers[0].last_id == last.id
    assert [(one.name, one.did) for one in callers[0].turned] == [("", "601"), ("王小明", "600")]


async def test_the_inbox_comes_page_by_page(database: Database, make: Maker) -> None:
    keys = [f"+86139001390{place:02}" for place in range(7)]
    for key in keys:
        turned_away(database.path, make, key=key)
    found: list[str] = []
    before = None
    while page := await inbox.waiting(database, NOW, before=before, limit=3):
        found += [one.key for one in page]
        before = page[-1].last_id
    assert found == keys[::-1]


async def test_who_passes_the_screening_is_not_in_the_inbox(database: Database, make: Maker) -> None:
    failed = turned_away(database.path, make, action=Action.SCREEN)
    passed = turned_away(database.path, make, action=Action.SCREEN)
    change(database.path, "UPDATE calls SET screened = 'failed' WHERE id = ?", failed.id)
    for _ in range(2):
        change(database.path, "UPDATE calls SET screened = 'passed' WHERE id = ?", passed.id)
    (caller,) = await inbox.waiting(database, NOW)
    assert (caller.last_id, caller.count, [one.id for one in caller.turned]) == (failed.id, 1, [failed.id])
    change(database.path, "UPDATE calls SET screened = 'passed' WHERE id = ?", failed.id)
    assert await inbox.waiting(database, NOW) == []


async def test_a_caller_comes_with_the_messages_and_with_what_the_block_of_numbers_did(
    database: Database, make: Maker
) -> None:
    left = turned_away(database.path, make, action=Action.VOICEMAIL)
    change(database.path, "UPDATE calls SET voicemail_file = '/x', voicemail_seconds = 12 WHERE id = ?", left.id)
    turned_away(database.path, make, key="+8613800138999", action=Action.ALLOW)
    turned_away(database.path, make, key="+8613800139000")
    await reports.put(database, [Report(key, START, "li") for key in ("+8613800138777", "+8613800139777")])
    caller = await inbox.find(database, KEY, NOW)
    assert caller is not None
    assert caller.turned[0].message == timedelta(seconds=12)
    assert caller.block == inbox.Block("+8613800138", 2, 2, 1)


async def test_reported_callers_who_call_again_are_apart(database: Database, make: Maker) -> None:
    turned_away(database.path, make)
    await reviewed(database, Deed.RIGHT)
    assert not await inbox.any_again(database)
    turned_away(database.path, make)
    assert await inbox.waiting(database, NOW) == []
    assert await inbox.any_again(database)
    assert [one.key for one in await inbox.waiting(database, NOW, again=True)] == [KEY]


async def test_who_is_let_through_again_keeps_label_and_note(database: Database, make: Maker) -> None:
    over = allowing(label="Wang", note="brings the noodles", expires_at=START)
    await numbers.put(database, [over], START)
    turned_away(database.path, make)
    review = await reviewed(database, Deed.ALLOW, allowing())
    assert review.label == "Wang"
    row = await numbers.find(database, KEY, is_prefix=False)
    assert row
    assert row.entry == replace(over, expires_at=None)
    await reviews.undo(database, NOW, review.id)
    row = await numbers.find(database, KEY, is_prefix=False)
    assert row
    assert row.entry == over


async def test_what_was_said_of_a_blocked_caller_goes_with_the_block(database: Database, make: Maker) -> None:
    await numbers.put(database, [allowing(action=Action.REJECT, note="salesman")], START)
    turned_away(database.path, make)
    await reviewed(database, Deed.ALLOW, allowing())
    row = await numbers.find(database, KEY, is_prefix=False)
    assert row
    assert row.entry == allowing()


async def test_a_reviewed_caller_is_gone_until_the_next_call(database: Database, make: Maker) -> None:
    turned_away(database.path, make)
    await reviewed(database, Deed.SEEN)
    assert await inbox.waiting(database, NOW) == []
    turned_away(database.path, make)
    assert [(one.key, one.count) for one in await inbox.waiting(database, NOW)] == [(KEY, 1)]


async def test_a_call_that_nobody_has_seen_stays_in_the_inbox(database: Database, make: Maker) -> None:
    seen = turned_away(database.path, make)
    unseen = turned_away(database.path, make)
    done = await reviews.review(database, NOW, "li", Wish(KEY, seen.id, Deed.SEEN))
    assert [(one.last_id, one.count) for one in await inbox.waiting(database, NOW)] == [(unseen.id, 1)]
    await reviews.undo(database, NOW, done.id)
    assert [(one.last_id, one.count) for one in await inbox.waiting(database, NOW)] == [(unseen.id, 2)]


async def test_who_is_let_through_is_so_at_the_next_look_up_and_no_longer_reported(
    database: Database, make: Maker
) -> None:
    turned_away(database.path, make)
    await reports.put(database, [Report(KEY, START, "wang")])
    await reviewed(database, Deed.ALLOW, allowing())
    lookup = Lookup(database.path)
    assert lookup.facts_for(KEY, NOW).own == (allowing(),)
    lookup.close()
    assert await reports.find(database, KEY) is None


async def test_undoing_puts_back_number_report_and_inbox_as_they_were(database: Database, make: Maker) -> None:
    blocked = OwnEntry(KEY, is_prefix=False, action=Action.REJECT, note="rude", author="wang")
    scoped = allowing(did="600", author="wang")
    await numbers.put(database, [blocked, scoped], START)
    report = Report(KEY, START, "wang", "rude")
    await reports.put(database, [report])
    turned_away(database.path, make)
    before = await inbox.waiting(database, NOW, again=True)
    done = await reviewed(database, Deed.LABEL, allowing(label="Bank"))
    assert (done.entry, done.label, done.rule) == (KEY, "Bank", "strangers")
    await reviews.undo(database, NOW, done.id)
    assert [row.entry async for row in numbers.every(database)] == [blocked, scoped]
    assert await reports.find(database, KEY) == report
    assert await inbox.waiting(database, NOW, again=True) == before


async def test_undoing_a_report_gives_trust_back(database: Database, make: Maker) -> None:
    turned_away(database.path, make)
    until = to_microseconds(NOW + timedelta(days=9))
    change(database.path, "INSERT INTO bonds VALUES (?, 'talked', 0, 0, ?)", KEY, until)
    done = await reviewed(database, Deed.RIGHT)
    assert await bonds.in_force(database, NOW) == []
    await reviews.undo(database, NOW, done.id)
    assert [row.bond for row in await bonds.in_force(database, NOW)] == [Bond.TALKED]
    assert await reports.find(database, KEY) is None


async def test_a_blocked_block_of_numbers_is_forgotten_again(database: Database, make: Maker) -> None:
    turned_away(database.path, make)
    done = await reviewed(database, Deed.BLOCK, OwnEntry("+8613800138", is_prefix=True, action=Action.REJECT))
    assert await numbers.find(database, "+8613800138", is_prefix=True) is not None
    await reviews.undo(database, NOW, done.id)
    assert await numbers.find(database, "+8613800138", is_prefix=True) is None


async def test_what_somebody_has_changed_since_is_not_undone(database: Database, make: Maker) -> None:
    turned_away(database.path, make)
    done = await reviewed(database, Deed.ALLOW, allowing())
    changed = allowing(label="Mother")
    await numbers.put(database, [changed], NOW + timedelta(minutes=1))
    with pytest.raises(ChangedError):
        await reviews.undo(database, NOW, done.id)
    assert [row.entry async for row in numbers.every(database)] == [changed]


async def edited(database: Database, **changes: Any) -> None:
    """An admin's change under Numbers, which leaves alone when the entry was put in."""
    async with database.begin() as connection:
        await numbers.edit(connection, await numbers.found(connection, {(KEY, False)}), **changes)


async def test_undoing_a_look_brings_the_caller_back_and_keeps_a_block_made_since(
    database: Database, make: Maker
) -> None:
    turned_away(database.path, make)
    before = await inbox.waiting(database, NOW)
    done = await reviewed(database, Deed.SEEN)
    blocked = OwnEntry(KEY, is_prefix=False, action=Action.REJECT, author="wang")
    await numbers.put(database, [blocked], NOW + timedelta(minutes=1))
    await reviews.undo(database, NOW, done.id)
    assert [row.entry async for row in numbers.every(database)] == [blocked]
    assert await reports.find(database, KEY) == Report(KEY, NOW + timedelta(minutes=1), "wang")
    (back,) = await inbox.waiting(database, NOW, again=True)
    assert (back.last_id, back.count) == (before[0].last_id, before[0].count)


async def test_undoing_does_not_forget_what_an_admin_made_of_a_clerks_day(database: Database, make: Maker) -> None:
    turned_away(database.path, make)
    done = await reviewed(database, Deed.DAY, allowing(expires_at=NOW + timedelta(days=1)))
    await edited(database, label="Mother", expires_at=None)
    with pytest.raises(ChangedError):
        await reviews.undo(database, NOW, done.id)
    assert [row.entry async for row in numbers.every(database)] == [allowing(label="Mother")]
    assert await inbox.waiting(database, NOW) == []


async def test_undoing_a_report_does_not_forget_a_block_from_a_file(database: Database, make: Maker) -> None:
    turned_away(database.path, make)
    done = await reviewed(database, Deed.RIGHT)
    # A list of others reports nobody.
    change(database.path, "INSERT INTO numbers (key, is_prefix, action, added_at) VALUES (?, 0, 'reject', 5)", KEY)
    with pytest.raises(ChangedError):
        await reviews.undo(database, NOW, done.id)
    assert [row.entry.action async for row in numbers.every(database)] == [Action.REJECT]
    assert await reports.find(database, KEY) == Report(KEY, NOW, "li")


async def test_undoing_a_blocked_block_of_numbers_keeps_a_report_of_the_caller_made_since(
    database: Database, make: Maker
) -> None:
    turned_away(database.path, make)
    done = await reviewed(database, Deed.BLOCK, OwnEntry("+8613800138", is_prefix=True, action=Action.REJECT))
    await reports.put(database, [Report(KEY, NOW, "wang")])
    await reviews.undo(database, NOW, done.id)
    assert await numbers.find(database, "+8613800138", is_prefix=True) is None
    assert await reports.find(database, KEY) == Report(KEY, NOW, "wang")


async def test_undoing_gives_no_trust_back_that_somebody_else_took(database: Database, make: Maker) -> None:
    turned_away(database.path, make)
    until = to_microseconds(NOW + timedelta(days=9))
    change(database.path, "INSERT INTO bonds VALUES (?, 'talked', 0, 0, ?)", KEY, until)
    done = await reviewed(database, Deed.ALLOW, allowing())
    await bonds.revoke(database, [KEY])
    await reviews.undo(database, NOW, done.id)
    assert await bonds.in_force(database, NOW) == []
    assert [row async for row in numbers.every(database)] == []


@pytest.mark.parametrize("deed", [Deed.SEEN, Deed.RIGHT, Deed.ALLOW, Deed.BLOCK])
async def test_a_review_that_an_older_callfilter_kept_is_undone_too(
    database: Database, make: Maker, deed: Deed
) -> None:
    turned_away(database.path, make)
    before = await inbox.waiting(database, NOW)
    block = OwnEntry("+8613800138", is_prefix=True, action=Action.REJECT)
    done = await reviewed(database, deed, {Deed.ALLOW: allowing(), Deed.BLOCK: block}.get(deed))
    change(database.path, "UPDATE reviews SET before = json_remove(before, '$.after')")
    await reviews.undo(database, NOW, done.id)
    assert [row async for row in numbers.every(database)] == []
    assert await reports.find(database, KEY) is None
    assert await inbox.waiting(database, NOW) == before


@pytest.mark.parametrize("deed", [Deed.RIGHT, Deed.ALLOW])
async def test_what_was_changed_since_an_older_callfilter_kept_a_review_is_not_undone(
    database: Database, make: Maker, deed: Deed
) -> None:
    turned_away(database.path, make)
    done = await reviewed(database, deed, allowing() if deed is Deed.ALLOW else None)
    change(database.path, "UPDATE reviews SET before = json_remove(before, '$.after')")
    blocked = OwnEntry(KEY, is_prefix=False, action=Action.REJECT)
    await numbers.put(database, [blocked], NOW + timedelta(minutes=1))
    with pytest.raises(ChangedError):
        await reviews.undo(database, NOW, done.id)
    assert [row.entry async for row in numbers.every(database)] == [blocked]


async def test_nobody_writes_between_the_look_at_the_inbox_and_the_review_or_its_undoing(
    database: Database, make: Maker
) -> None:
    turned_away(database.path, make)
    with intruder(database) as gaps:
        done = await reviewed(database, Deed.ALLOW, allowing())
        await reviews.undo(database, NOW, done.id)
    assert gaps == []


async def test_nothing_is_done_or_undone_twice(database: Database, make: Maker) -> None:
    last = turned_away(database.path, make)
    done = await reviewed(database, Deed.RIGHT)
    with pytest.raises(GoneError):
        await reviews.review(database, NOW, "li", Wish(KEY, last.id, Deed.ALLOW, allowing()))
    await reviews.undo(database, NOW, done.id)
    for review_id in (done.id, done.id + 1):
        with pytest.raises(GoneError):
            await reviews.undo(database, NOW, review_id)
    assert [row async for row in numbers.every(database)] == []


async def test_only_the_latest_review_of_a_caller_is_undone(database: Database, make: Maker) -> None:
    turned_away(database.path, make)
    first = await reviewed(database, Deed.RIGHT)
    turned_away(database.path, make)
    second = await reviewed(database, Deed.ALLOW, allowing(), at=NOW + timedelta(minutes=1))
    with pytest.raises(ChangedError):
        await reviews.undo(database, NOW, first.id)
    await reviews.undo(database, NOW, second.id)
    await reviews.undo(database, NOW, first.id)
    assert await reports.find(database, KEY) is None


async def test_a_day_does_not_end_what_an_admin_blocked_for_good(database: Database, make: Maker) -> None:
    blocked = OwnEntry(KEY, is_prefix=False, action=Action.REJECT)
    await numbers.put(database, [blocked], START)
    turned_away(database.path, make, reason=Reason.BLOCKED, rule=KEY)
    caller = await inbox.find(database, KEY, NOW)
    assert caller is not None
    day = allowing(expires_at=NOW + timedelta(days=1))
    with pytest.raises(OwnEntryError):
        await reviews.review(database, NOW, "li", Wish(KEY, caller.last_id, Deed.DAY, day))
    assert [row.entry async for row in numbers.every(database)] == [blocked]
    assert await inbox.find(database, KEY, NOW) == caller


async def test_releases_are_counted_by_the_rule_that_turned_callers_away(database: Database, make: Maker) -> None:
    for place, (deed, rule) in enumerate(
        [(Deed.ALLOW, "strangers"), (Deed.DAY, "strangers"), (Deed.RIGHT, "strangers"), (Deed.DID, "nights")]
    ):
        key = f"+861390013900{place}"
        last = turned_away(database.path, make, key=key, rule=rule)
        entry = None if deed is Deed.RIGHT else allowing(key=key)
        await reviews.review(database, NOW, "li", Wish(key, last.id, deed, entry))
    assert await reviews.releases_by_rule(database) == {"strangers": 2, "nights": 1}
    newest, *_ = await reviews.since(database, NOW)
    await reviews.undo(database, NOW, newest.id)
    assert await reviews.releases_by_rule(database) == {"strangers": 2}
    assert len(await reviews.since(database, NOW)) == 3
    assert await reviews.since(database, NOW + timedelta(minutes=1)) == []


async def test_a_caller_who_is_let_through_day_after_day_is_one_caller(database: Database, make: Maker) -> None:
    for days in range(5):
        turned_away(database.path, make)
        at = NOW + timedelta(days=days)
        await reviewed(database, Deed.DAY, allowing(expires_at=at + timedelta(days=1)), at=at)
    assert await reviews.releases_by_rule(database) == {"strangers": 1}


async def test_allowed_and_known_numbers_of_a_block_are_found(database: Database) -> None:
    inside, outside, over = "+8613800138001", "+8613800139001", "+8613800138002"
    await numbers.put(database, [allowing(key=inside), allowing(key=outside)], START)
    await numbers.put(database, [allowing(key=over, expires_at=NOW)], START)
    known = to_microseconds(NOW + timedelta(days=1))
    change(database.path, "INSERT INTO bonds VALUES ('+8613800138003', 'talked', 0, 0, ?)", known)
    assert await inbox.allowed_within(database, "+8613800138", NOW) == [inside, "+8613800138003"]


async def test_an_old_log_is_put_up_for_review_by_the_migration(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    made_at("0003", path)
    make = Maker()
    old = make(at=START - timedelta(days=8), action=Action.REJECT)
    new = [make(action=Action.SCREEN), make(action=Action.REJECT), make(key="+8613900139000", action=Action.ALLOW)]
    for record in (old, *new):
        row = record.to_row()
        change(path, f"INSERT INTO calls ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", *row.values())
    change(path, "UPDATE calls SET screened = 'passed' WHERE id = ?", new[0].id)
    change(path, "INSERT INTO numbers (key, is_prefix, action, added_at) VALUES (?, 0, 'allow', 5)", KEY)
    async with await open_database(path) as database:
        (caller,) = await inbox.waiting(database, NOW)
        assert (caller.key, caller.count, caller.last_id) == (KEY, 1, new[1].id)
        assert [row.entry async for row in numbers.every(database)] == [allowing(author="")]

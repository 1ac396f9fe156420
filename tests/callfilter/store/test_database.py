import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from callfilter.store import calls, numbers, policies
from callfilter.store.database import Database, open_database, path_of
from callfilter.store.file import SCHEMA_VERSION, StoreError
from callfilter.store.items import STATEMENTS
from callfilter.store.outcome import Outcome
from callfilter.store.record import CallRecord
from callfilter.store.tables import calls as calls_table
from callfilter.store.tables import metadata
from filters.facts import OwnEntry
from filters.verdict import Action
from tests.callfilter.store.records import RECORD, START
from tests.callfilter.store.trouble import MIGRATIONS, NOBODY, bound_in, file_size_limit, locked, made_at, may_write


def older(path: Path, *more: str) -> None:
    """A database from before the first version, with something in it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.execute("CREATE TABLE keepsake (words TEXT)")
        connection.execute("INSERT INTO keepsake VALUES ('still here')")
        for statement in more:
            connection.execute(statement)
        connection.commit()


def tables_of(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def backups_of(path: Path) -> list[Path]:
    return list(path.parent.glob(f"{path.name}.before-*.bak"))


async def test_a_missing_database_is_made_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "var" / "lib" / "callfilter.db"
    async with await open_database(path) as opened:
        async with opened.begin() as connection:
            assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar() == "wal"
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert tables_of(path) == {"alembic_version", *metadata.tables}
    assert backups_of(path) == []


async def test_the_migrations_make_exactly_the_tables_that_queries_are_written_against(database: Database) -> None:
    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    def definitions(connection: sqlite3.Connection) -> set[str]:
        return {
            " ".join(sql.split())
            for (sql,) in connection.execute("SELECT sql FROM sqlite_schema WHERE sql NOT NULL")
            if "alembic" not in sql
        }

    async with database.begin() as connection:
        assert await connection.run_sync(differences) == []
    # Alembic compares no partial indexes and no WITHOUT ROWID; SQLite's own text of the schema has it all.
    engine = create_engine("sqlite://")
    with engine.begin() as fresh:
        metadata.create_all(fresh)
        driver = fresh.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        expected = definitions(driver)
    engine.dispose()
    with closing(sqlite3.connect(database.path)) as migrated:
        assert definitions(migrated) == expected


def test_the_version_that_readers_want_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [SCHEMA_VERSION]


def test_the_insert_names_every_column_that_a_verdict_fills() -> None:
    columns = list(RECORD.to_row())
    outcome = {field.name for field in fields(Outcome)}
    assert columns == [column.name for column in calls_table.columns if column.name not in outcome]
    assert all(f":{column}" in STATEMENTS[CallRecord] for column in columns)


async def test_opening_again_changes_nothing(database: Database) -> None:
    before = database.path.stat()
    async with await open_database(f"sqlite:///{database.path}") as again:
        assert again.path == database.path
    assert database.path.stat() == before


async def test_an_older_database_is_backed_up_before_it_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "callfilter.db"
    older(path)
    await (await open_database(path)).close()
    assert tables_of(path) == {"alembic_version", "keepsake", *metadata.tables}
    [backup] = backups_of(path)
    assert backup.name.startswith(f"callfilter.db.before-{SCHEMA_VERSION}-")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert tables_of(backup) == {"alembic_version", "keepsake"}


async def test_calls_of_the_first_version_stay_and_have_no_policy_version(tmp_path: Path) -> None:
    path = tmp_path / "callfilter.db"
    made_at("0001", path)
    later = {"policy_version", "attestation"}
    row = {column: value for column, value in RECORD.to_row().items() if column not in later}
    statement = f"INSERT INTO calls ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement, row)
        connection.commit()
    async with await open_database(path) as opened:
        [found] = await calls.search(opened, calls.CallQuery())
        assert found.record == replace(RECORD, attestation=None)
        assert await policies.every(opened) == []
    assert len(backups_of(path)) == 1


async def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "callfilter.db"
    older(path, "CREATE TABLE calls (in_the_way)")
    with pytest.raises(StoreError, match=r"could not be migrated.*as it was.*its copy is .*\.bak"):
        await open_database(path)
    assert tables_of(path) == {"alembic_version", "keepsake", "calls"}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == []
    assert len(backups_of(path)) == 1


async def test_backups_of_starts_that_were_cut_off_are_removed_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "callfilter[1].db"
    older(path)
    cut_off = tmp_path / f"{path.name}.before-{SCHEMA_VERSION}-20260101T000000.000000Z.bak.part"
    journal = cut_off.with_name(f"{cut_off.name}-journal")
    others = {tmp_path / f"{path.name}.before-{SCHEMA_VERSION}-x.bak", tmp_path / "callfilter1.db.before-x.bak.part"}
    for file in (cut_off, journal, *others):
        file.write_bytes(b"half")
    await (await open_database(path)).close()
    assert not cut_off.exists()
    assert not journal.exists()
    assert {file.read_bytes() for file in others} == {b"half"}
    [backup] = set(tmp_path.glob("*.bak")) - others
    assert tables_of(backup) == {"alembic_version", "keepsake"}


async def test_no_room_for_the_backup_means_no_migration(tmp_path: Path) -> None:
    path = tmp_path / "callfilter.db"
    older(path, "CREATE TABLE ballast AS SELECT zeroblob(300000)")
    with file_size_limit(100_000), pytest.raises(StoreError, match="no backup could be made"):
        await open_database(path)
    assert "calls" not in tables_of(path)
    assert backups_of(path) == []


async def test_a_database_from_the_future_is_refused(database: Database) -> None:
    with closing(sqlite3.connect(database.path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
        connection.commit()
    for read_only in (False, True):
        with pytest.raises(StoreError, match=r"written by a newer callfilter \(schema 0999.*upgrade callfilter"):
            await open_database(database.path, read_only=read_only)


async def test_some_other_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "astdb.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE astdb (key, value)")
    with pytest.raises(StoreError, match="some other program's database"):
        await open_database(path)
    assert tables_of(path) == {"astdb"}


@pytest.mark.parametrize("content", [b"This is no database at all. " * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
async def test_a_damaged_database_is_refused_and_the_remedy_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "callfilter.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged.*move it away.*callfilter\.db\.before-\*\.bak"):
        await open_database(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("where", ["postgresql://pbx/callfilter", ":memory:", "", "sqlite://"])
def test_what_is_no_file_is_refused(where: str) -> None:
    with pytest.raises(StoreError, match="no database that callfilter can use"):
        path_of(where)


@pytest.mark.parametrize("where", ["/var/lib/cf.db", "sqlite:////var/lib/cf.db", "sqlite+aiosqlite:////var/lib/cf.db"])
def test_a_path_and_its_urls_mean_the_same_file(where: str) -> None:
    assert path_of(where) == Path("/var/lib/cf.db")


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file/callfilter\.db can't be made \(.*set `database`"):
        await open_database(tmp_path / "file" / "callfilter.db")


async def test_a_folder_that_may_not_be_written_is_told() -> None:
    with bound_in(0o500) as folder, pytest.raises(StoreError, match=r"can't be written by user \w+; give that user"):
        await open_database(folder / "callfilter.db")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
async def test_what_root_makes_belongs_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, NOBODY, NOBODY)
    path = tmp_path / "callfilter.db"
    async with await open_database(path) as opened, opened.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM calls")
        assert {file.stat().st_uid for file in tmp_path.iterdir()} == {NOBODY}


async def test_a_file_that_may_not_be_written_is_told_but_may_be_looked_at() -> None:
    with bound_in(0o700) as folder:
        path = folder / "callfilter.db"
        await (await open_database(path)).close()
        path.chmod(0o400)
        with pytest.raises(StoreError, match="can't be written by user"):
            await open_database(path)
        async with await open_database(path, read_only=True) as opened:
            assert await calls.search(opened, calls.CallQuery()) == []


async def test_read_only_means_that_nothing_is_made_or_written(tmp_path: Path, database: Database) -> None:
    with pytest.raises(StoreError, match="doesn't exist"):
        await open_database(tmp_path / "other.db", read_only=True)
    assert not (tmp_path / "other.db").exists()
    async with await open_database(database.path, read_only=True) as opened:
        with pytest.raises(StoreError, match="can't be written"):
            await numbers.put(opened, [OwnEntry("+86138", is_prefix=True, action=Action.REJECT)], START)


async def test_a_locked_database_is_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callfilter.store.database.BUSY_TIMEOUT", 0)
    with locked(database.path):
        with pytest.raises(StoreError, match="locked by another program"):
            await calls.search(database, calls.CallQuery())
        with pytest.raises(StoreError, match="locked by another program"):
            await open_database(database.path)


async def test_who_only_reads_keeps_nobody_from_writing(database: Database) -> None:
    async with database.begin() as connection:
        await connection.exec_driver_sql("SELECT 1 FROM calls")
        assert may_write(database.path)


async def test_who_reads_in_order_to_write_is_alone_until_it_is_written(database: Database) -> None:
    entry = OwnEntry("+86138", is_prefix=True, action=Action.REJECT)
    async with database.begin(alone=True) as connection:
        assert not may_write(database.path)
        async with database.begin() as reader:
            await reader.exec_driver_sql("SELECT 1 FROM calls")
        await numbers.put_in(connection, entry, START)
    assert may_write(database.path)
    with pytest.raises(StoreError, match="no such table"):  # noqa: PT012 - what came before it is undone
        async with database.begin(alone=True) as connection:
            await numbers.remove_in(connection, entry)
            await connection.exec_driver_sql("SELECT 1 FROM missing")
    assert may_write(database.path)
    assert [row.entry async for row in numbers.every(database)] == [entry]


async def test_closing_ends_every_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    opened = await open_database(tmp_path / "callfilter.db")
    async with opened.begin() as one, opened.begin() as other:
        await one.exec_driver_sql("SELECT 1")
        await other.exec_driver_sql("SELECT 1")
        workers = [thread for thread in threading.enumerate() if "connection_worker" in thread.name]
        assert len(workers) == 2
    await opened.close()
    for thread in set(threading.enumerate()) - before:
        if thread in workers:
            thread.join(5)
    assert not any(thread.is_alive() for thread in workers)


def test_opening_a_finished_database_imports_neither_alembic_nor_sqlalchemy(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from callfilter.store.database import open_database\n"
        "async def main():\n"
        "    await (await open_database(sys.argv[1])).close()\n"
        "asyncio.run(main())\n"
        "print('alembic' in sys.modules, 'sqlalchemy' in sys.modules)"
    )
    for expected in ("True True", "False False"):
        shown = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "callfilter.db")],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        assert shown.stdout.strip() == expected

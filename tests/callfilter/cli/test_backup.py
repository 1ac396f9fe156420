import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from callfilter.overlay import overlay_path
from tests.callfilter.cli.shop import Shop
from tests.callfilter.store.trouble import file_size_limit


def test_the_copy_has_all_that_was_there_while_somebody_writes(shop: Shop, tmp_path: Path) -> None:
    shop("block", "13800138000")
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(shop.database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM numbers")
        result = shop("backup", str(copy))
        writer.execute("ROLLBACK")
    assert (result.code, result.err) == (0, "")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT key FROM numbers").fetchall() == [("+8613800138000",)]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_copy_can_take_the_place_of_the_database(shop: Shop, tmp_path: Path) -> None:
    shop("block", "13800138000")
    copy = tmp_path / "copy.db"
    shop("backup", str(copy))
    shop("forget", "13800138000")
    for ending in ("", "-wal", "-shm"):
        shop.database.with_name(shop.database.name + ending).unlink(missing_ok=True)
    copy.rename(shop.database)
    assert shop("check", "13800138000").code == 1


def test_the_settings_of_the_page_are_copied_beside_it(shop: Shop, tmp_path: Path) -> None:
    shop("block", "13800138000")
    overlay_path(shop.database).write_text('area = "021"\n', encoding="utf-8")
    result = shop("backup", str(tmp_path / "copy.db"))
    assert result.code == 0
    assert (tmp_path / "copy.settings.toml").read_text(encoding="utf-8") == 'area = "021"\n'
    assert stat.S_IMODE((tmp_path / "copy.settings.toml").stat().st_mode) == 0o600


def test_a_file_that_is_there_stays_as_it_is(shop: Shop, tmp_path: Path) -> None:
    shop("block", "13800138000")
    copy = tmp_path / "copy.db"
    copy.write_text("precious", encoding="utf-8")
    result = shop("backup", str(copy))
    assert result.code == 2
    assert result.is_one_sentence()
    assert copy.read_text(encoding="utf-8") == "precious"


def test_without_a_database_or_a_folder_it_says_so(shop: Shop, tmp_path: Path) -> None:
    for at, file in enumerate((tmp_path / "copy.db", tmp_path / "nowhere" / "copy.db")):
        result = shop("backup", str(file))
        assert result.code == 2
        assert result.is_one_sentence()
        assert not file.exists()
        if at == 0:
            shop("block", "13800138000")


@pytest.mark.parametrize("name", [".", "/"])
def test_what_is_no_name_of_a_file_is_one_sentence(shop: Shop, name: str) -> None:
    shop("block", "13800138000")
    result = shop("backup", name)
    assert (result.code, result.is_one_sentence()) == (2, True)


def test_a_full_disk_is_that_of_the_copy_and_not_that_of_the_database(shop: Shop, tmp_path: Path) -> None:
    shop("block", "13800138000")
    copy = tmp_path / "copy.db"
    with file_size_limit(50_000):
        result = shop("backup", str(copy))
    assert (result.code, result.is_one_sentence()) == (2, True)
    assert str(copy) in result.err
    assert str(shop.database) not in result.err
    assert not copy.exists()


def test_where_the_settings_cannot_be_copied_nothing_is(shop: Shop, tmp_path: Path) -> None:
    shop("block", "13800138000")
    overlay_path(shop.database).write_text(f"# {'x' * 2_000_000}\n", encoding="utf-8")
    with file_size_limit(1_000_000):
        result = shop("backup", str(tmp_path / "copy.db"))
    assert (result.code, result.is_one_sentence()) == (2, True)
    assert "copy.settings.toml" in result.err
    assert list(tmp_path.glob("copy*")) == []

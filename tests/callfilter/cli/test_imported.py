import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.callfilter.cli.shop import Shop
from tests.callfilter.store.trouble import bound_in

TABLE = """\
姓名,电话
王小明,138 0013 8000
Li Na,+86 139-0013-9000
nobody,none
the police,110
again,013800138000
"""


def stored(shop: Shop) -> list[tuple[str, str, str, str]]:
    with closing(sqlite3.connect(shop.database)) as connection:
        return connection.execute("SELECT key, action, label, note FROM numbers ORDER BY key").fetchall()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_the_numbers_of_a_file_are_allowed_and_the_phone_shows_their_names(shop: Shop, table: Path) -> None:
    result = shop("import", str(table), "--action", "allow")
    assert (result.code, result.err) == (0, "")
    assert stored(shop) == [
        ("+8613800138000", "allow", "王小明", ""),
        ("+8613900139000", "allow", "Li Na", ""),
        ("CN:110", "allow", "the police", ""),
    ]
    assert result.out.splitlines() == [
        "Read 5 rows: 3 numbers, 1 repeated, 1 that always ring, 1 left out.",
        "  line 4: none: This is no number.",
        "Imported 3 numbers.",
    ]


def test_numbers_that_always_ring_are_not_blocked(shop: Shop, table: Path) -> None:
    result = shop("import", str(table), "--action", "reject", "--note", "salesmen", "--for", "7d")
    assert [(key, action) for key, action, _, _ in stored(shop)] == [
        ("+8613800138000", "reject"),
        ("+8613900139000", "reject"),
    ]
    assert result.out.endswith("Imported 2 numbers; 1 unchanged.\n")
    assert shop("check", "110").code == 0


def test_what_was_said_before_stays_unless_it_is_to_be_replaced(shop: Shop, table: Path) -> None:
    shop("block", "13800138000")
    shop("import", str(table), "--action", "allow")
    assert stored(shop)[0][1] == "reject"
    shop("import", str(table), "--action", "allow", "--replace")
    assert stored(shop)[0][1] == "allow"


def test_a_dry_run_shows_how_numbers_are_understood_and_changes_nothing(shop: Shop, table: Path) -> None:
    result = shop("import", str(table), "--action", "reject", "--dry-run")
    assert "  line 2: 138 0013 8000 is +8613800138000 (王小明)\n" in result.out
    assert result.out.endswith("Nothing was changed.\n")
    assert not shop.database.exists()


def test_columns_can_be_chosen(shop: Shop, tmp_path: Path) -> None:
    table = tmp_path / "two.csv"
    table.write_text("mine,theirs\n13800138000,13900139000\n", encoding="utf-8")
    result = shop("import", str(table), "--action", "reject", "--number-column", "2", "--headings")
    assert result.code == 0
    assert [key for key, *_ in stored(shop)] == ["+8613900139000"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "There is nothing in this file."),
        (b"\xd0\xcf\x11\xe0 old", "save it as XLSX or CSV"),
        (b"PK\x03\x04 broken", "This spreadsheet is broken"),
        ("\ufeff13800138000\n".encode("utf-16-le") + b"1", "This is no file that can be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(shop: Shop, tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    result = shop("import", str(file), "--action", "allow")
    assert result.code == 2
    assert result.is_one_sentence()
    assert sentence in result.err


def test_a_file_without_numbers_is_no(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "names.csv"
    file.write_text("a,b\nc,d\n", encoding="utf-8")
    result = shop("import", str(file), "--action", "allow")
    assert result.code == 1
    assert "choose the column with --number-column" in result.err


def test_a_missing_file_and_an_unknown_action_are_sentences(shop: Shop, table: Path) -> None:
    for arguments in (("nowhere.csv", "--action", "allow"), (str(table), "--action", "shout")):
        result = shop("import", *arguments)
        assert result.code == 2
        assert result.is_one_sentence()


@pytest.mark.parametrize("mode", [0o000, 0o700])
def test_a_file_or_folder_that_is_closed_is_one_sentence(shop: Shop, mode: int) -> None:
    with bound_in(mode) as folder:
        if mode:
            (folder / "customers.csv").touch(0o000)
        result = shop("import", str(folder / "customers.csv"), "--action", "allow")
    assert result.code == 2
    assert result.is_one_sentence()
    assert "customers.csv can't be read (Permission denied)" in result.err


@pytest.mark.parametrize("option", [("--for", "999999w"), ("--label", "a,b")])
def test_an_end_beyond_the_calendar_and_an_unsafe_label_are_sentences(
    shop: Shop, table: Path, option: tuple[str, str]
) -> None:
    result = shop("import", str(table), "--action", "allow", *option)
    assert (result.code, result.is_one_sentence()) == (2, True)
    assert not shop.database.exists()


def test_who_imported_what_is_noted(shop: Shop, table: Path) -> None:
    shop("import", str(table), "--action", "allow")
    with closing(sqlite3.connect(shop.database)) as connection:
        ((deed, detail),) = connection.execute("SELECT deed, detail FROM audit").fetchall()
    assert deed == "imported"
    assert '"file":"customers.csv"' in detail
    assert '"count":3' in detail

"""`callfilter user`: who may open the page."""

import os
import pty
import sqlite3
import sys
from contextlib import closing, suppress
from typing import Any

import pytest
from pwdlib import PasswordHash

from tests.callfilter.cli.shop import Shop

PASSWORD = "correct horse battery"
STDIN = PASSWORD.encode() + b"\n"


@pytest.fixture
def staffed(shop: Shop) -> Shop:
    """A shop with an admin."""
    assert shop("user", "add", "wang", "--role", "admin", stdin=STDIN).code == 0
    return shop


def rows(shop: Shop, table: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]


def fits(shop: Shop, name: str, password: str) -> bool:
    (stored,) = (row["password"] for row in rows(shop, "users") if row["name"] == name)
    return PasswordHash.recommended().verify(password, stored)


def test_a_user_is_added_with_the_password_from_stdin(shop: Shop) -> None:
    result = shop("user", "add", "小李", "--role", "clerk", stdin=STDIN)
    assert (result.code, result.out, result.err) == (0, "Added: 小李, clerk.\n", "")
    assert fits(shop, "小李", PASSWORD)
    (listed,) = shop("user", "list", "--json").json
    assert (listed["name"], listed["role"]) == ("小李", "clerk")
    assert "小李" in shop("user", "list").out


def test_where_there_is_nobody_the_list_says_what_to_do(shop: Shop) -> None:
    assert "user add" in shop("user", "list").out
    assert shop("user", "list", "--json").json == []


def on_a_terminal(shop: Shop, *arguments: str, typed: tuple[str, ...]) -> tuple[int, str]:
    """Exit status and what the terminal shows of a command that is typed to."""
    command = [sys.executable, "-m", "callfilter.cli.main", "--config", str(shop.config), *arguments]
    process, terminal = pty.fork()
    if process == 0:
        os.execv(command[0], command)
    shown = ""
    with os.fdopen(terminal, "r+b", buffering=0) as opened, suppress(OSError):
        for line in typed:
            while not shown.endswith(": "):
                shown += opened.read(1).decode()
            opened.write(line.encode() + b"\n")
            shown += "\n"
        while piece := opened.read(1000):
            shown += piece.decode()
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown


@pytest.mark.parametrize(("again", "code"), [(PASSWORD, 0), ("another password", 2)])
def test_on_a_terminal_the_password_is_typed_twice_and_not_seen(shop: Shop, again: str, code: int) -> None:
    status, shown = on_a_terminal(shop, "user", "add", "wang", "--role", "admin", typed=(PASSWORD, again))
    assert status == code, shown
    assert "New password for wang: " in shown
    assert PASSWORD not in shown
    assert len(shop("user", "list", "--json").json) == (code == 0)


@pytest.mark.parametrize(
    ("arguments", "stdin", "names"),
    [
        (["add", "wang", "--role", "boss"], STDIN, "--role is 'boss'"),
        (["add", " ", "--role", "admin"], STDIN, "1 to 60 characters"),
        (["add", "a\x1b[2Jb", "--role", "admin"], STDIN, "1 to 60 characters"),
        (["add", "w" * 61, "--role", "admin"], STDIN, "1 to 60 characters"),
        (["add", "wang", "--role", "admin"], b"short\n", "at least 10"),
        (["add", "wang", "--role", "admin"], b"x" * 201 + b"\n", "at most 200"),
        (["add", "wang", "--role", "admin"], b"", "no password on stdin"),
        (["add", "wang", "--role", "admin"], None, "that is closed"),
        (["add", "wang", "--role", "admin"], b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe\n", "not UTF-8"),
        (["add", "wang"], STDIN, "--role"),
    ],
)
def test_wrong_input_adds_nobody(shop: Shop, arguments: list[str], stdin: bytes | None, names: str) -> None:
    result = shop("user", *arguments, stdin=stdin)
    assert result.code == 2
    assert result.is_one_sentence()
    assert names in result.err
    assert shop("user", "list", "--json").json == []


def test_a_name_is_taken_once_in_whatever_capitals(staffed: Shop) -> None:
    result = staffed("user", "add", "WANG", "--role", "viewer", stdin=STDIN)
    assert (result.code, result.is_one_sentence()) == (2, True)
    assert len(staffed("user", "list", "--json").json) == 1


def test_a_new_password_ends_the_sessions(staffed: Shop) -> None:
    begin_session(staffed)
    result = staffed("user", "password", "Wang", stdin=b"another password\r\n")
    assert (result.code, result.err) == (0, "")
    assert fits(staffed, "wang", "another password")
    assert not fits(staffed, "wang", PASSWORD)
    assert not rows(staffed, "sessions")


def test_a_new_role_ends_the_sessions(staffed: Shop) -> None:
    staffed("user", "add", "li", "--role", "viewer", stdin=STDIN)
    begin_session(staffed, user=2)
    assert staffed("user", "role", "li", "viewer").out == "Nothing changes: li is viewer already.\n"
    assert rows(staffed, "sessions")
    assert staffed("user", "role", "li", "clerk").out == "li is clerk now; it was viewer before.\n"
    assert not rows(staffed, "sessions")


@pytest.mark.parametrize("arguments", [["remove", "wang"], ["role", "wang", "clerk"]])
def test_the_last_admin_stays(staffed: Shop, arguments: list[str]) -> None:
    result = staffed("user", *arguments)
    assert (result.code, result.is_one_sentence()) == (2, True)
    assert staffed("user", "list", "--json").json[0]["role"] == "admin"


def test_a_removed_user_is_gone_with_the_sessions(staffed: Shop) -> None:
    staffed("user", "add", "li", "--role", "clerk", stdin=STDIN)
    begin_session(staffed, user=2)
    assert staffed("user", "remove", "li").out == "Removed: li.\n"
    assert [one["name"] for one in staffed("user", "list", "--json").json] == ["wang"]
    assert not rows(staffed, "sessions")


def add_tokens(shop: Shop, author: str) -> None:
    """One of each role."""
    with closing(sqlite3.connect(shop.database)) as connection, connection:
        for role in ("viewer", "clerk", "admin"):
            values = (f"{author} {role}".encode(), role, role, author)
            connection.execute(
                "INSERT INTO tokens (digest, name, role, author, created_at) VALUES (?, ?, ?, ?, 0)", values
            )


def test_a_lower_role_and_a_removal_revoke_the_tokens_that_may_more(staffed: Shop) -> None:
    staffed("user", "add", "li", "--role", "admin", stdin=STDIN)
    for author in ("wang", "li"):
        add_tokens(staffed, author)
    said = staffed("user", "role", "li", "viewer").out
    assert said == "li is viewer now; it was admin before. Revoked with it: admin, clerk.\n"
    assert staffed("user", "remove", "li").out == "Removed: li. Revoked with it: viewer.\n"
    assert {row["author"] for row in rows(staffed, "tokens") if row["revoked_at"] is None} == {"wang"}


@pytest.mark.parametrize("arguments", [["remove", "zhao"], ["role", "zhao", "clerk"], ["password", "zhao"]])
def test_somebody_whom_nobody_knows_is_no(staffed: Shop, arguments: list[str]) -> None:
    result = staffed("user", *arguments, stdin=STDIN)
    assert (result.code, result.is_one_sentence()) == (1, True)


def test_every_deed_is_in_the_audit_and_no_password_is(staffed: Shop) -> None:
    staffed("user", "add", "li", "--role", "viewer", stdin=STDIN)
    staffed("user", "role", "li", "clerk")
    staffed("user", "password", "li", stdin=STDIN)
    staffed("user", "remove", "li")
    noted = rows(staffed, "audit")
    assert [row["deed"] for row in noted][1:] == ["user-added", "user-changed", "password-changed", "user-removed"]
    assert PASSWORD not in str(noted)


def begin_session(shop: Shop, user: int = 1) -> None:
    with closing(sqlite3.connect(shop.database)) as connection, connection:
        connection.execute("INSERT INTO sessions VALUES (x'00', ?, 'token', 0, 0)", (user,))

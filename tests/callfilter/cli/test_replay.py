import os
import pty
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callfilter.store.direct import record_now
from callfilter.store.record import CallRecord
from filters.verdict import Action, Reason
from tests.callfilter.cli.shop import Shop
from tests.callfilter.store.records import Maker

RULE = """\
[[rule]]
name = "no Shanghai"
when.region = "Shanghai"
action = "reject"
"""
SHANGHAI = {"caller": "02161234567", "key": "+862161234567", "classes": frozenset({"landline"})}
RANG = {"action": Action.ALLOW, "reason": Reason.DEFAULT, "rule": "", "signal": None}


@pytest.fixture
def past(shop: Shop) -> Shop:
    """Two calls of this week rang: one from Shanghai, and one mobile."""
    make = Maker()
    now = datetime.now(UTC)
    for hours, who in ((48, SHANGHAI), (24, {"caller": "13800138000"})):
        log(shop, make(at=now - timedelta(hours=hours), **RANG, **who))
    return shop


def log(shop: Shop, record: CallRecord) -> None:
    if not shop.database.exists():
        shop("block", "13900139000")
    record_now(shop.database, record)


def written(shop: Shop, text: str, name: str = "rule.toml") -> str:
    path = shop.config.with_name(name)
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_rule_that_would_change_something_is_told_in_words_and_by_the_exit_status(past: Shop) -> None:
    result = past("replay", "--rule", written(past, RULE))
    assert result.code == 1
    assert "1 would change, 1 of them newly rejected, 0 newly let through; 0 you would regret." in result.out
    assert "021-6123 4567" in result.out
    assert "reject 603: no Shanghai" in result.out
    assert "王小明" in result.out
    assert not result.err


def test_a_rule_that_meets_no_call_changes_nothing(past: Shop) -> None:
    result = past("replay", "--rule", written(past, RULE.replace("Shanghai", "Guangdong")))
    assert result.code == 0
    assert "Rule 'no Guangdong' meets none of these calls." in result.out
    assert result.out.endswith("compared with the policy in force: nothing would change.\n")


def test_without_a_draft_the_policy_in_force_is_compared_with_the_log(past: Shop) -> None:
    assert past("replay").code == 0
    past("policy", "apply", written(past, RULE))
    result = past("replay")
    assert result.code == 1
    assert "compared with what the log says: 1 would change" in result.out
    assert past("replay", "--policy", written(past, RULE)).code == 0, "it is in force"
    assert past("replay", "--policy", written(past, RULE), "--against", "log").code == 1


def test_rules_are_put_before_those_in_force_and_one_of_the_same_name_takes_its_place(past: Shop) -> None:
    past("policy", "apply", written(past, RULE + RULE.replace("no ", "yes ").replace("reject", "allow"), "policy.toml"))
    assert past("replay", "--rule", written(past, RULE.replace("reject", "screen"))).code == 1
    nothing = past("replay", "--rule", written(past, RULE.replace("no ", "yes ")))
    assert nothing.code == 0, "it stands behind the other one still"
    first = past("replay", "--rule", written(past, RULE.replace("no ", "new ").replace("reject", "screen")))
    assert first.code == 1
    assert "screen: new Shanghai" in first.out


def test_a_rule_may_ask_for_the_windows_in_force(past: Shop) -> None:
    asking = written(past, RULE + 'when.window = "always"\n')
    assert "is no window" in past("replay", "--rule", asking).err
    past("policy", "apply", written(past, '[windows.always]\ndays = "mon-sun"', "policy.toml"))
    assert past("replay", "--rule", asking).code == 1


def test_the_json_is_one_object(past: Shop) -> None:
    result = past("replay", "--rule", written(past, RULE), "--json")
    assert result.code == 1
    assert (result.json["calls"], result.json["changed"], result.json["regrets"]) == (2, 1, 0)
    assert [change["key"] for change in result.json["changes"]] == ["+862161234567"]


@pytest.mark.parametrize(
    ("since", "calls"),
    [("90d", 2), ("30h", 1), ("2w", 2), ("2020-01-01", 2), ("1970-01-01", 2), ("2093-01-01", 0), ("1h", 0)],
)
def test_since_takes_every_form_of_time(past: Shop, since: str, calls: int) -> None:
    result = past("replay", "--since", since, "--json")
    assert (result.code, result.json["calls"]) == (0, calls)


def test_a_log_without_such_calls_says_so(past: Shop) -> None:
    result = past("replay", "--since", "1h", "--rule", written(past, RULE))
    assert result.code == 0
    assert result.out.startswith("There are no calls since ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--since", "yesterday"], "--since is 'yesterday'"),
        (["--policy", "a", "--rule", "b"], "--policy and --rule cannot go together"),
        (["--against", "policy"], "--against policy needs a draft"),
        (["--against", "nothing"], "nothing"),
        (["--rule", "/nonexistent/rule.toml"], "/nonexistent/rule.toml cannot be read"),
        (["--talked", "-1"], "--talked"),
    ],
)
def test_wrong_input_is_one_sentence(past: Shop, arguments: list[str], told: str) -> None:
    result = past("replay", *arguments)
    assert result.code == 2
    assert result.is_one_sentence()
    assert told in result.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ": there is no rule in it"),
        ('time_zone = "Asia/Tokyo"\n' + RULE, ':1: "time_zone" has no place here'),
        (RULE.replace("Shanghai", "Shangai"), ':3: rule "no Shangai": '),
        (RULE.replace("no Shanghai", "international"), ':2: rule "international": a preset has this name'),
        ("[[rule]\n", ":1: this is not TOML"),
        ("rule = 5", ":1: rules are a list of tables"),
    ],
)
def test_faults_of_a_rule_are_told_with_their_lines(past: Shop, text: str, told: str) -> None:
    result = past("replay", "--rule", written(past, text))
    assert result.code == 2
    assert told in result.err
    assert result.err.splitlines()[-1].startswith("callfilter: ")
    assert not result.out


def test_without_a_database_it_is_one_sentence_and_none_is_made(shop: Shop) -> None:
    result = shop("replay")
    assert result.code == 2
    assert result.is_one_sentence()
    assert not shop.database.exists()


def test_what_callers_wrote_cannot_move_the_cursor(past: Shop) -> None:
    log(past, Maker()(at=datetime.now(UTC), **RANG, **SHANGHAI, name="\x1b[2J\u202e"))
    result = past("replay", "--rule", written(past, RULE))
    assert r"\x1b[2J\u202e" in result.out
    assert "\x1b" not in result.out


def test_a_draft_that_works_otherwise_than_it_reads_comes_with_a_warning(past: Shop) -> None:
    result = past("replay", "--rule", written(past, RULE.replace("reject", "voicemail")))
    assert "there is no mailbox, so such calls ring" in result.err


def command(shop: Shop, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "callfilter.cli.main", "--config", str(shop.config), "replay", *arguments]


def many(shop: Shop, calls: int) -> None:
    """As many calls as take seconds."""
    log(shop, Maker()(at=datetime.now(UTC) - timedelta(days=30), **RANG))
    with closing(sqlite3.connect(shop.database)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(calls)")]
        values = ", ".join({"id": "id + n", "at": "at + n"}.get(name, name) for name in columns)
        connection.execute(
            f"WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < {calls}) "
            f"INSERT INTO calls ({', '.join(columns)}) SELECT {values} FROM count, calls"
        )
        connection.commit()


def test_ctrl_c_ends_it_and_its_processes_with_one_sentence(shop: Shop) -> None:
    many(shop, 300_000)
    process = subprocess.Popen(command(shop), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 30
    while not (workers := children.read_text().split()) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert (out, err.strip()) == (b"", b"callfilter: stopped; nothing was changed.")
    assert workers
    # One that was just being started ends by itself, since nobody listens.
    while left := [worker for worker in workers if Path(f"/proc/{worker}").exists()]:
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


def test_a_terminal_sees_a_progress_bar_and_a_pipe_does_not(shop: Shop) -> None:
    many(shop, 30_000)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command(shop), stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    seen = b""
    with suppress(OSError):  # the other end is closed
        while chunk := os.read(ours, 65_536):
            seen += chunk
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    assert b"past calls" in seen
    assert b"/30001" in seen
    assert b"past calls" not in out
    piped = subprocess.run(command(shop), capture_output=True, check=False, timeout=60)
    assert (piped.returncode, piped.stderr) == (0, b"")

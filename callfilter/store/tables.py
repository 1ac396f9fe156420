"""The tables, in SQLAlchemy Core: what queries are written against. The migrations make them; a test compares the two.

Times are integer microseconds since 1970 UTC. The call log is made for ten million rows: its primary key grows with
time, so new rows go to the end, and every index is in that order within one value.
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text

metadata = MetaData()

numbers = Table(
    "numbers",
    metadata,
    Column("key", Text, primary_key=True),
    Column("is_prefix", Boolean, primary_key=True),
    Column("action", Text, nullable=False),
    Column("label", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("author", Text, nullable=False, server_default=""),
    Column("added_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    sqlite_with_rowid=False,
)
"""Own entries: whole numbers and prefixes that the admin allowed or blocked."""

Index("numbers_prefixes", numbers.c.key, sqlite_where=numbers.c.is_prefix == 1)

calls = Table(
    "calls",
    metadata,
    # INTEGER, not BIGINT: only so is it SQLite's own row number, and the table its own index.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("unique_id", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("display", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("classes", Text, nullable=False),
    Column("did", Text, nullable=False),
    Column("trunk", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("redirecting", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("signal", Integer),
    Column("target", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("trace", Text, nullable=False),
    Column("milliseconds", Float, nullable=False),
    Column("source", Text, nullable=False),
    Column("answered", Boolean),
    Column("answered_at", BigInteger),
    Column("talk_seconds", Float),
    Column("hangup_cause", Integer),
    Column("ended_at", BigInteger),
    Column("voicemail_box", Text),
    Column("voicemail_file", Text),
    Column("voicemail_seconds", Float),
    Column("policy_version", Integer),
    Column("attestation", Text),
    Column("screened", Text),
    Column("screen_tries", Integer),
)
"""The call log. `classes` and `trace` are JSON: a list of words, and a list of [chapter, check, matched], with a fourth
value, the action, where a rule only observed, and a fifth where there is a score. `policy_version` is null where no
version judged, `attestation` in rows of an older callfilter. `screened` is null where nobody was: the result (passed,
failed, silent, hangup), and how often a digit was asked for."""

Index("calls_key", calls.c.key)
Index("calls_action", calls.c.action)
Index("calls_unique_id", calls.c.unique_id)
Index("calls_open", calls.c.at, sqlite_where=calls.c.ended_at.is_(None))

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("text", Text, nullable=False),
)
"""Every policy that was ever in force, whole, counted from 1; the newest judges. Rows are only ever added."""

bonds = Table(
    "bonds",
    metadata,
    Column("key", Text, primary_key=True),
    Column("bond", Text, primary_key=True),
    Column("first_at", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Why a caller is trusted: `dialled`, `talked` or `proved`; since when, when last, and until when."""

reports = Table(
    "reports",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Callers whom somebody at the shop called salesmen. A reported caller is not trusted, and is evidence against those
of the same block of numbers."""

expected = Table(
    "expected",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("opened_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("did", Text, nullable=False),
    Column("number_class", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
)
"""Windows in which somebody unknown is expected. Rows stay, so that past calls can be judged again as they were."""

Index("expected_until", expected.c.expires_at)

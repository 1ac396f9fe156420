"""The tables, in SQLAlchemy Core: what queries are written against. The migrations make them; a test compares the two.

Times are integer microseconds since 1970 UTC. The call log is made for ten million rows: its primary key grows with
time, so new rows go to the end, and every index is in that order within one value.
"""

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    event,
)

metadata = MetaData()

numbers = Table(
    "numbers",
    metadata,
    Column("key", Text, primary_key=True),
    Column("is_prefix", Boolean, primary_key=True),
    Column("did", Text, primary_key=True, server_default=""),
    Column("action", Text, nullable=False),
    Column("label", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("author", Text, nullable=False, server_default=""),
    Column("added_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    sqlite_with_rowid=False,
)
"""Own entries: whole numbers and prefixes that the admin allowed or blocked, for all calls or those to one `did`."""

Index("numbers_prefixes", numbers.c.key, sqlite_where=numbers.c.is_prefix == 1)
# Few among millions of blocked ones: only so does a page find them.
Index("numbers_allowed", numbers.c.key, sqlite_where=numbers.c.action == "allow")
Index("numbers_labelled", numbers.c.label, sqlite_where=numbers.c.label != "")

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
Index("calls_reason", calls.c.reason)
Index("calls_rule", calls.c.rule, sqlite_where=calls.c.rule != "")
Index("calls_did", calls.c.did)
Index("calls_trunk", calls.c.trunk)
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

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text(collation="NOCASE"), nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("language", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
)
"""Who may open the page. `password` is an argon2 hash."""

sessions = Table(
    "sessions",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id"), nullable=False),
    Column("csrf", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Who is logged in: SHA-256 of the cookie, so that a copy of the database opens no page."""

Index("sessions_user", sessions.c.user_id)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("revoked_at", BigInteger),
)
"""Keys to the API, as SHA-256. A token may do what its role may."""

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("deed", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
"""Who did what on the page or by the API. `deed` is a fixed word, `detail` JSON. Rows are only ever added."""

reviews = Table(
    "reviews",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("last_id", Integer, nullable=False),
    Column("deed", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("undone_at", BigInteger),
)
"""What was said of callers who did not get through: until which call, what was done, the rule that had turned them
away, and what undoing puts back, as JSON."""

Index("reviews_rule", reviews.c.rule)

inbox = Table(
    "inbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("last_id", Integer, nullable=False),
    Column("calls", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Callers who did not get through and whom nobody has looked at since. A trigger fills it."""

Index("inbox_newest", inbox.c.last_id)

tallies = Table(
    "tallies",
    metadata,
    Column("slot", Integer, primary_key=True),
    Column("action", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("calls", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Calls counted by half an hour of arrival, so that no page counts millions. `slot` is half hours since 1970 UTC; a
trigger fills it."""

hits = Table(
    "hits",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("last_id", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""How many calls each rule, own number or setting has decided, and the last of them; a trigger fills it."""

number_changes = Table(
    "number_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
)
"""The latest changes of own numbers that can be undone: what was stored before and after, as JSON."""

SLOT = 30 * 60 * 1_000_000
"""Microseconds of a slot of `tallies`: no time zone differs from UTC by anything finer but quarters."""

TRIGGERS = {
    "calls_counted": """CREATE TRIGGER calls_counted AFTER INSERT ON calls BEGIN
  INSERT INTO tallies VALUES (NEW.at / 1800000000, NEW.action, NEW.reason, 1)
  ON CONFLICT DO UPDATE SET calls = calls + 1;
END""",
    "calls_hit": """CREATE TRIGGER calls_hit AFTER INSERT ON calls WHEN NEW.rule <> '' BEGIN
  INSERT INTO hits VALUES (NEW.rule, 1, NEW.id)
  ON CONFLICT DO UPDATE SET calls = calls + 1, last_id = max(last_id, NEW.id);
END""",
    "calls_to_review": """CREATE TRIGGER calls_to_review AFTER INSERT ON calls WHEN NEW.action <> 'allow' BEGIN
  INSERT INTO inbox VALUES (NEW.key, NEW.id, 1)
  ON CONFLICT DO UPDATE SET calls = calls + 1, last_id = max(last_id, NEW.id);
END""",
    "calls_passed": """CREATE TRIGGER calls_passed AFTER UPDATE OF screened ON calls
WHEN NEW.screened = 'passed' AND OLD.screened IS NOT 'passed' BEGIN
  UPDATE inbox SET calls = calls - 1, last_id = coalesce((
    SELECT max(id) FROM calls WHERE key = NEW.key AND action <> 'allow' AND screened IS NOT 'passed'
  ), last_id) WHERE key = NEW.key;
  DELETE FROM inbox WHERE key = NEW.key AND calls <= 0;
END""",
}
"""Name -> statement. Triggers, because calls are written by the service, by the classic script and by hand."""
for _statement in TRIGGERS.values():
    event.listen(metadata, "after_create", DDL(_statement))  # type: ignore[no-untyped-call]

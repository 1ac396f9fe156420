"""What the page needs: users and their sessions, who did what, callers to review, and calls counted ahead of time."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, Text, text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds tables and triggers; counts the calls that are there, and puts those of the last week up for review.

    Own numbers may be for calls to one number from now on.
    """
    _numbers()
    _people()
    _work()
    _searches()
    _counts()


def _texts(*names: str) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names]


def _numbers() -> None:
    """A new table, as SQLite changes no primary key."""
    op.drop_index("numbers_prefixes")
    op.rename_table("numbers", "numbers_before")
    op.create_table(
        "numbers",
        Column("key", Text, primary_key=True),
        Column("is_prefix", Boolean, primary_key=True),
        Column("did", Text, primary_key=True, server_default=""),
        Column("action", Text, nullable=False),
        *(Column(name, Text, nullable=False, server_default="") for name in ("label", "note", "author")),
        Column("added_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO numbers SELECT key, is_prefix, '', action, label, note, author, added_at, expires_at "
        "FROM numbers_before"
    )
    op.drop_table("numbers_before")
    op.create_index("numbers_prefixes", "numbers", ["key"], sqlite_where=text("is_prefix = 1"))
    op.create_index("numbers_allowed", "numbers", ["key"], sqlite_where=text("action = 'allow'"))
    op.create_index("numbers_labelled", "numbers", ["label"], sqlite_where=text("label != ''"))
    op.create_table(
        "number_changes",
        Column("id", Integer, primary_key=True),
        Column("at", BigInteger, nullable=False),
        *_texts("author", "before", "after"),
    )


def _people() -> None:
    op.create_table(
        "users",
        Column("id", Integer, primary_key=True),
        Column("name", Text(collation="NOCASE"), nullable=False, unique=True),
        *_texts("role", "password"),
        Column("language", Text, nullable=False, server_default=""),
        Column("created_at", BigInteger, nullable=False),
    )
    op.create_table(
        "sessions",
        Column("digest", LargeBinary, primary_key=True),
        Column("user_id", Integer, ForeignKey("users.id"), nullable=False),
        *_texts("csrf"),
        *(Column(name, BigInteger, nullable=False) for name in ("created_at", "seen_at")),
        sqlite_with_rowid=False,
    )
    op.create_index("sessions_user", "sessions", ["user_id"])
    op.create_table(
        "tokens",
        Column("id", Integer, primary_key=True),
        Column("digest", LargeBinary, nullable=False, unique=True),
        *_texts("name", "role", "author"),
        Column("created_at", BigInteger, nullable=False),
        *(Column(name, BigInteger) for name in ("used_at", "revoked_at")),
    )


def _work() -> None:
    op.create_table(
        "audit",
        Column("id", Integer, primary_key=True),
        Column("at", BigInteger, nullable=False),
        *_texts("author", "deed", "detail"),
    )
    op.create_table(
        "reviews",
        Column("id", Integer, primary_key=True),
        Column("at", BigInteger, nullable=False),
        *_texts("author", "key"),
        Column("last_id", Integer, nullable=False),
        *_texts("deed", "rule", "before"),
        Column("undone_at", BigInteger),
    )
    op.create_index("reviews_rule", "reviews", ["rule"])
    op.create_table(
        "inbox",
        Column("key", Text, primary_key=True),
        *(Column(name, Integer, nullable=False) for name in ("last_id", "calls")),
        sqlite_with_rowid=False,
    )
    op.create_index("inbox_newest", "inbox", ["last_id"])


def _searches() -> None:
    for column in ("reason", "did", "trunk"):
        op.create_index(f"calls_{column}", "calls", [column])
    op.create_index("calls_rule", "calls", ["rule"], sqlite_where=text("rule != ''"))


def _counts() -> None:
    op.create_table(
        "tallies",
        Column("slot", Integer, primary_key=True),
        *(Column(name, Text, primary_key=True) for name in ("action", "reason")),
        Column("calls", Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hits",
        Column("rule", Text, primary_key=True),
        *(Column(name, Integer, nullable=False) for name in ("calls", "last_id")),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO tallies SELECT at / 1800000000, action, reason, count(*) FROM calls GROUP BY 1, 2, 3")
    op.execute("INSERT INTO hits SELECT rule, count(*), max(id) FROM calls WHERE rule <> '' GROUP BY rule")
    op.execute(
        "INSERT INTO inbox SELECT key, max(id), count(*) FROM calls "
        "WHERE action <> 'allow' AND screened IS NOT 'passed' "
        "AND at >= (SELECT max(at) FROM calls) - 604800000000 GROUP BY key"
    )
    op.execute(
        """CREATE TRIGGER calls_counted AFTER INSERT ON calls BEGIN
  INSERT INTO tallies VALUES (NEW.at / 1800000000, NEW.action, NEW.reason, 1)
  ON CONFLICT DO UPDATE SET calls = calls + 1;
END"""
    )
    op.execute(
        """CREATE TRIGGER calls_hit AFTER INSERT ON calls WHEN NEW.rule <> '' BEGIN
  INSERT INTO hits VALUES (NEW.rule, 1, NEW.id)
  ON CONFLICT DO UPDATE SET calls = calls + 1, last_id = max(last_id, NEW.id);
END"""
    )
    op.execute(
        """CREATE TRIGGER calls_to_review AFTER INSERT ON calls WHEN NEW.action <> 'allow' BEGIN
  INSERT INTO inbox VALUES (NEW.key, NEW.id, 1)
  ON CONFLICT DO UPDATE SET calls = calls + 1, last_id = max(last_id, NEW.id);
END"""
    )
    op.execute(
        """CREATE TRIGGER calls_passed AFTER UPDATE OF screened ON calls
WHEN NEW.screened = 'passed' AND OLD.screened IS NOT 'passed' BEGIN
  UPDATE inbox SET calls = calls - 1, last_id = coalesce((
    SELECT max(id) FROM calls WHERE key = NEW.key AND action <> 'allow' AND screened IS NOT 'passed'
  ), last_id) WHERE key = NEW.key;
  DELETE FROM inbox WHERE key = NEW.key AND calls <= 0;
END"""
    )

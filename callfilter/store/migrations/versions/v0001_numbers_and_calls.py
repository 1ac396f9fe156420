"""Own numbers and the call log."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, Text, text

revision = "0001"
down_revision = None


def upgrade() -> None:
    """From nothing to the first version."""
    op.create_table(
        "numbers",
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
    op.create_index("numbers_prefixes", "numbers", ["key"], sqlite_where=text("is_prefix = 1"))
    op.create_table(
        "calls",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("at", BigInteger, nullable=False),
        *(
            Column(name, Text, nullable=False)
            for name in (
                "unique_id",
                "caller",
                "name",
                "key",
                "display",
                "country",
                "region",
                "classes",
                "did",
                "trunk",
            )
        ),
        *(Column(name, Text, nullable=False) for name in ("channel", "redirecting", "action", "reason", "rule")),
        Column("signal", Integer),
        *(Column(name, Text, nullable=False) for name in ("target", "label", "trace")),
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
    )
    for column in ("key", "action", "unique_id"):
        op.create_index(f"calls_{column}", "calls", [column])
    op.create_index("calls_open", "calls", ["at"], sqlite_where=text("ended_at IS NULL"))

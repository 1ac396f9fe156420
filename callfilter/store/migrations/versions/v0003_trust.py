"""Whom the shop trusts, reports and expects; what was vouched for, and how a screening ended."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds three tables and three columns; nobody is trusted yet."""
    op.create_table(
        "bonds",
        *(Column(name, Text, primary_key=True) for name in ("key", "bond")),
        *(Column(name, BigInteger, nullable=False) for name in ("first_at", "at", "expires_at")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reports",
        Column("key", Text, primary_key=True),
        Column("at", BigInteger, nullable=False),
        *(Column(name, Text, nullable=False) for name in ("author", "note")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "expected",
        Column("id", Integer, primary_key=True),
        *(Column(name, BigInteger, nullable=False) for name in ("opened_at", "expires_at")),
        *(Column(name, Text, nullable=False) for name in ("did", "number_class", "note", "author")),
    )
    op.create_index("expected_until", "expected", ["expires_at"])
    op.add_column("calls", Column("attestation", Text))
    op.add_column("calls", Column("screened", Text))
    op.add_column("calls", Column("screen_tries", Integer))

"""Versions of the policy, and which of them judged a call."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds a table and a column; calls that are there have no version."""
    op.create_table(
        "policy_versions",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("at", BigInteger, nullable=False),
        *(Column(name, Text, nullable=False) for name in ("author", "note", "text")),
    )
    op.add_column("calls", Column("policy_version", Integer))

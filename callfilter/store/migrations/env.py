"""Runs the migrations on the connection that `database.py` hands over, inside the transaction that it began."""

from alembic import context

from callfilter.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes tables inside transactions; Alembic has to be told.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

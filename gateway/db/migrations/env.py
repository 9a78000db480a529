"""Alembic's entry: runs the migrations on the connection that `gateway.db.migrate` opened."""

from alembic import context

from gateway.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=False,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()

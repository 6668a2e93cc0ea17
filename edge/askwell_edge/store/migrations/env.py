"""Runs the migrations on the connection that `store/migrate.py` hands over."""

from alembic import context

from askwell_edge.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite alters tables by copying them.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

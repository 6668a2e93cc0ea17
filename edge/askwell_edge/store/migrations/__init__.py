"""Every change of the schema, in order, as Alembic runs it."""

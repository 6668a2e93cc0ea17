"""What contacts are looked up by is ordered by its bytes, so that beginnings can be found."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = ("external_reference", "email_key", "phone_key", "first_name_key", "last_name_key")


def upgrade() -> None:
    """Nothing in SQLite, which compares texts so anyway; PostgreSQL makes the indexes anew."""
    if op.get_bind().dialect.name == "postgresql":
        changes = ", ".join(f'ALTER COLUMN {name} TYPE VARCHAR COLLATE "C"' for name in COLUMNS)
        op.execute(f"ALTER TABLE contacts {changes}")


def downgrade() -> None:
    """Back to the database's own order."""
    if op.get_bind().dialect.name == "postgresql":
        changes = ", ".join(f'ALTER COLUMN {name} TYPE VARCHAR COLLATE "default"' for name in COLUMNS)
        op.execute(f"ALTER TABLE contacts {changes}")

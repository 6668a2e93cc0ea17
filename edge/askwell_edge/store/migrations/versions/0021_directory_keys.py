"""Directories have a number, and contacts' indexes begin with it: with the id they were larger."""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KEY = "directory_key"
SORTED_BY = (
    *(("contact_id",), ("email_key",), ("external_reference",), ("first_name_key",)),
    *(("last_name_key", "first_name_key"), ("modified_at",), ("phone_key",)),
)
NUMBERED = """
    UPDATE directories SET directory_key = (
        SELECT COUNT(*) FROM directories AS others
        WHERE others.created_at < directories.created_at
            OR (others.created_at = directories.created_at
                AND others.directory_id <= directories.directory_id)
    )
"""
KEYED = """
    UPDATE contacts SET directory_key = (
        SELECT directories.directory_key FROM directories
        WHERE directories.directory_id = contacts.directory_id
    )
"""
# What SQLite keeps of a table, and what is to be kept of it instead.
ID = "directory_id VARCHAR NOT NULL"
ID_AND_KEY = f"{ID}, directory_key INTEGER NOT NULL"
BY_ID = (
    "CONSTRAINT fk_contacts_directory_id FOREIGN KEY(directory_id) "
    "REFERENCES directories (directory_id)"
)
BY_KEY = (
    "CONSTRAINT fk_contacts_directory_key FOREIGN KEY(directory_key) "
    "REFERENCES directories (directory_key)"
)

log = logging.getLogger(__name__)


def upgrade() -> None:
    """Number directories by age; SQLite copies contacts, about a million in half a minute."""
    number = sa.Column("directory_key", sa.Integer(), nullable=False, server_default="0")
    op.add_column("directories", number)
    op.execute(NUMBERED)
    op.create_index("uq_directories_directory_key", "directories", ["directory_key"], unique=True)
    _tell()
    _drop_indexes("directory_id")
    if op.get_bind().dialect.name == "sqlite":
        _copy({ID: ID_AND_KEY, BY_ID: BY_KEY})
    else:
        op.add_column("contacts", sa.Column("directory_key", sa.Integer()))
        op.drop_constraint("fk_contacts_directory_id", "contacts")
        op.execute(KEYED)
        op.alter_column("contacts", "directory_key", nullable=False)
        op.create_foreign_key(
            "fk_contacts_directory_key",
            *("contacts", "directories", ["directory_key"], ["directory_key"]),
        )
    _create_indexes("directory_key")


def downgrade() -> None:
    """Contacts are found by the directory's id again."""
    _tell()
    _drop_indexes("directory_key")
    if op.get_bind().dialect.name == "sqlite":
        _copy({ID_AND_KEY: ID, BY_KEY: BY_ID})
    else:
        op.drop_constraint("fk_contacts_directory_key", "contacts")
        op.drop_column("contacts", "directory_key")
        op.create_foreign_key(
            "fk_contacts_directory_id",
            *("contacts", "directories", ["directory_id"], ["directory_id"]),
        )
    _create_indexes("directory_id")
    op.drop_index("uq_directories_directory_key", "directories")
    op.drop_column("directories", "directory_key")


def _tell() -> None:
    count = op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM contacts"))
    if count:
        log.warning("schema=%s contacts=%d are indexed anew", revision, count)


def _drop_indexes(first: str) -> None:
    for columns in SORTED_BY:
        op.drop_index(f"ix_contacts_{'_'.join((first, *columns))}", "contacts")


def _create_indexes(first: str) -> None:
    for columns in SORTED_BY:
        op.create_index(f"ix_contacts_{'_'.join((first, *columns))}", "contacts", [first, *columns])


def _copy(instead: dict[str, str]) -> None:
    """Let SQLite's contacts be as another table has them, with what hangs on them."""
    conn = op.get_bind()
    kept = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = 'contacts' AND type = :type")
    [made] = conn.scalars(kept, {"type": "table"})
    triggers = list(conn.scalars(kept, {"type": "trigger"}))
    for old, new in instead.items():
        if made.count(old) != 1:
            raise ValueError(f"contacts are not as they were made, with {old}")
        made = made.replace(old, new)
    op.execute(f"CREATE TABLE contacts_copied {made[made.index('(') :]}")
    names = [each.name for each in conn.execute(sa.text("PRAGMA table_info(contacts_copied)"))]
    values = (f"{'directories' if each == KEY else 'contacts'}.{each}" for each in names)
    op.execute(
        f"INSERT INTO contacts_copied ({', '.join(names)}) "  # noqa: S608  no text of others
        f"SELECT {', '.join(values)} FROM contacts "
        "JOIN directories ON directories.directory_id = contacts.directory_id "
        "ORDER BY contacts.rowid"
    )
    op.drop_table("contacts")
    op.rename_table("contacts_copied", "contacts")
    for each in triggers:
        op.execute(each)

"""On SQLite what criteria ask of contacts themselves is kept answered beside their timelines."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What an answer may depend on.
CONTACT = (
    *("contact_id", "directory_id", "external_reference", "first_name", "last_name", "email"),
    *("phone", "language", "embedded_data", "unsubscribed", "created_at", "modified_at"),
)
MEMBER = ("list_id", "contact_id", "unsubscribed")
# A contact that nobody packed yet has no row, and nothing to throw away.
FORGET = """
    UPDATE timelines SET version = version + 1, answers = NULL
    WHERE contact_id = {row}.contact_id;
"""
TRIGGERS = {
    "contacts_update": (f"UPDATE OF {', '.join(CONTACT)} ON contacts", ["OLD", "NEW"]),
    "contacts_delete": ("DELETE ON contacts", ["OLD"]),
    "list_members_insert": ("INSERT ON list_members", ["NEW"]),
    "list_members_update": (f"UPDATE OF {', '.join(MEMBER)} ON list_members", ["OLD", "NEW"]),
    "list_members_delete": ("DELETE ON list_members", ["OLD"]),
}


def upgrade() -> None:
    """Nothing is answered yet: the next rebuild does it."""
    op.add_column("timelines", sa.Column("asked", sa.BigInteger(), nullable=True))
    op.add_column("timelines", sa.Column("answers", sa.LargeBinary(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        for name, (change, rows) in TRIGGERS.items():
            forget = "".join(FORGET.format(row=row) for row in rows)
            op.execute(f"CREATE TRIGGER answers_after_{name} AFTER {change} BEGIN {forget} END")


def downgrade() -> None:
    """Every rebuild asks contacts again."""
    if op.get_bind().dialect.name == "sqlite":
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER answers_after_{name}")
    op.drop_column("timelines", "answers")
    op.drop_column("timelines", "asked")

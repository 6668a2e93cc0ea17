"""On SQLite a contact's timeline is also kept packed, for criteria to be counted from."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# What criteria count; a type more takes a migration that makes the triggers anew.
TYPES = (
    *("email_sent", "intercept_clicked", "intercept_displayed"),
    *("session_recorded", "sms_sent", "survey_finished"),
)
COUNTS = f"type IN ({', '.join(map(repr, TYPES))})"
UNPACK = """
    INSERT INTO timelines (contact_id, version) VALUES ({row}.contact_id, 1)
    ON CONFLICT (contact_id) DO UPDATE SET version = version + 1, entries = NULL;
"""
WHEN = {
    "insert": ("INSERT", ["NEW"]),
    "update": ("UPDATE OF contact_id, at, type, survey_id, intercept_id, test", ["OLD", "NEW"]),
    "delete": ("DELETE", ["OLD"]),
}


def upgrade() -> None:
    """Every timeline that is there has yet to be packed."""
    op.create_table(
        "touchpoint_kinds",
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("survey_id", sa.String(), nullable=True),
        sa.Column("intercept_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("kind", name="pk_touchpoint_kinds"),
    )
    op.create_table(
        "timelines",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("contact_id", name="pk_timelines"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(
        "INSERT INTO timelines (contact_id, version) "  # noqa: S608  no text of others
        f"SELECT DISTINCT contact_id, 1 FROM touchpoints WHERE {COUNTS} ORDER BY contact_id"
    )
    for name, (change, rows) in WHEN.items():
        counts = " OR ".join(f"{row}.{COUNTS}" for row in rows)
        unpack = "".join(UNPACK.format(row=row) for row in rows)
        op.execute(
            f"CREATE TRIGGER timelines_after_{name} AFTER {change} ON touchpoints "
            f"WHEN {counts} BEGIN {unpack} END"
        )


def downgrade() -> None:
    """Timelines are counted from touchpoints alone."""
    if op.get_bind().dialect.name == "sqlite":
        for name in WHEN:
            op.execute(f"DROP TRIGGER timelines_after_{name}")
    op.drop_table("timelines")
    op.drop_table("touchpoint_kinds")

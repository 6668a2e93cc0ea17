"""On SQLite a new touchpoint is noted beside its contact's packed timeline, which stays."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# What criteria count; a type more takes a migration that makes the triggers anew.
TYPES = (
    *("email_sent", "intercept_clicked", "intercept_displayed"),
    *("session_recorded", "sms_sent", "survey_finished"),
)
COUNTS = f"type IN ({', '.join(map(repr, TYPES))})"
# Its number as packs have it, if it has one: its instant, then 20 bits for a kind that is known.
NUMBER = """
    SELECT printf('%019d,', NEW.at << 20 | kind) FROM touchpoint_kinds
    WHERE type = NEW.type AND survey_id IS NEW.survey_id AND intercept_id IS NEW.intercept_id
    AND kind < 1 << 20 AND NEW.at > 0 AND NEW.at < 1 << 43
"""
# More are sooner packed anew than noted one by one.
ROOM = f"coalesce(length(later), 0) < {64 * 20}"
# Without a row nothing was counted so far, so that what comes now is all there is.
NOTE = f"""
    INSERT INTO timelines (contact_id, version, entries, later)
    SELECT NEW.contact_id, 1, CASE WHEN number IS NOT NULL THEN x'' END, number
    FROM (SELECT ({NUMBER}) AS number) WHERE true
    ON CONFLICT (contact_id) DO UPDATE SET
        version = version + 1,
        entries = CASE WHEN excluded.later IS NOT NULL AND {ROOM} THEN entries END,
        later = CASE WHEN entries IS NOT NULL AND {ROOM}
            THEN coalesce(later, '') || excluded.later END;
"""
UNPACK = """
    INSERT INTO timelines (contact_id, version) VALUES ({row}.contact_id, 1)
    ON CONFLICT (contact_id)
    DO UPDATE SET version = version + 1, entries = NULL, later = NULL;
"""
UNPACKED_BEFORE = """
    INSERT INTO timelines (contact_id, version) VALUES ({row}.contact_id, 1)
    ON CONFLICT (contact_id) DO UPDATE SET version = version + 1, entries = NULL;
"""
WHEN = {
    "update": ("UPDATE OF contact_id, at, type, survey_id, intercept_id, test", ["OLD", "NEW"]),
    "delete": ("DELETE", ["OLD"]),
}


def upgrade() -> None:
    """What is packed stays so; the kinds of touchpoints are found by what they are."""
    op.add_column("timelines", sa.Column("later", sa.String(), nullable=True))
    op.create_index(
        "ix_touchpoint_kinds_type_survey_id_intercept_id",
        "touchpoint_kinds",
        ["type", "survey_id", "intercept_id"],
    )
    if op.get_bind().dialect.name == "sqlite":
        _drop()
        op.execute(
            "CREATE TRIGGER timelines_after_insert AFTER INSERT ON touchpoints "
            f"WHEN NEW.{COUNTS} AND NOT NEW.test BEGIN {NOTE} END"
        )
        for name, (change, rows) in WHEN.items():
            _unpack_after(name, change, rows, UNPACK)


def downgrade() -> None:
    """Whose timeline has later touchpoints is packed anew."""
    if op.get_bind().dialect.name == "sqlite":
        _drop()
        op.execute("UPDATE timelines SET version = version + 1, entries = NULL WHERE later <> ''")
        for name, (change, rows) in {"insert": ("INSERT", ["NEW"]), **WHEN}.items():
            _unpack_after(name, change, rows, UNPACKED_BEFORE)
    op.drop_index("ix_touchpoint_kinds_type_survey_id_intercept_id", "touchpoint_kinds")
    op.drop_column("timelines", "later")


def _drop() -> None:
    for name in ("insert", *WHEN):
        op.execute(f"DROP TRIGGER timelines_after_{name}")


def _unpack_after(name: str, change: str, rows: list[str], unpack: str) -> None:
    counts = " OR ".join(f"{row}.{COUNTS}" for row in rows)
    unpacked = "".join(unpack.format(row=row) for row in rows)
    op.execute(
        f"CREATE TRIGGER timelines_after_{name} AFTER {change} ON touchpoints "
        f"WHEN {counts} BEGIN {unpacked} END"
    )

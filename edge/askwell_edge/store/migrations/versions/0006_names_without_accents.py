"""The columns by which names are found know no accents."""

import unicodedata
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PAGE = 1000
UNDECOMPOSED = str.maketrans(
    dict(zip("łøđðħŧıŋ", "loddhtin", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th"}
)


def upgrade() -> None:
    """Make those keys anew that say more than small ASCII letters and single spaces."""
    _change(lambda text: _without_accents(text) or _without_case(text))


def downgrade() -> None:
    """Back to names without letter case alone."""
    _change(_without_case)


def _change(key: Callable[[str], str]) -> None:
    conn = op.get_bind()
    beyond = "{} ~ '[^ -~]|  '"
    if conn.dialect.name == "sqlite":
        beyond = "{0} GLOB '*[^ -~]*' OR {0} GLOB '*  *'"
    where = " OR ".join(beyond.format(name) for name in ("first_name", "last_name"))
    page = sa.text(
        "SELECT contact_id, first_name, last_name FROM contacts "  # noqa: S608  no text of others
        f"WHERE contact_id > :last AND ({where}) ORDER BY contact_id LIMIT {PAGE}"
    )
    change = sa.text(
        "UPDATE contacts SET first_name_key = :first, last_name_key = :last "
        "WHERE contact_id = :contact_id"
    )
    last = ""
    while rows := conn.execute(page, {"last": last}).all():
        keys = [
            {
                "contact_id": row.contact_id,
                "first": key(row.first_name or "") or None,
                "last": key(row.last_name or "") or None,
            }
            for row in rows
        ]
        conn.execute(change, keys)
        last = rows[-1].contact_id


def _without_case(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip()).casefold()


def _without_accents(text: str) -> str:
    letters = unicodedata.normalize("NFKD", _without_case(text)).casefold()
    letters = "".join(each for each in letters if not unicodedata.combining(each))
    return " ".join(letters.translate(UNDECOMPOSED).lower().split())

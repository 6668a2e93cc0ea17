"""Rows that imports refused: their numbers, and in words why."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.fields import TEXTS
from askwell_edge.store.inserts import insert_new
from askwell_edge.store.tables import import_errors

ERRORS_KEPT = 10_000
EMAIL_LIMIT = TEXTS["email"][1]


async def refuse_rows(
    conn: AsyncConnection,
    import_id: str,
    problems: Sequence[tuple[int, str]],
    before: int,
    addresses: Mapping[int, str] | None = None,
) -> None:
    """Keep why rows were refused, of the first ten thousand; row 0 stands for the file itself.

    Of some, by row, the e-mail address that is none is kept too.
    """
    kept, wrong = told_of(problems[: max(0, ERRORS_KEPT - before)]), addresses or {}
    rows = [
        {
            "import_id": import_id,
            "row": n,
            "message": told,
            "address": _printable(wrong[n][:EMAIL_LIMIT]) if n in wrong else None,
        }
        for n, told in kept
    ]
    await insert_new(conn, import_errors, rows)


def told_of(problems: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Rows' numbers and reasons as they are kept and shown."""
    return [(number, _printable(why[:500])) for number, why in problems]


async def errors_of(conn: AsyncConnection, import_id: str) -> Sequence[RowMapping]:
    """The refused rows with their numbers and reasons."""
    wanted = (
        select(import_errors)
        .where(import_errors.c.import_id == import_id)
        .order_by(import_errors.c.row)
    )
    return (await conn.execute(wanted)).mappings().all()


def _printable(text: str) -> str:
    """The text as any store takes it and any page shows it."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)

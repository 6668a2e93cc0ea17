"""Contacts found while somebody types: beginnings of names, addresses, numbers and references.

Every look-up is one range of one index, so a directory of a million answers as a small one does.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, RowMapping, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts import NEWEST_FIRST
from askwell_edge.directory.fields import text_key
from askwell_edge.store.tables import contacts

FOUND_LIMIT = 50
TEXT_LIMIT = 254
# After every text that begins alike; the columns are ordered by their bytes.
LAST = "\U0010ffff"


async def find_as_typed(
    conn: AsyncConnection, directory_id: str, text: str, limit: int = 20
) -> Sequence[RowMapping]:
    """At most `limit` contacts that begin like `text`, the likeliest meant first.

    "maria ga" finds Maria Garcia by both her names. The reference alone minds letter case.
    """
    typed = text.strip()[:TEXT_LIMIT]
    if not typed or "\x00" in typed:
        return []
    ids: dict[str, None] = {}
    for where, order in looks(typed):
        wanted = (
            select(contacts.c.contact_id)
            .where(contacts.c.directory_id == directory_id, where)
            .order_by(*order)
            .limit(limit)
        )
        ids.update(dict.fromkeys((await conn.execute(wanted)).scalars()))
        if len(ids) >= limit:
            break
    chosen = list(ids)[:limit]
    rows = await conn.execute(select(contacts).where(contacts.c.contact_id.in_(chosen)))
    by_id = {row["contact_id"]: row for row in rows.mappings()}
    return [by_id[each] for each in chosen if each in by_id]


async def newest_contacts(
    conn: AsyncConnection,
    directory_id: str,
    before: tuple[int, str] | None = None,
    limit: int = FOUND_LIMIT,
) -> Sequence[RowMapping]:
    """Contacts by their last change, newest first; `before` is where the last page ended."""
    wanted = (
        select(contacts)
        .where(contacts.c.directory_id == directory_id)
        .order_by(contacts.c.modified_at.desc(), contacts.c.contact_id.desc())
        .limit(limit)
    )
    if before is not None:
        at, contact_id = before
        wanted = wanted.where(
            contacts.c.modified_at <= at,
            (contacts.c.modified_at < at) | (contacts.c.contact_id < contact_id),
        )
    return (await conn.execute(wanted)).mappings().all()


Look = tuple[ColumnElement[bool], Sequence[ColumnElement[object]]]


def looks(typed: str) -> Iterable[Look]:
    """Where to look for this text, the surest first."""
    key = text_key(typed) or ""
    c = contacts.c
    yield c.external_reference == typed, NEWEST_FIRST
    yield c.contact_id == typed, ()
    yield c.email_key == key, NEWEST_FIRST
    words = key.split()
    if len(words) > 1:
        first, last = words[0], " ".join(words[1:])
        yield and_(c.first_name_key == first, _begins(c.last_name_key, last)), (c.last_name_key,)
        last, first = " ".join(words[:-1]).rstrip(","), words[-1]
        yield and_(c.last_name_key == last, _begins(c.first_name_key, first)), (c.first_name_key,)
    yield _begins(c.last_name_key, key), (c.last_name_key, c.first_name_key)
    yield _begins(c.first_name_key, key), (c.first_name_key,)
    yield _begins(c.email_key, key), (c.email_key,)
    yield _begins(c.external_reference, typed), (c.external_reference,)
    digits = "".join(each for each in typed if each.isdigit())
    if len(digits) >= 3:
        plain = "+" + digits if typed.startswith("+") else digits
        yield _begins(c.phone_key, plain), (c.phone_key,)


def _begins(column: ColumnElement[str | None], text: str) -> ColumnElement[bool]:
    return and_(column >= text, column < text + LAST)

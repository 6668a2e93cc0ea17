"""Contacts found while somebody types: beginnings of names, addresses, numbers and references.

Every look-up is one range of one index, so a directory of a million answers as a small one does.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, RowMapping, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.contacts import NEWEST_FIRST, contacts_by_id
from askwell_edge.directory.contacts.fields import search_key, text_key
from askwell_edge.directory.contacts.ranges import begins
from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import contacts

FOUND_LIMIT = 50
WORD_LIMIT = 5
TEXT_LIMIT = 254


async def find_as_typed(
    conn: AsyncConnection, directory_id: str, text: str, limit: int = 20
) -> Sequence[RowMapping]:
    """At most `limit` contacts that begin like `text`, the likeliest meant first.

    "maria ga" finds María García by both her names. The reference alone minds letter case.
    """
    typed = text.strip()[:TEXT_LIMIT]
    if not typed or "\x00" in typed:
        return []
    ids: dict[str, None] = {}
    for where, order in looks(typed):
        wanted = (
            select(contacts.c.contact_id)
            .where(within(directory_id), where)
            .order_by(*order)
            .limit(limit)
        )
        ids.update(dict.fromkeys((await conn.execute(wanted)).scalars()))
        if len(ids) >= limit:
            break
    if not ids:
        return []
    chosen = list(ids)[:limit]
    by_id = {row["contact_id"]: row for row in await contacts_by_id(conn, chosen)}
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
        .where(within(directory_id))
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
    key, name = text_key(typed) or "", search_key(typed) or ""
    c = contacts.c
    yield c.external_reference == typed, NEWEST_FIRST
    yield c.contact_id == typed, ()
    yield c.email_key == key, NEWEST_FIRST
    for one, other in _parted(name):
        yield and_(c.first_name_key == one, begins(c.last_name_key, other)), (c.last_name_key,)
        yield and_(c.last_name_key == one, begins(c.first_name_key, other)), (c.first_name_key,)
    yield begins(c.last_name_key, name), (c.last_name_key, c.first_name_key)
    yield begins(c.first_name_key, name), (c.first_name_key,)
    yield begins(c.email_key, key), (c.email_key,)
    yield begins(c.external_reference, typed), (c.external_reference,)
    digits = "".join(each for each in typed if each.isdigit())
    if len(digits) >= 3:
        plain = "+" + digits if typed.startswith("+") else digits
        yield begins(c.phone_key, plain), (c.phone_key,)


def _parted(name: str) -> Iterable[tuple[str, str]]:
    """One name and the beginning of the other: a name may have several words."""
    words = name.replace(",", " ").split()
    for end in range(1, min(len(words), WORD_LIMIT)):
        yield " ".join(words[:end]), " ".join(words[end:])

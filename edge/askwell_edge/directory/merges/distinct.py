"""Contacts that somebody said are two people: no rule makes them one, and nothing suggests it.

Undoing a merge says so too; merging the two by hand takes it back.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    RowMapping,
    and_,
    delete,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access import audit
from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.contacts.contacts import get_contact
from askwell_edge.store.directory_keys import within
from askwell_edge.store.inserts import insert_new, insert_rows
from askwell_edge.store.tables import audit as audit_rows
from askwell_edge.store.tables import contact_redirects, contacts, distinct_contacts

# When two were told apart, and the two: where a page of them ends.
Place = tuple[int, str, str]
# From whom each contact is told apart, by id.
Distinct = Mapping[str, set[str]]

_at, _one, _other = (distinct_contacts.c[name] for name in ("at", "one_id", "other_id"))


async def distinct_of(conn: AsyncConnection, directory_id: str) -> Distinct:
    """Who is not whom; of those who were merged since, the contacts that they have become."""
    known = _resolved()
    wanted = (
        select(*known.now)
        .select_from(known.joined)
        .where(distinct_contacts.c.directory_id == directory_id)
    )
    found: dict[str, set[str]] = {}
    for one, other in await conn.execute(wanted):
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found


async def told_apart(
    conn: AsyncConnection,
    directory_id: str,
    *,
    before: Place | None = None,
    limit: int,
) -> Sequence[RowMapping]:
    """Who was told apart from whom, newest first: `one`, `other` as they are now, `at`, by whom.

    `before` is the `(at, one_id, other_id)` of the last one of the page before.
    """
    known, ids = _resolved(), (_at, _one, _other)
    there = select(contacts.c.contact_id).where(within(directory_id))
    wanted = (
        select(
            distinct_contacts,
            *(now.label(name) for now, name in zip(known.now, ("one", "other"), strict=True)),
        )
        .select_from(known.joined)
        .where(
            distinct_contacts.c.directory_id == directory_id,
            *(each.in_(there) for each in known.now),
        )
        .order_by(*(each.desc() for each in ids))
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(tuple_(*ids) < before)
    return (await conn.execute(wanted)).mappings().all()


async def tell_apart(
    conn: AsyncConnection,
    directory_id: str,
    ids: Sequence[str],
    operator_id: str | None,
    at: int,
) -> None:
    """These two are not one person; said again, it changes nothing."""
    both = await _both(conn, directory_id, ids)
    await tell_all_apart(conn, directory_id, [both], operator_id, at)


async def tell_all_apart(
    conn: AsyncConnection,
    directory_id: str,
    pairs: Iterable[tuple[str, str]],
    operator_id: str | None,
    at: int,
) -> None:
    """The same of many pairs of contacts, all of whom are there."""
    wanted = {(min(pair), max(pair)) for pair in pairs}
    known = select(_one, _other).where(
        distinct_contacts.c.directory_id == directory_id, tuple_(_one, _other).in_(wanted)
    )
    new = sorted(wanted - {(row[0], row[1]) for row in await conn.execute(known)})
    said = {"directory_id": directory_id, "at": at, "operator_id": operator_id}
    rows = [{**said, "one_id": one, "other_id": other} for one, other in new]
    await insert_new(conn, distinct_contacts, rows)
    logged = [
        audit.entry(operator_id, "contact.tell_apart", one, at, after={"other": other})
        for one, other in new
    ]
    await insert_rows(conn, audit_rows, logged)


async def take_back(
    conn: AsyncConnection,
    directory_id: str,
    ids: Sequence[str],
    operator_id: str | None,
    at: int,
) -> None:
    """They may be one person after all; never said, it changes nothing."""
    one, other = await _both(conn, directory_id, ids)
    known = [await _known_as(conn, each) for each in (one, other)]
    pairs = or_(
        and_(_one.in_(known[0]), _other.in_(known[1])),
        and_(_one.in_(known[1]), _other.in_(known[0])),
    )
    gone = await conn.execute(
        delete(distinct_contacts).where(distinct_contacts.c.directory_id == directory_id, pairs)
    )
    if gone.rowcount:
        await audit.record(
            conn, operator_id, "contact.tell_apart", one, at, before={"other": other}
        )


class _Resolved(NamedTuple):
    """Who is told apart, joined with what they have become; `now`: the two ids as of now."""

    joined: FromClause
    now: tuple[ColumnElement[str], ColumnElement[str]]


def _resolved() -> _Resolved:
    first, second = contact_redirects.alias(), contact_redirects.alias()
    joined = distinct_contacts.outerjoin(first, first.c.contact_id == _one)
    joined = joined.outerjoin(second, second.c.contact_id == _other)
    now = func.coalesce(first.c.survivor_id, _one), func.coalesce(second.c.survivor_id, _other)
    return _Resolved(joined, now)


async def _both(conn: AsyncConnection, directory_id: str, ids: Sequence[str]) -> tuple[str, str]:
    """The two as they are now, the lesser id first."""
    found = {(await get_contact(conn, directory_id, each))["contact_id"] for each in ids}
    if len(found) != 2:
        raise Invalid("contactIds", "must name two contacts")
    one, other = sorted(found)
    return one, other


async def _known_as(conn: AsyncConnection, contact_id: str) -> list[str]:
    """The contact's id, and those of others that it has taken in."""
    old = select(contact_redirects.c.contact_id).where(
        contact_redirects.c.survivor_id == contact_id
    )
    return [contact_id, *(await conn.execute(old)).scalars()]

"""Which segments a contact is in: one bit mask per contact, evaluated at once or by a rebuild.

Criteria are judged by the core's reference evaluator; here they only meet the store.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, RowMapping, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.criteria.choosing import listed
from askwell_edge.directory.criteria.facts import facts_of, heads_of
from askwell_edge.directory.criteria.judging import Judged
from askwell_edge.directory.criteria.masks import compile_all, mask_of
from askwell_edge.directory.criteria.sql_texts import NotInSql
from askwell_edge.directory.criteria.timing import leaves_with_windows, next_change
from askwell_edge.directory.segments.marks import marks_of, marks_on, settle
from askwell_edge.directory.segments.sweeping import judge, judge_new, keep
from askwell_edge.store.tables import contacts, directories, due_day, memberships, segments

DAY_MS = 24 * 60 * 60 * 1000
# So many contacts are judged sooner by the database, whose statement takes a while to prepare.
MANY = 32


@dataclass(frozen=True, slots=True)
class Standing:
    """One contact's membership of the segments that were asked about, and its age."""

    members: frozenset[str]
    pending: frozenset[str]
    built_at: int | None


async def membership_of(conn: AsyncConnection, contact_id: str) -> tuple[int, int] | None:
    """The contact's mask and when it was evaluated; None while it never was."""
    row = (
        await conn.execute(
            select(memberships.c.mask, memberships.c.built_at).where(
                memberships.c.contact_id == contact_id
            )
        )
    ).one_or_none()
    return (row.mask, row.built_at) if row is not None else None


async def standing_of(
    conn: AsyncConnection, directory_id: str, contact_id: str, wanted: frozenset[str]
) -> Standing:
    """Which of the `wanted` segments the contact is in; pending: not known yet.

    A segment is pending until it was built once; one of another directory is none of it.
    A contact that was never evaluated is, under `daily`, in no segment until the rebuild.
    """
    if not wanted:
        return Standing(frozenset(), frozenset(), None)
    mask, built_at = await membership_of(conn, contact_id) or (0, None)
    members, pending = set(), set()
    asked = [each for each in await segments_of(conn, directory_id) if each["segment_id"] in wanted]
    if built_at is not None and asked:
        # A rebuild writes down only what changed, and is as good as an evaluation.
        built_at = max(built_at, min(each["built_at"] or 0 for each in asked))
    for row in asked:
        if row["status"] == "building":
            pending.add(row["segment_id"])
        elif row["status"] == "ready" and mask >> row["ordinal"] & 1:
            members.add(row["segment_id"])
    return Standing(frozenset(members), frozenset(pending), built_at)


async def segments_of(conn: AsyncConnection, directory_id: str) -> Sequence[RowMapping]:
    """The directory's segments by ordinal."""
    wanted = (
        select(segments).where(segments.c.directory_id == directory_id).order_by(segments.c.ordinal)
    )
    return (await conn.execute(wanted)).mappings().all()


async def evaluate_if_live(
    conn: AsyncConnection, directory_id: str, contact_id: str, at: int
) -> None:
    """Evaluate a contact that was created or changed, unless its directory waits for rebuilds."""
    await evaluate_all_if_live(conn, directory_id, [contact_id], at)


async def evaluate_all_if_live(
    conn: AsyncConnection, directory_id: str, contact_ids: Collection[str], at: int
) -> None:
    """The same for many contacts at once."""
    mode = await conn.scalar(
        select(directories.c.membership_mode).where(directories.c.directory_id == directory_id)
    )
    if mode == "live":
        await evaluate_contacts(conn, directory_id, contact_ids, at)


async def evaluate_contacts(
    conn: AsyncConnection, directory_id: str, contact_ids: Collection[str], at: int
) -> int:
    """Evaluate these contacts now; how many of them changed segments.

    Few are judged by the reference, many by the database as far as it can.
    """
    rows = await segments_of(conn, directory_id)
    ids = sorted(set(contact_ids))
    judged: list[Judged] = []
    if rows and ids:
        await _lock(conn, ids)
        judged = await _judged_by_database(conn, rows, directory_id, ids, at)
        left = sorted(set(ids) - {each["contact_id"] for each in judged})
        judged += await _judged_by_reference(conn, rows, left, at)
    await _settle(conn, sorted(set(ids) - {each["contact_id"] for each in judged}))
    return await keep(conn, directory_id, judged, rows, at)


async def evaluate_new(
    conn: AsyncConnection, directory_id: str, contact_ids: Collection[str], at: int
) -> None:
    """Evaluate contacts that this transaction made, which nobody evaluated yet."""
    rows, ids = await segments_of(conn, directory_id), sorted(set(contact_ids))
    if rows and len(ids) >= MANY:
        with suppress(NotInSql):
            ids = await judge_new(conn, rows, directory_id, ids, at)
    if rows and ids:
        await evaluate_contacts(conn, directory_id, ids, at)


async def _judged_by_database(
    conn: AsyncConnection,
    rows: Sequence[RowMapping],
    directory_id: str,
    ids: Sequence[str],
    at: int,
) -> list[Judged]:
    if len(ids) < MANY:
        return []
    try:
        judged = await judge(conn, rows, directory_id, ids, at)
    except NotInSql:
        return []
    return [each for each in judged if not each["doubtful"]]


async def _judged_by_reference(
    conn: AsyncConnection, rows: Sequence[RowMapping], ids: Sequence[str], at: int
) -> list[Judged]:
    if not ids:
        return []
    compiled = compile_all(rows)
    heads = {head for row in rows for head in heads_of(row["criteria"])}
    moving = [leaf for row in rows for leaf in leaves_with_windows(row["criteria"])]
    facts = await facts_of(conn, ids, heads)
    present = await _present(conn, list(facts))
    return [
        {
            "contact_id": each,
            "mask": mask_of(compiled, about, at),
            "next_change_at": next_change(moving, about, at),
            "known_mask": present[each].mask if each in present else None,
            "known_next_at": present[each].next_change_at if each in present else None,
            "known_at": present[each].built_at if each in present else None,
        }
        for each, about in facts.items()
    ]


async def _lock(conn: AsyncConnection, ids: Sequence[str]) -> None:
    """Have nobody else change these contacts until the transaction ends."""
    if conn.dialect.name == "postgresql":
        wanted = select(contacts.c.contact_id).where(contacts.c.contact_id.in_(ids))
        await conn.execute(wanted.order_by(contacts.c.contact_id).with_for_update())


async def _settle(conn: AsyncConnection, contact_ids: Sequence[str]) -> None:
    """Nothing is due for these: there is no segment, or no contact any more."""
    if contact_ids:
        await conn.execute(
            update(memberships)
            .where(memberships.c.contact_id.in_(contact_ids))
            .values(next_change_at=None)
        )


async def evaluate_marked(
    conn: AsyncConnection, directory_id: str, contact_ids: Collection[str], at: int
) -> None:
    """Evaluate these contacts now, which are then due no longer."""
    marks = await marks_on(conn, directory_id, listed, {"ids": sorted(contact_ids)})
    await evaluate_contacts(conn, directory_id, contact_ids, at)
    await settle(conn, directory_id, marks)


async def due_contacts(
    conn: AsyncConnection, directory_id: str, at: int, limit: int
) -> dict[str, int | None]:
    """Contacts of a live directory whose membership time or a touchpoint may have changed.

    With the mark of each that has one.
    """
    due: dict[str, int | None] = dict(await marks_of(conn, directory_id, limit))
    moved = await conn.execute(moved_by_time(directory_id, at, limit - len(due)))
    for contact_id in moved.scalars():
        due.setdefault(contact_id, None)
    return due


def moved_by_time(directory_id: str, at: int, limit: int) -> Select[Any]:
    """Whose windows time has moved on, as a statement that one small index answers."""
    return (
        select(memberships.c.contact_id)
        .where(
            memberships.c.directory_id == directory_id,
            due_day <= at // DAY_MS,
            memberships.c.next_change_at <= at,
        )
        .order_by(due_day, memberships.c.contact_id)
        .limit(limit)
    )


async def _present(conn: AsyncConnection, contact_ids: Sequence[str]) -> dict[str, Row[Any]]:
    rows = await conn.execute(select(memberships).where(memberships.c.contact_id.in_(contact_ids)))
    return {row.contact_id: row for row in rows}

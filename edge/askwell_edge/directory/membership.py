"""Which segments a contact is in: one bit mask per contact, evaluated at once or by a rebuild.

Criteria are judged by the core's reference evaluator; here they only meet the store.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.facts import facts_of, heads_of
from askwell_edge.directory.history import record_change
from askwell_edge.directory.timing import leaves_with_windows, next_change
from askwell_edge.store.tables import directories, memberships, segments
from askwell_runtime.errors import CriteriaError
from askwell_runtime.segment import ContactFacts, compile_criteria

Criteria = Callable[[ContactFacts, int], bool]


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
    mode = await conn.scalar(
        select(directories.c.membership_mode).where(directories.c.directory_id == directory_id)
    )
    if mode == "live":
        await evaluate_contacts(conn, directory_id, [contact_id], at)


async def evaluate_contact(
    conn: AsyncConnection, directory_id: str, contact_id: str, at: int
) -> None:
    """Evaluate one contact now, for every segment of the directory."""
    await evaluate_contacts(conn, directory_id, [contact_id], at)


async def evaluate_contacts(
    conn: AsyncConnection, directory_id: str, contact_ids: Sequence[str], at: int
) -> int:
    """Evaluate these contacts now; how many of them changed segments."""
    rows = await segments_of(conn, directory_id)
    compiled = compile_all(rows)
    heads = {head for row in rows for head in heads_of(row["criteria"])}
    moving = [leaf for row in rows for leaf in leaves_with_windows(row["criteria"])]
    facts = await facts_of(conn, contact_ids, heads, lock=True) if rows else {}
    await _settle(conn, [each for each in contact_ids if each not in facts])
    present = await _present(conn, list(facts))
    wanted: list[dict[str, Any]] = [
        {
            "contact_id": each,
            "directory_id": directory_id,
            "mask": mask_of(compiled, facts[each], at),
            "built_at": at,
            "next_change_at": next_change(moving, facts[each], at),
        }
        for each in dict.fromkeys(contact_ids)
        if each in facts
    ]
    new = [each for each in wanted if each["contact_id"] not in present]
    if new:
        await conn.execute(insert(memberships), new)
    await _refresh(conn, [each for each in wanted if each["contact_id"] in present])
    ready = {row["ordinal"]: row["segment_id"] for row in rows if row["status"] == "ready"}
    moved = [each for each in wanted if present.get(each["contact_id"]) not in (None, each["mask"])]
    for each in moved:
        contact_id = each["contact_id"]
        before, after = present[contact_id], each["mask"]
        await record_moves(conn, directory_id, contact_id, before, after, ready, at)
    return len(new) + len(moved)


async def _settle(conn: AsyncConnection, contact_ids: Sequence[str]) -> None:
    """Nothing is due for these: there is no segment, or no contact any more."""
    if contact_ids:
        await conn.execute(
            update(memberships)
            .where(memberships.c.contact_id.in_(contact_ids))
            .values(next_change_at=None)
        )


async def _refresh(conn: AsyncConnection, wanted: Sequence[Mapping[str, Any]]) -> None:
    if wanted:
        change = (
            update(memberships)
            .where(memberships.c.contact_id == bindparam("wanted_id"))
            .values(
                mask=bindparam("mask"),
                built_at=bindparam("built_at"),
                next_change_at=bindparam("next_change_at"),
            )
        )
        kept = ("mask", "built_at", "next_change_at")
        await conn.execute(
            change,
            [
                {"wanted_id": each["contact_id"], **{name: each[name] for name in kept}}
                for each in wanted
            ],
        )


async def mark_due(conn: AsyncConnection, contact_ids: Collection[str]) -> None:
    """Have these contacts evaluated within seconds: something was added to their timelines."""
    if contact_ids:
        await conn.execute(
            update(memberships)
            .where(memberships.c.contact_id.in_(sorted(contact_ids)))
            .values(next_change_at=0)
        )


async def due_contacts(conn: AsyncConnection, directory_id: str, at: int, limit: int) -> list[str]:
    """Contacts of a live directory whose membership time or a touchpoint may have changed."""
    rows = await conn.execute(
        select(memberships.c.contact_id)
        .where(
            memberships.c.directory_id == directory_id,
            memberships.c.next_change_at <= at,
        )
        .order_by(memberships.c.next_change_at, memberships.c.contact_id)
        .limit(limit)
    )
    return [row.contact_id for row in rows]


def compile_all(rows: Sequence[Mapping[Any, Any]]) -> list[tuple[int, Criteria | None]]:
    """Each segment's bit and its compiled criteria; None where they cannot be compiled."""
    compiled: list[tuple[int, Criteria | None]] = []
    for row in rows:
        try:
            compiled.append((row["ordinal"], compile_criteria(row["criteria"])))
        except CriteriaError:
            compiled.append((row["ordinal"], None))
    return compiled


def mask_of(compiled: Sequence[tuple[int, Criteria | None]], facts: ContactFacts, at: int) -> int:
    """Bit n is set when the contact is in the segment whose ordinal is n."""
    return sum(
        1 << ordinal
        for ordinal, criteria in compiled
        if criteria is not None and criteria(facts, at)
    )


async def _present(conn: AsyncConnection, contact_ids: Sequence[str]) -> dict[str, int]:
    rows = await conn.execute(
        select(memberships.c.contact_id, memberships.c.mask).where(
            memberships.c.contact_id.in_(contact_ids)
        )
    )
    return {row.contact_id: row.mask for row in rows}


async def record_moves(
    conn: AsyncConnection,
    directory_id: str,
    contact_id: str,
    before: int,
    after: int,
    ready: Mapping[int, str],
    at: int,
) -> None:
    """Write on the timeline which segments a contact joined and left."""
    for ordinal, segment_id in ready.items():
        if (before ^ after) >> ordinal & 1:
            joined = after >> ordinal & 1
            await record_change(
                conn,
                directory_id,
                contact_id,
                "segment_joined" if joined else "segment_left",
                at,
                "api",
                details={"segment_id": segment_id},
            )

"""Contacts judged beside the writer, several batches at a time; what changed is written in parts.

No write waits for a judgement: what was judged is compared with what is there when it is written,
and whoever changed in between is judged again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.criteria.choosing import listed
from askwell_edge.directory.criteria.column_criteria import compiled
from askwell_edge.directory.criteria.columns import Reader
from askwell_edge.directory.criteria.found_facts import Found
from askwell_edge.directory.criteria.judging import Judged
from askwell_edge.directory.criteria.packs import keep_packs
from askwell_edge.directory.criteria.sql_texts import NotInSql
from askwell_edge.directory.criteria.timelines import Chosen, Kinds, known_kinds
from askwell_edge.directory.segments.marks import Mark, marks_on, settle
from askwell_edge.directory.segments.membership import evaluate_contacts, segments_of
from askwell_edge.directory.segments.sweeping import keep
from askwell_edge.directory.segments.turns import has_turn, take_turn, turns_of
from askwell_edge.store.engine import Store
from askwell_edge.store.many import Texts, one_of
from askwell_edge.store.tables import contacts, memberships

LANES = 2  # batches that are judged at the same time
LISTED = 2_500  # contacts of a batch whose members are named one by one
WRITE = 500  # memberships, or what is kept of contacts, that are written in one transaction

T = TypeVar("T")
Segments = Sequence[Mapping[Any, Any]]


class Batch(NamedTuple):
    """Contacts by their ids, sorted, and what chooses them: a condition and its parameters."""

    ids: list[str]
    chosen: Chosen
    asked: Mapping[str, Any]


class Sweep:
    """Batches of a directory's contacts judged as of an instant, and written down."""

    @classmethod
    async def begin(cls, store: Store, directory_id: str, segments: Segments, at: int) -> "Sweep":
        """A sweep that has read nothing yet: from now on it is its turn, and no older one's."""
        turn = await store.writer.submit(
            lambda conn: take_turn(conn, directory_id),
            holding=[turns_of(directory_id)],
            lasting=False,
        )
        return cls(store, directory_id, segments, at, turn)

    def __init__(
        self, store: Store, directory_id: str, segments: Segments, at: int, turn: int
    ) -> None:
        self._store = store
        self._directory_id = directory_id
        self._segments = segments
        self._at = at
        self._turn = turn
        self._kinds = Kinds()
        self._reader: Reader | None = None
        if not segments:
            return  # nothing to find out: whoever is due is settled
        try:
            dialect = store.engine.dialect.name
            criteria = compiled(segments, at, dialect)
            self._reader = Reader(criteria, directory_id, at, dialect)
        except NotInSql:
            pass  # one by one by the reference

    async def judge(self, batch: Batch) -> None:
        """Judge these contacts and write what is new; none of their marks of before is left."""
        async with self._store.sweep() as conn:
            marks = await marks_on(conn, self._directory_id, batch.chosen, batch.asked)
            kinds = await self._kinds_now(conn)
            judged = await self._judged(conn, batch, kinds)
        known = [each for found, _, _ in judged for each in found.contact_ids]
        left = set() if known == batch.ids else set(batch.ids).difference(known)
        for found, changed, doubtful in judged:
            left.update(doubtful)
            await self._write(self._keep, changed)
            await self._write(partial(keep_packs, kinds=kinds), found.packs)
        await self._write(self._evaluate, sorted(left))
        await self._write(self._settle, marks)

    async def _judged(
        self, conn: AsyncConnection, batch: Batch, kinds: Kinds
    ) -> list[tuple[Found, list[Judged], list[str]]]:
        """What was found, whose membership is another by it, and who is in doubt."""
        if self._reader is None:
            return []
        return [
            (each, *await asyncio.to_thread(self._reader.changed, each))
            for each in await self._reader.read(conn, *batch, kinds)
        ]

    async def _write(
        self, write: Callable[[AsyncConnection, Sequence[T]], Awaitable[Any]], rows: Sequence[T]
    ) -> None:
        """In transactions that nothing waits for long; what a power cut takes is judged again."""
        for part in parts(rows, WRITE):
            await self._store.writer.submit(
                lambda conn, part=part: write(conn, part),  # type: ignore[misc]
                holding=[turns_of(self._directory_id)],
                lasting=False,
            )

    async def _keep(self, conn: AsyncConnection, judged: Sequence[Judged]) -> None:
        """Write what was judged a moment ago, except for whoever changed since."""
        ids = [each["contact_id"] for each in judged]
        if not await has_turn(conn, self._directory_id, self._turn):
            await self._evaluate(conn, ids)
            return
        there = await _known_now(conn, ids)
        sure: list[Judged] = []
        again: list[Judged] = []
        for each in judged:
            known = (each["known_mask"], each["known_next_at"], each["known_at"])
            (sure if there.get(each["contact_id"]) == known else again).append(each)
        await keep(conn, self._directory_id, sure, self._segments, self._at)
        if again:
            await self._evaluate(conn, [each["contact_id"] for each in again])

    async def _evaluate(self, conn: AsyncConnection, contact_ids: Sequence[str]) -> None:
        await evaluate_contacts(conn, self._directory_id, contact_ids, self._at)

    async def _settle(self, conn: AsyncConnection, marks: Sequence[Mark]) -> None:
        await settle(conn, self._directory_id, marks)

    async def _kinds_now(self, conn: AsyncConnection) -> Kinds:
        """The kinds so far, or what is there if somebody else gave their numbers to others."""
        there = await known_kinds(conn)
        if list(there) != list(self._kinds)[: len(there)]:
            self._kinds = there
        return self._kinds


async def evaluate_listed(
    store: Store, directory_id: str, contact_ids: Sequence[str], at: int
) -> None:
    """Evaluate these contacts, many of them, as far as can be beside the writer."""
    async with store.read() as conn:
        segments = await segments_of(conn, directory_id)
    sweep = await Sweep.begin(store, directory_id, segments, at)
    batches = list(parts(sorted(contact_ids), LISTED))

    async def judge_next() -> bool:
        if not batches:
            return False
        ids = list(batches.pop())
        await sweep.judge(Batch(ids, listed, {"ids": ids}))
        return True

    await in_lanes(judge_next)


async def in_lanes(step: Callable[[], Awaitable[bool]]) -> None:
    """Take steps side by side until there is nothing left to do."""

    async def lane() -> None:
        while await step():
            pass

    async with asyncio.TaskGroup() as lanes:
        for _ in range(LANES):
            lanes.create_task(lane())


def parts(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """So many rows at a time."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


async def _known_now(
    conn: AsyncConnection, ids: Sequence[str]
) -> dict[str, tuple[int | None, int | None, int | None]]:
    """What the memberships of these contacts say; nobody changes them until the commit.

    Not of who is gone. On SQLite the transaction is the only one that writes: there nobody but
    those without a membership is looked up among contacts.
    """
    known: dict[str, tuple[int | None, int | None, int | None]] = {}
    if conn.dialect.name == "sqlite":
        rows = await conn.execute(_MEMBERSHIPS_NOW, {"ids": ids})
        known = {row[0]: tuple(row[1:]) for row in rows.all()}
    left = [each for each in ids if each not in known]
    if left:
        rows = await conn.execute(_KNOWN_NOW, {"ids": left})
        known |= {row[0]: tuple(row[1:]) for row in rows.all()}
    return known


_SAID = (memberships.c.mask, memberships.c.next_change_at, memberships.c.built_at)
_MEMBERSHIPS_NOW = select(memberships.c.contact_id, *_SAID).where(
    one_of(memberships.c.contact_id, bindparam("ids", type_=Texts()))
)
_KNOWN_NOW = (
    select(contacts.c.contact_id, *_SAID)
    .outerjoin(memberships, memberships.c.contact_id == contacts.c.contact_id)
    .where(one_of(contacts.c.contact_id, bindparam("ids", type_=Texts())))
    .order_by(contacts.c.contact_id)
    .with_for_update(of=contacts)
)

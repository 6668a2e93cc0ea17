"""Contacts judged beside the writer, several batches at a time; what changed is written in parts.

No write waits for a judgement: what was judged is compared with what is there when it is written,
and whoever changed in between is judged again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

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
from askwell_edge.directory.segments.left_to_write import LeftToWrite
from askwell_edge.directory.segments.marks import Mark, marks_on, settle
from askwell_edge.directory.segments.membership import evaluate_contacts, segments_of
from askwell_edge.directory.segments.sweeping import Overtaken, keep, keep_if_same
from askwell_edge.directory.segments.turns import has_turn, take_turn, turns_of
from askwell_edge.store.engine import Store
from askwell_edge.store.many import Texts, one_of
from askwell_edge.store.tables import contacts, memberships

LANES = 2  # batches that are judged at the same time
LISTED = 2_500  # contacts of a batch whose members are named one by one

Segments = Sequence[Mapping[Any, Any]]


class Batch(NamedTuple):
    """Contacts by their ids, sorted, and what chooses them: a condition and its parameters."""

    ids: list[str]
    chosen: Chosen
    asked: Mapping[str, Any]
    marks: Sequence[Mark] | None = None  # None: not read yet


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
        # On SQLite nobody else writes meanwhile. Elsewhere others hold rows of several tables: lest
        # each waits for the other, a transaction there has one kind of them, looked up and locked.
        self._alone = store.engine.dialect.name == "sqlite"
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
            marks = batch.marks
            if marks is None:
                marks = await marks_on(conn, self._directory_id, batch.chosen, batch.asked)
            kinds = await self._kinds_now(conn)
            judged = await self._judged(conn, batch, kinds)
        known = [each for found, _, _ in judged for each in found.contact_ids]
        left = [] if known == batch.ids else list(set(batch.ids).difference(known))
        outcome = LeftToWrite(
            changed=[each for _, changed, _ in judged for each in changed],
            packs=[each for found, _, _ in judged for each in found.packs],
            doubtful=left + [each for _, _, doubtful in judged for each in doubtful],
            marks=marks,
        )
        for part in outcome.parts():
            for each in [part] if self._alone else part.kinds():
                try:
                    await self._submit(each, kinds, looking=not self._alone)
                except Overtaken:
                    await self._submit(each, kinds, looking=True)

    async def _judged(
        self, conn: AsyncConnection, batch: Batch, kinds: Kinds
    ) -> list[tuple[Found, list[Judged], list[str]]]:
        """What was found, whose membership is another by it, and who is in doubt."""
        if self._reader is None:
            return []
        return [
            (each, *await asyncio.to_thread(self._reader.changed, each))
            for each in await self._reader.read(conn, batch.ids, batch.chosen, batch.asked, kinds)
        ]

    async def _submit(self, part: LeftToWrite, kinds: Kinds, *, looking: bool) -> None:
        """One transaction, which nothing waits for long; what a power cut takes is judged again."""
        await self._store.writer.submit(
            lambda conn: self._write(conn, part, kinds, looking=looking),
            holding=[turns_of(self._directory_id)],
            lasting=False,
        )

    async def _write(
        self, conn: AsyncConnection, part: LeftToWrite, kinds: Kinds, *, looking: bool
    ) -> None:
        again = list(part.doubtful)
        if part.changed:
            again += await self._keep(conn, part.changed, looking=looking)
        if part.packs:
            await keep_packs(conn, part.packs, kinds)
        if again:
            await evaluate_contacts(conn, self._directory_id, again, self._at)
        await settle(conn, self._directory_id, part.marks)

    async def _keep(
        self, conn: AsyncConnection, judged: Sequence[Judged], *, looking: bool
    ) -> list[str]:
        """Write what was judged a moment ago; who changed since and is to be judged again.

        To look that up first takes half as long as the writing: if not `looking`, it is noticed.
        """
        if not await has_turn(conn, self._directory_id, self._turn):
            return [each["contact_id"] for each in judged]
        if not looking and all(each["known_at"] is not None for each in judged):
            await keep_if_same(conn, judged, self._segments, self._at)
            return []
        there = await _known_now(conn, [each["contact_id"] for each in judged])
        sure: list[Judged] = []
        again: list[str] = []
        for each in judged:
            known = (each["known_mask"], each["known_next_at"], each["known_at"])
            if there.get(each["contact_id"]) == known:
                sure.append(each)
            else:
                again.append(each["contact_id"])
        await keep(conn, self._directory_id, sure, self._segments, self._at)
        return again

    async def _kinds_now(self, conn: AsyncConnection) -> Kinds:
        """The kinds so far, or what is there if somebody else gave their numbers to others."""
        there = await known_kinds(conn)
        if list(there) != list(self._kinds)[: len(there)]:
            self._kinds = there
        return self._kinds


async def evaluate_listed(
    store: Store, directory_id: str, due: Mapping[str, int | None], at: int
) -> None:
    """Evaluate these contacts, many of them, as far as can be beside the writer.

    Each with its mark, which is settled, if it was seen to have one.
    """
    async with store.read() as conn:
        segments = await segments_of(conn, directory_id)
    sweep = await Sweep.begin(store, directory_id, segments, at)
    ids = sorted(due)
    batches = [ids[start : start + LISTED] for start in range(0, len(ids), LISTED)]

    async def judge_next() -> bool:
        if not batches:
            return False
        ids = batches.pop()
        marks = [(each, mark) for each in ids if (mark := due[each]) is not None]
        await sweep.judge(Batch(ids, listed, {"ids": ids}, marks))
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

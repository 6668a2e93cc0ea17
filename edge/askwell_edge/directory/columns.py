"""Facts of many contacts as columns: read as they are kept, or asked for and then to be kept.

SQLite keeps what is slow to find out, packed timelines and answers about the contact itself; a
batch of contacts of whom everything is kept is read as one row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    LargeBinary,
    Select,
    String,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.column_criteria import INSTANTS, Bools, ColumnCriteria, Columns
from askwell_edge.directory.judging import Judged
from askwell_edge.directory.leaf_answers import Answers, Asking
from askwell_edge.directory.sql_texts import NotInSql
from askwell_edge.directory.sweeping import listed
from askwell_edge.directory.tallies import MOST, NEVER
from askwell_edge.directory.timelines import (
    Chosen,
    Kinds,
    Numbers,
    Pack,
    Timelines,
    read_timelines,
)
from askwell_edge.store.tables import contacts, memberships, timelines

NOBODY = -1  # instead of when a membership was built, where there is none
# What memberships say: mask, next change (NEVER if there is none), when it was built.
KNOWN = (
    func.coalesce(memberships.c.mask, 0),
    func.coalesce(memberships.c.next_change_at, NEVER),
    func.coalesce(memberships.c.built_at, NOBODY),
)


@dataclass(slots=True)
class Found:
    """Facts about contacts, what their memberships say (a row of KNOWN each), what to keep."""

    columns: Columns
    known: Numbers
    packs: list[Pack] = field(default_factory=list)


class Reader:
    """Reads what criteria must know of the contacts of a directory."""

    def __init__(self, criteria: ColumnCriteria, directory_id: str, at: int, dialect: str) -> None:
        self._criteria = criteria
        self._directory_id = directory_id
        self._keeps = dialect == "sqlite"
        self._own = Asking(criteria.own, at, dialect)
        self._others = Asking(criteria.others, at, dialect)
        if not self._others.in_sql:
            raise NotInSql("others")

    async def read(
        self,
        conn: AsyncConnection,
        ids: list[str],
        chosen: Chosen,
        asked: Mapping[str, Any],
        kinds: Kinds,
    ) -> list[Found]:
        """Everything about the contacts that are chosen by these parameters: `ids`, sorted.

        `kinds` are those that packs were made with.
        """
        asked = {"directory": self._directory_id, **asked}
        there = await self._kept(conn, chosen, asked, kinds) if self._keeps else None
        found = [] if there is None else [there]
        if there is None or there.columns.contact_ids != ids:
            have = set() if there is None else set(there.columns.contact_ids)
            left = [each for each in ids if each not in have]
            if have:
                chosen, asked = listed, {"directory": self._directory_id, "ids": left}
            found.append(await self._made(conn, chosen, asked, kinds))
        return found

    def changed(self, found: Found) -> tuple[list[Judged], list[str]]:
        """Those contacts whose memberships are not what criteria say, and who is in doubt."""
        columns, known = found.columns, found.known
        masks, ends = self._criteria.judge(columns)
        mask, end, built_at = known.T
        other = (masks != mask) | (ends != end) | (built_at == NOBODY)
        places = np.flatnonzero(other & ~columns.doubtful)
        rows = zip(
            (columns.contact_ids[place] for place in places.tolist()),
            *(each[places].tolist() for each in (masks, ends, *known.T)),
            strict=True,
        )
        doubtful = np.flatnonzero(columns.doubtful).tolist()
        return [_judged(*row) for row in rows], [columns.contact_ids[each] for each in doubtful]

    async def _kept(
        self, conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any], kinds: Kinds
    ) -> Found | None:
        """Those contacts of whom everything is kept."""
        row = (await conn.execute(_kept_in_one_row(chosen), {**asked, "asked": self._asked})).one()
        if row.ids is None:
            return None
        ids = row.ids.split(",")
        lengths = np.fromstring(row.lengths, np.int64, sep=",") // 8
        entries = np.frombuffer(row.entries, "<i8")
        found = Timelines(ids, lengths, entries, tuple(kinds))
        own = np.frombuffer(row.answers, "<i8").reshape(len(ids), -1)
        known = np.fromstring(row.known, np.int64, sep=",").reshape(len(ids), -1)
        nothing = np.zeros(len(ids), bool)
        others = await self._others_of(conn, chosen, asked, ids)
        return Found(self._columns(found, own, others, nothing), known)

    async def _made(
        self, conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any], kinds: Kinds
    ) -> Found:
        """The same found out from what is stored, to be kept where it can be."""
        about = (
            select(contacts.c.contact_id, contacts.c.created_at, contacts.c.modified_at, *KNOWN)
            .outerjoin(memberships, memberships.c.contact_id == contacts.c.contact_id)
            .where(contacts.c.directory_id == bindparam("directory"), chosen(contacts.c.contact_id))
            .order_by(contacts.c.contact_id)
        )
        rows = (await conn.execute(about, asked)).all()
        ids = [row[0] for row in rows]
        answered = await self._own.sure_answers(conn, chosen, asked, ids)
        own = _numbers([(*row[1:3], *answered[row[0]].bits) for row in rows], 2)
        others = await self._others_of(conn, chosen, asked, ids)
        read = await read_timelines(conn, chosen, asked, kinds)
        aligned = _aligned(read, ids)
        strange = set(read.uncountable)
        uncountable = np.fromiter((each in strange for each in ids), bool, len(ids))
        columns = self._columns(aligned, own, others, uncountable)
        packs = []
        if self._keeps:
            kept = select(timelines.c.contact_id, timelines.c.version)
            versions = (await conn.execute(kept.where(chosen(timelines.c.contact_id)), asked)).all()
            entries = {each.contact_id: each.entries for each in read.packs}
            packs = _packs(ids, own, dict(map(tuple, versions)), entries, self._asked)
        return Found(columns, _numbers([row[3:] for row in rows], len(KNOWN)), packs)

    @property
    def _asked(self) -> int:
        return self._criteria.own.name

    async def _others_of(
        self, conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any], ids: Sequence[str]
    ) -> list[Answers]:
        if not len(self._criteria.others):
            return []
        answered = await self._others.answers(conn, chosen, asked)
        nothing = Answers((0,) * self._criteria.others.numbers)
        return [answered.get(each, nothing) for each in ids]

    def _columns(
        self, found: Timelines, own: Numbers, others: Sequence[Answers], doubtful: Bools
    ) -> Columns:
        busy = found.lengths > MOST
        tallies = self._criteria.tallies.columns_of(found)
        ends = [each.next_change_at for each in others] or [NEVER] * len(doubtful)
        return Columns(
            contact_ids=found.contact_ids,
            instants={name: own[:, place] for place, name in enumerate(INSTANTS)},
            own=own[:, len(INSTANTS) :],
            others=_numbers([each.bits for each in others], 0),
            others_end=np.array(ends, np.int64),
            tallies={name: np.where(busy, 0, each) for name, each in tallies.items()},
            doubtful=doubtful | busy | np.array([each.doubtful for each in others] or [False]),
        )


def _judged(
    contact_id: str, mask: int, end: int, known_mask: int, known_end: int, known_at: int
) -> Judged:
    there = known_at != NOBODY
    return {
        "contact_id": contact_id,
        "mask": mask,
        "next_change_at": end if end != NEVER else None,
        "known_mask": known_mask if there else None,
        "known_next_at": known_end if there and known_end != NEVER else None,
        "known_at": known_at if there else None,
    }


def _numbers(rows: Sequence[Sequence[int]], width: int) -> Numbers:
    """Rows as an array, whose width has to be told where there are none."""
    return np.array(rows, np.int64) if rows else np.zeros((0, width), np.int64)


def _aligned(read: Timelines, ids: Sequence[str]) -> Timelines:
    """These contacts' timelines, in this order; empty ones where there are none."""
    places = {each: place for place, each in enumerate(read.contact_ids)}
    there = np.array([places.get(each, -1) for each in ids], np.int64)
    lengths = np.append(read.lengths, 0)[there]
    starts = np.append(np.cumsum(read.lengths) - read.lengths, 0)[there]
    ends = np.cumsum(lengths)
    taken = np.repeat(starts - (ends - lengths), lengths) + np.arange(ends[-1] if len(ids) else 0)
    return Timelines(list(ids), lengths, read.entries[taken], read.kinds)


def _packs(
    ids: Sequence[str],
    own: Numbers,
    versions: Mapping[str, int],
    entries: Mapping[str, bytes | None],
    asked: int,
) -> list[Pack]:
    """What may be kept of contacts that have a version; the others get their first by it."""
    rows = own.astype("<i8")
    return [
        Pack(each, versions.get(each, 0), entries.get(each), asked, row.tobytes())
        for each, row in zip(ids, rows, strict=True)
    ]


@lru_cache(maxsize=8)
def _kept_in_one_row(chosen: Chosen) -> Select[Any]:
    """Many rows would take longer than what is done with them."""
    mask, end, built_at = (cast(each, String) for each in KNOWN)
    kept = (
        select(
            timelines.c.contact_id,
            timelines.c.entries,
            timelines.c.answers,
            (mask + "," + end + "," + built_at).label("known"),
        )
        .join(memberships, memberships.c.contact_id == timelines.c.contact_id)
        .where(
            chosen(timelines.c.contact_id),
            memberships.c.directory_id == bindparam("directory"),
            timelines.c.entries.is_not(None),
            timelines.c.answers.is_not(None),
            timelines.c.asked == bindparam("asked", type_=BigInteger),
        )
        .order_by(timelines.c.contact_id)
        .subquery()
    )
    return select(
        func.group_concat(kept.c.contact_id).label("ids"),
        func.group_concat(kept.c.known).label("known"),
        func.group_concat(func.length(kept.c.entries)).label("lengths"),
        cast(func.group_concat(kept.c.entries, ""), LargeBinary).label("entries"),
        cast(func.group_concat(kept.c.answers, ""), LargeBinary).label("answers"),
    )

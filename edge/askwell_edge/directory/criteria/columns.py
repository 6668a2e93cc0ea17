"""Facts of many contacts as columns: read as they are kept, or asked for and then to be kept.

SQLite keeps what is slow to find out, packed timelines and answers about the contact itself; a
batch of contacts of whom everything is kept is read as one row.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    LargeBinary,
    Row,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.criteria.choosing import listed
from askwell_edge.directory.criteria.column_criteria import INSTANTS, ColumnCriteria, Columns
from askwell_edge.directory.criteria.found_facts import (
    KNOWN,
    NOBODY,
    STALE,
    Found,
    numbers,
    packs,
    together,
    unpacked,
    with_answers,
    with_timelines,
)
from askwell_edge.directory.criteria.judging import Judged
from askwell_edge.directory.criteria.later import noted
from askwell_edge.directory.criteria.leaf_answers import Answers, Asking
from askwell_edge.directory.criteria.reading import read_timelines
from askwell_edge.directory.criteria.sql_texts import NotInSql
from askwell_edge.directory.criteria.tallies import MOST, NEVER
from askwell_edge.directory.criteria.timelines import Bools, Chosen, Kinds, Numbers
from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import contacts, memberships, timelines


class Reader:
    """Reads what criteria must know of the contacts of a directory."""

    def __init__(self, criteria: ColumnCriteria, directory_id: str, at: int, dialect: str) -> None:
        self._criteria = criteria
        self._directory_id = directory_id
        self._keeps = dialect == "sqlite"
        self._own = Asking(criteria.own, at, dialect)
        self._others = Asking(criteria.others, at, dialect)
        if self._others.in_sql(listed) is None:
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
        found = []
        if self._keeps:
            there = await self._kept(conn, chosen, asked, kinds)
            if there.contact_ids == ids:
                return [there]
            if there.contact_ids:
                found.append(there)
                have = set(there.contact_ids)
                left = [each for each in ids if each not in have]
                chosen, asked = listed, {"directory": self._directory_id, "ids": left}
        found.append(await self._made(conn, chosen, asked, kinds))
        return found

    def changed(self, found: Found) -> tuple[list[Judged], list[str]]:
        """Those contacts whose memberships are not what criteria say, and who is in doubt."""
        columns, ids, known = self._columns(found), found.contact_ids, found.known
        masks, ends = self._criteria.judge(columns)
        mask, end, built_at = known.T
        other = (masks != mask) | (ends != end) | (built_at == NOBODY)
        places = np.flatnonzero(other & ~columns.doubtful)
        rows = zip(
            (ids[place] for place in places.tolist()),
            *(each[places].tolist() for each in (masks, ends, *known.T)),
            strict=True,
        )
        doubtful = np.flatnonzero(columns.doubtful).tolist()
        return [_judged(*row) for row in rows], [ids[place] for place in doubtful]

    async def _kept(
        self, conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any], kinds: Kinds
    ) -> Found:
        """Those contacts of whom anything is kept; what is not is found out, and nothing else."""
        width = len(INSTANTS) + self._criteria.own.numbers
        about = {**asked, "asked": self._criteria.own.name, "nothing": bytes(8 * width)}
        facts = (await conn.execute(_kept_facts(chosen), about)).one()
        said = (await conn.execute(_what_memberships_say(chosen), asked)).one()
        # Beside the event loop, where pages wait for their answers.
        found, stale = await asyncio.to_thread(unpacked, facts, said, width, kinds)
        if facts.unanswered:
            found = await self._answered(conn, chosen, asked, found, facts)
        if stale:
            read = await read_timelines(conn, listed, {"ids": stale}, kinds)
            found = await asyncio.to_thread(with_timelines, found, stale, read)
        found.others = await self._others_of(conn, chosen, asked, found.contact_ids)
        return found

    async def _answered(
        self,
        conn: AsyncConnection,
        chosen: Chosen,
        asked: Mapping[str, Any],
        found: Found,
        facts: Row[Any],
    ) -> Found:
        """The same with answers to what nobody asked these contacts yet, which are to be kept."""
        versions = dict(zip(facts.unanswered.split(","), facts.versions.split(","), strict=True))
        ids = sorted(versions.keys() & set(found.contact_ids))
        if len(ids) < len(found.contact_ids):
            chosen, asked = listed, {**asked, "ids": ids}
        instants = (await conn.execute(_instants(chosen), asked)).one()
        answered = await self._own.sure_answers(conn, chosen, asked, ids)
        return await asyncio.to_thread(
            with_answers, found, instants, answered, versions, self._criteria.own.name
        )

    async def _made(
        self, conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any], kinds: Kinds
    ) -> Found:
        """The same found out from what is stored, to be kept where it can be."""
        about = (
            select(contacts.c.contact_id, contacts.c.created_at, contacts.c.modified_at, *KNOWN)
            .outerjoin(memberships, memberships.c.contact_id == contacts.c.contact_id)
            .where(within(bindparam("directory")), chosen(contacts.c.contact_id))
            .order_by(contacts.c.contact_id)
        )
        rows = (await conn.execute(about, asked)).all()
        ids = [row[0] for row in rows]
        answered = await self._own.sure_answers(conn, chosen, asked, ids)
        others = await self._others_of(conn, chosen, asked, ids)
        read = await read_timelines(conn, chosen, asked, kinds)
        found = await asyncio.to_thread(together, rows, answered, others, read)
        if self._keeps:
            wanted = select(timelines.c.contact_id, timelines.c.version)
            there = await conn.execute(wanted.where(chosen(timelines.c.contact_id)), asked)
            name = self._criteria.own.name
            found.packs = await asyncio.to_thread(packs, found, there.all(), read.packs, name)
        return found

    async def _others_of(
        self, conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any], ids: Sequence[str]
    ) -> list[Answers]:
        if not len(self._criteria.others):
            return []
        answered = await self._others.answers(conn, chosen, asked)
        nothing = Answers((0,) * self._criteria.others.numbers)
        return [answered.get(each, nothing) for each in ids]

    def _columns(self, found: Found) -> Columns:
        busy = found.timelines.lengths > MOST
        tallies = self._criteria.tallies.columns_of(found.timelines)
        others, others_end, doubted = _side_by_side(found.others, len(found.contact_ids))
        return Columns(
            instants={name: found.own[:, place] for place, name in enumerate(INSTANTS)},
            own=found.own[:, len(INSTANTS) :],
            others=others,
            others_end=others_end,
            tallies={name: np.where(busy, 0, each) for name, each in tallies.items()},
            doubtful=found.uncountable | busy | doubted,
        )


def _side_by_side(answers: Sequence[Answers], count: int) -> tuple[Numbers, Numbers, Bools]:
    """Bits, next changes and doubts of so many contacts, who have no answers or one each."""
    if not answers:
        return np.zeros((count, 0), np.int64), np.full(count, NEVER), np.zeros(count, bool)
    bits, doubted, ends = zip(*answers, strict=True)
    return numbers(bits, 0), np.array(ends, np.int64), np.array(doubted, bool)


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


@lru_cache(maxsize=8)
def _kept_facts(chosen: Chosen) -> Select[Any]:
    """Kept answers with timelines, all in one row: many would take longer than what is done with
    them. Each value joined takes its time too."""
    columns = timelines.c
    answered = and_(
        columns.asked == bindparam("asked", type_=BigInteger), columns.answers.is_not(None)
    )
    answers = case((answered, columns.answers), else_=bindparam("nothing", type_=LargeBinary))
    entries = func.coalesce(columns.entries, b"")
    both = cast(answers.op("||")(entries), LargeBinary)
    return select(
        func.group_concat(columns.contact_id).label("ids"),
        func.group_concat(func.coalesce(func.length(columns.entries), STALE)).label("lengths"),
        cast(func.group_concat(both, ""), LargeBinary).label("numbers"),
        func.group_concat(case((answered, None), else_=columns.contact_id)).label("unanswered"),
        func.group_concat(case((answered, None), else_=columns.version)).label("versions"),
        *noted(timelines),
    ).where(chosen(columns.contact_id))


@lru_cache(maxsize=8)
def _instants(chosen: Chosen) -> Select[Any]:
    """Ids and INSTANTS of contacts, in one row."""
    said = (contacts.c.contact_id, contacts.c.created_at, contacts.c.modified_at)
    return select(*(func.group_concat(each) for each in said)).where(
        within(bindparam("directory")), chosen(contacts.c.contact_id)
    )


@lru_cache(maxsize=8)
def _what_memberships_say(chosen: Chosen) -> Select[Any]:
    """Ids, and each of KNOWN, in one row: one text for each contact would take twice as long."""
    said = (func.group_concat(each) for each in (memberships.c.contact_id, *KNOWN))
    return select(*said).where(
        chosen(memberships.c.contact_id), memberships.c.directory_id == bindparam("directory")
    )

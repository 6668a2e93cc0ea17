"""Single comparisons of criteria answered for many contacts, as bits; by whom they can be turned.

Most ask about the contact itself: nothing but a change of it turns their answers, which SQLite
therefore keeps, until a trigger throws them away.
"""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.criteria.facts import facts_of, heads_of
from askwell_edge.directory.criteria.masks import compile_all, mask_of
from askwell_edge.directory.criteria.sql_criteria import judging
from askwell_edge.directory.criteria.sql_texts import NotInSql
from askwell_edge.directory.criteria.tallies import NEVER
from askwell_edge.directory.criteria.timelines import Chosen
from askwell_edge.directory.criteria.timing import leaves_with_windows

BITS = 62  # answers that one number has room for
FORM = 1  # another one where the same question has to be answered anew

Leaf = Mapping[str, Any]


class Answers(NamedTuple):
    """What was answered for one contact, and when time may next turn an answer."""

    bits: tuple[int, ...] = ()
    doubtful: bool = False
    next_change_at: int = NEVER


NOTHING = Answers()


class Leaves:
    """Comparisons by their place; the same one is asked once."""

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        texts = sorted({_text(leaf) for leaf in leaves})
        self._places = {text: place for place, text in enumerate(texts)}
        self._leaves: list[Leaf] = [json.loads(text) for text in texts]

    def __len__(self) -> int:
        return len(self._leaves)

    def place(self, leaf: Leaf) -> tuple[int, int]:
        """In which number a leaf's answer is, and which bit of it."""
        return divmod(self._places[_text(leaf)], BITS)

    @property
    def numbers(self) -> int:
        """How many numbers hold all answers."""
        return -(-len(self._leaves) // BITS)

    @property
    def name(self) -> int:
        """A number of 63 bits that no other comparisons have."""
        return int.from_bytes(sha256(f"{FORM} {list(self._places)}".encode()).digest()[:8]) >> 1

    def parts(self) -> Iterator[list[dict[str, Any]]]:
        """The leaves of each number, as if each were a segment."""
        for start in range(0, len(self._leaves), BITS):
            part = self._leaves[start : start + BITS]
            yield [{"ordinal": bit, "criteria": leaf} for bit, leaf in enumerate(part)]


class Asking:
    """Leaves put to the database as of an instant, and to the reference where that is in doubt."""

    def __init__(self, leaves: Leaves, at: int, dialect: str) -> None:
        self._at = at
        self._dialect = dialect
        self._parts = list(leaves.parts())
        self._statements: dict[Chosen, list[Select[Any]] | None] = {}

    def in_sql(self, chosen: Chosen) -> list[Select[Any]] | None:
        """Statements about contacts chosen this way, if the database can be asked."""
        if chosen not in self._statements:
            made = None  # when they are needed: making them takes longer than running them
            with suppress(NotInSql):
                made = [
                    _in_one_row(judging(part, chosen, self._at, self._dialect).statement)
                    for part in self._parts
                ]
            self._statements[chosen] = made
        return self._statements[chosen]

    async def answers(
        self, conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any]
    ) -> dict[str, Answers]:
        """By id what the database says of the chosen contacts."""
        found: dict[str, Answers] = {}
        for each in self.in_sql(chosen) or ():
            row = (await conn.execute(each, asked)).one()
            # Beside the event loop, where pages wait for their answers.
            await asyncio.to_thread(_add, found, row)
        return found

    async def sure_answers(
        self, conn: AsyncConnection, chosen: Chosen, asked: Mapping[str, Any], ids: Sequence[str]
    ) -> dict[str, Answers]:
        """The same of all these contacts, who are the chosen ones, with the reference's word
        wherever the database is in doubt."""
        found = dict.fromkeys(ids, NOTHING) if not self._parts else {}
        if self.in_sql(chosen) is not None:
            found |= await self.answers(conn, chosen, asked)
        doubtful = [each for each in ids if each not in found or found[each].doubtful]
        if doubtful:
            rows = [row for part in self._parts for row in part]
            heads = {head for row in rows for head in heads_of(row["criteria"])}
            compiled = [compile_all(part) for part in self._parts]
            for each, about in (await facts_of(conn, doubtful, heads)).items():
                bits = tuple(mask_of(part, about, self._at) for part in compiled)
                found[each] = Answers(bits)
        return found


def _in_one_row(statement: Select[Any]) -> Select[Any]:
    """Ids, masks, doubts and next changes as a text each: that many rows would take longer."""
    rows = statement.subquery()
    said: list[ColumnElement[str]] = [
        rows.c.contact_id,
        cast(rows.c.mask, String),
        case((rows.c.doubtful, "1"), else_="0"),
        cast(func.coalesce(rows.c.next_change_at, NEVER), String),
    ]
    texts: list[Any] = [func.aggregate_strings(each, ",") for each in said]
    return select(*texts)


def _add(found: dict[str, Answers], row: Sequence[str | None]) -> None:
    """Add what a statement about some of the leaves says: one number more for each contact."""
    ids, masks, doubts, ends = (each.split(",") if each else [] for each in row)
    for contact_id, mask, doubtful, end in zip(ids, masks, doubts, ends, strict=True):
        bits, doubted, earlier = found.get(contact_id, NOTHING)
        found[contact_id] = Answers(
            (*bits, int(mask)), doubted or doubtful == "1", min(earlier, int(end))
        )


def leaves_of(criteria: Mapping[str, Any]) -> Iterator[Leaf]:
    """All comparisons of checked criteria."""
    if "op" not in criteria:
        yield criteria
        return
    for item in criteria["items"]:
        yield from leaves_of(item)


def is_own(leaf: Leaf) -> bool:
    """Whether nothing but a change of the contact itself, or of its lists, turns the answer."""
    head = leaf["field"].partition(".")[0]
    return head not in ("activity", "transactions") and not leaves_with_windows(leaf)


def _text(leaf: Leaf) -> str:
    return json.dumps(leaf, sort_keys=True)

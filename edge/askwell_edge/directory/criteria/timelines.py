"""Timelines as criteria count them: one number a touchpoint, of many contacts side by side.

`at << KIND_BITS | kind`, where a kind is a type and what it is about. On SQLite, which is slow to
visit single rows, each contact's numbers are kept packed in one. A trigger notes a new touchpoint
beside its pack (later.py); one that goes or moves throws it away, and the next rebuild packs anew.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.tables import touchpoint_kinds

KIND_BITS = 20
KIND_MASK = (1 << KIND_BITS) - 1
END_OF_TIME = 1 << 63 - KIND_BITS  # the year 2248: what was later has no number

# Which contacts are meant, by their ids.
Chosen = Callable[[ColumnElement[str]], ColumnElement[bool]]
Numbers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Kind(NamedTuple):
    """What a criterion can tell touchpoints apart by, except for their instants."""

    type: str
    survey_id: str | None
    intercept_id: str | None


class Kinds:
    """Kinds and their numbers, from 0; whatever has none yet gets the next."""

    def __init__(self, known: Iterable[Kind] = ()) -> None:
        # By kind; a row of a kind's columns finds it too.
        self._numbers: dict[tuple[Any, ...], int] = {
            kind: number for number, kind in enumerate(known)
        }

        self._lock = Lock()  # lanes of a rebuild share them

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Kind]:
        return (Kind(*each) for each in list(self._numbers))

    def number(self, kind: tuple[Any, ...]) -> int:
        """The kind's number."""
        with self._lock:
            return self._numbers.setdefault(kind, len(self._numbers))


class Pack(NamedTuple):
    """A contact's numbers as they may be kept, while the timeline still has this version.

    `asked` and `answers` are what leaf_answers.py makes; None leaves what is kept as it is.
    """

    contact_id: str
    version: int
    entries: bytes | None
    asked: int | None = None
    answers: bytes | None = None


@dataclass(slots=True)
class Timelines:
    """The numbers of some contacts, one contact's after the other's, and how many each has.

    `uncountable` are contacts with touchpoints that have no number.
    """

    contact_ids: list[str] = field(default_factory=list)
    lengths: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    entries: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    kinds: Sequence[Kind] = ()
    uncountable: list[str] = field(default_factory=list)
    packs: list[Pack] = field(default_factory=list)


async def known_kinds(conn: AsyncConnection) -> Kinds:
    """The kinds that packs are made with."""
    rows = await conn.execute(select(touchpoint_kinds).order_by(touchpoint_kinds.c.kind))
    return Kinds(Kind(row.type, row.survey_id, row.intercept_id) for row in rows)

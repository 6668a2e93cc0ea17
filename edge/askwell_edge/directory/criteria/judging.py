"""A statement that judges contacts, run with what it must be handed of their timelines."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.criteria.handing import hand_over
from askwell_edge.directory.criteria.reading import read_timelines
from askwell_edge.directory.criteria.tallies import Tallies
from askwell_edge.directory.criteria.timelines import (
    Chosen,
    Kinds,
    Timelines,
    known_kinds,
)

# `contact_id, mask, doubtful, next_change_at`, and what its membership said: `known_…`.
Judged = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Judging:
    """A statement about the chosen contacts, and what was asked of their timelines.

    Its parameters are `directory`, those of `chosen`, and those of what is handed over.
    """

    statement: Select[Any]
    tallies: Tallies
    chosen: Chosen


async def judged_by(
    conn: AsyncConnection, wanted: Judging, asked: Mapping[str, Any], kinds: Kinds | None = None
) -> tuple[list[Judged], Timelines]:
    """What a statement says, and the timelines that were handed to it.

    `asked` are its parameters; `kinds` those known so far, if the caller keeps them.
    """
    timelines, handed = Timelines(), {}
    names = wanted.tallies.columns
    if names:
        kinds = await known_kinds(conn) if kinds is None else kinds
        timelines = await read_timelines(conn, wanted.chosen, asked, kinds)
        # Beside the event loop, where pages wait for their answers.
        rows = await asyncio.to_thread(wanted.tallies.rows, timelines)
        handed = await hand_over(conn, names, "timeline", rows)
    found = await conn.execute(wanted.statement, {**asked, **handed})
    return list(found.mappings().all()), timelines

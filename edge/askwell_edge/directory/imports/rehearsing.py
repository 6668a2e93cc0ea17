"""What an import would do, without doing it: its own reading, matching and counting, and no write.

A rehearsal reads one moment's picture of the store and remembers what earlier rows would have made,
so that later ones meet it. It holds no lock and no turn of the writer: nobody waits for it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette

from askwell_edge.access.refusals import Conflict, Invalid
from askwell_edge.directory.contacts.arrivals import Arrival
from askwell_edge.directory.contacts.fields import TEXTS
from askwell_edge.directory.contacts.identity import IdentityRule, rules_of
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.imports.gathering import Gathering, Update, can_gather
from askwell_edge.directory.imports.keeping import (
    about_directory,
    counted,
    those_added,
    those_there,
)
from askwell_edge.directory.imports.options import Options, Tally
from askwell_edge.directory.imports.reader import read_ahead
from askwell_edge.directory.imports.refused_rows import told_of
from askwell_edge.directory.imports.rows import Batch
from askwell_edge.directory.lists.lists import get_list, members_among
from askwell_edge.store.engine import Store

# Enough to see what a file does, and what memory and a person who waits can bear.
ROWS = 10_000
BYTES = 32 << 20
CHANGES_SHOWN = 10
# So many at once, for each holds its rows in memory; more of them wait.
AT_ONCE = 2

Value = str | bool | None


@dataclass(frozen=True, slots=True)
class Change:
    """A contact that is there, and its fields as the API calls them: what was, what would be."""

    contact_id: str
    fields: Mapping[str, tuple[Value, Value]]


@dataclass(slots=True)
class Rehearsal:
    """What would become of the rows that were looked at."""

    rules: Sequence[IdentityRule]
    tally: Tally = field(default_factory=Tally)
    is_whole: bool = True  # no row of the file was left out
    failure: str | None = None  # why the file cannot be read any further
    refused: list[tuple[int, str]] = field(default_factory=list)
    found_by: Counter[int] = field(default_factory=Counter)  # rows, by the rule's position
    listed: int = 0  # contacts that would come onto the list
    changes: list[Change] = field(default_factory=list)  # of the first that would be updated


async def rehearse(
    store: Store,
    directory_id: str,
    chunks: Iterable[bytes],
    options: Options,
    at: int,
    *,
    progress: Callable[[Tally], None] | None = None,
) -> Rehearsal:
    """What importing the file's first ten thousand rows, or 32 MiB of it, would do now.

    A batch is looked at as a whole, so it may be a few rows more. Refused where an identity rule
    has no field by which many contacts are found at once.
    """
    async with store.sweep() as conn:
        await get_directory(conn, directory_id)
        if options.list_id is not None:
            await get_list(conn, directory_id, options.list_id)
        rules = await rules_of(conn, directory_id)
        if not can_gather(rules):
            message = (
                "an identity rule has neither reference, e-mail, phone nor name, and is known "
                "by importing alone"
            )
            raise Conflict("import_unforeseeable", message)
        stage = _Stage(conn, directory_id, options, Rehearsal(rules), at)
        try:
            async with aclosing(read_ahead(chunks, options, 0)) as read:
                async for batches in read:
                    for batch in batches:
                        await stage.take(batch)
                    if progress is not None:
                        progress(stage.told.tally)
                    if not stage.told.is_whole:
                        break
        except Invalid as refusal:
            stage.told.is_whole = False
            stage.told.failure = refusal.message
    return stage.told


def turns(app: Starlette) -> asyncio.Semaphore:
    """What a preview holds while it is made, so that few are at once."""
    if not hasattr(app.state, "import_previews"):
        app.state.import_previews = asyncio.Semaphore(AT_ONCE)
    made: asyncio.Semaphore = app.state.import_previews
    return made


class _Stage:
    """The rows so far, as if they had been imported."""

    def __init__(
        self,
        conn: AsyncConnection,
        directory_id: str,
        options: Options,
        told: Rehearsal,
        at: int,
    ) -> None:
        self._conn = conn
        self._options = options
        self._gathering = Gathering(directory_id, told.rules, at, goes_on=True)
        self._listed: set[str] = set()
        self._read = 0
        self.told = told

    async def take(self, batch: Batch) -> None:
        """What becomes of one batch more, unless there have been enough."""
        options, gathering, told = self._options, self._gathering, self.told
        if told.tally.rows >= ROWS or self._read >= BYTES:
            told.is_whole = False
            return
        await gathering.look_up(self._conn, about_directory(batch.rows, options))
        arrivals = gathering.receive(options.mode)
        told.found_by.update(each.rule_position for each in arrivals if each.rule_position)
        if options.list_id is not None:
            arrivals = await self._put_on_list(arrivals, options.list_id)
        told.tally = counted(told.tally, batch, arrivals)
        told.refused += told_of(batch.refused)
        self._read = batch.read
        there = (each for each in gathering.updates if not gathering.is_new(each.contact_id))
        for update, _ in zip(there, range(CHANGES_SHOWN - len(told.changes)), strict=False):
            told.changes.append(_change(update))
        gathering.updates.clear()

    async def _put_on_list(self, arrivals: Sequence[Arrival], list_id: str) -> list[Arrival]:
        there = those_there(arrivals)
        ids = [str(arrivals[n].contact_id) for n in there]
        self._listed |= await members_among(self._conn, list_id, set(ids) - self._listed)
        added = []
        for contact_id in ids:
            added.append(contact_id not in self._listed)
            self._listed.add(contact_id)
        self.told.listed += sum(added)
        return those_added(arrivals, there, added)


def _change(update: Update) -> Change:
    before, after = update.before, {**update.before, **update.changes}
    pairs = {name: (before[column], after[column]) for column, (name, _) in TEXTS.items()}
    pairs["unsubscribed"] = (before["unsubscribed"], after["unsubscribed"])
    was, will_be = before["embedded_data"], after["embedded_data"]
    for name in {**was, **will_be}:
        pairs[f"embeddedData.{name}"] = (was.get(name), will_be.get(name))
    fields: dict[str, Any] = {name: both for name, both in pairs.items() if both[0] != both[1]}
    return Change(update.contact_id, fields)

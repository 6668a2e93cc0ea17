"""Imports: a file's rows become contacts by the identity rules, two thousand a transaction.

A row is kept whole or not at all. A run that was cut off goes on where it stopped when the same
file is imported with the same options again.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Invalid, Unknown
from askwell_edge.directory.contacts.arrivals import Arrival, receive_contact
from askwell_edge.directory.contacts.identity import rules_of
from askwell_edge.directory.history import change_row
from askwell_edge.directory.imports.batches import BATCH
from askwell_edge.directory.imports.gathering import OPTS_OUT, Gathering, can_gather
from askwell_edge.directory.imports.options import Options, Tally, tally_of
from askwell_edge.directory.imports.outcomes import keep_outcomes
from askwell_edge.directory.imports.reader import read_ahead
from askwell_edge.directory.imports.refused_rows import refuse_rows
from askwell_edge.directory.imports.rows import Batch, Values, fields_of
from askwell_edge.directory.imports.runs import end_import, new_worker, record_progress
from askwell_edge.directory.imports.waiting import begin_import
from askwell_edge.directory.lists.lists import add_all_to_list
from askwell_edge.directory.segments.membership import evaluate_contacts, evaluate_new
from askwell_edge.directory.transactions.batches import add_to_batch, get_batch
from askwell_edge.directory.transactions.transactions import record_transactions
from askwell_edge.store.clock import Clock
from askwell_edge.store.engine import Store
from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.tables import directories, touchpoints

__all__ = ["BATCH", "Options", "Tally"]

CHUNK = 1 << 18
CHANGED = ("created", "updated")
LISTED = (*CHANGED, "unchanged")

Progress = Callable[[Tally], None]  # told after every transaction


@dataclass(frozen=True, slots=True)
class Work:
    """One worker's part in a run."""

    run: RowMapping
    worker: str
    options: Options
    clock: Clock


async def import_contacts(
    store: Store,
    directory_id: str,
    name: str,
    chunks: Iterable[bytes],
    digest: str,
    clock: Clock,
    options: Options,
    *,
    progress: Progress | None = None,
) -> tuple[str, Tally]:
    """The run's id and what became of its rows; refused rows are kept with number and reason.

    `digest` is the file's own: by it an interrupted run of the same file is recognised.
    """
    worker, at = new_worker(), clock()
    run = await store.writer.submit(
        lambda conn: begin_import(conn, directory_id, name, digest, at, options, worker=worker)
    )
    return await go_on(store, Work(run, worker, options, clock), chunks, progress=progress)


async def go_on(
    store: Store, work: Work, chunks: Iterable[bytes], *, progress: Progress | None = None
) -> tuple[str, Tally]:
    """Import the rows that a run has not kept yet, and end it."""
    import_id, tally = work.run["import_id"], tally_of(work.run)
    try:
        async with aclosing(read_ahead(chunks, work.options, tally.rows)) as batches:
            async for batch in batches:
                # A power cut may undo a batch, but only with its tally: the run goes on before it.
                tally = await store.writer.submit(
                    lambda conn, batch=batch, tally=tally: _keep(conn, work, batch, tally),  # type: ignore[misc]
                    lasting=False,
                )
                if progress is not None:
                    progress(tally)
    except Invalid as refusal:
        message = refusal.message
        await store.writer.submit(lambda conn: _fail(conn, work, message))
        raise
    await store.writer.submit(lambda conn: _end(conn, work, "finished"))
    return import_id, tally


def chunks_of(path: Path) -> Iterator[bytes]:
    """The file's bytes, piece by piece."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def digest_of(chunks: Iterable[bytes]) -> str:
    """The name of a file's content."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


async def _keep(conn: AsyncConnection, work: Work, batch: Batch, before: Tally) -> Tally:
    """Keep one batch in one transaction, and say how far the run is now."""
    directory_id, at = work.run["directory_id"], work.clock()
    arrivals = await _arrive(conn, directory_id, batch.rows, at, work.options)
    if work.options.list_id is not None:
        arrivals = await _listed(conn, directory_id, batch.rows, arrivals, at, work.options.list_id)
    outcomes = Counter(arrival.outcome for arrival in arrivals)
    ids = {
        wanted: {each.contact_id for each in arrivals if each.outcome == wanted and each.contact_id}
        for wanted in CHANGED
    }
    happened = _happened(batch, arrivals)
    await _record(conn, work, happened, at)
    busy = {contact_id for contact_id, _ in happened}
    new = ids["created"] - busy
    await _evaluate(conn, directory_id, new, (ids["updated"] | busy) - new, at)
    import_id, addresses = work.run["import_id"], batch.addresses
    if work.run["row_count"] is not None:
        await keep_outcomes(conn, import_id, batch.numbers_after(before.rows), arrivals)
    await refuse_rows(conn, import_id, batch.refused, before.refused, addresses)
    created, updated = outcomes["created"], outcomes["updated"]
    tally = before.after(
        batch.count,
        created=created,
        updated=updated,
        unchanged=len(arrivals) - created - updated,
        refused=len(batch.refused),
        transactions=len(happened),
    )
    await record_progress(conn, work.run, work.worker, before, tally, at)
    return tally


async def _arrive(
    conn: AsyncConnection,
    directory_id: str,
    rows: Sequence[Values],
    at: int,
    options: Options,
) -> list[Arrival]:
    """What becomes of each; on a list `unsubscribed` is about the list, not the directory."""
    if options.list_id is not None:
        rows = [(*values[:OPTS_OUT], False, *values[OPTS_OUT + 1 :]) for values in rows]
    rules = await rules_of(conn, directory_id)
    if not can_gather(rules):
        return [
            await receive_contact(
                conn, directory_id, fields_of(each), at, mode=options.mode, rules=rules
            )
            for each in rows
        ]
    gathering = Gathering(directory_id, rules, at)
    await gathering.look_up(conn, rows)
    arrivals = gathering.receive(options.mode)
    await gathering.write(conn)
    opted_out = gathering.opted_out
    changes = [change_row(directory_id, each, "opted_out", at, "api") for each in opted_out]
    await insert_rows(conn, touchpoints, changes)
    return arrivals


async def _listed(
    conn: AsyncConnection,
    directory_id: str,
    rows: Sequence[Values],
    arrivals: Sequence[Arrival],
    at: int,
    list_id: str,
) -> list[Arrival]:
    """Put them onto the list; who comes onto it is updated, if nothing else."""
    there = [n for n, each in enumerate(arrivals) if each.outcome in LISTED and each.contact_id]
    coming = [(str(arrivals[n].contact_id), rows[n][OPTS_OUT]) for n in there]
    added = await add_all_to_list(conn, directory_id, list_id, coming, at)
    told = list(arrivals)
    for n, is_added in zip(there, added, strict=True):
        if is_added and told[n].outcome == "unchanged":
            told[n] = told[n]._replace(outcome="updated")
    return told


def _happened(batch: Batch, arrivals: Sequence[Arrival]) -> list[tuple[str, dict[str, str]]]:
    """What contacts did, of those that are there now."""
    told = ((arrivals[place], fields) for place, fields in batch.transactions)
    return [
        (arrival.contact_id, fields)
        for arrival, fields in told
        if arrival.contact_id and arrival.outcome in LISTED
    ]


async def _record(
    conn: AsyncConnection, work: Work, happened: Sequence[tuple[str, dict[str, str]]], at: int
) -> None:
    """Record it, and put it into the batch that the run names."""
    directory_id, options = work.run["directory_id"], work.options
    ids = await record_transactions(conn, directory_id, happened, at, options.list_id)
    if options.batch_id is None or not ids:
        return
    path = "transactionMeta.batchId"
    try:
        await get_batch(conn, directory_id, options.batch_id, changing=True)
        await add_to_batch(conn, options.batch_id, ids, path)
    except (Conflict, Unknown) as refusal:
        raise Invalid(path, refusal.message) from None  # the run fails, the rest of it is refused


async def _evaluate(
    conn: AsyncConnection,
    directory_id: str,
    created: Collection[str],
    updated: Collection[str],
    at: int,
) -> None:
    """Whose segments are known at once where the directory is `live`."""
    mode = await conn.scalar(
        select(directories.c.membership_mode).where(directories.c.directory_id == directory_id)
    )
    if mode == "live":
        await evaluate_new(conn, directory_id, created, at)
        if updated:
            await evaluate_contacts(conn, directory_id, updated, at)


async def _fail(conn: AsyncConnection, work: Work, message: str) -> None:
    """The file cannot be read any further; row 0 stands for the file itself."""
    await refuse_rows(conn, work.run["import_id"], [(0, message)], 0)
    await _end(conn, work, "failed")


async def _end(conn: AsyncConnection, work: Work, state: str) -> None:
    await end_import(conn, work.run, state, work.clock(), worker=work.worker)

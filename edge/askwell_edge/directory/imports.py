"""Imports: a file's rows become contacts by the identity rules, some hundred a transaction.

A row is kept whole or not at all. A run that was cut off goes on where it stopped when the same
file is imported with the same options again.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.arrivals import Arrival, receive_contact
from askwell_edge.directory.fields import read_fields
from askwell_edge.directory.gathering import Gathering, can_gather
from askwell_edge.directory.history import record_change
from askwell_edge.directory.identity import rules_of
from askwell_edge.directory.import_options import Options, Tally, tally_of
from askwell_edge.directory.import_runs import (
    begin_import,
    end_import,
    new_worker,
    record_progress,
    refuse_row,
)
from askwell_edge.directory.lists import add_to_list
from askwell_edge.directory.membership import evaluate_contacts
from askwell_edge.directory.tables_in import Row, read_rows
from askwell_edge.store.clock import Clock
from askwell_edge.store.engine import Store
from askwell_edge.store.tables import directories

BATCH = 500
CHUNK = 1 << 18


class Progress(Protocol):
    """Told after every transaction."""

    def __call__(self, tally: Tally) -> None: ...


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
        read = read_rows(chunks, work.options.format, work.options.mapping)
        for batch in _batches(islice(read, tally.rows, None)):
            tally = await store.writer.submit(
                lambda conn, batch=batch, tally=tally: _keep(conn, work, batch, tally)  # type: ignore[misc]
            )
            if progress is not None:
                progress(tally)
    except Invalid as refusal:
        message = refusal.message
        await store.writer.submit(lambda conn: _fail(conn, work, message))
        raise
    await store.writer.submit(lambda conn: end_import(conn, import_id, "finished", work.clock()))
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


async def _keep(conn: AsyncConnection, work: Work, batch: Sequence[Row], before: Tally) -> Tally:
    """Keep one batch in one transaction, and say how far the run is now."""
    directory_id, at, tally = work.run["directory_id"], work.clock(), before
    checked = [(row, *_checked(row)) for row in batch]
    sound = [fields for _, fields, problem in checked if problem is None]
    arrivals = iter(await _arrive(conn, directory_id, sound, at, work.options))
    touched: list[str] = []
    for row, fields, problem in checked:
        if problem is not None:
            tally = replace(tally, refused=tally.refused + 1)
            await refuse_row(conn, work.run["import_id"], row.number, problem, tally.refused)
            continue
        outcome, contact_id = await _listed(
            conn, directory_id, next(arrivals), fields, at, work.options
        )
        tally = replace(tally, **{outcome: getattr(tally, outcome) + 1})
        if contact_id is not None and outcome != "unchanged":
            touched.append(contact_id)
    await _evaluate(conn, directory_id, touched, at)
    tally = replace(tally, rows=tally.rows + len(batch))
    await record_progress(conn, work.run, work.worker, before, tally, at)
    return tally


def _checked(row: Row) -> tuple[dict[str, Any], str | None]:
    """The row's fields, or why it is refused."""
    if row.problem is not None:
        return {}, row.problem
    try:
        fields = read_fields(row.fields)
    except Invalid as refusal:
        return {}, refusal.message
    if not any(fields.get(name) for name in fields if name != "embedded_data"):
        return {}, "names nobody: reference, e-mail, phone and name are all empty"
    fields["embedded_data"] = {k: v for k, v in fields.get("embedded_data", {}).items() if v}
    return fields, None


async def _arrive(
    conn: AsyncConnection,
    directory_id: str,
    batch: Sequence[dict[str, Any]],
    at: int,
    options: Options,
) -> list[Arrival]:
    """What becomes of each; on a list `unsubscribed` is about the list, not the directory."""
    if options.list_id is not None:
        batch = [{k: v for k, v in each.items() if k != "unsubscribed"} for each in batch]
    rules = await rules_of(conn, directory_id)
    if not can_gather(rules):
        return [
            await receive_contact(conn, directory_id, each, at, mode=options.mode, rules=rules)
            for each in batch
        ]
    gathering = Gathering(directory_id, rules, at)
    await gathering.look_up(conn, batch)
    arrivals = gathering.receive(options.mode)
    await gathering.write(conn)
    for contact_id in gathering.opted_out:
        await record_change(conn, directory_id, contact_id, "opted_out", at, "api")
    return arrivals


async def _listed(
    conn: AsyncConnection,
    directory_id: str,
    arrival: Arrival,
    fields: dict[str, Any],
    at: int,
    options: Options,
) -> tuple[str, str | None]:
    """The outcome with the list's part in it, and whom it is about."""
    if arrival.outcome in ("exists", "nobody") or arrival.contact_id is None:
        return "unchanged", None
    if options.list_id is not None:
        opted_out = bool(fields.get("unsubscribed"))
        added = await add_to_list(
            conn, directory_id, options.list_id, arrival.contact_id, at, unsubscribed=opted_out
        )
        if added and arrival.outcome == "unchanged":
            return "updated", arrival.contact_id
    return arrival.outcome, arrival.contact_id


async def _evaluate(
    conn: AsyncConnection, directory_id: str, contact_ids: list[str], at: int
) -> None:
    mode = await conn.scalar(
        select(directories.c.membership_mode).where(directories.c.directory_id == directory_id)
    )
    if mode == "live" and contact_ids:
        await evaluate_contacts(conn, directory_id, list(dict.fromkeys(contact_ids)), at)


async def _fail(conn: AsyncConnection, work: Work, message: str) -> None:
    """The file cannot be read any further; row 0 stands for the file itself."""
    await refuse_row(conn, work.run["import_id"], 0, message, 0)
    await end_import(conn, work.run["import_id"], "failed", work.clock())


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch

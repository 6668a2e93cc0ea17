"""Batches of an import's rows become contacts by the identity rules, with all that follows."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Invalid, Unknown
from askwell_edge.directory.contacts.arrivals import Arrival, receive_contact
from askwell_edge.directory.contacts.identity import IdentityRule, rules_of
from askwell_edge.directory.history import change_row
from askwell_edge.directory.imports.gathering import OPTS_OUT, Gathering, can_gather
from askwell_edge.directory.imports.options import Options, Tally
from askwell_edge.directory.imports.outcomes import keep_outcomes
from askwell_edge.directory.imports.refused_rows import refuse_rows
from askwell_edge.directory.imports.rows import Batch, Values, fields_of
from askwell_edge.directory.imports.runs import record_progress
from askwell_edge.directory.lists.lists import add_all_to_list
from askwell_edge.directory.segments.membership import evaluate_contacts, evaluate_new
from askwell_edge.directory.transactions.batches import add_to_batch, get_batch
from askwell_edge.directory.transactions.transactions import record_transactions
from askwell_edge.store.clock import Clock
from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.tables import directories, touchpoints

CHANGED = ("created", "updated")
LISTED = (*CHANGED, "unchanged")


@dataclass(frozen=True, slots=True)
class Work:
    """One worker's part in a run."""

    run: RowMapping
    worker: str
    options: Options
    clock: Clock


@dataclass(frozen=True, slots=True)
class Terms:
    """What is the same for all batches of one transaction."""

    at: int
    rules: Sequence[IdentityRule]
    is_live: bool  # membership is known at once


async def keep_batches(
    conn: AsyncConnection,
    work: Work,
    batches: Sequence[Batch],
    tally: Tally,
    is_waited_for: Callable[[], bool],
) -> tuple[Tally, int]:
    """Keep the first of these batches, and more until somebody waits; the tally, and how many.

    Together they change each page of SQLite's once. PostgreSQL holds a lock for each row, and a
    batch that has to be refused takes those before it along.
    """
    terms, kept = await _terms(conn, work), 0
    alone = conn.dialect.name != "sqlite" or work.options.batch_id is not None
    for batch in batches:
        if kept and (alone or is_waited_for()):
            break
        tally = await _keep(conn, work, terms, batch, tally)
        kept += 1
    return tally, kept


async def _terms(conn: AsyncConnection, work: Work) -> Terms:
    directory_id = work.run["directory_id"]
    mode = select(directories.c.membership_mode).where(directories.c.directory_id == directory_id)
    is_live = await conn.scalar(mode) == "live"
    return Terms(work.clock(), await rules_of(conn, directory_id), is_live=is_live)


async def _keep(
    conn: AsyncConnection, work: Work, terms: Terms, batch: Batch, before: Tally
) -> Tally:
    """Keep one batch, and say how far the run is now."""
    directory_id, at = work.run["directory_id"], terms.at
    arrivals = await _arrive(conn, directory_id, batch.rows, terms, work.options)
    if work.options.list_id is not None:
        arrivals = await _listed(conn, directory_id, batch.rows, arrivals, at, work.options.list_id)
    ids = {
        wanted: {each.contact_id for each in arrivals if each.outcome == wanted and each.contact_id}
        for wanted in CHANGED
    }
    happened = _happened(batch, arrivals)
    await _record(conn, work, happened, at)
    busy = {contact_id for contact_id, _ in happened}
    new = ids["created"] - busy
    if terms.is_live:
        await evaluate_new(conn, directory_id, new, at)
        if changed := (ids["updated"] | busy) - new:
            await evaluate_contacts(conn, directory_id, changed, at)
    import_id, addresses = work.run["import_id"], batch.addresses
    if work.run["row_count"] is not None:
        await keep_outcomes(conn, import_id, batch.numbers_after(before.rows), arrivals)
    await refuse_rows(conn, import_id, batch.refused, before.refused, addresses)
    tally = counted(before, batch, arrivals, len(happened))
    await record_progress(conn, work.run, work.worker, before, tally, at, batch.read)
    return tally


def counted(
    before: Tally, batch: Batch, arrivals: Sequence[Arrival], transactions: int = 0
) -> Tally:
    """The tally with what became of this batch too."""
    outcomes = Counter([arrival.outcome for arrival in arrivals])
    created, updated = outcomes["created"], outcomes["updated"]
    return before.after(
        batch.count,
        created=created,
        updated=updated,
        unchanged=len(arrivals) - created - updated,
        refused=len(batch.refused),
        transactions=transactions,
    )


def about_directory(rows: Sequence[Values], options: Options) -> Sequence[Values]:
    """What the rows say to the directory; on a list `unsubscribed` is about the list alone."""
    if options.list_id is None:
        return rows
    return [(*values[:OPTS_OUT], False, *values[OPTS_OUT + 1 :]) for values in rows]


async def _arrive(
    conn: AsyncConnection,
    directory_id: str,
    rows: Sequence[Values],
    terms: Terms,
    options: Options,
) -> list[Arrival]:
    """What becomes of each."""
    rows = about_directory(rows, options)
    at, rules = terms.at, terms.rules
    if not can_gather(rules):
        return [
            await receive_contact(
                conn, directory_id, fields_of(each), at, mode=options.mode, rules=rules
            )
            for each in rows
        ]
    gathering = Gathering(directory_id, rules, at)
    await gathering.claim(conn, rows)
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
    there = those_there(arrivals)
    coming = [(str(arrivals[n].contact_id), rows[n][OPTS_OUT]) for n in there]
    added = await add_all_to_list(conn, directory_id, list_id, coming, at)
    return those_added(arrivals, there, added)


def those_there(arrivals: Sequence[Arrival]) -> list[int]:
    """The places of those that a list gets."""
    return [n for n, each in enumerate(arrivals) if each.outcome in LISTED and each.contact_id]


def those_added(
    arrivals: Sequence[Arrival], there: Sequence[int], added: Sequence[bool]
) -> list[Arrival]:
    """The arrivals, of which those that came onto the list are updated, if nothing else."""
    told = list(arrivals)
    for n, is_added in zip(there, added, strict=True):
        if is_added and told[n].outcome == "unchanged":
            told[n] = replace(told[n], outcome="updated")
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

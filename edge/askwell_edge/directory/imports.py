"""Imports: a file's rows become contacts by the identity rules, some hundred a transaction.

A row is kept whole or not at all. A run that was cut off goes on where it stopped when the same
file is imported with the same options again.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Invalid, Unknown
from askwell_edge.directory.arrivals import Arrival, Mode, receive_contact
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.fields import read_fields
from askwell_edge.directory.gathering import Gathering, can_gather
from askwell_edge.directory.identity import rules_of
from askwell_edge.directory.lists import add_to_list, get_list
from askwell_edge.directory.membership import evaluate_contacts
from askwell_edge.directory.tables_in import Format, Row, read_rows
from askwell_edge.store.engine import Store
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import directories, import_errors, import_runs

BATCH = 500
ERRORS_KEPT = 10_000
# A run that wrote nothing for so long is taken to be cut off.
STALLED_MS = 60_000


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is read and what its rows may do."""

    format: Format = "csv"
    mode: Mode = "upsert"
    list_id: str | None = None
    mapping: Mapping[str, str | None] | None = None

    def kept(self) -> dict[str, Any]:
        """What must be the same for a run to go on."""
        return {
            "format": self.format,
            "mode": self.mode,
            "list_id": self.list_id,
            "mapping": dict(self.mapping or {}),
        }


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the rows so far."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0


class Progress(Protocol):
    """Told after every transaction."""

    def __call__(self, tally: Tally) -> None: ...


async def import_contacts(
    store: Store,
    directory_id: str,
    name: str,
    chunks: Iterable[bytes],
    digest: str,
    at: int,
    options: Options,
    *,
    progress: Progress | None = None,
) -> tuple[str, Tally]:
    """The run's id and what became of its rows; refused rows are kept with number and reason.

    `digest` is the file's own: by it an interrupted run of the same file is recognised.
    """
    run = await store.writer.submit(
        lambda conn: begin_import(conn, directory_id, name, digest, at, options)
    )
    tally = Tally(
        run["rows_done"], run["created"], run["updated"], run["unchanged"], run["refused"]
    )
    try:
        rows = islice(read_rows(chunks, options.format, options.mapping), tally.rows, None)
        for batch in _batches(rows):
            tally = await store.writer.submit(
                lambda conn, batch=batch, tally=tally: _keep(  # type: ignore[misc]
                    conn, run, batch, tally, at, options
                )
            )
            if progress is not None:
                progress(tally)
    except Invalid as refusal:
        message = refusal.message
        await store.writer.submit(lambda conn: _fail(conn, run["import_id"], message, at))
        raise
    await store.writer.submit(lambda conn: _end(conn, run["import_id"], "finished", at))
    return run["import_id"], tally


def digest_of(chunks: Iterable[bytes]) -> str:
    """The name of a file's content."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


async def errors_of(conn: AsyncConnection, import_id: str) -> Sequence[RowMapping]:
    """The refused rows with their numbers and reasons."""
    wanted = (
        select(import_errors)
        .where(import_errors.c.import_id == import_id)
        .order_by(import_errors.c.row)
    )
    return (await conn.execute(wanted)).mappings().all()


async def get_import(conn: AsyncConnection, directory_id: str, import_id: str) -> RowMapping:
    """The run's row."""
    wanted = select(import_runs).where(
        import_runs.c.directory_id == directory_id, import_runs.c.import_id == import_id
    )
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is None:
        raise Unknown("import", import_id)
    return found


async def imports_of(conn: AsyncConnection, directory_id: str) -> Sequence[RowMapping]:
    """The directory's newest hundred runs, newest first."""
    wanted = (
        select(import_runs)
        .where(import_runs.c.directory_id == directory_id)
        .order_by(import_runs.c.started_at.desc(), import_runs.c.import_id)
        .limit(100)
    )
    return (await conn.execute(wanted)).mappings().all()


async def begin_import(
    conn: AsyncConnection, directory_id: str, name: str, digest: str, at: int, options: Options
) -> RowMapping:
    """The unfinished run of the same file, or a new one; one run a directory at a time."""
    await get_directory(conn, directory_id)
    if options.list_id is not None:
        await get_list(conn, directory_id, options.list_id)
    unfinished = select(import_runs).where(
        import_runs.c.directory_id == directory_id, import_runs.c.state == "running"
    )
    for run in (await conn.execute(unfinished)).mappings().all():
        if run["digest"] == digest and run["options"] == options.kept():
            return run
        if at - run["started_at"] < STALLED_MS:
            raise Conflict(
                "import_running", f"{run['name']} is being imported; wait until it is done"
            )
        await _end(conn, run["import_id"], "failed", at)
    import_id = new_id("IM")
    await conn.execute(
        insert(import_runs).values(
            import_id=import_id,
            directory_id=directory_id,
            list_id=options.list_id,
            name=name[:200],
            digest=digest,
            options=options.kept(),
            state="running",
            started_at=at,
        )
    )
    started = select(import_runs).where(import_runs.c.import_id == import_id)
    return (await conn.execute(started)).mappings().one()


async def _keep(
    conn: AsyncConnection,
    run: RowMapping,
    batch: Sequence[Row],
    tally: Tally,
    at: int,
    options: Options,
) -> Tally:
    """Keep one batch in one transaction, and say how far the run is now."""
    directory_id = run["directory_id"]
    checked = [(row, *_checked(row)) for row in batch]
    sound = [fields for _, fields, problem in checked if problem is None]
    arrivals = iter(await _arrive(conn, directory_id, sound, at, options))
    touched: list[str] = []
    for row, fields, problem in checked:
        if problem is not None:
            tally = replace(tally, refused=tally.refused + 1)
            await _refuse(conn, run["import_id"], row.number, problem, tally)
            continue
        outcome, contact_id = await _listed(conn, directory_id, next(arrivals), fields, at, options)
        tally = replace(tally, **{outcome: getattr(tally, outcome) + 1})
        if contact_id is not None and outcome != "unchanged":
            touched.append(contact_id)
    await _evaluate(conn, directory_id, touched, at)
    tally = replace(tally, rows=tally.rows + len(batch))
    await conn.execute(
        update(import_runs)
        .where(import_runs.c.import_id == run["import_id"])
        .values(
            rows_done=tally.rows,
            created=tally.created,
            updated=tally.updated,
            unchanged=tally.unchanged,
            refused=tally.refused,
        )
    )
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
    arrivals = [gathering.receive(each, options.mode) for each in batch]
    await gathering.write(conn)
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


async def _refuse(
    conn: AsyncConnection, import_id: str, number: int, problem: str, tally: Tally
) -> None:
    if tally.refused > ERRORS_KEPT:
        return
    present = await conn.scalar(
        select(import_errors.c.row).where(
            import_errors.c.import_id == import_id, import_errors.c.row == number
        )
    )
    if present is None:
        await conn.execute(
            insert(import_errors).values(import_id=import_id, row=number, message=problem[:500])
        )


async def _evaluate(
    conn: AsyncConnection, directory_id: str, contact_ids: list[str], at: int
) -> None:
    mode = await conn.scalar(
        select(directories.c.membership_mode).where(directories.c.directory_id == directory_id)
    )
    if mode == "live" and contact_ids:
        await evaluate_contacts(conn, directory_id, list(dict.fromkeys(contact_ids)), at)


async def _fail(conn: AsyncConnection, import_id: str, message: str, at: int) -> None:
    """The file cannot be read any further; row 0 stands for the file itself."""
    await _refuse(conn, import_id, 0, message, Tally())
    await _end(conn, import_id, "failed", at)


async def _end(conn: AsyncConnection, import_id: str, state: str, at: int) -> None:
    await conn.execute(
        update(import_runs)
        .where(import_runs.c.import_id == import_id)
        .values(state=state, finished_at=at)
    )


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch

"""Imports: a file's rows become contacts by the identity rules, in batches of two thousand.

A row is kept whole or not at all. A run that was cut off goes on where it stopped when the same
file is imported with the same options again.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.imports.batches import BATCH
from askwell_edge.directory.imports.keeping import Work, keep_batches
from askwell_edge.directory.imports.options import Options, Tally, tally_of
from askwell_edge.directory.imports.reader import read_ahead
from askwell_edge.directory.imports.refused_rows import refuse_rows
from askwell_edge.directory.imports.runs import end_import, new_worker
from askwell_edge.directory.imports.waiting import begin_import
from askwell_edge.store.clock import Clock
from askwell_edge.store.engine import Store

__all__ = ["BATCH", "Options", "Tally", "Work"]

CHUNK = 1 << 18

Progress = Callable[[Tally], None]  # told after every transaction


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
        async with aclosing(read_ahead(chunks, work.options, tally.rows)) as read:
            async for batches in read:
                left = batches
                while left:
                    # A power cut may undo batches, but only with their tally: the run goes on
                    # before them.
                    tally, kept = await store.writer.submit(
                        lambda conn, left=left, tally=tally: keep_batches(  # type: ignore[misc]
                            conn, work, left, tally, lambda: bool(store.writer.waiting)
                        ),
                        lasting=False,
                    )
                    left = left[kept:]
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


async def _fail(conn: AsyncConnection, work: Work, message: str) -> None:
    """The file cannot be read any further; row 0 stands for the file itself."""
    await refuse_rows(conn, work.run["import_id"], [(0, message)], 0)
    await _end(conn, work, "failed")


async def _end(conn: AsyncConnection, work: Work, state: str) -> None:
    await end_import(conn, work.run, state, work.clock(), worker=work.worker)

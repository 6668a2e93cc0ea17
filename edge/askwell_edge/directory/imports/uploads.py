"""Files of imports in the data folder, and runs that go on by themselves after a restart."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette

from askwell_edge.access.refusals import Conflict
from askwell_edge.directory.imports.importing import Work, chunks_of, go_on
from askwell_edge.directory.imports.options import Options, options_of
from askwell_edge.directory.imports.refused_rows import refuse_rows
from askwell_edge.directory.imports.runs import (
    cut_off_uploads,
    end_import,
    files_wanted,
    new_worker,
    take_over,
)
from askwell_edge.directory.imports.waiting import take_turn, whose_turn
from askwell_edge.directory.imports.watching import take_files
from askwell_edge.errors import EdgeError, StoreError
from askwell_edge.settings import Settings
from askwell_edge.store.clock import Clock
from askwell_edge.store.engine import Store

# A file this old is no upload on its way; the console's wait until their columns are explained.
LEFTOVER_MS = 3_600_000
STAGED = "staged-"
STAGED_MS = 24 * LEFTOVER_MS

# What makes a run a worker's own at an instant.
Taking = Callable[[AsyncConnection, RowMapping, str, int], Awaitable[RowMapping]]

log = logging.getLogger(__name__)


def upload_folder(settings: Settings) -> Path:
    """Where uploads lie until they are imported; readable for the edge alone."""
    folder = settings.data_dir / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


async def import_upload(store: Store, work: Work, file: Path) -> None:
    """Import an upload to its end, whatever that is, and take its file away."""
    try:
        await go_on(store, work, chunks_of(file))
    except (Conflict, StoreError) as problem:
        # The file stays: whoever finds the run cut off or stopped goes on with it.
        log.warning("import=%s interrupted code=%s", work.run["import_id"], problem.code)
        return
    except EdgeError as refusal:
        log.warning("import=%s failed code=%s", work.run["import_id"], refusal.code)
    file.unlink(missing_ok=True)


def begin_beside(
    app: Starlette, run: RowMapping, worker: str, options: Options, file: Path
) -> None:
    """Import an upload in the background if it is this worker's turn; drop it if it came before."""
    if run["file"] != file.name:
        file.unlink(missing_ok=True)
    elif run["worker"] == worker:
        import_beside(app, Work(run, worker, options, app.state.clock), file)


def import_beside(app: Starlette, work: Work, file: Path) -> None:
    """Import an upload in the background, and then what waits until it is done.

    The run's row tells everybody how far it is.
    """
    state = app.state

    async def importing() -> None:
        await import_upload(state.store, work, file)
        try:
            while await import_waiting(state.store, work.clock, state.settings):
                pass
        except EdgeError as problem:
            log.warning("imports=waiting code=%s", problem.code)

    task = asyncio.create_task(importing(), name=f"import {work.run['import_id']}")
    state.imports.add(task)
    task.add_done_callback(state.imports.discard)


async def keep_importing(store: Store, clock: Clock, settings: Settings) -> None:
    """Go on with uploads that were cut off, and import what the watched folder gets."""
    while True:
        try:
            await resume_uploads(store, clock, settings)
            await import_waiting(store, clock, settings)
            await remove_leftovers(store, clock, settings)
            if settings.import_folder is not None:
                await take_files(store, clock, settings.import_folder)
        except EdgeError as problem:
            log.warning("imports=waiting code=%s", problem.code)
        await asyncio.sleep(settings.upkeep_s)


async def resume_uploads(store: Store, clock: Clock, settings: Settings) -> int:
    """Go on with the uploads that nobody is at any more; how many."""
    async with store.read() as conn:
        runs = await cut_off_uploads(conn, clock())
    for run in runs:
        await _import_kept(store, clock, settings, run, take_over)
    return len(runs)


async def import_waiting(store: Store, clock: Clock, settings: Settings) -> int:
    """Import the uploads whose turn it is, one of each directory; how many."""
    async with store.read() as conn:
        runs = await whose_turn(conn, clock())
    for run in runs:
        await _import_kept(store, clock, settings, run, take_turn)
    return len(runs)


async def _import_kept(
    store: Store, clock: Clock, settings: Settings, run: RowMapping, take: Taking
) -> None:
    """Import an upload whose file lies in the data folder, once it was made our own."""
    worker, file = new_worker(), upload_folder(settings) / Path(run["file"]).name
    taken = await store.writer.submit(lambda conn: take(conn, run, worker, clock()))
    if file.is_file():
        await import_upload(store, Work(taken, worker, options_of(run), clock), file)
        return
    import_id, why = run["import_id"], [(0, "the file is gone")]
    await store.writer.submit(lambda conn: refuse_rows(conn, import_id, why, 0))
    await store.writer.submit(lambda conn: end_import(conn, run, "failed", clock()))


async def remove_leftovers(store: Store, clock: Clock, settings: Settings) -> int:
    """Remove files that no run reads any more, such as a kill leaves of an upload; how many."""
    old = [each for each in upload_folder(settings).iterdir() if _is_old(each, clock())]
    if not old:
        return 0
    async with store.read() as conn:
        wanted = await files_wanted(conn, clock())
    left = [each for each in old if each.name not in wanted]
    for each in left:
        each.unlink(missing_ok=True)
    return len(left)


def _is_old(file: Path, at: int) -> bool:
    try:
        written_at = file.stat().st_mtime * 1000
    except FileNotFoundError:
        return False
    return at - written_at > (STAGED_MS if file.name.startswith(STAGED) else LEFTOVER_MS)

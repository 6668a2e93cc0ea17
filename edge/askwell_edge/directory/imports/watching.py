"""A folder whose files are imported when they have come to rest.

`FOLDER/people.csv` goes into the only directory, `FOLDER/POOL_…/people.csv` into that one, and
`FOLDER/POOL_…/CG_…/people.csv` onto that list too; `people.update_only.csv` says the mode. A file
that is done lies in `done/` or `failed/` beside where it was, with what became of it in
`people.csv.result.json`. One that somebody stopped lies in `stopped/`: moved back within a week, it
goes on. Names that begin with a point are left alone: write to such a name first.
"""

import asyncio
import json
import logging
import time
from pathlib import Path
from typing import Any

from askwell_edge.access.refusals import Conflict, Invalid
from askwell_edge.directory.directories import list_directories
from askwell_edge.directory.imports.importing import chunks_of, digest_of, import_contacts
from askwell_edge.directory.imports.options import Options, Tally
from askwell_edge.directory.imports.refused_rows import errors_of
from askwell_edge.directory.imports.tables_in import format_of
from askwell_edge.errors import EdgeError, StoreError
from askwell_edge.store.clock import Clock
from askwell_edge.store.engine import Store

ENDINGS = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson")
AT_REST_S = 2.0

log = logging.getLogger(__name__)


async def take_files(store: Store, clock: Clock, folder: Path) -> int:
    """Import what lies in the folder, the oldest first; how many files."""
    waiting = await asyncio.to_thread(_waiting, folder)
    done = 0
    for path in waiting:
        try:
            await _take(store, clock, folder, path)
            done += 1
        except (Conflict, StoreError) as problem:
            log.info("watched file waits code=%s", problem.code)
    return done


async def _take(store: Store, clock: Clock, folder: Path, path: Path) -> None:
    try:
        directory_id = await _directory(store, folder, path)
        digest = await asyncio.to_thread(lambda: digest_of(chunks_of(path)))
        import_id, tally = await import_contacts(
            store, directory_id, path.name, chunks_of(path), digest, clock, _options(folder, path)
        )
    except Conflict as problem:
        if problem.code != "import_stopped":
            raise
        _put_away(path, "stopped", {"error": problem.message})
        return
    except StoreError:
        raise
    except EdgeError as refusal:
        _put_away(path, "failed", {"error": refusal.message})
        return
    async with store.read() as conn:
        errors = [
            {"row": e["row"], "message": e["message"]} for e in await errors_of(conn, import_id)
        ]
    _put_away(path, "done", {"importId": import_id, **_counts(tally), "errors": errors})


def _waiting(folder: Path) -> list[Path]:
    """Files at rest, no deeper than a list's folder."""
    found = []
    for pattern in ("*", "POOL_*/*", "POOL_*/CG_*/*"):
        for path in folder.glob(pattern):
            hidden = path.name.startswith(".") or path.suffix.lower() not in ENDINGS
            if not hidden and path.is_file():
                changed = path.stat().st_mtime
                if time.time() - changed >= AT_REST_S:
                    found.append((changed, path))
    return [path for _, path in sorted(found)]


async def _directory(store: Store, folder: Path, path: Path) -> str:
    inner = path.relative_to(folder).parts
    if len(inner) > 1:
        return inner[0]
    async with store.read() as conn:
        rows = await list_directories(conn)
    if len(rows) != 1:
        raise Invalid("folder", "there are several directories: put the file into POOL_…/")
    return str(rows[0]["directory_id"])


def _options(folder: Path, path: Path) -> Options:
    inner = path.relative_to(folder).parts
    list_id = inner[1] if len(inner) > 2 else None
    format = format_of(path.name)
    match path.name.split(".")[-2:-1]:
        case ["create_only"]:
            return Options(format, "create_only", list_id)
        case ["update_only"]:
            return Options(format, "update_only", list_id)
    return Options(format, "upsert", list_id)


def _counts(tally: Tally) -> dict[str, int]:
    names = ("rows", "created", "updated", "unchanged", "refused")
    return {name: getattr(tally, name) for name in names}


def _put_away(path: Path, place: str, result: dict[str, Any]) -> None:
    """Move the file out of the way; one of the same name that is there already is replaced."""
    folder = path.parent / place
    folder.mkdir(exist_ok=True)
    text = json.dumps(result, ensure_ascii=False, indent=1)
    (folder / f"{path.name}.result.json").write_text(text, "utf-8")
    path.replace(folder / path.name)

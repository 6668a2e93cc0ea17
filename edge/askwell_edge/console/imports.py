"""The import wizard: a file, and what its columns mean."""

import asyncio
import secrets
import shutil
from pathlib import Path
from typing import Any, cast

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.refusals import Invalid, Unknown
from askwell_edge.access.roles import Permission, require
from askwell_edge.console.comparing import rule_in_words
from askwell_edge.console.import_checks import facts_of
from askwell_edge.console.import_columns import (
    MODES,
    as_last_time,
    by_name,
    meanings,
    question,
    typed,
)
from askwell_edge.console.pages import form, page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.contacts.identity import rules_of
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.imports.importing import chunks_of, digest_of
from askwell_edge.directory.imports.options import Options
from askwell_edge.directory.imports.preview import glance
from askwell_edge.directory.imports.rehearsing import rehearse, turns
from askwell_edge.directory.imports.runs import imports_of, new_worker
from askwell_edge.directory.imports.tables_in import format_of
from askwell_edge.directory.imports.uploads import STAGED, begin_beside, upload_folder
from askwell_edge.directory.imports.waiting import begin_upload
from askwell_edge.directory.lists.lists import lists_in

ALL = "/directories/{directory_id}/imports"
FILE_LIMIT = 1 << 30
FIELDS_LIMIT = 20


async def imports(visit: Visit) -> Response:
    """GET: the directory's imports, newest first."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        await get_directory(conn, directory_id)
        rows = await imports_of(conn, directory_id)
    return await visit.page("imports.html", rows=rows)


async def upload(visit: Visit) -> Response:
    """GET: which file."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        await get_directory(conn, directory_id)
        lists = await lists_in(conn, directory_id)
        rules = [rule_in_words(rule) for rule in await rules_of(conn, directory_id) if rule.enabled]
    chosen = visit.text("list_id") or visit.query("list", 60)
    onto = next((each for each in lists if each["list_id"] == chosen), None)
    return await visit.page("import_file.html", rules=rules, onto=onto)


async def read_upload(visit: Visit) -> FormData:
    """The form with its file, which goes to the disk as it comes."""
    require(visit.caller, Permission.MANAGE_DIRECTORY, visit.path("directory_id"))
    length = visit.request.headers.get("Content-Length", "")
    if not length.isdigit() or int(length) > FILE_LIMIT:
        raise Invalid("file", f"at most {FILE_LIMIT >> 20} MB are allowed", status_code=413)
    try:
        return await visit.request.form(max_files=1, max_fields=FIELDS_LIMIT)
    except HTTPException as problem:
        raise Invalid("file", problem.detail) from None


async def take(visit: Visit) -> Response:
    """POST: keep the file aside, and ask what its columns mean."""
    file = visit.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid("file", "choose a file: CSV, TSV or JSON lines")
    staged = secrets.token_hex(16)
    path = _staged(visit, staged)
    await asyncio.to_thread(_keep, file, path)
    try:
        seen = await asyncio.to_thread(
            lambda: glance(chunks_of(path), format_of(file.filename or ""))
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    name = file.filename[:200]
    return await question(visit, staged, name, seen, await as_last_time(visit, seen))


async def map_columns(visit: Visit) -> Response:
    """The same question again, after an answer that was refused."""
    require(visit.caller, Permission.MANAGE_DIRECTORY, visit.path("directory_id"))
    if visit.request.method != "POST" or not visit.text("staged"):
        return visit.go(f"/console/directories/{visit.path('directory_id')}/imports/new")
    file, name = _upload(visit)
    seen = await asyncio.to_thread(lambda: glance(chunks_of(file), format_of(name)))
    return await question(visit, visit.text("staged"), name, seen, typed(visit, seen))


async def afresh(visit: Visit) -> Response:
    """POST: the same question, as if there had been no such file before."""
    file, name = _upload(visit)
    seen = await asyncio.to_thread(lambda: glance(chunks_of(file), format_of(name)))
    first = by_name(seen, visit.text("list_id"))
    return await question(visit, visit.text("staged"), name, seen, first, afresh=True)


async def start(visit: Visit) -> Response:
    """POST: begin; the import goes on by itself, and its page tells how far it is."""
    directory_id, name = visit.path("directory_id"), visit.text("name")
    file, options = await _explained(visit)
    digest = await asyncio.to_thread(lambda: digest_of(chunks_of(file)))
    worker = new_worker()

    async def write(conn: AsyncConnection) -> RowMapping:
        run = await begin_upload(
            conn, directory_id, name, digest, visit.at, options, worker=worker, file=file.name
        )
        after = {"name": name, **options.kept()}
        who = visit.caller.operator_id
        await audit.record(conn, who, "import.start", run["import_id"], visit.at, after=after)
        return run

    run = await visit.write(write)
    begin_beside(visit.request.app, run, worker, options, file)
    return visit.go(f"/console/directories/{directory_id}/imports/{run['import_id']}", done="begun")


async def check(visit: Visit) -> Response:
    """POST: what the import would do, below the same question; nothing is changed."""
    file, options = await _explained(visit)
    directory_id, name = visit.path("directory_id"), visit.text("name")
    async with turns(visit.request.app):
        told = await rehearse(visit.store, directory_id, chunks_of(file), options, visit.at)
    facts = await facts_of(visit, told)
    seen = await asyncio.to_thread(lambda: glance(chunks_of(file), options.format))
    return await question(visit, visit.text("staged"), name, seen, typed(visit, seen), **facts)


async def _explained(visit: Visit) -> tuple[Path, Options]:
    """The upload, and how it is to be imported, as the form says."""
    file, name = _upload(visit)
    if visit.text("mode") not in {mode for mode, _ in MODES}:
        raise Invalid("mode", "must be one of the three")
    return file, Options(
        format_of(name),
        cast("Any", visit.text("mode")),
        visit.text("list_id") or None,
        await meanings(visit, file, format_of(name)),
    )


def _upload(visit: Visit) -> tuple[Path, str]:
    """The file that waits for its columns to be explained, and its name."""
    require(visit.caller, Permission.MANAGE_DIRECTORY, visit.path("directory_id"))
    file = _staged(visit, visit.text("staged"))
    if not file.is_file():
        raise Unknown("upload", visit.text("staged"))
    return file, visit.text("name")


def _staged(visit: Visit, staged: str) -> Path:
    """Where an upload of this operator waits for its columns to be explained."""
    if len(staged) != 32 or not set(staged) <= set("0123456789abcdef"):
        raise Unknown("upload", staged[:40])
    folder = upload_folder(visit.request.app.state.settings)
    return folder / f"{STAGED}{visit.caller.operator_id}-{staged}"


def _keep(file: UploadFile, path: Path) -> None:
    with path.open("xb") as target:
        shutil.copyfileobj(file.file, target)


routes: list[BaseRoute] = [
    page(ALL, imports),
    form(f"{ALL}/new", upload, take, read_upload),
    form(f"{ALL}/columns", map_columns, start),
    form(f"{ALL}/check", map_columns, check),
    form(f"{ALL}/afresh", map_columns, afresh),
]

"""/API/v3 contact imports: start with a file, watch its progress, read what was refused."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.answers import Instant, Made, Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.contacts.arrivals import Mode
from askwell_edge.directory.imports.importing import chunks_of, digest_of
from askwell_edge.directory.imports.options import Options, options_of
from askwell_edge.directory.imports.refused_rows import errors_of
from askwell_edge.directory.imports.runs import get_import, imports_of, new_worker
from askwell_edge.directory.imports.stopping import continue_import, stop_import
from askwell_edge.directory.imports.tables_in import Format
from askwell_edge.directory.imports.uploads import begin_beside, upload_folder
from askwell_edge.directory.imports.waiting import begin_upload

ALL = "/directories/{directory_id}/imports"
ONE = f"{ALL}/{{import_id}}"
FILE_LIMIT = 1 << 30
FORMATS: Mapping[str, Format] = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
}
TERMS = ("name", "mode", "mailingListId", "map")


class Import(Shown):
    """An import, and what became of its rows so far."""

    import_id: str
    name: str
    state: Literal["waiting", "running", "finished", "failed", "interrupted", "stopped"]
    options: dict[str, Any]
    rows: int
    created: int
    updated: int
    unchanged: int
    refused: int
    start_date: Instant
    end_date: Instant | None


class RefusedRow(Shown):
    """A row that was not kept: a table's header is row 1, the first contact of a body too."""

    row: int
    message: str


class ImportDetails(Import):
    """An import with its refused rows."""

    errors: list[RefusedRow]


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    same = ("import_id", "name", "state", "options", "created", "updated", "unchanged", "refused")
    return {
        **{name: row[name] for name in same},
        "rows": row["rows_done"],
        "start_date": row["started_at"],
        "end_date": row["finished_at"],
    }


async def start(call: Call) -> Made:
    """POST the file itself as `text/csv`, `text/tab-separated-values` or `application/jsonl`.

    `?name`, `?mode=upsert|create_only|update_only`, `?mailingListId`, and `?map=COLUMN=NAME`
    as often as needed. Answers at once; the import goes on by itself, or waits until the others of
    the directory are done: at most 20 wait. A file that comes again before it is done is the same
    import.
    """
    managed(call)
    options = options_in(call)
    file = await kept_body(call)
    try:
        digest = await asyncio.to_thread(lambda: digest_of(chunks_of(file)))
        worker = new_worker()
        run = await call.write(lambda conn: _begin(conn, call, digest, options, worker, file))
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    begin_beside(call.request.app, run, worker, options, file)
    return Made(id=run["import_id"])


async def _begin(
    conn: AsyncConnection, call: Call, digest: str, options: Options, worker: str, file: Path
) -> RowMapping:
    name = (call.query("name") or "upload")[:200]
    run = await begin_upload(
        conn,
        call.path("directory_id"),
        name,
        digest,
        call.at,
        options,
        worker=worker,
        file=file.name,
    )
    await audit.record(
        conn,
        call.caller.operator_id,
        "import.start",
        run["import_id"],
        call.at,
        after={"name": name, **options.kept()},
    )
    return run


async def list_all(call: Call) -> Page[Import]:
    """GET: the directory's imports, newest first."""
    directory_id = managed(call)
    async with call.reading() as conn:
        rows = await imports_of(conn, directory_id)
    return Page(elements=[Import(**_shown(row)) for row in rows])


async def get(call: Call) -> ImportDetails:
    """GET: how far an import is, and its refused rows with their numbers."""
    directory_id = managed(call)
    async with call.reading() as conn:
        row = await get_import(conn, directory_id, call.path("import_id"))
        errors = await errors_of(conn, row["import_id"])
    refused = [RefusedRow(row=each["row"], message=each["message"]) for each in errors]
    return ImportDetails(**_shown(row), errors=refused)


async def stop(call: Call) -> Import:
    """POST: stop it between two transactions; what was imported stays. For a week it can go on."""
    directory_id, import_id = managed(call), call.path("import_id")
    who = call.caller.operator_id
    await call.write(lambda conn: stop_import(conn, directory_id, import_id, who, call.at))
    return await _now(call)


async def go_on(call: Call) -> Import:
    """POST: let a stopped one go on after the last row that it kept, or wait for its turn."""
    directory_id, import_id, worker = managed(call), call.path("import_id"), new_worker()
    app, who = call.request.app, call.caller.operator_id
    folder = upload_folder(app.state.settings)
    run = await call.write(
        lambda conn: continue_import(
            conn, directory_id, import_id, who, call.at, worker=worker, folder=folder
        )
    )
    if run["worker"] == worker:
        begin_beside(app, run, worker, options_of(run), folder / run["file"])
    return await _now(call)


async def _now(call: Call) -> Import:
    async with call.reading() as conn:
        row = await get_import(conn, call.path("directory_id"), call.path("import_id"))
    return Import(**_shown(row))


def managed(call: Call) -> str:
    """The directory's id; refused to who may not manage it."""
    directory_id = call.path("directory_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)
    return directory_id


def options_in(call: Call) -> Options:
    """How the body is to be imported, as the address and its type say."""
    kind = call.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in FORMATS:
        raise Invalid("Content-Type", f"must be one of {', '.join(FORMATS)}", status_code=415)
    mode = call.choice("mode")
    mapping: dict[str, str | None] = {}
    for pair in call.each("map"):
        column, separator, name = pair.partition("=")
        if not separator or not column:
            raise Invalid("map", "must look like COLUMN=NAME, or COLUMN= to leave it out")
        mapping[column.strip()] = name.strip() or None
    return Options(FORMATS[kind], cast("Mode", mode), call.query("mailingListId"), mapping or None)


async def kept_body(call: Call) -> Path:
    """The body in a file of its own, so that a large one does not fill the memory."""
    folder, size = upload_folder(call.request.app.state.settings), 0
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        path = Path(file.name)
        try:
            async for chunk in call.request.stream():
                size += len(chunk)
                if size > FILE_LIMIT:
                    raise Invalid("body", f"at most {FILE_LIMIT} bytes", status_code=413)
                await asyncio.to_thread(file.write, chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return path


routes: list[BaseRoute] = [
    api("GET", ALL, "read:directory_contacts", list_all),
    api("POST", ALL, "manage:directory_contacts", start, query=TERMS, accepts=tuple(FORMATS)),
    api("GET", ONE, "read:directory_contacts", get),
    api("POST", f"{ONE}/stop", "manage:directory_contacts", stop),
    api("POST", f"{ONE}/continue", "manage:directory_contacts", go_on),
]

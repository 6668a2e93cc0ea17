"""An import that was begun: how far it is, what was refused, stopping it and going on with it."""

from collections import Counter
from pathlib import Path

from sqlalchemy import RowMapping
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.operators import list_operators
from askwell_edge.access.roles import Permission, require
from askwell_edge.console.pages import action, page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.imports import imports_api
from askwell_edge.directory.imports.refused_rows import errors_of
from askwell_edge.directory.imports.runs import get_import
from askwell_edge.directory.imports.stopping import has_file
from askwell_edge.directory.imports.tables_out import MEDIA_TYPES, table
from askwell_edge.directory.imports.uploads import upload_folder
from askwell_edge.directory.imports.waiting import ahead_of

ONE = "/directories/{directory_id}/imports/{import_id}"
ERRORS_SHOWN = 200
REASONS_SHOWN = 10


async def one(visit: Visit) -> Response:
    """GET: how far an import is, and its refused rows; htmx asks for that part alone."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        row = await get_import(conn, directory_id, visit.path("import_id"))
        errors = await errors_of(conn, row["import_id"])
        ahead = await ahead_of(conn, row) if row["state"] == "waiting" else 0
        stops = await audit.entries(conn, object_id=row["import_id"], action="import.stop", limit=1)
        operators = {each["operator_id"]: each["name"] for each in await list_operators(conn)}
    folder = upload_folder(visit.request.app.state.settings)
    facts = {
        "ended": _ended(row),
        "ahead": ahead,
        "stopped_by": operators.get(stops[0]["operator_id"]) if stops else None,
        "can_go_on": row["state"] == "stopped" and has_file(row, folder, visit.at),
        "row": row,
        "part": _part(row, folder),
        "errors": errors[:ERRORS_SHOWN],
        "error_count": len(errors),
        "reasons": Counter(each["message"] for each in errors).most_common(REASONS_SHOWN),
    }
    if visit.in_part:
        return visit.part("import_progress.html", directory_id=directory_id, **facts)
    return await visit.page("import.html", **facts)


async def stop(visit: Visit) -> Response:
    """POST: import no more of it for now; what was imported stays."""
    await visit.call(imports_api.stop)
    return visit.go(_here(visit), done="stopped")


async def go_on(visit: Visit) -> Response:
    """POST: go on with a stopped one after the last row that it kept."""
    await visit.call(imports_api.go_on)
    return visit.go(_here(visit), done="begun")


async def refused_rows(visit: Visit) -> Response:
    """GET: every refused row that was kept, for a spreadsheet."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        row = await get_import(conn, directory_id, visit.path("import_id"))
        errors = await errors_of(conn, row["import_id"])
    told = [[str(each["row"]), each["message"], each["address"] or ""] for each in errors]
    headers = {
        "Content-Disposition": 'attachment; filename="refused.csv"',
        "Cache-Control": "no-store",
    }
    body = table([["row", "why", "address"], *told])
    return Response(body, media_type=MEDIA_TYPES["csv"], headers=headers)


def _ended(row: RowMapping) -> str:
    """What came of it, for who does not see the page change; empty while it goes on."""
    if row["state"] in ("running", "waiting"):
        return ""
    over = "stopped" if row["state"] == "stopped" else "over"
    counts = f"{row['created']:,} created, {row['updated']:,} changed, {row['refused']:,} refused"
    return f"The import is {over}: {counts}."


def _part(row: RowMapping, folder: Path) -> tuple[int, int] | None:
    """How much of the whole is done: rows of those sent, or bytes read of the file; else None."""
    if row["row_count"]:
        return row["rows_done"], row["row_count"]
    try:
        size = (folder / Path(row["file"] or "").name).stat().st_size if row["file"] else 0
    except FileNotFoundError:
        return None
    return (min(row["bytes_done"], size), size) if size else None


def _here(visit: Visit) -> str:
    return f"/console/directories/{visit.path('directory_id')}/imports/{visit.path('import_id')}"


routes: list[BaseRoute] = [
    page(ONE, one),
    action(f"{ONE}/stop", one, stop),
    action(f"{ONE}/continue", one, go_on),
    page(f"{ONE}/refused.csv", refused_rows),
]

"""The segment builder: nested groups, counted and sampled before anything is saved."""

from collections.abc import Collection, Mapping
from itertools import count
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.calls import Answering
from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.console import criteria, criteria_fields, trees
from askwell_edge.console.pages import action, form
from askwell_edge.console.visit import Visit
from askwell_edge.directory.directories import NAME_LIMIT, get_directory
from askwell_edge.directory.lists.lists import lists_in
from askwell_edge.directory.segments import segments_api
from askwell_edge.directory.segments.membership import segments_of
from askwell_edge.directory.segments.segments import get_segment

ALL = "/directories/{directory_id}/segments"
ONE = f"{ALL}/{{segment_id}}"


async def new(visit: Visit) -> Response:
    """GET: an empty builder, or with `?from=SG_…` one that says what that segment does."""
    directory_id, source_id = visit.path("directory_id"), visit.query("from", 60)
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    if not source_id or visit.request.method == "POST":
        return await _page(visit, None)
    async with visit.reading() as conn:
        source = await get_segment(conn, directory_id, source_id)
        taken = {row["name"] for row in await segments_of(conn, directory_id)}
    return await _page(visit, None, {**source, "name": copy_name(source["name"], taken)})


def copy_name(name: str, taken: Collection[str]) -> str:
    """The name of a copy that no segment has yet: `Gold (copy)`, `Gold (copy 2)`."""
    for n in count(1):
        ending = " (copy)" if n == 1 else f" (copy {n})"
        free = name[: NAME_LIMIT - len(ending)] + ending
        if free not in taken:
            break
    return free


async def create(visit: Visit) -> Response:
    """POST: the segment, to be built soon; or, for a button of the form, the form once more."""
    if visit.text("do"):
        return await _page(visit, None)
    sent = {
        "name": visit.text("name"),
        "description": visit.text("description") or None,
        "criteria": _criteria(visit),
    }
    made = await _call(visit, segments_api.create, sent)
    return visit.go(f"{_all(visit)}/{made['id']}", done="created")


async def edit(visit: Visit) -> Response:
    """GET: a segment's criteria in the builder."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        row = await get_segment(conn, directory_id, visit.path("segment_id"))
    return await _page(visit, row)


async def change(visit: Visit) -> Response:
    """POST: other criteria; nobody's membership is known until they are built."""
    if visit.text("do"):
        return await edit(visit)
    directory_id, segment_id = visit.path("directory_id"), visit.path("segment_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        present = (await get_segment(conn, directory_id, segment_id))["criteria"]
    sent = {
        "name": visit.text("name"),
        "description": visit.text("description"),
        "criteria": _criteria(visit, present),
    }
    await _call(visit, segments_api.change, sent)
    return visit.go(f"{_all(visit)}/{visit.path('segment_id')}", done="saved")


async def preview(visit: Visit) -> Response:
    """POST, by htmx: how many would be in it now, and some of them."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    found = await _call(visit, segments_api.preview, {"criteria": _criteria(visit)})
    return visit.part("segment_preview.html", found=found, directory_id=directory_id)


async def refused(visit: Visit) -> Response:
    """The criteria again with what is wrong at its line; else the refusal in the preview's place.

    The criteria are not where the preview goes, so the answer says where it goes itself.
    """
    facts = await _facts(visit, None)
    answer = visit.part("segment_refused.html", **facts)
    if isinstance(visit.problem, Invalid):
        answer.headers.update({"HX-Retarget": "#field-criteria", "HX-Reswap": "outerHTML"})
    return answer


async def _page(
    visit: Visit, row: Mapping[Any, Any] | None, copied: Mapping[Any, Any] | None = None
) -> Response:
    """The form of a segment; of none yet, what a copy begins with, if any."""
    kept = copied if row is None else row
    facts = await _facts(visit, kept)
    said = {name: (kept or {}).get(name) or "" for name in ("name", "description")}
    if visit.request.method == "POST":
        said = {name: visit.text(name) for name in said}
    return await visit.page("segment_form.html", row=row, said=said, **facts)


async def _facts(visit: Visit, row: Mapping[Any, Any] | None) -> dict[str, Any]:
    """What segment_criteria.html draws: the lines as they were typed, or those of the segment."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        await get_directory(conn, directory_id)
        lists = await lists_in(conn, directory_id)
    if visit.request.method == "POST":
        tree = trees.grown(criteria.typed(visit.pairs), visit.text("do"))
        tree = trees.marked(tree, visit.problem)
    else:
        tree = criteria.rows_of(row["criteria"] if row is not None else None)
    return {
        "tree": tree,
        "fields": criteria_fields.FIELDS,
        "comparisons": criteria_fields.COMPARISONS,
        "kinds": {
            kind: {cmp: criteria_fields.COMPARISONS[cmp] for cmp in cmps}
            for kind, cmps in criteria_fields.KINDS.items()
        },
        "lists": lists,
    }


async def _call(visit: Visit, answering: Answering, sent: Mapping[str, Any]) -> Any:
    """A call of the API; what it refuses of the criteria is said at the line."""
    try:
        return await visit.call(answering, sent)
    except Invalid as problem:
        raise criteria.at_its_line(problem, sent["criteria"]) from None


def _criteria(visit: Visit, present: Mapping[str, Any] | None = None) -> dict[str, Any]:
    found = criteria.criteria_of(criteria.typed(visit.pairs), present)
    if found is None:
        raise Invalid("criteria", "say who is in the segment: choose a field")
    return found


def _all(visit: Visit) -> str:
    return f"/console/directories/{visit.path('directory_id')}/segments"


routes: list[BaseRoute] = [
    form(f"{ALL}/new", new, create),
    action(f"{ALL}/preview", refused, preview),
    form(f"{ONE}/edit", edit, change),
]

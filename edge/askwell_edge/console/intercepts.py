"""One intercept in plain words: when it shows, to whom, what, and whether it is live."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.calls import Answering
from askwell_edge.console import conditions
from askwell_edge.console.pages import Showing, action, form, page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.directories import list_directories
from askwell_edge.directory.frequency_rules import rules_of, sentence
from askwell_edge.projects import intercepts_api
from askwell_edge.projects.creatives import list_creatives
from askwell_edge.projects.drafts import leaves_of, warnings_for
from askwell_edge.projects.intercepts import list_intercepts
from askwell_edge.projects.shapes import state_of
from askwell_edge.projects.visibility import intercept_for, project_for
from askwell_edge.store.tables import directories, segments

ONE = "/projects/{project_id}/intercepts/{intercept_id}"


async def intercept(visit: Visit) -> Response:
    """GET: the draft as it is worked on, beside what visitors get."""
    async with visit.reading() as conn:
        project = await project_for(conn, visit.caller, visit.path("project_id"))
        row = await intercept_for(
            conn, visit.caller, project["project_id"], visit.path("intercept_id")
        )
        names = await names_for(conn, project["project_id"], [row["draft"]])
        creatives = {
            each["creative_id"]: each for each in await list_creatives(conn, project["project_id"])
        }
        directory_id = project["directory_id"]
        rules = await rules_of(conn, directory_id) if directory_id else []
        seen = [
            each for each in await list_directories(conn) if visit.caller.sees(each["directory_id"])
        ]
        linked_name = await conn.scalar(
            select(directories.c.name).where(directories.c.directory_id == directory_id)
        )
    draft = row["draft"]
    return await visit.page(
        "intercept.html",
        directory_id=directory_id,
        project=project,
        row=row,
        state=state_of(row),
        draft=draft,
        condition=conditions.in_words(draft["condition"], names),
        actions=[
            (
                each,
                conditions.in_words(each["condition"], names),
                creatives.get(each["creative_id"]),
            )
            for each in draft["actions"]
        ],
        warnings=warnings_for(draft),
        changed=has_changed(row, creatives),
        rules=[sentence(each) for each in rules if concerns(each, draft)],
        linked_name=linked_name,
        seen=seen,
        refused=visit.problem.code if visit.problem else "",
    )


def concerns(rule: Mapping[Any, Any], draft: Mapping[str, Any]) -> bool:
    """Whether a frequency rule can hold this intercept back: list rules never do (C12)."""
    surveys = {draft["survey_id"], *(each["survey_id"] for each in draft["actions"])}
    return rule["scope"] == "directory" or (
        rule["scope"] == "survey" and rule["survey_id"] in surveys
    )


def has_changed(row: Mapping[Any, Any], creatives: Mapping[str, Mapping[Any, Any]]) -> bool:
    """Whether the draft is other than what was published last."""
    kept = row["published"]
    if kept is None:
        return False
    drafted = {
        each["creative_id"]: creatives[each["creative_id"]]["definition"]
        for each in row["draft"]["actions"]
        if each["creative_id"] in creatives
    }
    same = {name: kept.get(name) for name in row["draft"]}
    return bool(same != row["draft"] or kept["creatives"] != drafted)


async def names_for(
    conn: AsyncConnection, project_id: str, drafts: Iterable[Mapping[str, Any]]
) -> dict[str, str]:
    """Names of the segments and intercepts that these conditions speak of (H5)."""
    nodes = [
        node
        for draft in drafts
        for node in (draft["condition"], *(each["condition"] for each in draft["actions"]))
    ]
    wanted = {
        str(each)
        for node in nodes
        for leaf in leaves_of(node)
        if leaf["kind"] == "segment"
        for each in (leaf["value"] if isinstance(leaf["value"], list) else [leaf["value"]])
    }
    rows = await conn.execute(
        select(segments.c.segment_id, segments.c.name).where(segments.c.segment_id.in_(wanted))
    )
    names = {row.segment_id: row.name for row in rows}
    for each in await list_intercepts(conn, project_id):
        names[each["intercept_id"]] = each["name"]
    return names


def _button(answering: Answering, done: str) -> Showing:
    """A button that makes one call of the API, then shows the intercept."""

    async def act(visit: Visit) -> Response:
        await visit.call(answering)
        return visit.go(visit.request.url.path.rpartition("/")[0], done=done)

    return act


async def link(visit: Visit) -> Response:
    """POST: link with a directory; only the project's own will do (A6)."""
    await visit.call(intercepts_api.link, {"directoryId": visit.text("directory_id")})
    return visit.go(visit.request.url.path.rpartition("/")[0], done="saved")


async def caps(visit: Visit) -> Response:
    """POST: frequency control on or off, for this intercept alone."""
    on = visit.text("on") == "yes"
    await visit.call(intercepts_api.change, {"draft": {"frequency_control": on}})
    return visit.go(visit.request.url.path.rpartition("/")[0], done="saved")


async def question(visit: Visit) -> Response:
    """GET: what deleting takes away."""
    async with visit.reading() as conn:
        project = await project_for(conn, visit.caller, visit.path("project_id"))
        row = await intercept_for(
            conn, visit.caller, project["project_id"], visit.path("intercept_id")
        )
    return await visit.page(
        "intercept_delete.html", directory_id=project["directory_id"], project=project, row=row
    )


async def delete(visit: Visit) -> Response:
    """POST: gone; a live one is refused."""
    await visit.call(intercepts_api.delete)
    return visit.go(f"/console/projects/{visit.path('project_id')}", done="deleted")


routes: list[BaseRoute] = [
    page(ONE, intercept),
    action(f"{ONE}/publish", intercept, _button(intercepts_api.publish, "published")),
    action(f"{ONE}/activate", intercept, _button(intercepts_api.activate, "activated")),
    action(f"{ONE}/deactivate", intercept, _button(intercepts_api.deactivate, "deactivated")),
    action(f"{ONE}/unlink", intercept, _button(intercepts_api.unlink, "saved")),
    action(f"{ONE}/link", intercept, link),
    action(f"{ONE}/caps", intercept, caps),
    form(f"{ONE}/delete", question, delete),
]

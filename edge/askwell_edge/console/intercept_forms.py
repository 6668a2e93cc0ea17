"""Making and editing intercepts and creatives, so that an invitation needs no API.

The form has the questions most invitations need, and those of the first action set; what else an
action set may say is in action_sets.py.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.console.condition_form import builder_facts, save_draft, typed_condition
from askwell_edge.console.drafting import asked_of, draft_from, target_of, values_of
from askwell_edge.console.pages import form
from askwell_edge.console.visit import Visit
from askwell_edge.projects import intercepts_api
from askwell_edge.projects.creatives import (
    CHOICES,
    DEFAULTS,
    TEXTS,
    get_creative,
    list_creatives,
)
from askwell_edge.projects.visibility import intercept_for, project_for

PROJECT = "/projects/{project_id}"
INTERCEPT = f"{PROJECT}/intercepts/{{intercept_id}}"
CREATIVE = f"{PROJECT}/creatives/{{creative_id}}"


async def new(visit: Visit) -> Response:
    """GET: a first invitation, guided."""
    async with visit.reading() as conn:
        project = await project_for(conn, visit.caller, visit.path("project_id"))
        facts = await _facts(conn, visit, project, None)
    values = asked_of(visit) if _typed(visit) else values_of(None, project)
    facts["d"] = _typed_definition(visit) if _typed(visit) else DEFAULTS
    return await visit.page("intercept_form.html", row=None, project=project, v=values, **facts)


async def create(visit: Visit) -> Response:
    """POST: a draft, with a creative of its own unless one was chosen.

    For a button of the builder, the form once more.
    """
    if visit.text("do"):
        return await new(visit)
    draft = draft_from(visit, {})
    draft["condition"] = typed_condition(visit)
    creative_id = visit.text("creative_id")
    if not creative_id:
        sent = {"name": visit.text("name") or "Invitation", "definition": _typed_definition(visit)}
        creative_id = (await visit.call(intercepts_api.create_creative, sent))["id"]
    draft["actions"] = [_action(visit, {"creative_id": creative_id})]
    sent = {"name": visit.text("name"), "draft": draft}
    made = await save_draft(visit, intercepts_api.create, sent, draft["condition"])
    here = f"/console/projects/{visit.path('project_id')}/intercepts/{made['id']}"
    return visit.go(here, done="created")


async def edit(visit: Visit) -> Response:
    """GET: the draft's questions with their answers."""
    async with visit.reading() as conn:
        project = await project_for(conn, visit.caller, visit.path("project_id"))
        row = await intercept_for(
            conn, visit.caller, project["project_id"], visit.path("intercept_id")
        )
        facts = await _facts(conn, visit, project, row["draft"]["condition"])
    values = values_of(row, project)
    if _typed(visit):
        values = {**values, **asked_of(visit)}
    return await visit.page("intercept_form.html", row=row, project=project, v=values, **facts)


async def change(visit: Visit) -> Response:
    """POST: the draft; visitors see nothing of it until it is published."""
    if visit.text("do"):
        return await edit(visit)
    async with visit.reading() as conn:
        project = await project_for(conn, visit.caller, visit.path("project_id"))
        row = await intercept_for(
            conn, visit.caller, project["project_id"], visit.path("intercept_id")
        )
    draft = draft_from(visit, row["draft"])
    draft["condition"] = typed_condition(visit, row["draft"]["condition"])
    actions = list(row["draft"]["actions"])
    if visit.text("creative_id"):
        first = actions[0] if actions else {}
        changed = _action(visit, {**first, "creative_id": visit.text("creative_id")})
        actions = [changed, *actions[1:]]
    draft["actions"] = actions
    sent = {"name": visit.text("name"), "draft": draft}
    await save_draft(visit, intercepts_api.change, sent, draft["condition"])
    return visit.go(visit.request.url.path.rpartition("/")[0], done="saved")


async def new_creative(visit: Visit) -> Response:
    """GET: texts to write, with a preview."""
    async with visit.reading() as conn:
        project = await project_for(conn, visit.caller, visit.path("project_id"))
    return await visit.page(
        "creative_form.html",
        directory_id=project["directory_id"],
        project=project,
        row=None,
        d=_typed_definition(visit) if visit.problem else DEFAULTS,
        choices=CHOICES,
        limits=TEXTS,
    )


async def create_creative(visit: Visit) -> Response:
    """POST: a new creative."""
    sent = {"name": visit.text("name"), "definition": _typed_definition(visit)}
    await visit.call(intercepts_api.create_creative, sent)
    return visit.go(f"/console/projects/{visit.path('project_id')}", done="created")


async def edit_creative(visit: Visit) -> Response:
    """GET: the texts of a creative."""
    async with visit.reading() as conn:
        project = await project_for(conn, visit.caller, visit.path("project_id"))
        row = await get_creative(conn, project["project_id"], visit.path("creative_id"))
    return await visit.page(
        "creative_form.html",
        directory_id=project["directory_id"],
        project=project,
        row=row,
        d=_typed_definition(visit) if visit.problem else {**DEFAULTS, **row["definition"]},
        choices=CHOICES,
        limits=TEXTS,
    )


async def change_creative(visit: Visit) -> Response:
    """POST: seen by visitors once an intercept that uses it is published again."""
    sent = {"name": visit.text("name"), "definition": _typed_definition(visit)}
    await visit.call(intercepts_api.change_creative, sent)
    return visit.go(f"/console/projects/{visit.path('project_id')}", done="saved")


def _typed(visit: Visit) -> bool:
    """Whether the form is shown again with what was typed."""
    return visit.request.method == "POST"


async def _facts(
    conn: AsyncConnection, visit: Visit, project: Mapping[Any, Any], condition: Any
) -> dict[str, Any]:
    return {
        **await builder_facts(conn, visit, project, condition),
        "directory_id": project["directory_id"],
        "creatives": await list_creatives(conn, project["project_id"]),
        "choices": CHOICES,
        "limits": TEXTS,
    }


def _typed_definition(visit: Visit) -> dict[str, Any]:
    names = ("language", *TEXTS, *CHOICES)
    accent = visit.text("definition.accent") if visit.text("coloured") == "yes" else None
    return {**{name: visit.text(f"definition.{name}") for name in names}, "accent": accent}


def _action(visit: Visit, action: dict[str, Any]) -> dict[str, Any]:
    """The action with where its invitation leads."""
    return {**action, "target": target_of(visit, action.get("target", {}))}


routes: list[BaseRoute] = [
    form(f"{PROJECT}/intercepts/new", new, create),
    form(f"{INTERCEPT}/edit", edit, change),
    form(f"{PROJECT}/creatives/new", new_creative, create_creative),
    form(CREATIVE, edit_creative, change_creative),
]

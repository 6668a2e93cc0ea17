"""The action sets of an intercept: what shows, to whom of those who pass, and where it leads."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.refusals import Invalid, Unknown
from askwell_edge.console.condition_form import builder_facts, save_draft, typed_condition
from askwell_edge.console.drafting import share, target_of
from askwell_edge.console.pages import action, form
from askwell_edge.console.visit import Visit
from askwell_edge.projects import intercepts_api
from askwell_edge.projects.creatives import list_creatives
from askwell_edge.projects.visibility import intercept_for, project_for

ALL = "/projects/{project_id}/intercepts/{intercept_id}/actions"
ONE = f"{ALL}/{{action_id}}"
Actions = list[dict[str, Any]]


async def new(visit: Visit) -> Response:
    """GET: another action set, for those whom the ones before it do not suit."""
    return await _page(visit, None)


async def edit(visit: Visit) -> Response:
    """GET: one action set, its condition in the builder."""
    return await _page(visit, visit.path("action_id"))


async def create(visit: Visit) -> Response:
    """POST: one more, judged after all others; or, for a button of the builder, the form again."""
    if visit.text("do"):
        return await new(visit)
    return await _change(visit, lambda actions: [*actions, _typed(visit, {})])


async def change(visit: Visit) -> Response:
    """POST: the draft's action set; visitors get it when the intercept is published."""
    if visit.text("do"):
        return await edit(visit)

    def changed(actions: Actions) -> Actions:
        at = _place(actions, visit.path("action_id"))
        return [*actions[:at], _typed(visit, actions[at]), *actions[at + 1 :]]

    return await _change(visit, changed)


async def earlier(visit: Visit) -> Response:
    """POST: judged before the one that stood before it."""

    def moved(actions: Actions) -> Actions:
        at = _place(actions, visit.path("action_id"))
        others = [*actions[:at], *actions[at + 1 :]]
        before = max(at - 1, 0)
        return [*others[:before], actions[at], *others[before:]]

    return await _change(visit, moved)


async def remove(visit: Visit) -> Response:
    """POST: take it out of the draft."""
    wanted = visit.path("action_id")
    return await _change(visit, lambda actions: [a for a in actions if a["id"] != wanted])


def _place(actions: Actions, action_id: str) -> int:
    for at, each in enumerate(actions):
        if each["id"] == action_id:
            return at
    raise Unknown("action set", action_id)


async def _change(visit: Visit, change: Callable[[Actions], Actions]) -> Response:
    async with visit.reading() as conn:
        project = await project_for(conn, visit.caller, visit.path("project_id"))
        intercept_id = visit.path("intercept_id")
        row = await intercept_for(conn, visit.caller, project["project_id"], intercept_id)
    actions = change(list(row["draft"]["actions"]))
    mine = visit.request.path_params.get("action_id")  # a new one has no id yet
    at = next((at for at, each in enumerate(actions) if each.get("id") == mine), None)
    condition = actions[at].get("condition") if at is not None else None
    sent = {"draft": {"actions": actions}}
    await save_draft(visit, intercepts_api.change, sent, condition, f"actions[{at}].condition")
    here = f"/console/projects/{project['project_id']}/intercepts/{intercept_id}"
    return visit.go(here, done="saved")


async def _page(visit: Visit, action_id: str | None) -> Response:
    async with visit.reading() as conn:
        project = await project_for(conn, visit.caller, visit.path("project_id"))
        row = await intercept_for(
            conn, visit.caller, project["project_id"], visit.path("intercept_id")
        )
        actions = row["draft"]["actions"]
        kept = actions[_place(actions, action_id)] if action_id else {}
        facts = await builder_facts(conn, visit, project, kept.get("condition"))
        creatives = await list_creatives(conn, project["project_id"])
    target = kept.get("target", {})
    values = {
        "creative_id": kept.get("creative_id", ""),
        "target_url": target.get("url", ""),
        "open": target.get("open", "tab"),
        "survey_id": kept.get("survey_id") or "",
        "sample_rate": f"{kept.get('sample_rate', 10_000) / 100:g}",
    }
    if visit.request.method == "POST":
        values = {name: visit.text(name) for name in values}
    return await visit.page(
        "action_set.html",
        directory_id=project["directory_id"],
        project=project,
        row=row,
        action_id=action_id,
        number=_place(actions, action_id) + 1 if action_id else len(actions) + 1,
        creatives=creatives,
        v=values,
        **facts,
    )


def _typed(visit: Visit, present: Mapping[str, Any]) -> dict[str, Any]:
    if not visit.text("creative_id"):
        raise Invalid("creative_id", "choose what they see")
    return {
        **present,
        "creative_id": visit.text("creative_id"),
        "condition": typed_condition(visit, present.get("condition")),
        "survey_id": visit.text("survey_id") or None,
        "sample_rate": share(visit.text("sample_rate")),
        "target": target_of(visit, present.get("target", {})),
    }


routes: list[BaseRoute] = [
    form(f"{ALL}/new", new, create),
    form(ONE, edit, change),
    action(f"{ONE}/earlier", edit, earlier),
    action(f"{ONE}/remove", edit, remove),
]

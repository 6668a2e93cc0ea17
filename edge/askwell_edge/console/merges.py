"""Duplicates: what a merge would do before it does it, what was merged, and the way back."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.roles import Permission, require
from askwell_edge.console.comparing import (
    lines_between,
    pairs_found,
    people,
    rule_in_words,
    survivors,
)
from askwell_edge.console.pages import action, form, page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.contacts.identity import rules_of
from askwell_edge.directory.merges import merges_api, runs_api

ALL = "/directories/{directory_id}/merges"
ONE = f"{ALL}/{{merge_id}}"
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
RUNS_SHOWN = 5
SINCE = {"all": None, "day": 1, "week": 7, "month": 30}


async def merges(visit: Visit) -> Response:
    """GET: what would merge now, and what was merged; htmx asks how far looking for it is."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    chosen = visit.text("since") or visit.query("since", 10)
    preview = await visit.call(merges_api.preview, _sent(visit, chosen)) if chosen else None
    async with visit.reading() as conn:
        rules = await _rules(conn, directory_id)
        found = await pairs_found(conn, preview or {"pairs": []})
    told = {"preview": preview, "rules": rules, "chosen": chosen, **found}
    if visit.in_part and preview is not None:
        return visit.part("merge_preview.html", directory_id=directory_id, **told)
    done = (await visit.call(merges_api.list_all))["elements"]
    runs = (await visit.call(runs_api.list_runs))["elements"]
    async with visit.reading() as conn:
        named = await survivors(conn, [each["mergeId"] for each in done])
    return await visit.page(
        "merges.html", done_before=done, survivors=named, runs=runs[:RUNS_SHOWN], **told
    )


async def run(visit: Visit) -> Response:
    """POST: merge what the preview showed; the run's page tells how far it is."""
    begun = await visit.call(merges_api.run, _sent(visit, visit.text("since")))
    here = f"/console/directories/{visit.path('directory_id')}/merges/runs/{begun['id']}"
    return visit.go(here, done="begun")


async def one(visit: Visit) -> Response:
    """GET: a merge with both contacts as they were."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    merge = await visit.call(merges_api.get)
    survivor, merged = merge["survivorBefore"], merge["mergedBefore"]
    async with visit.reading() as conn:
        rules = await _rules(conn, directory_id)
        there = await people(conn, [merge["survivorId"], merge["mergedId"]])
    return await visit.page(
        "merge.html",
        merge=merge,
        survivor=survivor,
        merged=merged,
        lines=lines_between(survivor, merged),
        rule=rules.get(merge["rule"]),
        there=there,
    )


async def undo(visit: Visit) -> Response:
    """POST: two contacts again."""
    await visit.call(merges_api.undo)
    here = f"/console/directories/{visit.path('directory_id')}/merges/{visit.path('merge_id')}"
    return visit.go(here, done="undone")


async def _rules(conn: AsyncConnection, directory_id: str) -> dict[int, str]:
    """The rules as they are now, in words, by their numbers."""
    return {rule.position: rule_in_words(rule) for rule in await rules_of(conn, directory_id)}


def _sent(visit: Visit, chosen: str) -> dict[str, Any]:
    """From a full hour on, so that one who asks again goes on with the same search."""
    days = SINCE.get(chosen)
    return {} if days is None else {"since": visit.at // HOUR_MS * HOUR_MS - days * DAY_MS}


routes: list[BaseRoute] = [
    form(ALL, merges, run),
    page(ONE, one),
    action(f"{ONE}/undo", one, undo),
]

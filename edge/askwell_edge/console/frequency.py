"""Frequency rules, each a sentence: how often a contact may be asked."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.console.pages import action, form
from askwell_edge.console.visit import Visit
from askwell_edge.directory import rules_api
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.frequency_rules import RULE_LIMIT, get_rule, rules_of, sentence
from askwell_edge.directory.lists.lists import lists_in

ALL = "/directories/{directory_id}/frequency"
ONE = f"{ALL}/{{rule_id}}"
UNITS = {"hours": 3_600, "days": 86_400, "weeks": 7 * 86_400}


async def rules(visit: Visit) -> Response:
    """GET: the rules in words, and a form for a new one."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        await get_directory(conn, directory_id)
        facts = await _facts(conn, directory_id)
    values = _form(visit) if visit.problem else _values(None)
    return await visit.page("frequency.html", row=None, values=values, units=UNITS, **facts)


async def create(visit: Visit) -> Response:
    """POST: a new rule, in force at once."""
    await visit.call(rules_api.create, _sent(visit))
    return visit.go(f"/console/directories/{visit.path('directory_id')}/frequency", done="created")


async def edit(visit: Visit) -> Response:
    """GET: one rule to change."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        row = await get_rule(conn, directory_id, visit.path("rule_id"))
        facts = await _facts(conn, directory_id)
    values = _form(visit) if visit.problem else _values(row)
    return await visit.page("frequency.html", row=row, values=values, units=UNITS, **facts)


async def change(visit: Visit) -> Response:
    """POST: the rule as it was typed, in force at once."""
    await visit.call(rules_api.change, _sent(visit))
    return visit.go(f"/console/directories/{visit.path('directory_id')}/frequency", done="saved")


async def delete(visit: Visit) -> Response:
    """POST: the rule holds nothing back any more."""
    await visit.call(rules_api.delete)
    return visit.go(f"/console/directories/{visit.path('directory_id')}/frequency", done="deleted")


async def _facts(conn: AsyncConnection, directory_id: str) -> dict[str, Any]:
    lists = await lists_in(conn, directory_id)
    names = {each["list_id"]: each["name"] for each in lists}
    kept = await rules_of(conn, directory_id)
    return {
        "rules": [(each, sentence(each, names)) for each in kept],
        "lists": lists,
        "limit": RULE_LIMIT,
    }


def _sent(visit: Visit) -> dict[str, Any]:
    """The rule as a body of the API."""
    scope = visit.text("scope")
    most, gap = visit.whole("limits[0].max"), visit.whole("minGapSeconds")
    window = visit.whole("limits[0].windowSeconds")
    limits = []
    if most is not None or window is not None:
        if most is None or window is None:
            missing = "limits[0].max" if most is None else "limits[0].windowSeconds"
            raise Invalid(missing, "say both how many, and in how long")
        limits = [{"max": most, "windowSeconds": window * _unit(visit, "window_unit")}]
    return {
        "scope": scope,
        "surveyId": visit.text("surveyId") if scope == "survey" else None,
        "mailingListId": visit.text("mailingListId") if scope == "list" else None,
        "messages": visit.text("messages"),
        "ignoreDirectory": visit.text("ignoreDirectory") == "yes",
        "limits": limits,
        "minGapSeconds": gap * _unit(visit, "gap_unit") if gap is not None else None,
    }


def _unit(visit: Visit, name: str) -> int:
    return UNITS.get(visit.text(name), 86_400)


def _form(visit: Visit) -> dict[str, Any]:
    """What was typed, by the names that the template has."""
    return {
        "scope": visit.text("scope"),
        "survey_id": visit.text("surveyId"),
        "list_id": visit.text("mailingListId"),
        "messages": visit.text("messages"),
        "ignore_directory": visit.text("ignoreDirectory") == "yes",
        "max": visit.text("limits[0].max"),
        "window": visit.text("limits[0].windowSeconds"),
        "window_unit": visit.text("window_unit"),
        "gap": visit.text("minGapSeconds"),
        "gap_unit": visit.text("gap_unit"),
    }


def _values(row: Any) -> dict[str, Any]:
    """What the form holds for a rule, or for none yet."""
    limit = row["limits"][0] if row is not None and row["limits"] else None
    window, window_unit = _spoken(limit["window_s"] if limit else None)
    gap, gap_unit = _spoken(row["min_gap_s"] if row is not None else None)
    return {
        "scope": row["scope"] if row is not None else "directory",
        "survey_id": (row["survey_id"] if row is not None else None) or "",
        "list_id": (row["list_id"] if row is not None else None) or "",
        "messages": row["messages"] if row is not None else "all",
        "ignore_directory": row is not None and row["ignore_directory"],
        "max": limit["max"] if limit else "",
        "window": window,
        "window_unit": window_unit,
        "gap": gap,
        "gap_unit": gap_unit,
    }


def _spoken(seconds: int | None) -> tuple[object, str]:
    if seconds is None:
        return "", "days"
    for name in ("weeks", "days", "hours"):
        if seconds % UNITS[name] == 0:
            return seconds // UNITS[name], name
    return round(seconds / 3_600, 2), "hours"


routes: list[BaseRoute] = [
    form(ALL, rules, create),
    form(ONE, edit, change),
    action(f"{ONE}/delete", edit, delete),
]

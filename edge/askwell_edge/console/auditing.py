"""The audit log: who changed what, when, how it was before and how it is after."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.operators import list_operators
from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.console.contacts import cursor
from askwell_edge.console.pages import page
from askwell_edge.console.visit import Visit
from askwell_edge.console.words import DAY_MS

SHOWN = 50
ASKED = ("object", "who", "action", "from", "to")


async def log(visit: Visit) -> Response:
    """GET: the newest changes; of one object, operator or kind, and between two days if asked."""
    require(visit.caller, Permission.BRAND_ADMINISTRATOR)
    asked = {name: visit.query(name, 60).strip() for name in ASKED}
    before = cursor(visit.query("before", 100))
    since, until = _day("from", asked["from"]), _day("to", asked["to"])
    async with visit.reading() as conn:
        rows = await audit.entries(
            conn,
            object_id=asked["object"] or None,
            operator_id=asked["who"] or None,
            action=asked["action"] or None,
            since=since,
            until=None if until is None else until + DAY_MS,
            before=before,
            limit=SHOWN + 1,
        )
        actions = await audit.recent_actions(conn)
        names = {row["operator_id"]: row["name"] for row in await list_operators(conn)}
    shown = [(row, differences(row["before"], row["after"])) for row in rows[:SHOWN]]
    more = None
    if len(rows) > SHOWN:
        last = shown[-1][0]
        kept = {name: text for name, text in asked.items() if text}
        more = urlencode({**kept, "before": f"{last['at']}.{last['audit_id']}"})
    return await visit.page(
        "audit.html",
        rows=shown,
        names=names,
        more=more,
        asked=asked,
        narrowed=any(asked.values()),
        actions=[(each, each) for each in sorted({*actions, asked["action"]} - {""})],
    )


def _day(name: str, text: str) -> int | None:
    """The beginning of a day such as 2026-11-27, by UTC; None without one."""
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid(name, "must be a day such as 2026-11-27") from None
    return int(day.timestamp()) * 1000


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[tuple[str, Any, Any]]:
    """Each field that differs, with what it was and what it is; None where it was not there."""
    was, became = before or {}, after or {}
    return [
        (name, was.get(name), became.get(name))
        for name in sorted({*was, *became})
        if was.get(name) != became.get(name)
    ]


routes: list[BaseRoute] = [page("/audit", log)]

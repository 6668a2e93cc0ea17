"""The audit log: who changed what, when, how it was before and how it is after."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.operators import list_operators
from askwell_edge.access.roles import Permission, require
from askwell_edge.console.contacts import cursor
from askwell_edge.console.pages import page
from askwell_edge.console.visit import Visit

SHOWN = 50


async def log(visit: Visit) -> Response:
    """GET: the newest changes, of one object if asked."""
    require(visit.caller, Permission.BRAND_ADMINISTRATOR)
    wanted = visit.query("object", 60).strip() or None
    before = cursor(visit.query("before", 100))
    async with visit.reading() as conn:
        rows = await audit.entries(conn, object_id=wanted, before=before, limit=SHOWN + 1)
        names = {row["operator_id"]: row["name"] for row in await list_operators(conn)}
    shown = [(row, differences(row["before"], row["after"])) for row in rows[:SHOWN]]
    more = None
    if len(rows) > SHOWN:
        more = f"{shown[-1][0]['at']}.{shown[-1][0]['audit_id']}"
    return await visit.page("audit.html", rows=shown, names=names, more=more, wanted=wanted or "")


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

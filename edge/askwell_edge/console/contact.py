"""One contact's page: who it is, where it belongs, and everything that befell it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.roles import Permission, require
from askwell_edge.console.contacts import cursor
from askwell_edge.console.pages import page
from askwell_edge.console.visit import Visit
from askwell_edge.console.words import FILTERS
from askwell_edge.directory.contacts.contacts import get_contact, lists_of
from askwell_edge.directory.contacts.namesakes import namesakes_of
from askwell_edge.directory.contacts.stats import stats_of
from askwell_edge.directory.lists.lists import lists_in
from askwell_edge.directory.segments.membership import segments_of, standing_of
from askwell_edge.ledger.timeline import timeline
from askwell_edge.store.tables import (
    intercepts,
    mailing_lists,
    projects,
    segments,
    transactions,
)

ONE = "/directories/{directory_id}/contacts/{contact_id}"
TIMELINE_PAGE = 20
TRANSACTIONS_SHOWN = 20
FIELDS_TOLD = 4


async def contact(visit: Visit) -> Response:
    """GET: the contact; a merged contact's old address leads to the one it became."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with visit.reading() as conn:
        row = await get_contact(conn, directory_id, visit.path("contact_id"))
        contact_id = row["contact_id"]
        if contact_id != visit.path("contact_id"):
            return visit.go(address_of(directory_id, contact_id))
        every_list = await lists_in(conn, directory_id)
        on_lists = await lists_of(conn, contact_id)
        facts = {
            "row": row,
            "lists": [(each, on_lists.get(each["list_id"])) for each in every_list],
            "segments": await _segments(conn, directory_id, contact_id),
            "stats": await stats_of(conn, contact_id),
            "namesakes": await namesakes_of(conn, directory_id, row),
            "transactions": await _transactions(conn, contact_id),
            **await _timeline(conn, visit, contact_id),
        }
    return await visit.page("contact.html", directory_id=directory_id, **facts)


async def touchpoints(visit: Visit) -> Response:
    """GET, by htmx: a page of the timeline alone."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
    if not visit.in_part:
        kind = {"kind": visit.query("kind", 20)} if visit.query("kind", 20) else {}
        return visit.go(address_of(directory_id, visit.path("contact_id")), **kind)
    async with visit.reading() as conn:
        row = await get_contact(conn, directory_id, visit.path("contact_id"))
        facts = await _timeline(conn, visit, row["contact_id"])
    part = "timeline_rows.html" if visit.query("before", 100) else "timeline.html"
    return visit.part(part, row=row, directory_id=directory_id, **facts)


def address_of(directory_id: str, contact_id: str) -> str:
    """A contact's page."""
    return f"/console/directories/{directory_id}/contacts/{contact_id}"


async def _timeline(conn: AsyncConnection, visit: Visit, contact_id: str) -> dict[str, Any]:
    kind = visit.query("kind", 20)
    types = FILTERS[kind][1] if kind in FILTERS else None
    before = cursor(visit.query("before", 100))
    rows = await timeline(conn, contact_id, before, TIMELINE_PAGE + 1, types)
    shown = rows[:TIMELINE_PAGE]
    more = None
    if len(rows) > TIMELINE_PAGE:
        more = f"{shown[-1]['at']}.{shown[-1]['touchpoint_id']}"
    names = await names_of(conn, shown)
    return {"touches": shown, "names": names, "more": more, "kind": kind}


async def names_of(conn: AsyncConnection, rows: Iterable[RowMapping]) -> dict[str, str]:
    """What the projects, intercepts, lists, segments and transactions of touchpoints are called."""
    wanted: dict[str, set[str]] = {kind: set() for kind in ("ZN", "SI", "CG", "SG", "TX")}
    for row in rows:
        details: Mapping[str, Any] = row["details"] or {}
        for each in (row["project_id"], row["intercept_id"], row["list_id"]):
            if each:
                wanted.get(each[:2], set()).add(each)
        for kind, key in (("SG", "segment_id"), ("TX", "transaction_id")):
            if isinstance(details.get(key), str):
                wanted[kind].add(details[key])
    columns = {
        "ZN": (projects.c.project_id, projects.c.name),
        "SI": (intercepts.c.intercept_id, intercepts.c.name),
        "CG": (mailing_lists.c.list_id, mailing_lists.c.name),
        "SG": (segments.c.segment_id, segments.c.name),
        "TX": (transactions.c.transaction_id, transactions.c.fields),
    }
    names: dict[str, str] = {}
    for kind, (id, name) in columns.items():
        if wanted[kind]:
            found = await conn.execute(select(id, name).where(id.in_(wanted[kind])))
            names.update((each, _told(title)) for each, title in found)
    return names


def _told(name: str | Mapping[str, Any]) -> str:
    """A name; of a transaction its first fields."""
    if isinstance(name, str):
        return name
    return ", ".join(f"{field}: {value}" for field, value in sorted(name.items())[:FIELDS_TOLD])


async def _segments(conn: AsyncConnection, directory_id: str, contact_id: str) -> dict[str, Any]:
    """The segments the contact is in, those not known yet, and how old that knowledge is."""
    rows = await segments_of(conn, directory_id)
    standing = await standing_of(
        conn, directory_id, contact_id, frozenset(row["segment_id"] for row in rows)
    )
    return {
        "members": [row for row in rows if row["segment_id"] in standing.members],
        "pending": [row for row in rows if row["segment_id"] in standing.pending],
        "built_at": standing.built_at,
        "any": bool(rows),
    }


async def _transactions(conn: AsyncConnection, contact_id: str) -> Sequence[RowMapping]:
    wanted = (
        select(transactions)
        .where(transactions.c.contact_id == contact_id)
        .order_by(transactions.c.at.desc(), transactions.c.transaction_id)
        .limit(TRANSACTIONS_SHOWN)
    )
    return (await conn.execute(wanted)).mappings().all()


routes: list[BaseRoute] = [page(ONE, contact), page(f"{ONE}/timeline", touchpoints)]

"""Why does an invitation show, or not? Asked for a contact and an address, answered by the core.

Nothing is written: no touchpoint, no claim, no contact.
"""

import hashlib
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.console import conditions
from askwell_edge.console.intercepts import names_for
from askwell_edge.console.pages import page
from askwell_edge.console.visit import Visit
from askwell_edge.console.words import person
from askwell_edge.directory.contacts.contacts import find_by_reference, get_contact
from askwell_edge.directory.frequency_rules import rules_of, sentence
from askwell_edge.projects.intercepts import list_intercepts
from askwell_edge.projects.projects import list_projects
from askwell_edge.projects.published import Published, published
from askwell_edge.projects.visibility import may_see, project_for
from askwell_edge.visitor.recognising import Visitor
from askwell_edge.visitor.snapshot import snapshot_of
from askwell_runtime.answer import answer
from askwell_runtime.contact import read_reference
from askwell_runtime.model import Bundle, Snapshot
from askwell_runtime.request import request_from
from askwell_runtime.wire import read_snapshot

DRAWS = 200
CHOICES = {
    "device": ("desktop", "mobile", "tablet"),
    "browser": ("chrome", "firefox", "safari", "edge"),
    "os": ("windows", "macos", "linux", "ios", "android"),
}


async def why(visit: Visit) -> Response:
    """GET: the question, and once an address is given its answer."""
    async with visit.reading() as conn:
        rows = [row for row in await list_projects(conn) if may_see(visit.caller, row)]
        facts = await _facts(conn, visit, [row["project_id"] for row in rows])
    return await visit.page("why.html", projects=rows, choices=CHOICES, **facts)


async def _facts(conn: AsyncConnection, visit: Visit, ids: list[str]) -> dict[str, Any]:
    project_id = visit.query("project", 60) or (ids[0] if ids else "")
    asked: dict[str, Any] = {
        name: visit.query(name)
        for name in ("url", "reference", "contact", "device", "browser", "os", "language", "values")
    }
    facts: dict[str, Any] = {"asked": asked, "project": None, "answered": None, "who": None}
    if not project_id:
        return facts
    project = await project_for(conn, visit.caller, project_id)
    facts |= {"project": project, "directory_id": project["directory_id"]}
    visitor, row = await _visitor(conn, visit, project["directory_id"], asked)
    facts["who"] = row
    if not asked["url"]:
        drafts = [row["draft"] for row in await list_intercepts(conn, project_id)]
        asked["url"] = conditions.likely_page(project["origins"], drafts)
        return facts
    try:
        applied = await published(conn, project_id)
        facts["answered"] = await _answered(conn, visit, project_id, applied, visitor, asked)
    except Invalid as problem:
        visit.problem = problem
    return facts


async def _visitor(
    conn: AsyncConnection, visit: Visit, directory_id: str | None, asked: dict[str, Any]
) -> tuple[Visitor, Any]:
    """Who is asked about: a contact, a reference that is known or not, or nobody in particular."""
    if directory_id is not None:
        require(visit.caller, Permission.ACCESS_CONTACTS, directory_id)
        if asked["contact"]:
            row = await get_contact(conn, directory_id, asked["contact"])
            return Visitor("known", contact_id=row["contact_id"]), row
    reference, note = read_reference(asked["reference"])
    if reference is None:
        return Visitor("anonymous", notes=[note] if note else []), None
    if directory_id is not None:
        found = await find_by_reference(conn, directory_id, reference)
        if found is not None:
            return Visitor("known", reference, found["contact_id"]), found
    return Visitor("unknown", reference), None


async def _answered(
    conn: AsyncConnection,
    visit: Visit,
    project_id: str,
    applied: Published | None,
    visitor: Visitor,
    asked: dict[str, Any],
) -> dict[str, Any]:
    """The core's answer with each intercept's name, reason and rows in words."""
    intercepts = {row["intercept_id"]: row for row in await list_intercepts(conn, project_id)}
    unpublished = [row for row in intercepts.values() if row["published"] is None]
    if applied is None or applied.bundle is None:
        return {"standing": visitor.standing, "entries": [], "unpublished": unpublished}
    snapshot = read_snapshot(await snapshot_of(conn, applied, visitor, visit.at))
    answered = luckiest(applied.bundle, snapshot, _question(visit.at, asked))
    drafts = [row["published"] for row in intercepts.values() if row["published"]]
    names = await names_for(conn, project_id, drafts)
    rules = await rules_of(conn, applied.directory_id) if applied.directory_id else []
    said = {rule["rule_id"]: sentence(rule) for rule in rules}
    entries = [
        {
            **each,
            "name": names.get(each["intercept"], each["intercept"]),
            "rule_said": said.get(each["rule"] or ""),
            "allows_at": snapshot.allows_at.get(each["rule"] or ""),
            "rows": [{**row, "line": _line(row, names)} for row in each["rows"]],
        }
        for each in answered["explain"]
    ]
    return {
        "standing": visitor.standing,
        "name": person(await get_contact(conn, applied.directory_id, visitor.contact_id))
        if visitor.contact_id and applied.directory_id
        else None,
        "entries": entries,
        "unpublished": unpublished,
        "segments_at": snapshot.segments_at,
        "notes": visitor.notes,
        "receipt": answered["receipt"],
        "names": names,
    }


def _line(row: dict[str, Any], names: dict[str, str]) -> conditions.Line:
    """A row of the explanation as the sentence that the intercept's page has for it."""
    name = row["name"]
    leaf = {"kind": row["kind"], "cmp": row["cmp"], "value": row["expected"], "name": name}
    if row["kind"] in ("date", "weekday", "time"):
        leaf |= {"zone": name, "name": None}
    keys = {"displayed": "intercept_id", "action_taken": "action_id", "survey_taken": "survey_id"}
    if row["kind"] in keys:
        leaf[keys[row["kind"]]] = name
    return conditions.line_of(leaf, names)


def luckiest(bundle: Bundle, snapshot: Snapshot, question: dict[str, Any]) -> dict[str, Any]:
    """The answer under a draw that leaves nobody out, as far as one is found; rates stay shown."""
    best: dict[str, Any] = {}
    most = -1
    for number in range(DRAWS):
        draw = hashlib.sha256(b"why %d" % number).hexdigest()[:32]
        answered = answer(bundle, snapshot, request_from({**question, "draw": draw}))
        passed = sum(each["draw"]["passed"] for each in answered["explain"])
        if passed > most:
            best, most = answered, passed
        if passed == sum(each["draw"]["rate"] > 0 for each in answered["explain"]):
            break
    return best


def _question(at: int, asked: dict[str, Any]) -> dict[str, Any]:
    """The page's facts: as a browser has them that has seen nothing of ours yet."""
    values = _values(asked["values"])
    return {
        "now": at,
        "debug": True,
        "page_view_id": "console",
        "page": {
            "url": asked["url"],
            "referrer": "",
            "language": asked["language"] or "en",
            "device": asked["device"] or "desktop",
            "browser": asked["browser"] or "chrome",
            "os": asked["os"] or "windows",
            "utc_offset_s": 0,
            "page_count": 1,
            "time_on_site_s": 0,
            "time_on_page_s": 0,
            "history": [],
            "cookies": values,
            "values": values,
            "tracked": {},
            "storage": True,
            "displayed": {},
            "actions": {},
            "surveys": [],
            "active": False,
        },
    }


def _values(text: str) -> dict[str, str]:
    """Cookies and page values, a line each: `cart.total=120`."""
    values = {}
    for line in text.splitlines():
        name, separator, value = line.partition("=")
        if not line.strip():
            continue
        if not separator or not name.strip():
            raise Invalid("values", "write each as name=value, on a line of its own")
        values[name.strip()] = value.strip()
    return values


routes: list[BaseRoute] = [page("/why", why)]

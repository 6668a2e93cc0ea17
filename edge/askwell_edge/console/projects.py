"""Websites: their projects, what is live, what to paste into pages, settings and signing keys."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.refusals import Invalid
from askwell_edge.console.conditions import likely_page
from askwell_edge.console.pages import action, form, page
from askwell_edge.console.visit import Visit
from askwell_edge.projects import projects_api
from askwell_edge.projects.creatives import list_creatives
from askwell_edge.projects.embedding import snippets
from askwell_edge.projects.intercepts import list_intercepts
from askwell_edge.projects.keys import live_keys
from askwell_edge.projects.links import link_facts
from askwell_edge.projects.preview import debug_link
from askwell_edge.projects.projects import list_projects
from askwell_edge.projects.published import published
from askwell_edge.projects.shapes import state_of
from askwell_edge.projects.visibility import may_see, project_for
from askwell_edge.visitor.door import own_origin

ONE = "/projects/{project_id}"
TICKS = (
    "create_contacts",
    "require_token",
    "reevaluate_on_url",
    "single_active",
)


async def projects(visit: Visit) -> Response:
    """GET: the projects that this operator may see."""
    async with visit.reading() as conn:
        rows = [row for row in await list_projects(conn) if may_see(visit.caller, row)]
        shown = [
            {
                "row": row,
                "states": [
                    state_of(each) for each in await list_intercepts(conn, row["project_id"])
                ],
            }
            for row in rows
        ]
    return await visit.page("projects.html", projects=shown)


async def project(visit: Visit) -> Response:
    """GET: one project with its intercepts."""
    async with visit.reading() as conn:
        row = await project_for(conn, visit.caller, visit.path("project_id"))
        project_id, directory_id = row["project_id"], row["directory_id"]
        rows = await list_intercepts(conn, project_id)
        applied = await published(conn, project_id)
        facts = {
            "row": row,
            "intercepts": [(each, state_of(each)) for each in rows],
            "likely_page": likely_page(row["origins"], [each["draft"] for each in rows]),
            "creatives": await list_creatives(conn, project_id),
            "keys": await live_keys(conn, project_id),
            "link_facts": await link_facts(conn, project_id, directory_id)
            if directory_id
            else None,
            "waiting": applied is None
            or applied.publication is None
            or applied.directory_id != directory_id
            or applied.settings != row["settings"],
        }
    facts["snippets"] = snippets(project_id, public_address(visit.request))
    return await visit.page("project.html", directory_id=directory_id, **facts)


async def new(visit: Visit) -> Response:
    """GET: an empty form."""
    return await visit.page("project_new.html")


async def create(visit: Visit) -> Response:
    """POST: a new project, with a signing key of its own."""
    sent = {"name": visit.text("name"), "origins": _origins(visit)}
    made = await visit.call(projects_api.create, sent)
    return visit.go(f"/console/projects/{made['id']}", done="created")


async def settings(visit: Visit) -> Response:
    """GET: the settings, as they are drafted."""
    async with visit.reading() as conn:
        row = await project_for(conn, visit.caller, visit.path("project_id"))
    return await visit.page(
        "project_settings.html",
        directory_id=row["directory_id"],
        row=row,
        typed=visit.problem is not None,
        can_create=row["directory_id"] is not None and visit.may_manage(row["directory_id"]),
    )


async def change(visit: Visit) -> Response:
    """POST: name and origins count at once, the rest when it is applied."""
    async with visit.reading() as conn:
        row = await project_for(conn, visit.caller, visit.path("project_id"))
    wanted: dict[str, Any] = {
        "mode": visit.text("mode"),
        "sampling": visit.text("sampling"),
        "sample_rate": basis_points(visit.text("sample_rate")),
        "cookie_domain": visit.text("cookie_domain") or None,
    }
    wanted |= {name: visit.text(name) == "yes" for name in TICKS}
    if not (row["directory_id"] and visit.may_manage(row["directory_id"])):
        # The switch is shown to managers alone; who may not turn it leaves it as it is.
        asked = wanted.pop("create_contacts")
        if asked and not row["settings"]["create_contacts"]:
            wanted["create_contacts"] = True
    sent = {"name": visit.text("name"), "origins": _origins(visit), "settings": wanted}
    await visit.call(projects_api.change, sent)
    return visit.go(f"/console/projects/{row['project_id']}", done="saved")


async def apply(visit: Visit) -> Response:
    """POST: settings and link, from now on."""
    await visit.call(projects_api.apply)
    return visit.go(f"/console/projects/{visit.path('project_id')}", done="applied")


async def new_key(visit: Visit) -> Response:
    """POST: another signing key, shown this once."""
    made = await visit.call(projects_api.new_key)
    async with visit.reading() as conn:
        row = await project_for(conn, visit.caller, visit.path("project_id"))
    return await visit.page(
        "secret.html",
        directory_id=row["directory_id"],
        title="A new signing key",
        secret=made["secret"],
        back=f"/console/projects/{row['project_id']}",
        text="Keep it on your server; it signs QSI.config.externalReferenceToken. The key before "
        "it stays good, older ones end.",
    )


async def debugger(visit: Visit) -> Response:
    """POST: a link that opens the debugger on one of the project's pages, for some minutes."""
    address = visit.text("address")
    if not address.startswith(("https://", "http://")):
        raise Invalid("address", "must be a page of the site, such as https://shop.example/cart")
    made = await visit.call(projects_api.debugger)
    async with visit.reading() as conn:
        row = await project_for(conn, visit.caller, visit.path("project_id"))
    return await visit.page(
        "debugger_link.html",
        directory_id=row["directory_id"],
        row=row,
        address=debug_link(address, made["token"]),
        until=made["expiresDate"],
    )


def public_address(request: Request) -> str:
    """Where browsers reach the edge."""
    prefix: str = request.app.state.settings.path_prefix
    return own_origin(request) + prefix


def basis_points(text: str) -> int:
    """10000 from `100`, 1250 from `12.5`; -1 from what is no rate, which the room refuses."""
    whole, _, part = text.strip().rstrip("%").strip().replace(",", ".").partition(".")
    digits = whole + (part + "00")[:2]
    right = digits.isascii() and digits.isdigit() and len(part) <= 2 and len(whole) <= 3
    return int(digits) if right and whole else -1


def _origins(visit: Visit) -> list[str]:
    return [line.strip() for line in visit.text("origins").splitlines() if line.strip()]


routes: list[BaseRoute] = [
    page("/projects", projects),
    form("/projects/new", new, create),
    page(ONE, project),
    form(f"{ONE}/settings", settings, change),
    action(f"{ONE}/apply", project, apply),
    action(f"{ONE}/keys", project, new_key),
    action(f"{ONE}/debugger", project, debugger),
]

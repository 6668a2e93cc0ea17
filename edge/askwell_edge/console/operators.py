"""Operators: who may sign in, what each may do in which directory, and why."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access import operators_api, permissions_api
from askwell_edge.access.clients import list_clients
from askwell_edge.access.explaining import explained, explained_project
from askwell_edge.access.operators import get_operator, list_operators
from askwell_edge.access.operators_api import who_is
from askwell_edge.access.roles import ALLOWS, Permission, require
from askwell_edge.access.tokens import list_tokens
from askwell_edge.console.pages import action, form, page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.directories import list_directories
from askwell_edge.projects.projects import list_projects

TITLES = (("none", "nothing"), ("access", "Access Contacts"), ("manage", "Manage Directory"))


async def operators(visit: Visit) -> Response:
    """GET: everybody who may sign in, and a form for somebody new."""
    require(visit.caller, Permission.BRAND_ADMINISTRATOR)
    async with visit.reading() as conn:
        rows = await list_operators(conn)
        callers = [await who_is(conn, row["operator_id"]) for row in rows]
        names = {row["directory_id"]: row["name"] for row in await list_directories(conn)}
    shown = list(zip(rows, callers, strict=True))
    return await visit.page("operators.html", rows=shown, names=names)


async def create(visit: Visit) -> Response:
    """POST: somebody new; the password is made up and shown once."""
    sent = {
        "email": visit.text("email"),
        "name": visit.text("name") or None,
        "brandAdministrator": visit.text("administrator") == "yes",
    }
    return await _password_page(visit, await visit.call(operators_api.create, sent))


async def one(visit: Visit) -> Response:
    """GET: what this person can do, and why."""
    require(visit.caller, Permission.BRAND_ADMINISTRATOR)
    async with visit.reading() as conn:
        row = await get_operator(conn, visit.path("operator_id"))
        who = await who_is(conn, row["operator_id"])
        directories = await list_directories(conn)
        projects = await list_projects(conn)
        tokens = await list_tokens(conn, row["operator_id"])
        clients = await list_clients(conn, row["operator_id"])
    names = {each["directory_id"]: each["name"] for each in directories}
    websites = [
        (each, *explained_project(who, each["directory_id"], names.get(each["directory_id"], "")))
        for each in projects
    ]
    allowed = [(each, explained(who, each["directory_id"])) for each in directories]
    return await visit.page(
        "operator.html",
        row=row,
        who=who,
        allowed=allowed,
        websites=websites,
        everywhere=ALLOWS[Permission.BRAND_ADMINISTRATOR],
        tokens=tokens,
        clients=clients,
        titles=TITLES,
        role_of={each["directory_id"]: who.role_in(each["directory_id"]) for each in directories},
    )


async def give_role(visit: Visit) -> Response:
    """POST: another role in one directory."""
    wanted = {"role": visit.text("role")}
    await visit.call(permissions_api.give_role, wanted, directory_id=visit.text("directory_id"))
    return visit.go(f"/console/operators/{visit.path('operator_id')}", done="saved")


async def make_administrator(visit: Visit) -> Response:
    """POST: a brand administrator or not; nobody takes it from themselves."""
    await visit.call(operators_api.change, {"brandAdministrator": visit.text("on") == "yes"})
    return visit.go(f"/console/operators/{visit.path('operator_id')}", done="saved")


async def disable(visit: Visit) -> Response:
    """POST: let in no more, or again; nobody shuts themselves out."""
    await visit.call(operators_api.change, {"disabled": visit.text("on") == "yes"})
    return visit.go(f"/console/operators/{visit.path('operator_id')}", done="saved")


async def new_password(visit: Visit) -> Response:
    """POST: another password, shown once; whoever is signed in with the old one is signed out."""
    return await _password_page(visit, await visit.call(operators_api.new_password))


async def _password_page(visit: Visit, made: Any) -> Response:
    return await visit.page(
        "secret.html",
        title="The password",
        secret=made["password"],
        back=f"/console/operators/{made['id']}",
        text="Hand it over in a safe way.",
    )


routes: list[BaseRoute] = [
    form("/operators", operators, create),
    page("/operators/{operator_id}", one),
    action("/operators/{operator_id}/role", one, give_role),
    action("/operators/{operator_id}/administrator", one, make_administrator),
    action("/operators/{operator_id}/disabled", one, disable),
    action("/operators/{operator_id}/password", one, new_password),
]

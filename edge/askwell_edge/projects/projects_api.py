"""/API/v3 projects: create, change, link with a directory, publish, signing keys."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.answers import Made, Page
from askwell_edge.access.calls import Call, api
from askwell_edge.access.roles import Permission, require
from askwell_edge.projects import keys, links
from askwell_edge.projects.preview import LIFE_MS, debug_token
from askwell_edge.projects.projects import (
    change_project,
    create_project,
    get_project,
    list_projects,
)
from askwell_edge.projects.publishing import publish
from askwell_edge.projects.shapes import (
    Applied,
    DebuggerToken,
    LinkBody,
    LinkProblem,
    NewKey,
    NewProject,
    Project,
    ProjectChange,
    ProjectLink,
    UnlinkBody,
    project_shape,
)
from askwell_edge.projects.visibility import may_see, project_for
from askwell_edge.settings import Settings

ALL = "/projects"
ONE = "/projects/{project_id}"

Change = Callable[[AsyncConnection, str], Awaitable[None]]


async def list_all(call: Call) -> Page[Project]:
    """GET: the projects that the operator may see."""
    async with call.reading() as conn:
        rows = await list_projects(conn)
    seen = [project_shape(row) for row in rows if may_see(call.caller, row)]
    return Page(elements=seen)


async def create(call: Call) -> Made:
    """POST: a new project with a signing key of its own."""
    body = await call.body(NewProject)

    async def write(conn: AsyncConnection) -> str:
        project_id = await create_project(
            conn, body.name, body.origins, call.at, settings=body.settings
        )
        after = project_shape(await get_project(conn, project_id))
        await audit.record(
            conn, call.caller.operator_id, "project.create", project_id, call.at, after=after
        )
        return project_id

    return Made(id=await call.write(write))


async def get(call: Call) -> Project:
    """GET: one project."""
    async with call.reading() as conn:
        return project_shape(await project_for(conn, call.caller, call.path("project_id")))


async def change(call: Call) -> None:
    """PUT: name, origins (count at once) and settings (count when published)."""
    body = await call.body(ProjectChange)

    async def write(conn: AsyncConnection, project_id: str) -> None:
        before = await project_for(conn, call.caller, project_id)
        wanted = (body.settings or {}).get("create_contacts")
        if wanted and not before["settings"]["create_contacts"] and before["directory_id"]:
            require(call.caller, Permission.MANAGE_DIRECTORY, before["directory_id"])
        await change_project(
            conn, project_id, name=body.name, origins=body.origins, settings=body.settings
        )

    await _audited(call, "project.update", write)


async def get_link(call: Call) -> ProjectLink:
    """GET: whether the project can be linked with `directoryId`, why not, and who is unmatched."""
    async with call.reading() as conn:
        project = await project_for(conn, call.caller, call.path("project_id"))
        directory_id = call.query("directoryId") or project["directory_id"]
        if directory_id is None:
            return ProjectLink(directory_id=None)
        require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
        facts = await links.link_facts(conn, project["project_id"], directory_id, modules_of(call))
    problem = facts["problem"]
    return ProjectLink(
        directory_id=project["directory_id"],
        available=facts["available"],
        problem=None if problem is None else LinkProblem(**problem),
        contact_count=facts["contacts"],
        contact_count_without_ext_ref=facts["contacts_without_reference"],
        linked_intercept_ids=facts["linked_intercepts"],
    )


async def link(call: Call) -> None:
    """POST: link with a directory; a second directory is refused."""
    await _link(call, switch=False)


async def switch_link(call: Call) -> None:
    """PUT: link with this directory instead of the present one."""
    await _link(call, switch=True)


async def _link(call: Call, *, switch: bool) -> None:
    body = await call.body(LinkBody)
    require(call.caller, Permission.ACCESS_CONTACTS, body.directory_id)

    async def write(conn: AsyncConnection, project_id: str) -> None:
        await project_for(conn, call.caller, project_id)
        await links.link_project(
            conn,
            project_id,
            body.directory_id,
            modules=modules_of(call),
            switch=switch,
            linked_intercepts=body.intercept_links,
        )

    await _audited(call, "project.link", write)


async def unlink(call: Call) -> None:
    """POST: take the link away."""
    body = await call.body(UnlinkBody)

    async def write(conn: AsyncConnection, project_id: str) -> None:
        await project_for(conn, call.caller, project_id)
        await links.unlink_project(conn, project_id, linked_intercepts=body.intercept_links)

    await _audited(call, "project.unlink", write)


async def apply(call: Call) -> Applied:
    """POST: apply settings and link; visitors get the new bundle from now on."""

    async def write(conn: AsyncConnection, project_id: str) -> None:
        await project_for(conn, call.caller, project_id)
        await publish(conn, project_id, call.at)

    await _audited(call, "project.publish", write)
    async with call.reading() as conn:
        project = await get_project(conn, call.path("project_id"))
        return Applied(bundle=project["bundle_hash"])


async def new_key(call: Call) -> NewKey:
    """POST: a new signing key, shown this once; the one before it stays live, older ones end."""

    async def write(conn: AsyncConnection) -> tuple[str, bytes]:
        project = await project_for(conn, call.caller, call.path("project_id"))
        key_id, secret = await keys.create_key(conn, project["project_id"], call.at)
        await audit.record(
            conn,
            call.caller.operator_id,
            "project.new_key",
            project["project_id"],
            call.at,
            after={"key_id": key_id},
        )
        return key_id, secret

    key_id, secret = await call.write(write)
    return NewKey(id=key_id, secret=secret.decode())


async def debugger(call: Call) -> DebuggerToken:
    """POST: a token that opens the debugger on the project's pages for a quarter of an hour."""
    async with call.reading() as conn:
        project = await project_for(conn, call.caller, call.path("project_id"))
        live = await keys.live_keys(conn, project["project_id"])
    token = debug_token(bytes(live[0]["secret"]), project["project_id"], call.at)
    return DebuggerToken(token=token, expires_date=call.at + LIFE_MS)


def modules_of(call: Call) -> tuple[str, ...]:
    """The modules that are switched on here."""
    settings: Settings = call.request.app.state.settings
    return settings.modules


async def _audited(call: Call, action: str, change: Change) -> None:
    """Run a change of one project and write down how it was before and after."""
    project_id = call.path("project_id")

    async def write(conn: AsyncConnection) -> None:
        before = project_shape(await get_project(conn, project_id))
        await change(conn, project_id)
        after = project_shape(await get_project(conn, project_id))
        await audit.record(
            conn,
            call.caller.operator_id,
            action,
            project_id,
            call.at,
            before=before,
            after=after,
        )

    await call.write(write)


routes: list[BaseRoute] = [
    api("GET", ALL, "read:projects", list_all),
    api("POST", ALL, "manage:projects", create, body=NewProject),
    api("GET", ONE, "read:projects", get),
    api("PUT", ONE, "manage:projects", change, body=ProjectChange),
    api("GET", f"{ONE}/link", "read:projects", get_link, query=("directoryId",)),
    api("POST", f"{ONE}/link", "manage:projects", link, body=LinkBody),
    api("PUT", f"{ONE}/link", "manage:projects", switch_link, body=LinkBody),
    api("POST", f"{ONE}/unlink", "manage:projects", unlink, body=UnlinkBody),
    api("POST", f"{ONE}/publish", "manage:projects", apply),
    api("POST", f"{ONE}/signingkeys", "manage:projects", new_key),
    api("POST", f"{ONE}/debugger", "manage:projects", debugger),
]

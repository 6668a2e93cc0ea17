"""/API/v3 intercepts and creatives of a project: draft, link, publish, activate."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.answers import Made, Page
from askwell_edge.access.calls import Call, api
from askwell_edge.access.roles import Permission, require
from askwell_edge.projects import creatives, intercepts, links, publishing
from askwell_edge.projects.shapes import (
    Creative,
    CreativeChange,
    Intercept,
    InterceptChange,
    InterceptLinkBody,
    NewCreative,
    NewIntercept,
    OrderBody,
    creative_shape,
    intercept_shape,
)
from askwell_edge.projects.visibility import intercept_for, project_for

ALL = "/projects/{project_id}/intercepts"
ONE = f"{ALL}/{{intercept_id}}"
CREATIVES = "/projects/{project_id}/creatives"

Change = Callable[[AsyncConnection, str], Awaitable[Any]]


async def list_all(call: Call) -> Page[Intercept]:
    """GET: the project's intercepts in the order in which they are judged."""
    async with call.reading() as conn:
        project = await project_for(conn, call.caller, call.path("project_id"))
        rows = await intercepts.list_intercepts(conn, project["project_id"])
    return Page(elements=[intercept_shape(row) for row in rows])


async def create(call: Call) -> Made:
    """POST: a new draft; a malformed condition is refused with its path."""
    body = await call.body(NewIntercept)

    async def write(conn: AsyncConnection) -> str:
        project = await project_for(conn, call.caller, call.path("project_id"))
        intercept_id = await intercepts.create_intercept(
            conn, project["project_id"], body.name, body.draft, call.at
        )
        row = await intercepts.get_intercept(conn, intercept_id)
        await _record(conn, call, "intercept.create", intercept_id, None, intercept_shape(row))
        return intercept_id

    return Made(id=await call.write(write))


async def get(call: Call) -> Intercept:
    """GET: one intercept."""
    async with call.reading() as conn:
        row = await intercept_for(
            conn, call.caller, call.path("project_id"), call.path("intercept_id")
        )
    return intercept_shape(row)


async def change(call: Call) -> Intercept:
    """PUT: name and draft; visitors see nothing of it until it is published."""
    body = await call.body(InterceptChange)

    async def write(conn: AsyncConnection, intercept_id: str) -> None:
        await intercepts.change_intercept(
            conn, intercept_id, call.at, name=body.name, draft=body.draft
        )

    return await _audited(call, "intercept.update", write)


async def delete(call: Call) -> None:
    """DELETE: an intercept that is not live."""

    async def write(conn: AsyncConnection) -> None:
        row = await intercept_for(
            conn, call.caller, call.path("project_id"), call.path("intercept_id")
        )
        await intercepts.delete_intercept(conn, row["intercept_id"])
        await _record(
            conn, call, "intercept.delete", row["intercept_id"], intercept_shape(row), None
        )

    await call.write(write)


async def reorder(call: Call) -> None:
    """PUT: the order in which the project's intercepts are judged; counts when published."""
    body = await call.body(OrderBody)

    async def write(conn: AsyncConnection) -> None:
        project = await project_for(conn, call.caller, call.path("project_id"))
        rows = await intercepts.list_intercepts(conn, project["project_id"])
        before = {"order": [row["intercept_id"] for row in rows]}
        await intercepts.reorder(conn, project["project_id"], body.intercept_ids)
        after = {"order": body.intercept_ids}
        await _record(conn, call, "project.reorder", project["project_id"], before, after)

    await call.write(write)


async def link(call: Call) -> Intercept:
    """POST: link the intercept; only the project's own directory will do."""
    body = await call.body(InterceptLinkBody)
    require(call.caller, Permission.ACCESS_CONTACTS, body.directory_id)

    async def write(conn: AsyncConnection, intercept_id: str) -> None:
        await links.link_intercept(conn, intercept_id, body.directory_id, call.at)

    return await _audited(call, "intercept.link", write)


async def unlink(call: Call) -> Intercept:
    """POST: take the intercept's link and its frequency control away."""

    async def write(conn: AsyncConnection, intercept_id: str) -> None:
        await links.unlink_intercept(conn, intercept_id, call.at)

    return await _audited(call, "intercept.unlink", write)


async def publish(call: Call) -> Intercept:
    """POST: the draft becomes the next version; live only once it is activated."""

    async def write(conn: AsyncConnection, intercept_id: str) -> None:
        await publishing.publish_intercept(conn, intercept_id, call.at)

    return await _audited(call, "intercept.publish", write)


async def activate(call: Call) -> Intercept:
    """POST: the published version is live from now on."""

    async def write(conn: AsyncConnection, intercept_id: str) -> None:
        await publishing.activate_intercept(conn, intercept_id, call.at)

    return await _audited(call, "intercept.activate", write)


async def deactivate(call: Call) -> Intercept:
    """POST: stops showing, without a change of the site."""

    async def write(conn: AsyncConnection, intercept_id: str) -> None:
        await publishing.deactivate_intercept(conn, intercept_id, call.at)

    return await _audited(call, "intercept.deactivate", write)


async def list_creatives(call: Call) -> Page[Creative]:
    """GET: the project's creatives."""
    async with call.reading() as conn:
        project = await project_for(conn, call.caller, call.path("project_id"))
        rows = await creatives.list_creatives(conn, project["project_id"])
    return Page(elements=[creative_shape(row) for row in rows])


async def create_creative(call: Call) -> Made:
    """POST: a new creative."""
    body = await call.body(NewCreative)

    async def write(conn: AsyncConnection) -> str:
        project = await project_for(conn, call.caller, call.path("project_id"))
        creative_id = await creatives.create_creative(
            conn, project["project_id"], body.name, body.definition, call.at
        )
        row = await creatives.get_creative(conn, project["project_id"], creative_id)
        await _record(conn, call, "creative.create", creative_id, None, creative_shape(row))
        return creative_id

    return Made(id=await call.write(write))


async def change_creative(call: Call) -> None:
    """PUT: seen by visitors when an intercept that uses it is published again."""
    body = await call.body(CreativeChange)

    async def write(conn: AsyncConnection) -> None:
        project = await project_for(conn, call.caller, call.path("project_id"))
        here = (project["project_id"], call.path("creative_id"))
        before = creative_shape(await creatives.get_creative(conn, *here))
        await creatives.change_creative(conn, *here, name=body.name, definition=body.definition)
        after = creative_shape(await creatives.get_creative(conn, *here))
        await _record(conn, call, "creative.update", here[1], before, after)

    await call.write(write)


async def _audited(call: Call, action: str, change: Change) -> Intercept:
    """Run a change of one intercept, write it down, and answer how the intercept is now."""

    async def write(conn: AsyncConnection) -> Intercept:
        row = await intercept_for(
            conn, call.caller, call.path("project_id"), call.path("intercept_id")
        )
        intercept_id = row["intercept_id"]
        await change(conn, intercept_id)
        after = intercept_shape(await intercepts.get_intercept(conn, intercept_id))
        await _record(conn, call, action, intercept_id, intercept_shape(row), after)
        return after

    return await call.write(write)


async def _record(
    conn: AsyncConnection,
    call: Call,
    action: str,
    object_id: str,
    before: audit.Image,
    after: audit.Image,
) -> None:
    await audit.record(
        conn, call.caller.operator_id, action, object_id, call.at, before=before, after=after
    )


routes: list[BaseRoute] = [
    api("GET", ALL, "read:projects", list_all),
    api("POST", ALL, "manage:projects", create, body=NewIntercept),
    api("PUT", f"{ALL}/order", "manage:projects", reorder, body=OrderBody),
    api("GET", ONE, "read:projects", get),
    api("PUT", ONE, "manage:projects", change, body=InterceptChange),
    api("DELETE", ONE, "manage:projects", delete),
    api("POST", f"{ONE}/link", "manage:projects", link, body=InterceptLinkBody),
    api("POST", f"{ONE}/unlink", "manage:projects", unlink),
    api("POST", f"{ONE}/publish", "manage:projects", publish),
    api("POST", f"{ONE}/activate", "manage:projects", activate),
    api("POST", f"{ONE}/deactivate", "manage:projects", deactivate),
    api("GET", CREATIVES, "read:projects", list_creatives),
    api("POST", CREATIVES, "manage:projects", create_creative, body=NewCreative),
    api(
        "PUT",
        f"{CREATIVES}/{{creative_id}}",
        "manage:projects",
        change_creative,
        body=CreativeChange,
    ),
]

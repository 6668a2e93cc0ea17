"""Operators: who may sign in, what each may do in which directory, and why."""

import secrets
from typing import Any

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.operators import create_operator, list_operators, set_password
from askwell_edge.access.passwords import hash_password
from askwell_edge.access.refusals import Conflict, Invalid, Unknown
from askwell_edge.access.roles import (
    ALLOWS,
    Caller,
    Permission,
    Role,
    caller_for,
    require,
    set_role,
)
from askwell_edge.access.tokens import list_tokens
from askwell_edge.console.pages import action, form, page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.directories import get_directory, list_directories
from askwell_edge.store.tables import console_sessions
from askwell_edge.store.tables import operators as operators_table

ROLES: dict[str, Role | None] = {
    "none": None,
    "access": Role(access_contacts=True, manage_directory=False),
    "manage": Role(access_contacts=True, manage_directory=True),
}
TITLES = (("none", "nothing"), ("access", "Access Contacts"), ("manage", "Manage Directory"))


async def operators(visit: Visit) -> Response:
    """GET: everybody who may sign in, and a form for somebody new."""
    require(visit.caller, Permission.BRAND_ADMINISTRATOR)
    async with visit.reading() as conn:
        rows = await list_operators(conn)
        callers = [await caller_for(conn, row["operator_id"]) for row in rows]
        names = {row["directory_id"]: row["name"] for row in await list_directories(conn)}
    shown = list(zip(rows, callers, strict=True))
    return await visit.page("operators.html", rows=shown, names=names)


async def create(visit: Visit) -> Response:
    """POST: somebody new; the password is made up and shown once."""
    require(visit.caller, Permission.BRAND_ADMINISTRATOR)
    password = secrets.token_urlsafe(12)
    password_hash = await hash_password(password)
    email, administrator = visit.text("email"), visit.text("administrator") == "yes"
    name = visit.text("name") or email.partition("@")[0]

    async def write(conn: AsyncConnection) -> str:
        operator_id = await create_operator(
            conn, email, name, password_hash, visit.at, brand_administrator=administrator
        )
        after = {"email": email, "name": name, "brand_administrator": administrator}
        await _record(conn, visit, "operator.create", operator_id, after=after)
        return operator_id

    operator_id = await visit.write(write)
    return await _password_page(visit, password, operator_id)


async def one(visit: Visit) -> Response:
    """GET: what this person can do, and why."""
    require(visit.caller, Permission.BRAND_ADMINISTRATOR)
    async with visit.reading() as conn:
        row, who = await _operator(conn, visit.path("operator_id"))
        directories = await list_directories(conn)
        tokens = await list_tokens(conn, row["operator_id"])
    allowed = [(each, explained(who, each["directory_id"])) for each in directories]
    return await visit.page(
        "operator.html",
        row=row,
        who=who,
        allowed=allowed,
        everywhere=ALLOWS[Permission.BRAND_ADMINISTRATOR],
        tokens=tokens,
        titles=TITLES,
        role_of={
            each["directory_id"]: role_name(who, each["directory_id"]) for each in directories
        },
    )


async def give_role(visit: Visit) -> Response:
    """POST: another role in one directory."""
    require(visit.caller, Permission.BRAND_ADMINISTRATOR)
    operator_id, directory_id = visit.path("operator_id"), visit.text("directory_id")
    wanted = visit.text("role")
    if wanted not in ROLES:
        raise Invalid("role", f"must be one of {', '.join(ROLES)}")

    async def write(conn: AsyncConnection) -> None:
        _, who = await _operator(conn, operator_id)
        await get_directory(conn, directory_id)
        before = {"directory_id": directory_id, "role": role_name(who, directory_id)}
        await set_role(conn, operator_id, directory_id, ROLES[wanted])
        after = {"directory_id": directory_id, "role": wanted}
        await _record(conn, visit, "operator.role", operator_id, before=before, after=after)

    await visit.write(write)
    return visit.go(f"/console/operators/{operator_id}", done="saved")


async def make_administrator(visit: Visit) -> Response:
    """POST: a brand administrator or not; nobody takes it from themselves."""
    require(visit.caller, Permission.BRAND_ADMINISTRATOR)
    operator_id, on = visit.path("operator_id"), visit.text("on") == "yes"
    if operator_id == visit.caller.operator_id and not on:
        raise Conflict("own_permission", "another brand administrator must take this from you")

    async def write(conn: AsyncConnection) -> None:
        row, _ = await _operator(conn, operator_id)
        await conn.execute(
            update(operators_table)
            .where(operators_table.c.operator_id == operator_id)
            .values(brand_administrator=on)
        )
        before = {"brand_administrator": row["brand_administrator"]}
        after = {"brand_administrator": on}
        await _record(
            conn, visit, "operator.administrator", operator_id, before=before, after=after
        )

    await visit.write(write)
    return visit.go(f"/console/operators/{operator_id}", done="saved")


async def new_password(visit: Visit) -> Response:
    """POST: another password, shown once; whoever is signed in with the old one is signed out."""
    require(visit.caller, Permission.BRAND_ADMINISTRATOR)
    operator_id = visit.path("operator_id")
    password = secrets.token_urlsafe(12)
    password_hash = await hash_password(password)

    async def write(conn: AsyncConnection) -> None:
        await _operator(conn, operator_id)
        await set_password(conn, operator_id, password_hash)
        if operator_id != visit.caller.operator_id:
            await conn.execute(
                console_sessions.delete().where(console_sessions.c.operator_id == operator_id)
            )
        await _record(conn, visit, "operator.password", operator_id)

    await visit.write(write)
    return await _password_page(visit, password, operator_id)


def role_name(who: Caller, directory_id: str) -> str:
    """`none`, `access` or `manage`: what was given in this directory itself."""
    role = who.roles.get(directory_id)
    if role is None:
        return "none"
    return "manage" if role.manage_directory else "access"


def explained(
    who: Caller, directory_id: str
) -> list[tuple[Permission, bool, str, tuple[str, ...]]]:
    """Each permission of a directory: whether they hold it, why, and what it lets them do."""
    role = role_name(who, directory_id)
    lines = []
    for permission in (Permission.ACCESS_CONTACTS, Permission.MANAGE_DIRECTORY):
        holds = who.may(permission, directory_id)
        if who.brand_administrator:
            reason = "as a brand administrator"
        elif holds and role == "manage" and permission is Permission.ACCESS_CONTACTS:
            reason = "by the role Manage Directory, which includes it"
        elif holds:
            reason = f"by the role {permission.spoken} in this directory"
        else:
            reason = "no role in this directory gives it"
        lines.append((permission, holds, reason, ALLOWS[permission]))
    return lines


async def _operator(conn: AsyncConnection, operator_id: str) -> tuple[RowMapping, Caller]:
    shown = [each for each in operators_table.c if each.name != "password_hash"]
    wanted = select(*shown).where(operators_table.c.operator_id == operator_id)
    row = (await conn.execute(wanted)).mappings().one_or_none()
    who = await caller_for(conn, operator_id)
    if row is None or who is None:
        raise Unknown("operator", operator_id)
    return row, who


async def _password_page(visit: Visit, password: str, operator_id: str) -> Response:
    return await visit.page(
        "secret.html",
        title="The password",
        secret=password,
        back=f"/console/operators/{operator_id}",
        text="Hand it over in a safe way.",
    )


async def _record(conn: AsyncConnection, visit: Visit, action: str, id: str, **more: Any) -> None:
    await audit.record(conn, visit.caller.operator_id, action, id, visit.at, **more)


routes: list[BaseRoute] = [
    form("/operators", operators, create),
    page("/operators/{operator_id}", one),
    action("/operators/{operator_id}/role", one, give_role),
    action("/operators/{operator_id}/administrator", one, make_administrator),
    action("/operators/{operator_id}/password", one, new_password),
]

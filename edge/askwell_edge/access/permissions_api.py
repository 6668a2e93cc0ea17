"""/API/v3 permissions: what an operator may do, why, and the roles that say so."""

from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access.answers import DirectoryId, Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.explaining import Explained, explained
from askwell_edge.access.operators import get_operator
from askwell_edge.access.operators_api import (
    MANAGE,
    ONE,
    READ,
    RoleName,
    giving,
    record,
    themselves,
    who_is,
)
from askwell_edge.access.roles import ROLES, Permission, require, set_role
from askwell_edge.access.tokens import ALL_SCOPES
from askwell_edge.access.users_api import NoName, OneName, UserType, user_type


class RoleBody(Struct, forbid_unknown_fields=True):
    """`access` is Access Contacts, `manage` is Manage Directory, which includes it."""

    role: RoleName


class PermissionLine(Shown):
    """A permission: whether it is held, why, and what it lets one do."""

    permission: Permission
    directory_id: DirectoryId | None
    holds: bool
    reason: str
    allows: list[str]


class WhoAmI(Shown, kw_only=True):
    """Who stands behind a token, also by the names of other clients; the scopes that narrow it."""

    user_id: str
    user_name: str
    first_name: OneName
    last_name: NoName = ""
    email: str
    account_type: UserType
    brand_id: Annotated[str, Meta(description="the host that was called")]
    operator_id: str
    name: str
    brand_administrator: bool
    scopes: list[str]
    permissions: list[PermissionLine]


async def who_am_i(call: Call) -> WhoAmI:
    """GET: the operator behind this token, its scopes, and what the operator may do and why."""
    who = call.caller
    lines = [_line(each, None) for each in explained(who)]
    for directory_id in who.roles:
        lines += [_line(each, directory_id) for each in explained(who, directory_id)]
    async with call.reading() as conn:
        row = await get_operator(conn, who.operator_id)
    return WhoAmI(
        user_id=who.operator_id,
        user_name=row["email"],
        first_name=who.name,
        email=row["email"],
        account_type=user_type(row),
        brand_id=call.request.url.hostname or "",
        operator_id=who.operator_id,
        name=who.name,
        brand_administrator=who.brand_administrator,
        scopes=sorted(ALL_SCOPES if who.scopes is None else who.scopes),
        permissions=lines,
    )


async def give_role(call: Call) -> None:
    """PUT: another role in one directory, or none.

    A token needs all scopes to give one, and `manage:operators` to take one away.
    """
    body = await call.body(RoleBody)
    require(call.caller, Permission.BRAND_ADMINISTRATOR)
    if body.role != "none":
        giving(call)
    operator_id, directory_id = call.path("operator_id"), call.path("directory_id")

    async def write(conn: AsyncConnection) -> None:
        who = await who_is(conn, operator_id)
        before = {"directory_id": directory_id, "role": who.role_in(directory_id)}
        await set_role(conn, operator_id, directory_id, ROLES[body.role])
        after = {"directory_id": directory_id, "role": body.role}
        await record(conn, call, "role", operator_id, before, after)

    await call.write(write)


async def permissions(call: Call) -> Page[PermissionLine]:
    """GET: what this person may do in `directoryId`, or everywhere, and why.

    Brand administrators ask about everybody, everybody about themselves.
    """
    themselves(call)
    directory_id = call.query("directoryId")
    async with call.reading() as conn:
        who = await who_is(conn, call.path("operator_id"))
    lines = [_line(each, directory_id) for each in explained(who, directory_id)]
    return Page(elements=lines)


def _line(each: Explained, directory_id: str | None) -> PermissionLine:
    return PermissionLine(
        permission=each.permission,
        directory_id=directory_id,
        holds=each.holds,
        reason=each.reason,
        allows=list(each.allows),
    )


routes: list[BaseRoute] = [
    api("GET", "/whoami", None, who_am_i),
    api("GET", f"{ONE}/permissions", READ, permissions, query=("directoryId",)),
    api("PUT", f"{ONE}/roles/{{directory_id}}", MANAGE, give_role, body=RoleBody),
]

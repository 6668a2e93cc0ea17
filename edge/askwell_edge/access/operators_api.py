"""/API/v3 operators: who may sign in."""

import secrets
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit, operators
from askwell_edge.access.answers import Instant, Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.passwords import hash_password
from askwell_edge.access.refusals import Conflict, Unknown
from askwell_edge.access.roles import (
    Caller,
    Permission,
    caller_for,
    require,
    require_own,
)
from askwell_edge.access.tokens import ALL_SCOPES

ALL = "/operators"
ONE = f"{ALL}/{{operator_id}}"

Address = Annotated[
    str, Meta(examples=["ana@example.com"], extra_json_schema={"maxLength": operators.EMAIL_LIMIT})
]
Name = Annotated[str, Meta(min_length=1, max_length=operators.NAME_LIMIT)]
RoleName = Literal["none", "access", "manage"]


class NewOperator(Struct, rename="camel", forbid_unknown_fields=True):
    """Somebody who may sign in; without a name it is what stands before the `@`."""

    email: Address
    name: Name | None = None
    brand_administrator: bool = False


class OperatorChange(Struct, rename="camel", forbid_unknown_fields=True):
    """What may change of an operator; absent stays."""

    name: Name | None = None
    brand_administrator: bool | None = None
    disabled: bool | None = None


class Operator(Shown):
    """An operator, with the roles that were given in directories."""

    operator_id: str
    email: str
    name: str
    brand_administrator: bool
    disabled: bool
    roles: dict[str, RoleName]
    creation_date: Instant


class NewPassword(Shown):
    """An operator's password, shown this once."""

    id: str
    password: str


async def list_all(call: Call) -> Page[Operator]:
    """GET: everybody who may sign in, by name; brand administrators only."""
    require(call.caller, Permission.BRAND_ADMINISTRATOR)
    async with call.reading() as conn:
        rows = await operators.list_operators(conn)
        return Page(elements=[_shape(row, await who_is(conn, row["operator_id"])) for row in rows])


async def get(call: Call) -> Operator:
    """GET: one operator; brand administrators, and everybody themselves."""
    themselves(call)
    async with call.reading() as conn:
        return await _now(conn, call.path("operator_id"))


async def create(call: Call) -> NewPassword:
    """POST: somebody new, without a role; the password is made up and shown this once.

    A token needs all scopes for it: it cannot give what it does not hold.
    """
    body = await call.body(NewOperator)
    giving(call)
    password = secrets.token_urlsafe(12)
    password_hash = await hash_password(password)
    name = body.name or body.email.partition("@")[0]

    async def write(conn: AsyncConnection) -> str:
        operator_id = await operators.create_operator(
            conn,
            body.email,
            name,
            password_hash,
            call.at,
            brand_administrator=body.brand_administrator,
        )
        await record(conn, call, "create", operator_id, None, await _now(conn, operator_id))
        return operator_id

    return NewPassword(id=await call.write(write), password=password)


async def change(call: Call) -> None:
    """PUT: another name; a brand administrator or not; disabled or not, which ends sessions.

    Nobody does the last two to themselves. Who is disabled cannot sign in, and their tokens and
    clients open nothing. A token needs all scopes to make a brand administrator or to enable.
    """
    body = await call.body(OperatorChange)
    require(call.caller, Permission.BRAND_ADMINISTRATOR)
    operator_id = call.path("operator_id")
    if body.brand_administrator or body.disabled is False:
        giving(call)
    takes = body.brand_administrator is False or body.disabled
    if takes and operator_id == call.caller.operator_id:
        raise Conflict("own_permission", "another brand administrator must take this from you")

    async def write(conn: AsyncConnection) -> None:
        before = await _now(conn, operator_id)
        await operators.change_operator(
            conn, operator_id, name=body.name, brand_administrator=body.brand_administrator
        )
        if body.disabled:
            await operators.disable_operator(conn, operator_id, call.at)
        elif body.disabled is False:
            await operators.enable_operator(conn, operator_id)
        await record(conn, call, "update", operator_id, before, await _now(conn, operator_id))

    await call.write(write)


async def new_password(call: Call) -> NewPassword:
    """POST: another password, shown this once; who is signed in with the old one is signed out.

    A token needs all scopes for it.
    """
    giving(call)
    operator_id, password = call.path("operator_id"), secrets.token_urlsafe(12)
    password_hash = await hash_password(password)
    own = operator_id == call.caller.operator_id

    async def write(conn: AsyncConnection) -> None:
        await operators.set_password(conn, operator_id, password_hash, stay_signed_in=own)
        await record(conn, call, "password", operator_id, None, None)

    await call.write(write)
    return NewPassword(id=operator_id, password=password)


def giving(call: Call) -> None:
    """Whoever gives away a permission must hold all of them, and so must the token."""
    require(call.caller, Permission.BRAND_ADMINISTRATOR)
    require_own(call.caller, ALL_SCOPES)


def themselves(call: Call) -> None:
    """Everybody may ask about themselves, brand administrators about everybody."""
    if call.path("operator_id") != call.caller.operator_id:
        require(call.caller, Permission.BRAND_ADMINISTRATOR)


async def who_is(conn: AsyncConnection, operator_id: str) -> Caller:
    """The operator with all roles, disabled or not; refuses an id that nobody has."""
    who = await caller_for(conn, operator_id, even_disabled=True)
    if who is None:
        raise Unknown("operator", operator_id)
    return who


async def _now(conn: AsyncConnection, operator_id: str) -> Operator:
    row = await operators.get_operator(conn, operator_id)
    return _shape(row, await who_is(conn, operator_id))


def _shape(row: RowMapping, who: Caller) -> Operator:
    same = ("operator_id", "email", "name", "brand_administrator")
    roles: Any = {directory_id: who.role_in(directory_id) for directory_id in who.roles}
    return Operator(
        roles=roles,
        disabled=who.disabled,
        creation_date=row["created_at"],
        **{name: row[name] for name in same},
    )


async def record(
    conn: AsyncConnection,
    call: Call,
    verb: str,
    operator_id: str,
    before: audit.Image,
    after: audit.Image,
) -> None:
    """Write down who changed what of an operator."""
    who, action = call.caller.operator_id, f"operator.{verb}"
    await audit.record(conn, who, action, operator_id, call.at, before=before, after=after)


READ, MANAGE = "read:operators", "manage:operators"
routes: list[BaseRoute] = [
    api("GET", ALL, READ, list_all),
    api("POST", ALL, MANAGE, create, body=NewOperator),
    api("GET", ONE, READ, get),
    api("PUT", ONE, MANAGE, change, body=OperatorChange),
    api("POST", f"{ONE}/password", MANAGE, new_password),
]

"""`askwell operator`: who may sign in, and what each may do."""

import getpass
import secrets
import sys

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access import audit
from askwell_edge.access.operators import (
    create_operator,
    disable_operator,
    enable_operator,
    list_operators,
    operator_by_email,
    set_password,
)
from askwell_edge.access.passwords import hash_password
from askwell_edge.access.roles import ROLES, caller_for, set_role
from askwell_edge.commands.opening import opened
from askwell_edge.commands.telling import Trouble, say
from askwell_edge.settings import Settings
from askwell_edge.store.clock import now_ms


async def add_operator(
    settings: Settings, email: str, name: str | None, administrator: bool, password: str | None
) -> None:
    """A new operator; without a password one is made up and printed once."""
    chosen = password or secrets.token_urlsafe(12)
    password_hash = await hash_password(chosen)

    async def write(conn: AsyncConnection) -> str:
        operator_id = await create_operator(
            conn,
            email,
            name or email.partition("@")[0],
            password_hash,
            now_ms(),
            brand_administrator=administrator,
        )
        after = {"email": email, "brand_administrator": administrator}
        await audit.record(conn, None, "operator.create", operator_id, now_ms(), after=after)
        return operator_id

    async with opened(settings) as store:
        operator_id = await store.writer.submit(write)
    say(f"operator  {operator_id}  {email}")
    if password is None:
        say(f"password  {chosen}   (shown only now)")
    if not administrator:
        say(f"Next: askwell operator role {email} POOL_… access|manage")


async def change_password(settings: Settings, email: str, password: str | None) -> None:
    """Another password for an operator."""
    chosen = password or secrets.token_urlsafe(12)
    password_hash = await hash_password(chosen)

    async def write(conn: AsyncConnection) -> None:
        row = await operator_named(conn, email)
        await set_password(conn, row["operator_id"], password_hash)
        await audit.record(conn, None, "operator.password", row["operator_id"], now_ms())

    async with opened(settings) as store:
        await store.writer.submit(write)
    if password is None:
        say(f"password  {chosen}   (shown only now)")


async def show_operators(settings: Settings) -> None:
    """Who may sign in, and what each may do where."""
    async with opened(settings) as store, store.read() as conn:
        for row in await list_operators(conn):
            caller = await caller_for(conn, row["operator_id"], even_disabled=True)
            roles = caller.roles if caller is not None else {}
            shown = [
                f"{place}: {'manage' if role.manage_directory else 'access'}"
                for place, role in roles.items()
            ]
            if row["brand_administrator"]:
                shown.insert(0, "brand administrator")
            if row["disabled_at"] is not None:
                shown.insert(0, "disabled")
            say(f"{row['operator_id']}  {row['email']}  {', '.join(shown) or 'no role'}")


async def give_role(settings: Settings, email: str, directory_id: str, role: str) -> None:
    """Give an operator a role in a directory, or take it away."""

    async def write(conn: AsyncConnection) -> None:
        row = await operator_named(conn, email)
        await set_role(conn, row["operator_id"], directory_id, ROLES[role])
        after = {"directory_id": directory_id, "role": role}
        await audit.record(conn, None, "operator.role", row["operator_id"], now_ms(), after=after)

    async with opened(settings) as store:
        await store.writer.submit(write)
    say(f"{email}  {directory_id}: {role}")


async def switch_operator(settings: Settings, email: str, *, on: bool) -> None:
    """Let an operator in, with tokens and clients, or nobody by any of them."""

    async def write(conn: AsyncConnection) -> None:
        operator_id = (await operator_named(conn, email))["operator_id"]
        if on:
            await enable_operator(conn, operator_id)
        else:
            await disable_operator(conn, operator_id, now_ms())
        after = {"disabled": not on}
        await audit.record(conn, None, "operator.update", operator_id, now_ms(), after=after)

    async with opened(settings) as store:
        await store.writer.submit(write)
    say(f"{'enabled' if on else 'disabled'}  {email}")


def typed_password(from_stdin: bool) -> str | None:
    """The password that stdin or a person at the terminal gives; None to have one made up."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        return None
    return getpass.getpass("Password (empty: make one up): ") or None


async def operator_named(conn: AsyncConnection, email: str) -> RowMapping:
    """The operator with this address."""
    row = await operator_by_email(conn, email)
    if row is None:
        raise Trouble(f"there is no operator {email}. `askwell operator list` shows them all.")
    return row

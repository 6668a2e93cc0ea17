"""`askwell operator` and `askwell token`: who may sign in, who may call the API."""

import getpass
import secrets
import sys

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access import audit
from askwell_edge.access.operators import (
    create_operator,
    list_operators,
    operator_by_email,
    set_password,
)
from askwell_edge.access.passwords import hash_password
from askwell_edge.access.roles import ROLES, caller_for, set_role
from askwell_edge.access.tokens import ALL_SCOPES, create_token, list_tokens, revoke_token
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
        row = await _operator(conn, email)
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
            caller = await caller_for(conn, row["operator_id"])
            roles = caller.roles if caller is not None else {}
            shown = [
                f"{place}: {'manage' if role.manage_directory else 'access'}"
                for place, role in roles.items()
            ]
            if row["brand_administrator"]:
                shown.insert(0, "brand administrator")
            say(f"{row['operator_id']}  {row['email']}  {', '.join(shown) or 'no role'}")


async def give_role(settings: Settings, email: str, directory_id: str, role: str) -> None:
    """Give an operator a role in a directory, or take it away."""

    async def write(conn: AsyncConnection) -> None:
        row = await _operator(conn, email)
        await set_role(conn, row["operator_id"], directory_id, ROLES[role])
        after = {"directory_id": directory_id, "role": role}
        await audit.record(conn, None, "operator.role", row["operator_id"], now_ms(), after=after)

    async with opened(settings) as store:
        await store.writer.submit(write)
    say(f"{email}  {directory_id}: {role}")


async def add_token(settings: Settings, email: str, name: str, scopes: list[str] | None) -> None:
    """A new API token of an operator, printed once."""

    async def write(conn: AsyncConnection) -> tuple[str, str]:
        row = await _operator(conn, email)
        operator_id, wanted = row["operator_id"], list(scopes or ALL_SCOPES)
        token_id, token = await create_token(conn, operator_id, name, wanted, at=now_ms())
        after = {"operator_id": operator_id, "name": name, "scopes": wanted}
        await audit.record(conn, None, "token.create", token_id, now_ms(), after=after)
        return token_id, token

    async with opened(settings) as store:
        token_id, token = await store.writer.submit(write)
    say(f"id     {token_id}")
    say(f"token  {token}   (shown only now; send it in the header X-API-TOKEN)")


async def show_tokens(settings: Settings) -> None:
    """All tokens by their first characters."""
    async with opened(settings) as store, store.read() as conn:
        for row in await list_tokens(conn):
            state = "revoked" if row["revoked_at"] is not None else "live"
            scopes = ",".join(row["scopes"])
            say(f"{row['token_id']}  {row['prefix']}…  {state}  {row['name']}  {scopes}")


async def end_token(settings: Settings, token_id: str) -> None:
    """From now on the token opens nothing."""

    async def write(conn: AsyncConnection) -> None:
        await revoke_token(conn, token_id, now_ms())
        await audit.record(conn, None, "token.revoke", token_id, now_ms())

    async with opened(settings) as store:
        await store.writer.submit(write)
    say(f"revoked  {token_id}")


def typed_password(from_stdin: bool) -> str | None:
    """The password that stdin or a person at the terminal gives; None to have one made up."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        return None
    return getpass.getpass("Password (empty: make one up): ") or None


async def _operator(conn: AsyncConnection, email: str) -> RowMapping:
    row = await operator_by_email(conn, email)
    if row is None:
        raise Trouble(f"there is no operator {email}. `askwell operator list` shows them all.")
    return row

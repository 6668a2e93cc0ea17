"""`askwell token` and `askwell client`: what may call the API, in an operator's name."""

from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access import audit
from askwell_edge.access.clients import create_client, list_clients, revoke_client
from askwell_edge.access.tokens import ALL_SCOPES, create_token, list_tokens, revoke_token
from askwell_edge.commands.opening import opened
from askwell_edge.commands.people import operator_named
from askwell_edge.commands.telling import say
from askwell_edge.settings import Settings
from askwell_edge.store.clock import now_ms


async def add_token(settings: Settings, email: str, name: str, scopes: list[str] | None) -> None:
    """A new API token of an operator, printed once."""

    async def write(conn: AsyncConnection) -> tuple[str, str]:
        row = await operator_named(conn, email)
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


async def add_client(settings: Settings, email: str, name: str, scopes: list[str] | None) -> None:
    """A new OAuth client of an operator, its secret printed once."""

    async def write(conn: AsyncConnection) -> tuple[str, str]:
        row = await operator_named(conn, email)
        operator_id, wanted = row["operator_id"], list(scopes or ALL_SCOPES)
        client_id, secret = await create_client(conn, operator_id, name, wanted, at=now_ms())
        after = {"operator_id": operator_id, "name": name, "scopes": wanted}
        await audit.record(conn, None, "client.create", client_id, now_ms(), after=after)
        return client_id, secret

    async with opened(settings) as store:
        client_id, secret = await store.writer.submit(write)
    say(f"client  {client_id}")
    say(f"secret  {secret}   (shown only now; POST both to /oauth2/token by HTTP Basic)")


async def show_clients(settings: Settings) -> None:
    """All OAuth clients."""
    async with opened(settings) as store, store.read() as conn:
        for row in await list_clients(conn):
            state = "revoked" if row["revoked_at"] is not None else "live"
            say(f"{row['client_id']}  {state}  {row['name']}  {','.join(row['scopes'])}")


async def end_client(settings: Settings, client_id: str) -> None:
    """From now on the client gets no token, and those that it has open nothing."""

    async def write(conn: AsyncConnection) -> None:
        await revoke_client(conn, client_id, now_ms())
        await audit.record(conn, None, "client.revoke", client_id, now_ms())

    async with opened(settings) as store:
        await store.writer.submit(write)
    say(f"revoked  {client_id}")

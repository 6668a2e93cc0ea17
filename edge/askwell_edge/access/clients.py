"""OAuth clients: programs that prove a secret and get a token for an hour, in an operator's name.

Secrets and tokens are drawn at random and hashed at rest. A client's token is looked up together
with the client, so that none is worth anything once the client is revoked.
"""

import hmac
import re
import secrets
from collections.abc import Iterable, Sequence

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Unknown
from askwell_edge.access.roles import Caller, caller_for
from askwell_edge.access.tokens import ALL_SCOPES, hashed, read_scopes, read_token_name
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import access_tokens, api_clients

CLIENT_LIMIT = 50  # live ones of one operator
ACCESS_S = 3600
ACCESS_BEGINS = "oat_"
_IDS = re.compile(r"CL_[0-9A-Za-z]{15}")
# Compared in place of an unknown client's, so that the time taken tells nothing.
_NOBODYS = hashed(secrets.token_urlsafe(32))


async def create_client(
    conn: AsyncConnection,
    operator_id: str,
    name: str,
    scopes: Iterable[str] = ALL_SCOPES,
    at: int = 0,
) -> tuple[str, str]:
    """The new client's id and its secret: this is the only time anybody sees the secret."""
    name, wanted = read_token_name(name), read_scopes(scopes)
    live = select(func.count()).where(
        api_clients.c.operator_id == operator_id, api_clients.c.revoked_at.is_(None)
    )
    if (await conn.scalar(live) or 0) >= CLIENT_LIMIT:
        raise Conflict("client_limit", f"an operator has at most {CLIENT_LIMIT} clients; end one")
    client_id, secret = new_id("CL"), "acs_" + secrets.token_urlsafe(32)
    await conn.execute(
        insert(api_clients).values(
            client_id=client_id,
            operator_id=operator_id,
            name=name,
            secret_hash=hashed(secret),
            scopes=wanted,
            created_at=at,
        )
    )
    return client_id, secret


async def client_proving(conn: AsyncConnection, client_id: str, secret: str) -> Caller | None:
    """Whom a live client stands for, with its scopes; None unless the secret is its own.

    Takes as long for an unknown client as for a wrong secret.
    """
    known = client_id if _IDS.fullmatch(client_id) else ""
    wanted = select(api_clients).where(
        api_clients.c.client_id == known, api_clients.c.revoked_at.is_(None)
    )
    row = (await conn.execute(wanted)).one_or_none()
    right = hmac.compare_digest(row.secret_hash if row is not None else _NOBODYS, hashed(secret))
    if row is None or not right:
        return None
    scopes = frozenset(row.scopes)
    return await caller_for(conn, row.operator_id, scopes, client_id=row.client_id)


async def give_access(
    conn: AsyncConnection, client_id: str, scopes: Iterable[str], at: int, day: int
) -> str:
    """An access token of a client, good for an hour; those that are over are forgotten."""
    token = ACCESS_BEGINS + secrets.token_urlsafe(32)
    await conn.execute(delete(access_tokens).where(access_tokens.c.expires_at <= at))
    await conn.execute(
        insert(access_tokens).values(
            token_hash=hashed(token),
            client_id=client_id,
            scopes=read_scopes(scopes),
            expires_at=at + ACCESS_S * 1000,
        )
    )
    here = api_clients.c.client_id == client_id
    await conn.execute(update(api_clients).where(here).values(last_used_at=day))
    return token


async def access_caller(conn: AsyncConnection, token: str, at: int) -> Caller | None:
    """The operator behind a live access token of a live client, narrowed to its scopes."""
    wanted = (
        select(api_clients.c.client_id, api_clients.c.operator_id, access_tokens.c.scopes)
        .join_from(access_tokens, api_clients)
        .where(
            access_tokens.c.token_hash == hashed(token),
            access_tokens.c.expires_at > at,
            api_clients.c.revoked_at.is_(None),
        )
    )
    row = (await conn.execute(wanted)).one_or_none()
    if row is None:
        return None
    scopes = frozenset(row.scopes)
    return await caller_for(conn, row.operator_id, scopes, client_id=row.client_id)


async def revoke_client(conn: AsyncConnection, client_id: str, at: int) -> None:
    """From now on the client gets no token, and those that it has open nothing."""
    changed = await conn.execute(
        update(api_clients)
        .where(api_clients.c.client_id == client_id, api_clients.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    if changed.rowcount != 1:
        raise Unknown("client", client_id)
    await conn.execute(delete(access_tokens).where(access_tokens.c.client_id == client_id))


async def list_clients(
    conn: AsyncConnection, operator_id: str | None = None
) -> Sequence[RowMapping]:
    """Clients by age, without their secrets' hashes; those of one operator if asked."""
    shown = [each for each in api_clients.c if each.name != "secret_hash"]
    wanted = select(*shown).order_by(api_clients.c.created_at, api_clients.c.client_id)
    if operator_id is not None:
        wanted = wanted.where(api_clients.c.operator_id == operator_id)
    return (await conn.execute(wanted)).mappings().all()

"""Signing keys of a project: two live ones, so that a customer's server can change over."""

import secrets
from collections.abc import Sequence

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import signing_keys

LIVE_LIMIT = 2


async def create_key(conn: AsyncConnection, project_id: str, at: int) -> tuple[str, bytes]:
    """A new key's id and secret; of the older ones only the newest stays live."""
    live = await live_keys(conn, project_id)
    for row in live[LIVE_LIMIT - 1 :]:
        await retire_key(conn, row["key_id"], at)
    key_id, secret = new_id("SK"), secrets.token_urlsafe(32).encode()
    await conn.execute(
        insert(signing_keys).values(
            key_id=key_id, project_id=project_id, secret=secret, created_at=at, retired_at=None
        )
    )
    return key_id, secret


async def retire_key(conn: AsyncConnection, key_id: str, at: int) -> None:
    """From now on the key signs nothing that counts."""
    await conn.execute(
        update(signing_keys).where(signing_keys.c.key_id == key_id).values(retired_at=at)
    )


async def live_keys(conn: AsyncConnection, project_id: str) -> Sequence[RowMapping]:
    """The live keys with their secrets, newest first."""
    wanted = (
        select(signing_keys)
        .where(signing_keys.c.project_id == project_id, signing_keys.c.retired_at.is_(None))
        .order_by(signing_keys.c.created_at.desc(), signing_keys.c.key_id)
    )
    return (await conn.execute(wanted)).mappings().all()

"""API tokens: shown once, hashed at rest, told apart by their first characters."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence

from sqlalchemy import RowMapping, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Invalid, Unknown
from askwell_edge.access.roles import Caller, caller_for
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import api_tokens

NOUNS = (
    "directories",
    "directory_contacts",
    "contact_transactions",
    "mailing_lists",
    "segments",
    "projects",
    "operators",
)
SCOPES = tuple(f"{verb}:{noun}" for noun in NOUNS for verb in ("read", "manage"))
ALL_SCOPES = tuple(f"manage:{noun}" for noun in NOUNS)
PREFIX_LENGTH = 10
NAME_LIMIT = 100


def read_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes in their order, each once; refuses one that there is not."""
    wanted = sorted(set(scopes))
    for scope in wanted:
        if scope not in SCOPES:
            raise Invalid("scopes", f"{scope!r} is not one of {', '.join(SCOPES)}")
    return wanted


def read_token_name(text: str) -> str:
    """What a token or client is called, trimmed."""
    name = text.strip()
    if not 1 <= len(name) <= NAME_LIMIT or not name.isprintable():
        raise Invalid("name", f"must have 1 to {NAME_LIMIT} characters, none of them unprintable")
    return name


async def create_token(
    conn: AsyncConnection,
    operator_id: str,
    name: str,
    scopes: Iterable[str] = ALL_SCOPES,
    at: int = 0,
) -> tuple[str, str]:
    """The new token's id, and the token itself: this is the only time anybody sees it."""
    name, wanted = read_token_name(name), read_scopes(scopes)
    token_id, token = new_id("TK"), "ask_" + secrets.token_urlsafe(27)  # 40 characters
    await conn.execute(
        insert(api_tokens).values(
            token_id=token_id,
            operator_id=operator_id,
            name=name,
            prefix=token[:PREFIX_LENGTH],
            token_hash=hashed(token),
            scopes=wanted,
            created_at=at,
        )
    )
    return token_id, token


async def token_caller(conn: AsyncConnection, token: str) -> tuple[Caller | None, str]:
    """The operator behind a live token, narrowed to its scopes; and the token's id."""
    wanted = select(api_tokens.c.token_id, api_tokens.c.operator_id, api_tokens.c.scopes).where(
        api_tokens.c.token_hash == hashed(token), api_tokens.c.revoked_at.is_(None)
    )
    row = (await conn.execute(wanted)).one_or_none()
    if row is None:
        return None, ""
    return await caller_for(conn, row.operator_id, frozenset(row.scopes)), row.token_id


async def note_use(conn: AsyncConnection, token_id: str, day: int) -> None:
    """Write down the day (its beginning) on which the token was last used."""
    last = api_tokens.c.last_used_at
    await conn.execute(
        update(api_tokens)
        .where(api_tokens.c.token_id == token_id, or_(last.is_(None), last < day))
        .values(last_used_at=day)
    )


async def revoke_token(conn: AsyncConnection, token_id: str, at: int) -> None:
    """From now on the token opens nothing."""
    changed = await conn.execute(
        update(api_tokens)
        .where(api_tokens.c.token_id == token_id, api_tokens.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    if changed.rowcount != 1:
        raise Unknown("token", token_id)


async def list_tokens(
    conn: AsyncConnection, operator_id: str | None = None
) -> Sequence[RowMapping]:
    """Tokens by age, without their hashes; those of one operator if asked."""
    shown = [each for each in api_tokens.c if each.name != "token_hash"]
    wanted = select(*shown).order_by(api_tokens.c.created_at, api_tokens.c.token_id)
    if operator_id is not None:
        wanted = wanted.where(api_tokens.c.operator_id == operator_id)
    return (await conn.execute(wanted)).mappings().all()


def hashed(token: str) -> str:
    """What is kept of a secret that was drawn at random, and too long to be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()

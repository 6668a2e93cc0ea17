"""Console sessions: a random cookie, hashed at rest, new at every sign-in, with its CSRF token."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.operators import operator_by_email
from askwell_edge.access.passwords import verify_password
from askwell_edge.access.roles import Caller, caller_for
from askwell_edge.store.tables import console_sessions

SESSION_MS = 12 * 60 * 60 * 1000

# Verified in place of an unknown operator's hash, so that the time taken tells nothing.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$1a9YEesxokPEMl0V2xPZ4Q"
    "$1XEFrxvWoqhcRjCeklXkG2Vpc2ymjq32vE4Tvxz2ukQ"
)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A live session: who, and the token that forms must send back."""

    caller: Caller
    csrf_token: str
    expires_at: int


def cookie_name(*, secure: bool) -> str:
    """The session cookie's name; browsers hold `__Host-` to HTTPS, one host and path `/`."""
    return "__Host-askwell" if secure else "askwell_session"


async def operator_signing_in(conn: AsyncConnection, email: str, password: str) -> str | None:
    """The id of the operator whose address and password these are; None otherwise.

    Takes as long for an unknown address, or a disabled operator, as for a wrong password.
    """
    found = await operator_by_email(conn, email)
    right = await verify_password(found["password_hash"] if found else _NOBODY, password)
    if found is None or found["disabled_at"] is not None or not right:
        return None
    return str(found["operator_id"])


async def open_session(
    conn: AsyncConnection, operator_id: str, at: int, *, replaces: str | None = None
) -> tuple[str, OpenSession]:
    """A new session and its cookie's value; `replaces` is the cookie sent before signing in."""
    if replaces:
        await close_session(conn, replaces)
    await conn.execute(delete(console_sessions).where(console_sessions.c.expires_at <= at))
    cookie, csrf_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    caller = await caller_for(conn, operator_id)
    if caller is None:
        raise LookupError(operator_id)
    await conn.execute(
        insert(console_sessions).values(
            token_hash=_hashed(cookie),
            operator_id=operator_id,
            csrf_token=csrf_token,
            created_at=at,
            expires_at=at + SESSION_MS,
        )
    )
    return cookie, OpenSession(caller, csrf_token, at + SESSION_MS)


async def session_of(conn: AsyncConnection, cookie: str | None, at: int) -> OpenSession | None:
    """The live session behind a cookie, with the operator's roles as they are now."""
    if not cookie:
        return None
    wanted = select(console_sessions).where(
        console_sessions.c.token_hash == _hashed(cookie), console_sessions.c.expires_at > at
    )
    row = (await conn.execute(wanted)).one_or_none()
    caller = await caller_for(conn, row.operator_id) if row is not None else None
    if row is None or caller is None:
        return None
    return OpenSession(caller, row.csrf_token, row.expires_at)


async def close_session(conn: AsyncConnection, cookie: str) -> None:
    """Sign out: the cookie is worth nothing from now on."""
    await conn.execute(
        delete(console_sessions).where(console_sessions.c.token_hash == _hashed(cookie))
    )


def csrf_matches(session: OpenSession, sent: str | None) -> bool:
    """True when a form or request carries this session's own token."""
    return sent is not None and hmac.compare_digest(session.csrf_token.encode(), sent.encode())


def _hashed(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()

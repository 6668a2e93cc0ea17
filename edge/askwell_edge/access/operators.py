"""Operators: the people who sign in to the console and own API tokens."""

from collections.abc import Sequence

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Invalid, Unknown
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import access_tokens, api_clients, console_sessions, operators

NAME_LIMIT = 100
EMAIL_LIMIT = 254
_SHOWN = [each for each in operators.c if each.name != "password_hash"]


def read_email(text: object) -> str:
    """The address an operator signs in with, in lower case."""
    try:
        checked = validate_email(
            text if isinstance(text, str) else "", check_deliverability=False, test_environment=True
        )
    except EmailNotValidError as refusal:
        raise Invalid("email", f"is not an e-mail address: {refusal}") from None
    return checked.normalized.lower()


def read_operator_name(text: str) -> str:
    """What the operator is called, trimmed."""
    name = text.strip()
    if not 1 <= len(name) <= NAME_LIMIT or not name.isprintable():
        raise Invalid("name", f"must have 1 to {NAME_LIMIT} characters, none of them unprintable")
    return name


async def create_operator(
    conn: AsyncConnection,
    email: str,
    name: str,
    password_hash: str,
    at: int,
    *,
    brand_administrator: bool = False,
) -> str:
    """The new operator's id; one address, one operator."""
    email = read_email(email)
    name = read_operator_name(name)
    if await operator_by_email(conn, email) is not None:
        raise Conflict("operator_exists", f"email: there is an operator {email} already")
    operator_id = new_id("OP")
    await conn.execute(
        insert(operators).values(
            operator_id=operator_id,
            email=email,
            name=name,
            password_hash=password_hash,
            brand_administrator=brand_administrator,
            created_at=at,
        )
    )
    return operator_id


async def change_operator(
    conn: AsyncConnection,
    operator_id: str,
    *,
    name: str | None = None,
    brand_administrator: bool | None = None,
) -> None:
    """Another name, or a brand administrator or not; what is None stays."""
    sent = {
        "name": None if name is None else read_operator_name(name),
        "brand_administrator": brand_administrator,
    }
    values = {column: value for column, value in sent.items() if value is not None}
    if values:
        here = operators.c.operator_id == operator_id
        await conn.execute(update(operators).where(here).values(**values))


async def disable_operator(conn: AsyncConnection, operator_id: str, at: int) -> None:
    """Let in neither the operator nor tokens and clients of theirs, from now on."""
    await _set_disabled(conn, operator_id, at)
    await conn.execute(
        delete(console_sessions).where(console_sessions.c.operator_id == operator_id)
    )
    theirs = select(api_clients.c.client_id).where(api_clients.c.operator_id == operator_id)
    await conn.execute(delete(access_tokens).where(access_tokens.c.client_id.in_(theirs)))


async def enable_operator(conn: AsyncConnection, operator_id: str) -> None:
    """Let the operator in again; tokens and clients that were not revoked work again too."""
    await _set_disabled(conn, operator_id, None)


async def _set_disabled(conn: AsyncConnection, operator_id: str, at: int | None) -> None:
    here = operators.c.operator_id == operator_id
    changed = await conn.execute(update(operators).where(here).values(disabled_at=at))
    if changed.rowcount != 1:
        raise Unknown("operator", operator_id)


async def set_password(
    conn: AsyncConnection, operator_id: str, password_hash: str, *, stay_signed_in: bool = False
) -> None:
    """Replace an operator's password; who is signed in with the old one is signed out."""
    changed = await conn.execute(
        update(operators)
        .where(operators.c.operator_id == operator_id)
        .values(password_hash=password_hash)
    )
    if changed.rowcount != 1:
        raise Unknown("operator", operator_id)
    if not stay_signed_in:
        theirs = console_sessions.c.operator_id == operator_id
        await conn.execute(delete(console_sessions).where(theirs))


async def get_operator(conn: AsyncConnection, operator_id: str) -> RowMapping:
    """The operator's row, without the password's hash."""
    wanted = select(*_SHOWN).where(operators.c.operator_id == operator_id)
    row = (await conn.execute(wanted)).mappings().one_or_none()
    if row is None:
        raise Unknown("operator", operator_id)
    return row


async def operator_by_email(conn: AsyncConnection, email: str) -> RowMapping | None:
    """The operator with this address, however its letters are cased."""
    wanted = select(operators).where(operators.c.email == email.strip().lower())
    return (await conn.execute(wanted)).mappings().one_or_none()


async def list_operators(conn: AsyncConnection) -> Sequence[RowMapping]:
    """All operators, by name; without their password hashes."""
    wanted = select(*_SHOWN).order_by(operators.c.name, operators.c.operator_id)
    return (await conn.execute(wanted)).mappings().all()

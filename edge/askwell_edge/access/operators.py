"""Operators: the people who sign in to the console and own API tokens."""

from collections.abc import Sequence

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Invalid, Unknown
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import operators

NAME_LIMIT = 100


def read_email(text: object) -> str:
    """The address an operator signs in with, in lower case."""
    try:
        checked = validate_email(
            text if isinstance(text, str) else "", check_deliverability=False, test_environment=True
        )
    except EmailNotValidError as refusal:
        raise Invalid("email", f"is not an e-mail address: {refusal}") from None
    return checked.normalized.lower()


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
    name = name.strip()
    if not 1 <= len(name) <= NAME_LIMIT:
        raise Invalid("name", f"must have 1 to {NAME_LIMIT} characters")
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


async def set_password(conn: AsyncConnection, operator_id: str, password_hash: str) -> None:
    """Replace an operator's password."""
    changed = await conn.execute(
        update(operators)
        .where(operators.c.operator_id == operator_id)
        .values(password_hash=password_hash)
    )
    if changed.rowcount != 1:
        raise Unknown("operator", operator_id)


async def operator_by_email(conn: AsyncConnection, email: str) -> RowMapping | None:
    """The operator with this address, however its letters are cased."""
    wanted = select(operators).where(operators.c.email == email.strip().lower())
    return (await conn.execute(wanted)).mappings().one_or_none()


async def list_operators(conn: AsyncConnection) -> Sequence[RowMapping]:
    """All operators, by name; without their password hashes."""
    shown = [each for each in operators.c if each.name != "password_hash"]
    wanted = select(*shown).order_by(operators.c.name, operators.c.operator_id)
    return (await conn.execute(wanted)).mappings().all()

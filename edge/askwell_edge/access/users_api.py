"""/API/v3 users: operators as existing clients know them; whatever changes one is in operators."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import RowMapping
from starlette.routing import BaseRoute

from askwell_edge.access import operators
from askwell_edge.access.answers import Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.operators_api import READ, themselves
from askwell_edge.access.roles import Permission, require

UserType = Literal["UT_BRANDADMIN", "UT_FULLUSER"]
OneName = Annotated[str, Meta(description="the whole name: an operator has one")]
NoName = Annotated[str, Meta(description="empty: the name is in `firstName`")]


class User(Shown, kw_only=True):
    """An operator. There are no divisions here, and one signs in with the address."""

    id: Annotated[str, Meta(examples=["OP_0a6k1WdZ9pQ3xYt"])]
    division_id: None = None
    username: str
    first_name: OneName
    last_name: NoName = ""
    user_type: UserType
    email: str
    account_status: Literal["active", "disabled"]


class UserDetails(User, kw_only=True):
    """An operator, with the day that the account was made."""

    account_creation_date: Annotated[str, Meta(examples=["2026-11-24T09:30:00Z"])]


async def list_all(call: Call) -> Page[User]:
    """GET: everybody who may sign in, by name; brand administrators only."""
    require(call.caller, Permission.BRAND_ADMINISTRATOR)
    async with call.reading() as conn:
        rows = await operators.list_operators(conn)
    return Page(elements=[User(**_shown(row)) for row in rows])


async def get(call: Call) -> UserDetails:
    """GET: one of them; brand administrators, and everybody themselves."""
    themselves(call)
    async with call.reading() as conn:
        row = await operators.get_operator(conn, call.path("operator_id"))
    made = datetime.fromtimestamp(row["created_at"] // 1000, UTC)
    return UserDetails(**_shown(row), account_creation_date=f"{made:%Y-%m-%dT%H:%M:%SZ}")


def user_type(row: RowMapping) -> UserType:
    """What kind of account it is, by the name that clients know."""
    return "UT_BRANDADMIN" if row["brand_administrator"] else "UT_FULLUSER"


def _shown(row: RowMapping) -> dict[str, Any]:
    return {
        "id": row["operator_id"],
        "username": row["email"],
        "first_name": row["name"],
        "user_type": user_type(row),
        "email": row["email"],
        "account_status": "active" if row["disabled_at"] is None else "disabled",
    }


routes: list[BaseRoute] = [
    api("GET", "/users", READ, list_all),
    api("GET", "/users/{operator_id}", READ, get),
]

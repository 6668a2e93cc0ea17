"""/API/v3 tokens: one's own, and for a brand administrator everybody's."""

from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit, tokens
from askwell_edge.access.answers import Instant, Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.refusals import Unknown
from askwell_edge.access.roles import require_lasting, require_own

ALL = "/tokens"
LastUsed = Annotated[
    Instant | None, Meta(description="the beginning of the day on which it was last used")
]
Scope = Annotated[str, Meta(extra_json_schema={"enum": list(tokens.SCOPES)})]


class NewToken(Struct, forbid_unknown_fields=True):
    """A token of one's own; its scopes are among those of the token that asks."""

    name: Annotated[str, Meta(min_length=1, max_length=tokens.NAME_LIMIT)]
    scopes: Annotated[
        list[Scope],
        Meta(min_length=1, max_length=len(tokens.SCOPES), examples=[["read:directories"]]),
    ]


class Token(Shown):
    """A token by its first characters; nobody can read the rest of it any more."""

    token_id: str
    operator_id: str
    name: str
    prefix: str
    scopes: list[str]
    creation_date: Instant
    revoked_date: Instant | None
    last_used_date: LastUsed


class TokenMade(Shown):
    """The new token itself, shown this once."""

    id: str
    token: str


async def list_all(call: Call) -> Page[Token]:
    """GET: one's own tokens; a brand administrator sees everybody's."""
    async with call.reading() as conn:
        rows = await tokens.list_tokens(conn, whose(call))
    return Page(elements=[_shape(row) for row in rows])


async def create(call: Call) -> TokenMade:
    """POST: a token of one's own, shown this once, with no scope that this token lacks.

    A client's access token makes none: it would outlive the client.
    """
    body = await call.body(NewToken)
    scopes = tokens.read_scopes(body.scopes)
    require_own(call.caller, scopes)
    require_lasting(call.caller)
    operator_id = call.caller.operator_id

    async def write(conn: AsyncConnection) -> tuple[str, str]:
        made = await tokens.create_token(conn, operator_id, body.name, scopes, call.at)
        after = {"name": body.name.strip(), "scopes": scopes}
        await audit.record(conn, operator_id, "token.create", made[0], call.at, after=after)
        return made

    token_id, token = await call.write(write)
    return TokenMade(id=token_id, token=token)


async def revoke(call: Call) -> None:
    """DELETE: it opens nothing any more; one's own, or any for a brand administrator."""
    token_id = call.path("token_id")

    async def write(conn: AsyncConnection) -> None:
        rows = await tokens.list_tokens(conn, whose(call))
        row = next((each for each in rows if each["token_id"] == token_id), None)
        if row is None:
            raise Unknown("token", token_id)
        await tokens.revoke_token(conn, token_id, call.at)
        before = {"operator_id": row["operator_id"], "name": row["name"]}
        who = call.caller.operator_id
        await audit.record(conn, who, "token.revoke", token_id, call.at, before=before)

    await call.write(write)


def whose(call: Call) -> str | None:
    """Whose tokens and clients the caller sees and ends; None: everybody's."""
    return None if call.caller.brand_administrator else call.caller.operator_id


def _shape(row: RowMapping) -> Token:
    same = ("token_id", "operator_id", "name", "prefix", "scopes")
    return Token(
        creation_date=row["created_at"],
        revoked_date=row["revoked_at"],
        last_used_date=row["last_used_at"],
        **{name: row[name] for name in same},
    )


routes: list[BaseRoute] = [
    api("GET", ALL, "read:operators", list_all),
    api("POST", ALL, "manage:operators", create, body=NewToken),
    api("DELETE", f"{ALL}/{{token_id}}", "manage:operators", revoke),
]

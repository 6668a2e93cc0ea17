"""API tokens: one's own, and for a brand administrator everybody's."""

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.operators import list_operators
from askwell_edge.access.refusals import Invalid, Unknown
from askwell_edge.access.tokens import NOUNS, create_token, list_tokens, revoke_token
from askwell_edge.console.pages import action, form
from askwell_edge.console.visit import Visit

LEVELS = (("", "nothing"), ("read", "read"), ("manage", "read and change"))


async def tokens(visit: Visit) -> Response:
    """GET: tokens by their first characters, and a form for a new one."""
    everybody = visit.caller.brand_administrator
    async with visit.reading() as conn:
        rows = await list_tokens(conn, None if everybody else visit.caller.operator_id)
        names = {row["operator_id"]: row["name"] for row in await list_operators(conn)}
    levels = {noun: visit.text(f"scope_{noun}") if visit.problem else "read" for noun in NOUNS}
    return await visit.page(
        "tokens.html", rows=rows, names=names, nouns=NOUNS, levels=levels, choices=LEVELS
    )


async def create(visit: Visit) -> Response:
    """POST: a token of one's own, shown this once."""
    scopes = [
        f"{visit.text(f'scope_{noun}')}:{noun}" for noun in NOUNS if visit.text(f"scope_{noun}")
    ]
    if not scopes:
        raise Invalid("scopes", "a token that may do nothing is of no use; choose something")
    operator_id = visit.caller.operator_id

    async def write(conn: AsyncConnection) -> str:
        token_id, token = await create_token(
            conn, operator_id, visit.text("name"), scopes, visit.at
        )
        after = {"name": visit.text("name"), "scopes": scopes}
        await audit.record(conn, operator_id, "token.create", token_id, visit.at, after=after)
        return token

    return await visit.page(
        "secret.html",
        title="The API token",
        secret=await visit.write(write),
        back="/console/tokens",
        text="Send it in the header X-API-TOKEN, from servers alone.",
    )


async def revoke(visit: Visit) -> Response:
    """POST: it opens nothing any more."""
    token_id, operator_id = visit.path("token_id"), visit.caller.operator_id

    async def write(conn: AsyncConnection) -> None:
        own = None if visit.caller.brand_administrator else operator_id
        if token_id not in {row["token_id"] for row in await list_tokens(conn, own)}:
            raise Unknown("token", token_id)
        await revoke_token(conn, token_id, visit.at)
        await audit.record(conn, operator_id, "token.revoke", token_id, visit.at)

    await visit.write(write)
    return visit.go("/console/tokens", done="revoked")


routes: list[BaseRoute] = [
    form("/tokens", tokens, create),
    action("/tokens/{token_id}/revoke", tokens, revoke),
]

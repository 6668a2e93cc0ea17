"""API tokens: one's own, and for a brand administrator everybody's."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access import tokens_api
from askwell_edge.access.operators import list_operators
from askwell_edge.access.refusals import Invalid
from askwell_edge.access.tokens import NOUNS, list_tokens
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
    sent = {"name": visit.text("name"), "scopes": scopes}
    made = await visit.call(tokens_api.create, sent)
    return await visit.page(
        "secret.html",
        title="The API token",
        secret=made["token"],
        back="/console/tokens",
        text="Send it in the header X-API-TOKEN, from servers alone.",
    )


async def revoke(visit: Visit) -> Response:
    """POST: it opens nothing any more."""
    await visit.call(tokens_api.revoke)
    return visit.go("/console/tokens", done="revoked")


routes: list[BaseRoute] = [
    form("/tokens", tokens, create),
    action("/tokens/{token_id}/revoke", tokens, revoke),
]

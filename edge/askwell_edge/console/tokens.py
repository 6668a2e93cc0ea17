"""API tokens and OAuth clients: one's own, and for a brand administrator everybody's."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access import clients_api, tokens_api
from askwell_edge.access.clients import list_clients
from askwell_edge.access.operators import list_operators
from askwell_edge.access.refusals import Invalid
from askwell_edge.access.tokens import NOUNS, list_tokens
from askwell_edge.console.pages import action, form
from askwell_edge.console.templating import prefixed
from askwell_edge.console.visit import Visit

LEVELS = (("", "nothing"), ("read", "read"), ("manage", "read and change"))

Listing = Callable[[AsyncConnection, str | None], Awaitable[Sequence[RowMapping]]]


async def tokens(visit: Visit) -> Response:
    """GET: tokens by their first characters, and a form for a new one."""
    return await _listed(visit, "tokens.html", list_tokens)


async def create(visit: Visit) -> Response:
    """POST: a token of one's own, shown this once."""
    made = await visit.call(tokens_api.create, _wanted(visit))
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


async def clients(visit: Visit) -> Response:
    """GET: OAuth clients by their ids, and a form for a new one."""
    return await _listed(visit, "clients.html", list_clients)


async def create_client(visit: Visit) -> Response:
    """POST: a client of one's own, its secret shown this once."""
    made = await visit.call(clients_api.create, _wanted(visit))
    return await visit.page(
        "secret.html",
        title="The API client",
        public_title="Client id",
        public=made["clientId"],
        secret=made["clientSecret"],
        back="/console/clients",
        text=f"Send both by HTTP Basic to {_token_url(visit)}, from servers alone.",
    )


async def revoke_client(visit: Visit) -> Response:
    """POST: it gets no token any more, and those that it has open nothing."""
    await visit.call(clients_api.revoke)
    return visit.go("/console/clients", done="revoked-client")


async def _listed(visit: Visit, template: str, listing: Listing) -> Response:
    everybody = visit.caller.brand_administrator
    async with visit.reading() as conn:
        rows = await listing(conn, None if everybody else visit.caller.operator_id)
        names = {row["operator_id"]: row["name"] for row in await list_operators(conn)}
    levels = {noun: visit.text(f"scope_{noun}") if visit.problem else "read" for noun in NOUNS}
    return await visit.page(
        template,
        rows=rows,
        names=names,
        nouns=NOUNS,
        levels=levels,
        choices=LEVELS,
        token_url=_token_url(visit),
    )


def _wanted(visit: Visit) -> dict[str, object]:
    """What the form asks for, as the API's calls read it."""
    scopes = [
        f"{visit.text(f'scope_{noun}')}:{noun}" for noun in NOUNS if visit.text(f"scope_{noun}")
    ]
    if not scopes:
        raise Invalid("scopes", "what may do nothing is of no use; choose something")
    return {"name": visit.text("name"), "scopes": scopes}


def _token_url(visit: Visit) -> str:
    return prefixed(visit.request, "/oauth2/token")


routes: list[BaseRoute] = [
    form("/tokens", tokens, create),
    action("/tokens/{token_id}/revoke", tokens, revoke),
    form("/clients", clients, create_client),
    action("/clients/{client_id}/revoke", clients, revoke_client),
]

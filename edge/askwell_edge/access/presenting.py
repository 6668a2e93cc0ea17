"""The token that a request carries, in `X-API-TOKEN` or as a bearer, and who stands behind it."""

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from askwell_edge.access.clients import ACCESS_BEGINS, access_caller
from askwell_edge.access.refusals import Forbidden, Invalid, NotSignedIn
from askwell_edge.access.roles import Caller
from askwell_edge.access.tokens import token_caller

LONGEST = 200
CHALLENGE = 'Bearer realm="askwell"'


def refuse_pages(request: Request) -> None:
    """Secrets are for servers: a page of another origin that holds one has leaked it."""
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("Host"):
        raise Forbidden("token", "API tokens are not accepted from web pages")


async def presented(conn: AsyncConnection, request: Request, at: int) -> tuple[Caller, str]:
    """Who stands behind the request's token, and the id of an API token (`TK_…`), else empty."""
    token = _token_of(request)
    caller, token_id = None, ""
    if token and len(token) <= LONGEST:
        if token.startswith(ACCESS_BEGINS):
            caller = await access_caller(conn, token, at)
        else:
            caller, token_id = await token_caller(conn, token)
    if caller is None:
        problem = ', error="invalid_token"' if token else ""
        raise NotSignedIn(
            "send a live API token in the header X-API-TOKEN, or one as Authorization: Bearer",
            {"WWW-Authenticate": CHALLENGE + problem},
        )
    return caller, token_id


def _token_of(request: Request) -> str | None:
    key = request.headers.get("X-API-TOKEN")
    kind, _, rest = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return key
    if key is not None:
        raise Invalid("Authorization", "send one token, not another one in X-API-TOKEN")
    return rest.strip()

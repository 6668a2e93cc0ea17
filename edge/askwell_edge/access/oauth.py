"""`POST /oauth2/token`: a client's id and secret for an access token (RFC 6749, section 4.4).

Refusals have the names of its section 5.2. Failures are counted by place, and by client and place
together, not by client alone: nobody guesses 256 bits drawn at random, but whoever knows an id
could lock its client out.
"""

import base64
import binascii
from urllib.parse import unquote_plus

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from askwell_edge.access import audit
from askwell_edge.access.bodies import read_pairs
from askwell_edge.access.clients import ACCESS_S, client_proving, give_access
from askwell_edge.access.last_use import day_of
from askwell_edge.access.limits import Attempts, TokenBuckets
from askwell_edge.access.presenting import refuse_pages
from askwell_edge.access.refusals import Throttled
from askwell_edge.access.roles import Caller
from askwell_edge.access.tokens import SCOPES
from askwell_edge.errors import EdgeError

FORM_LIMIT, FIELD_LIMIT = 8 * 1024, 20
FREE = {"both": 5, "place": 20}
# A token lasts an hour: nobody needs more, and so no client has many at a time.
GIVEN_PER_S, GIVEN_BURST = 0.1, 30
NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthError(EdgeError):
    """A refusal in the words of RFC 6749; `description` tells a developer what would be right."""

    def __init__(self, code: str, description: str) -> None:
        unproven = code == "invalid_client"
        challenge = {"WWW-Authenticate": 'Basic realm="askwell"'} if unproven else None
        super().__init__(401 if unproven else 400, code, description, challenge)


async def give(request: Request) -> Response:
    """POST: `{"access_token", "token_type": "Bearer", "expires_in": 3600, "scope"}`, never kept."""
    try:
        given = await _given(request)
    except EdgeError as problem:
        return _refused(problem)
    return JSONResponse(given, headers=NOT_KEPT)


async def _given(request: Request) -> dict[str, object]:
    refuse_pages(request)
    pairs = await read_pairs(request, FORM_LIMIT, FIELD_LIMIT)
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthError("invalid_request", "a parameter is there twice")
    at: int = request.app.state.clock()
    client = await _proven(request, at)
    if "grant_type" not in form:
        raise OAuthError("invalid_request", "grant_type is missing")
    if form["grant_type"] != "client_credentials":
        raise OAuthError("unsupported_grant_type", "grant_type must be client_credentials")
    scopes = _scopes(client, form.get("scope", ""))
    wait_s = _buckets(request).take(str(client.client_id), at)
    if wait_s:
        raise Throttled("a token lasts an hour: use it again", wait_s)

    async def write(conn: AsyncConnection) -> str:
        who, client_id = client.operator_id, str(client.client_id)
        token = await give_access(conn, client_id, scopes, at, day_of(at))
        after = {"scopes": scopes, "expires_at": at + ACCESS_S * 1000}
        await audit.record(conn, who, "client.token", client_id, at, after=after)
        return token

    token = await request.app.state.store.writer.submit(write)
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": ACCESS_S,
        "scope": " ".join(scopes),
    }


async def _proven(request: Request, at: int) -> Caller:
    """The client that the request proves to be; nothing tells what was wrong if it does not."""
    client_id, secret = _basic(request)
    place = request.client.host if request.client else ""
    keys = {"both": f"{place} {client_id}"[:200], "place": place}
    attempts = _attempts(request)
    wait_s = attempts.wait_s(keys, at)
    if wait_s:
        raise Throttled("too many attempts", wait_s)
    async with request.app.state.store.read() as conn:
        client = await client_proving(conn, client_id, secret)
    if client is None:
        attempts.failed(keys, at)
        raise OAuthError("invalid_client", "there is no live client with this id and secret")
    attempts.succeeded({"both": keys["both"]})
    return client


def _basic(request: Request) -> tuple[str, str]:
    """Id and secret; each was encoded as in a form before it was put into the header."""
    kind, _, sent = request.headers.get("Authorization", "").partition(" ")
    try:
        text = base64.b64decode(sent.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    client_id, colon, secret = text.partition(":")
    if kind.lower() != "basic" or not colon:
        raise OAuthError("invalid_client", "send the client's id and secret by HTTP Basic")
    return unquote_plus(client_id), unquote_plus(secret)


def _scopes(client: Caller, text: str) -> list[str]:
    """What is asked for, if the client has all of it; all that it has if nothing is."""
    wanted = sorted(set(text.split())) or sorted(client.scopes or ())
    for scope in wanted:
        if scope not in SCOPES:
            raise OAuthError("invalid_scope", f"scopes are {', '.join(SCOPES)}")
        if not client.has_scope(scope):
            raise OAuthError("invalid_scope", f"the client has no scope {scope}")
    return wanted


def _refused(problem: EdgeError) -> Response:
    code = problem.code if isinstance(problem, OAuthError) else "invalid_request"
    if problem.status_code in (429, 503):
        code = "temporarily_unavailable"
    said = {"error": code, "error_description": problem.message}
    return JSONResponse(said, problem.status_code, {**problem.headers, **NOT_KEPT})


def _attempts(request: Request) -> Attempts:
    state = request.app.state
    if not hasattr(state, "client_attempts"):
        state.client_attempts = Attempts(FREE)
    attempts: Attempts = state.client_attempts
    return attempts


def _buckets(request: Request) -> TokenBuckets:
    state = request.app.state
    if not hasattr(state, "client_buckets"):
        state.client_buckets = TokenBuckets(GIVEN_PER_S, GIVEN_BURST)
    buckets: TokenBuckets = state.client_buckets
    return buckets


# The second is where programs of the API look that know one address alone; a slash means nothing.
routes: list[BaseRoute] = [
    Route(f"{base}/oauth2/token{slash}", give, methods=["POST"])
    for base in ("", "/API/v3")
    for slash in ("", "/")
]

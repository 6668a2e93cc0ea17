"""One call of the API: who makes it, its typed body, and the envelope of its answer."""

import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from askwell_edge.access.answers import About, Results
from askwell_edge.access.bodies import read_bytes, read_json
from askwell_edge.access.limits import TokenBuckets
from askwell_edge.access.parameters import PARAMETERS
from askwell_edge.access.presenting import presented, refuse_pages
from askwell_edge.access.refusals import Invalid, Throttled
from askwell_edge.access.roles import Caller, require_scope
from askwell_edge.store.engine import Store

T = TypeVar("T")

BODY_LIMIT = 256 * 1024
CALLS_PER_S = 100
CALLS_BURST = 500
JSON = ("application/json",)


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose token is good for what it asks."""

    request: Request
    caller: Caller
    at: int
    address: "Address | None" = None  # None: not by its address, but from the console

    @property
    def store(self) -> Store:
        """The edge's store."""
        store: Store = self.request.app.state.store
        return store

    def path(self, name: str) -> str:
        """A part of the address: `call.path("directory_id")`."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str | None:
        """A query parameter that the route is declared with, None when it is absent."""
        if self.address is not None and name not in self.address.query:
            raise TypeError(f"{self.address.name} is declared without the parameter {name}")
        return self.request.query_params.get(name)

    def each(self, name: str) -> list[str]:
        """A query parameter that may be there several times."""
        return [] if self.query(name) is None else self.request.query_params.getlist(name)

    def whole(self, name: str) -> int:
        """A query parameter that is a whole number, within its bounds."""
        text, schema = self.query(name), PARAMETERS[name][0]
        low, high = schema["minimum"], schema["maximum"]
        if text is None:
            return int(schema["default"])
        if not re.fullmatch(r"-?[0-9]{1,15}", text) or not low <= int(text) <= high:
            raise Invalid(name, f"must be a whole number from {low} to {high}")
        return int(text)

    def truth(self, name: str) -> bool:
        """A query parameter that is `true` or `false`."""
        text = self.query(name)
        if text not in (None, "true", "false"):
            raise Invalid(name, "must be true or false")
        return bool(PARAMETERS[name][0]["default"]) if text is None else text == "true"

    def choice(self, name: str) -> str:
        """A query parameter that is one of a few words."""
        schema = PARAMETERS[name][0]
        text = self.query(name) or str(schema["default"])
        if text not in schema["enum"]:
            raise Invalid(name, f"must be one of {', '.join(schema['enum'])}")
        return text

    async def body(self, shape: type[T], limit: int = BODY_LIMIT) -> T:
        """The JSON body as `shape`; refuses by field what does not fit it."""
        if self.address is not None and shape is not self.address.body:
            raise TypeError(f"{self.address.name} is declared with {self.address.body}")
        return read_json(await read_bytes(self.request, limit), shape)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with."""
        async with self.store.read() as conn:
            yield conn

    async def write(self, change: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """The outcome of a change, once it is committed."""
        return await self.store.writer.submit(change)


Answering = Callable[[Call], Awaitable[object]]


class Address(Route):
    """One call of the API, with all that its description tells."""

    def __init__(
        self,
        method: str,
        path: str,
        scope: str | None,
        answer: Answering,
        body: type | None,
        query: tuple[str, ...],
        accepts: tuple[str, ...],
        gives: tuple[str, ...],
    ) -> None:
        self.method = method
        self.scope = scope
        self.answer = answer
        self.body = body
        self.query = query
        self.accepts = accepts
        self.gives = gives
        super().__init__(
            f"/API/v3{path}", self._endpoint, methods=[method], name=f"{method} {path}"
        )

    @property
    def result(self) -> Any:
        """The type of what it answers; None where the envelope says all."""
        return inspect.get_annotations(self.answer, eval_str=True)["return"]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Existing clients write a slash too many here and there; it means nothing."""
        path = re.sub("/{2,}", "/", scope["path"])
        if path == scope["path"] and not path.endswith("/"):
            return super().matches(scope)
        return super().matches({**scope, "path": path.rstrip("/")})

    async def _endpoint(self, request: Request) -> Response:
        caller, at = await _authenticated(request)
        if self.scope is not None:
            require_scope(caller, self.scope)
        result = await self.answer(Call(request, caller, at, self))
        return result if isinstance(result, Response) else enveloped(request, result)


def api(
    method: str,
    path: str,
    scope: str | None,
    answer: Answering,
    *,
    body: type | None = None,
    query: tuple[str, ...] = (),
    accepts: tuple[str, ...] = JSON,
    gives: tuple[str, ...] = JSON,
) -> Address:
    """A route under `/API/v3`: authenticated, its scope checked, its result in the envelope.

    `body` is the shape that `call.body` reads, `query` names the parameters that it takes: the
    API's description shows them, and nothing else can be read. Without a scope any token will do.
    What `answer` is annotated to return is the type of its result.
    """
    return Address(method, path, scope, answer, body, query, accepts, gives)


def enveloped(request: Request, result: object) -> Response:
    """`{"result": …, "meta": {"httpStatus": "200 - OK", "requestId": …}}`, or with `results`."""
    meta = About(f"200 - {HTTPStatus.OK.phrase}", getattr(request.state, "request_id", ""))
    told: dict[str, object] = {} if result is None else {"result": result}
    if isinstance(result, Results):
        told = {"results": result.results}
    return Response(msgspec.json.encode({**told, "meta": meta}), media_type=JSON[0])


async def _authenticated(request: Request) -> tuple[Caller, int]:
    refuse_pages(request)
    state = request.app.state
    at: int = state.clock()
    store: Store = state.store
    async with store.read() as conn:
        caller, token_id = await presented(conn, request, at)
    if token_id:
        state.last_use.note(token_id, at)
    wait_s = _buckets(request).take(caller.operator_id, at)
    if wait_s:
        raise Throttled(f"at most {CALLS_PER_S} calls a second", wait_s)
    return caller, at


def _buckets(request: Request) -> TokenBuckets:
    state = request.app.state
    if not hasattr(state, "api_buckets"):
        state.api_buckets = TokenBuckets(CALLS_PER_S, CALLS_BURST)
    buckets: TokenBuckets = state.api_buckets
    return buckets


def recorded(row: Any) -> dict[str, Any]:
    """A row as the audit log keeps it: without the columns that only compare."""
    return {name: value for name, value in dict(row).items() if not name.endswith("_key")}

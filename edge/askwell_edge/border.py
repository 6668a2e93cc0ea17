"""What every request meets first: its id, its line in the log, and headers that keep pages safe."""

import logging
import time
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askwell_edge.errors import refusal
from askwell_edge.store.ids import new_id

PAGE_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

NO_SUCH_PLACE = HTTPException(404, "address: holds a NUL character")

log = logging.getLogger("askwell_edge.requests")


class Border:
    """Numbers requests, logs each once without a word about persons, guards HTML answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_id("RQ")
        scope.setdefault("state", {})["request_id"] = request_id
        began, status = time.perf_counter(), 500

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                guard(MutableHeaders(scope=message), request_id)
            await send(message)

        try:
            app = self._app if is_storable(scope) else await refusal(Request(scope), NO_SUCH_PLACE)
            await app(scope, receive, send_guarded)
        finally:
            # The path holds ids at most; the query may hold a reference and stays out.
            log.info(
                "method=%s path=%s status=%d ms=%.1f request=%s",
                scope["method"],
                quote(scope["path"][:200]),
                status,
                (time.perf_counter() - began) * 1000,
                request_id,
            )


def is_storable(scope: Scope) -> bool:
    """Whether every text in the address is one that both databases can be asked about."""
    return "\x00" not in scope["path"] and b"%00" not in scope["query_string"]


def guard(headers: MutableHeaders, request_id: str) -> None:
    """Add what every answer carries, and what pages carry unless their room says otherwise."""
    headers["X-Request-Id"] = request_id
    headers.setdefault("X-Content-Type-Options", "nosniff")
    if headers.get("content-type", "").startswith("text/html"):
        headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cache-Control", "no-store")

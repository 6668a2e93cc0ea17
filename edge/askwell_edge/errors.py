"""What the edge answers when it cannot do what was asked.

EdgeError                        status, code, message and headers of the answer
├── BadBody            400, 413, 415  a request's body; `field` and `limit` say what was expected
├── UnknownPage        403, 404  no such project, or its pages may not ask from this origin
├── StoreError         503       the store did not take a write, or cannot be reached
│   └── StoreBusy      503       more writes wait than the edge is willing to hold
└── (access/refusals.py: what directory, projects and access refuse)
"""

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response


class EdgeError(Exception):
    """The edge refused what was asked of it."""

    def __init__(
        self,
        status_code: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


class BadBody(EdgeError):
    """The body is not what was expected: `field` names the place, `limit` the rule it broke."""

    def __init__(self, field: str, limit: str, *, status_code: int = 400) -> None:
        super().__init__(status_code, "bad_body", f"{field}: {limit}")
        self.field = field
        self.limit = limit


class UnknownPage(EdgeError):
    """There is no such project, or its pages may not ask from this origin."""


class StoreError(EdgeError):
    """The store did not keep what was written; the same may be sent again."""

    def __init__(self, message: str = "the store cannot be reached", wait_s: int = 5) -> None:
        super().__init__(503, "store_unavailable", message, {"Retry-After": str(wait_s)})


class StoreBusy(StoreError):
    """More writes are waiting than the edge is willing to hold; the same may be sent again."""

    def __init__(self) -> None:
        super().__init__("too many writes are waiting", wait_s=1)
        self.code = "store_busy"


def envelope(status_code: int, code: str, message: str, request_id: str) -> dict[str, object]:
    """`{"meta": {"httpStatus": "400 - Bad Request", "requestId": …, "error": {…}}}`."""
    return {
        "meta": {
            "httpStatus": f"{status_code} - {HTTPStatus(status_code).phrase}",
            "requestId": request_id,
            "error": {"errorCode": code, "errorMessage": message},
        }
    }


async def refusal(request: Request, problem: Exception) -> Response:
    """The answer to any request that ended in an exception."""
    match problem:
        case EdgeError():
            status, code, text = problem.status_code, problem.code, problem.message
            headers = problem.headers
        case HTTPException():
            status, code, text = problem.status_code, _code_of(problem.status_code), problem.detail
            headers = dict(problem.headers or {})
        case ClientDisconnect():
            status, code, text, headers = 400, "bad_body", "body: sent to its end", {}
        case _:
            status, code, text, headers = 500, "internal_error", "the edge failed", {}
    request_id = getattr(request.state, "request_id", "")
    # In plain ASCII: what is quoted from a request may hold halves of characters.
    body = json.dumps(envelope(status, code, text, request_id))
    return Response(body, status, headers, media_type="application/json")


def _code_of(status_code: int) -> str:
    return HTTPStatus(status_code).phrase.lower().replace(" ", "_").replace("-", "_")

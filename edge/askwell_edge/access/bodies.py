"""Bodies of requests as bytes: never more than was allowed, never waited for without an end."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from askwell_edge.errors import BadBody

PATIENCE_S = 10


async def read_bytes(request: Request, limit: int) -> bytes:
    """The body; 413 as soon as more than `limit` bytes are announced or have come."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > limit:
        raise BadBody("body", f"at most {limit} bytes", status_code=413)
    if request.headers.get("content-encoding", "identity") != "identity":
        raise BadBody("Content-Encoding", "bodies are sent as they are", status_code=415)
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await _gathered(request, limit)
    except TimeoutError:
        raise BadBody("body", f"sent within {PATIENCE_S} s", status_code=408) from None
    except ClientDisconnect:
        raise BadBody("body", "sent to its end") from None


async def _gathered(request: Request, limit: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BadBody("body", f"at most {limit} bytes", status_code=413)
        chunks.append(chunk)
    return b"".join(chunks)

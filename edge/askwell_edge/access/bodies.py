"""Bodies of requests as bytes: never more than was allowed, never waited for without an end."""

import asyncio
import re
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect, Request

from askwell_edge.access.refusals import Invalid
from askwell_edge.errors import BadBody

PATIENCE_S = 10

T = TypeVar("T")

_AT_PATH = re.compile(r"^(?P<problem>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)


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


async def read_pairs(request: Request, limit: int, field_limit: int) -> list[tuple[str, str]]:
    """The fields of a form without files, in their order."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Invalid("Content-Type", "must be that of a form", status_code=415)
    body = await read_bytes(request, limit)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=field_limit,
            errors="strict",
        )
    except ValueError:
        raise Invalid("form", f"must be text in UTF-8, at most {field_limit} fields") from None
    if any("\x00" in part for pair in pairs for part in pair):
        raise Invalid("form", "must not contain the character NUL")
    return pairs


def read_json(body: bytes, shape: type[T]) -> T:
    """JSON as `shape`; Invalid names the field and what was expected there."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as refusal:
        found = _AT_PATH.match(str(refusal))
        problem, path = (found["problem"], found["path"]) if found else (str(refusal), None)
        unknown = re.search(r"unknown field `(.*)`", problem)
        if unknown is not None:
            inner = f"{path}." if path else ""
            raise Invalid(f"{inner}{unknown[1]}", "is unknown or read only") from None
        missing = re.search(r"missing required field `(.*)`", problem)
        if missing is not None:
            raise Invalid(f"{path}.{missing[1]}" if path else missing[1], "is missing") from None
        raise Invalid(path or "body", problem) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as refusal:
        raise Invalid("body", f"is not JSON: {refusal}") from None

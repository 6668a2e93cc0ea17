"""Pages of lists: how many a page holds, and the opaque token from which the next one goes on."""

import base64
import binascii
import json
from typing import Any
from urllib.parse import urlencode

from askwell_edge.access.calls import Call
from askwell_edge.access.refusals import Invalid

# What a route that answers in pages is declared with.
PAGE = ("pageSize", "skipToken")


def pack_token(*values: object) -> str:
    """Where a page ended, for the next one to go on."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def read_token(token: str | None, *types: type) -> tuple[Any, ...] | None:
    """What `pack_token` packed, with values of exactly these types; None without a token."""
    if not token:
        return None
    try:
        padded = token[:400] + "=" * (-len(token) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError):
        values = None
    fits = isinstance(values, list) and len(values) == len(types)
    if not fits or any(type(v) is not t for v, t in zip(values, types, strict=True)):
        raise Invalid("skipToken", "is not a token of an earlier answer")
    if any(isinstance(v, str) and "\x00" in v for v in values):
        raise Invalid("skipToken", "is not a token of an earlier answer")
    if any(isinstance(v, int) and not -(2**62) < v < 2**62 for v in values):
        raise Invalid("skipToken", "is not a token of an earlier answer")
    return tuple(values)


def page_size(call: Call) -> int:
    """How many the caller wants on a page."""
    return call.whole("pageSize")


def next_page(call: Call, token: str | None) -> str | None:
    """The next page's address: the same question with another token; None on the last page."""
    if token is None:
        return None
    kept = [pair for pair in call.request.query_params.multi_items() if pair[0] != "skipToken"]
    return str(call.request.url.replace(query=urlencode([*kept, ("skipToken", token)])))

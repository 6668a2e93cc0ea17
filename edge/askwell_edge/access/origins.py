"""Origins of a project's pages: exact, as browsers send them; no pattern and no path."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from askwell_edge.access.refusals import Invalid

ORIGIN_LIMIT = 50


def read_origin(text: object, field: str = "origin") -> str:
    """The origin in the form that browsers send it: `https://shop.example`, `http://127.0.0.1:8000`."""
    wanted = "must look like https://shop.example or http://127.0.0.1:8000, without a path"
    if not isinstance(text, str) or len(text) > 300:
        raise Invalid(field, wanted)
    try:
        parts = urlsplit(text.strip().rstrip("/"))
        port = parts.port
    except ValueError:
        raise Invalid(field, wanted) from None
    plain = not (parts.path or parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise Invalid(field, wanted)
    try:
        host = parts.hostname.encode("idna").decode() if ":" not in parts.hostname else None
    except UnicodeError:
        raise Invalid(field, wanted) from None
    if (host or parts.hostname).strip(".") == "" or "*" in parts.hostname:
        raise Invalid(field, wanted)
    shown = host if host is not None else f"[{parts.hostname}]"
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}" + (f":{port}" if port not in (None, usual) else "")


def read_origins(texts: object, field: str = "origins") -> list[str]:
    """A project's origins, each once, in the order given."""
    if not isinstance(texts, list) or len(texts) > ORIGIN_LIMIT:
        raise Invalid(field, f"must be a list of at most {ORIGIN_LIMIT} origins")
    return list(dict.fromkeys(read_origin(each, f"{field}[{i}]") for i, each in enumerate(texts)))


def cors_headers(origins: Sequence[str], origin: str | None) -> dict[str, str]:
    """Headers that let a page of an allowed origin read the answer; never a wildcard."""
    if origin is None or origin not in origins:
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After",
        "Vary": "Origin",
    }

"""Links that open the debugger on a page: signed with the project's key, good for minutes."""

from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

import jwt

from askwell_edge.access.references import read_token

AUDIENCE = "askwell-debugger"
PARAMETER = "askwell_debug"
LIFE_MS = 15 * 60 * 1000


def debug_token(key: bytes, project_id: str, at: int) -> str:
    """A token that opens the debugger of this project's pages until `at` + 15 minutes."""
    claims = {"sub": project_id, "aud": AUDIENCE, "exp": (at + LIFE_MS) // 1000}
    return jwt.encode(claims, key, algorithm="HS256")


def opens_debugger(keys: Sequence[bytes], project_id: str, token: object, at: int) -> bool:
    """True for a live token of this project; a token over a visitor's reference is none."""
    claims = read_token(keys, token, at)
    return claims is not None and claims.get("aud") == AUDIENCE and claims["sub"] == project_id


def debug_link(url: str, token: str) -> str:
    """The page's address with the token in its query."""
    parts = urlsplit(url)
    query = f"{parts.query}&" if parts.query else ""
    return urlunsplit(parts._replace(query=f"{query}{PARAMETER}={token}"))

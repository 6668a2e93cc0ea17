"""Signed references (X2): a short-lived JWT, HS256, over the reference that a page sends."""

import time
from collections.abc import Sequence
from typing import Any, Literal

import jwt

LEEWAY_S = 5
TOKEN_LIMIT = 4096

Standing = Literal["verified", "unverified", "invalid"]


def verify_reference(
    keys: Sequence[bytes], token: str | None, reference: str, at: int | None = None
) -> Standing:
    """Whether the customer's own server vouches for `reference`: the token's `sub` is it.

    `keys` are the live secrets, so a token stays good while they are rotated. `at` is the
    instant to judge `exp` by; without one the host's clock is read.
    """
    if token is None or token == "":
        return "unverified"
    claims = read_token(keys, token, at)
    return "verified" if claims is not None and claims["sub"] == reference else "invalid"


def read_token(
    keys: Sequence[bytes], token: object, at: int | None = None
) -> dict[str, Any] | None:
    """The claims of a token that one of `keys` signed and that has not ended; otherwise None."""
    if not isinstance(token, str) or len(token) > TOKEN_LIMIT:
        return None
    now_s = (at if at is not None else time.time_ns() // 1_000_000) // 1000
    for key in keys:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["HS256"],
                # The instants are compared below: PyJWT can only ask the host's clock.
                options={
                    "require": ["exp", "sub"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "verify_aud": False,
                },
            )
        except jwt.InvalidTokenError:
            continue
        return claims if _lives(claims, now_s) else None
    return None


def sign_reference(key: bytes, reference: str, expires_at: int) -> str:
    """A token as a customer's server makes it; for the sample shop, tests and documentation."""
    return jwt.encode({"sub": reference, "exp": expires_at // 1000}, key, algorithm="HS256")


def _lives(claims: dict[str, Any], now_s: int) -> bool:
    ends, begins = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(ends, int | float) or not isinstance(begins, int | float):
        return False
    return begins - LEEWAY_S <= now_s < ends + LEEWAY_S

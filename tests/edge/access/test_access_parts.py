"""Passwords, sessions, signed references, origins and limits, each by itself."""

import asyncio
from typing import Any

import jwt
import pytest
from api_place import Place
from sqlalchemy import select

from askwell_edge.access import passwords
from askwell_edge.access.limits import Backoff, TokenBuckets
from askwell_edge.access.operators import create_operator
from askwell_edge.access.origins import cors_headers, read_origin
from askwell_edge.access.references import sign_reference, verify_reference
from askwell_edge.access.refusals import Busy, Conflict, Invalid
from askwell_edge.access.sessions import (
    SESSION_MS,
    close_session,
    cookie_name,
    csrf_matches,
    open_session,
    operator_signing_in,
    session_of,
)
from askwell_edge.store.tables import console_sessions

AT = 1_800_000_000_000
KEYS = [b"the newer secret, which has 32 bytes", b"the older secret, which has 32 bytes"]


def claims(**more: Any) -> str:
    return jwt.encode({"sub": "U-1", "exp": AT // 1000 + 60, **more}, KEYS[0], algorithm="HS256")


@pytest.mark.scenario("B13")
def test_a_reference_is_verified_by_either_live_key() -> None:
    for key in KEYS:
        assert verify_reference(KEYS, sign_reference(key, "U-1", AT + 60_000), "U-1", AT) == (
            "verified"
        )
    assert verify_reference(KEYS, None, "U-1", AT) == "unverified"
    assert verify_reference(KEYS, "", "U-1", AT) == "unverified"


@pytest.mark.parametrize(
    "token",
    [
        sign_reference(b"somebody else's secret, also 32 bytes", "U-1", AT + 60_000),
        sign_reference(KEYS[0], "u-1", AT + 60_000),
        sign_reference(KEYS[0], "U-1", AT - 6_000),
        claims(nbf=AT // 1000 + 60),
        claims(exp="tomorrow"),
        claims(exp=None),
        claims(sub=None),
        jwt.encode({"sub": "U-1"}, KEYS[0], algorithm="HS256"),
        jwt.encode({"sub": "U-1", "exp": AT // 1000 + 60}, None, algorithm="none"),
        jwt.encode({"sub": "U-1", "exp": AT // 1000 + 60}, KEYS[0] * 2, algorithm="HS512"),
        "not.a.token",
        "x" * 5000,
    ],
)
def test_a_token_that_does_not_vouch_is_invalid(token: str) -> None:
    assert verify_reference(KEYS, token, "U-1", AT) == "invalid"


def test_a_token_that_has_just_ended_is_given_five_seconds() -> None:
    assert verify_reference(KEYS, sign_reference(KEYS[0], "U-1", AT - 4_000), "U-1", AT) == (
        "verified"
    )


def test_a_password_is_verified_and_a_short_one_refused() -> None:
    async def work() -> None:
        hashed = await passwords.hash_password("correct horse battery")
        assert hashed.startswith("$argon2id$")
        assert await passwords.verify_password(hashed, "correct horse battery")
        assert not await passwords.verify_password(hashed, "correct horse")
        assert not await passwords.verify_password("no hash", "correct horse")
        for text in ("short", "x" * 201):
            with pytest.raises(Invalid, match="password: must have 10 to 200"):
                await passwords.hash_password(text)

    asyncio.run(work())


def test_too_many_sign_ins_at_once_are_refused_at_once() -> None:
    async def work() -> None:
        tries = [passwords.verify_password("no hash", "x") for _ in range(60)]
        results = await asyncio.gather(*tries, return_exceptions=True)
        busy = [each for each in results if isinstance(each, Busy)]
        assert len(busy) == 60 - passwords.WAITING_LIMIT
        assert await passwords.verify_password("no hash", "x") is False

    asyncio.run(work())


def test_a_session_is_new_at_every_sign_in_and_ends(place: Place) -> None:
    hashed = asyncio.run(passwords.hash_password("correct horse battery"))
    operator_id = place.write(create_operator, "Ann@Example.com", "Ann", hashed, AT)
    right = place.read(operator_signing_in, "ann@example.com", "correct horse battery")
    assert right == operator_id
    assert place.read(operator_signing_in, "ann@example.com", "wrong horse") is None
    assert place.read(operator_signing_in, "bob@example.com", "correct horse battery") is None
    first, session = place.write(open_session, operator_id, AT)
    second, again = place.write(open_session, operator_id, AT + 1, replaces=first)
    assert first != second
    assert session.csrf_token != again.csrf_token
    assert place.read(session_of, first, AT + 2) is None, "the cookie before signing in is dead"
    found = place.read(session_of, second, AT + 2)
    assert (found.caller.operator_id, found.csrf_token) == (operator_id, again.csrf_token)
    assert csrf_matches(found, again.csrf_token)
    assert not csrf_matches(found, session.csrf_token)
    assert not csrf_matches(found, None)
    assert all(second not in str(row) for row in place.rows(select(console_sessions)))
    assert place.read(session_of, second, AT + 1 + SESSION_MS) is None
    assert place.read(session_of, None, AT) is None
    place.write(close_session, second)
    assert place.read(session_of, second, AT + 2) is None
    assert cookie_name(secure=True).startswith("__Host-")


def test_an_address_is_one_operator(place: Place) -> None:
    place.write(create_operator, "ann@example.com", "Ann", "x", AT)
    with pytest.raises(Conflict, match="there is an operator"):
        place.write(create_operator, "ANN@example.com", "Ann", "x", AT)
    for email, name in (("ann", "Ann"), ("", "Ann"), ("b@example.com", " ")):
        with pytest.raises(Invalid):
            place.write(create_operator, email, name, "x", AT)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Shop.Example", "https://shop.example"),
        ("https://shop.example:443/", "https://shop.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:80", "http://[::1]"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(given: str, kept: str) -> None:
    assert read_origin(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "null",
        "shop.example",
        "ftp://shop.example",
        "https://*.example",
        "https://a.example/x",
        "https://u@a.example",
        "https://a.example:99999",
        "https://",
        "https://a.example?x",
        7,
        None,
    ],
)
def test_what_is_no_origin_is_refused(given: Any) -> None:
    with pytest.raises(Invalid, match="must look like"):
        read_origin(given)


def test_only_a_known_origin_may_read_the_answer() -> None:
    known = ["https://shop.example"]
    for strange in (None, "null", "https://shop.example.evil.example", "http://shop.example"):
        assert cors_headers(known, strange) == {"Vary": "Origin"}
    assert cors_headers(known, known[0])["Access-Control-Allow-Origin"] == known[0]


def test_a_bucket_lets_a_burst_through_and_then_its_rate() -> None:
    buckets = TokenBuckets(rate_per_s=2, burst=3)
    assert [buckets.take("a", AT) for _ in range(4)] == [0, 0, 0, 1]
    assert buckets.take("b", AT) == 0
    assert buckets.take("a", AT + 500) == 0
    assert buckets.take("a", AT + 500) == 1
    assert buckets.take("a", AT - 1_000_000) == 1, "a clock that jumps back gives nothing"
    assert [buckets.take("a", AT + 10_000_000) for _ in range(4)] == [0, 0, 0, 1]


def test_failed_sign_ins_wait_longer_and_longer() -> None:
    backoff = Backoff(free=3, longest_s=10)
    for _ in range(2):
        backoff.failed("a", AT)
        assert backoff.wait_s("a", AT) == 0
    waits = []
    for _ in range(6):
        backoff.failed("a", AT)
        waits.append(backoff.wait_s("a", AT))
    assert waits == [1, 2, 4, 8, 10, 10]
    assert backoff.wait_s("a", AT + 10_000) == 0
    assert backoff.wait_s("b", AT) == 0
    backoff.succeeded("a")
    assert backoff.wait_s("a", AT) == 0

"""Bodies that are too large, too deep, too many or no bodies at all: refused, and nothing else."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.requests import Request
from visitor_site import Site

from askwell_edge.access import bodies as reading
from askwell_edge.errors import BadBody
from askwell_edge.store.tables import contacts, page_views, touchpoints
from askwell_edge.visitor import body as bodies
from askwell_edge.visitor.questions import Beacon, Beacons, ClaimQuestion, SnapshotQuestion

PLACES = ("snapshot", "decide", "claim", "beacons")
SHAPES = (SnapshotQuestion, ClaimQuestion, Beacons, Beacon)


def nested(depth: int) -> bytes:
    return b'{"x":' * depth + b"1" + b"}" * depth


BAD = {
    "empty": (b"", 400),
    "not JSON": (b"reference=U-1", 400),
    "cut off": (b'{"reference": "U-1', 400),
    "no UTF-8": (b'{"reference": "\xff\xfe"}', 400),
    "a list": (b"[]", 400),
    "a text": (b'"U-1"', 400),
    "not a number": (b'{"reference": NaN}', 400),
    "a number of 5000 digits": (b'{"reference": ' + b"9" * 5000 + b"}", 400),
    "too deep": (nested(9), 413),
    "far too deep": (nested(5000), 413),
    "deeper than Python goes": (b"[" * 30_000, 413),
    "too many": (json.dumps({"x": [0] * 511}).encode(), 413),
    "too large": (b" " * (32 * 1024 + 1), 413),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_bad_body_is_refused_and_writes_nothing(site: Site, place: str) -> None:
    site.apply(create_contacts=True)
    for kind, (body, status) in BAD.items():
        answer = site.post(place, body)
        assert answer.status_code == status, (kind, answer.text)
        error = answer.json()["meta"]["error"]
        assert error["errorCode"] == "bad_body"
        assert error["errorMessage"].startswith("body: ")
    for table in (contacts, page_views, touchpoints):
        assert site.rows(select(table)) == []


def test_a_refusal_names_the_field_and_the_limit(site: Site) -> None:
    for body, said in (
        ({"page_view_id": "x"}, "page_view_id: "),
        ({"channel": "fax"}, "channel: "),
        ({"channel": 7}, "channel: "),
    ):
        message = site.post("snapshot", body).json()["meta"]["error"]["errorMessage"]
        assert message.startswith(said)
    many = site.post("beacons", {"beacons": [{}] * 65}).json()["meta"]["error"]["errorMessage"]
    assert many == "beacons: Expected `array` of length <= 64"


def test_what_is_just_small_enough_is_taken(site: Site) -> None:
    room = 32 * 1024 - len(b'{"x": ""}')
    assert site.post("snapshot", b'{"x": "' + b"x" * room + b'"}').status_code == 200
    assert site.post("snapshot", nested(7)).status_code == 200
    assert site.post("snapshot", nested(8)).status_code == 413
    assert site.post("snapshot", {"x": [0] * 510}).status_code == 200


def test_a_body_without_a_length_is_cut_off_while_it_comes() -> None:
    sent = 0

    async def receive() -> dict[str, Any]:
        nonlocal sent
        sent += 1
        return {"type": "http.request", "body": b"x" * 1024, "more_body": True}

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(BadBody) as refused:
        asyncio.run(reading.read_bytes(request, bodies.BODY_LIMIT))
    assert refused.value.status_code == 413
    assert sent == 33


def test_a_page_that_goes_away_or_falls_asleep_is_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "PATIENCE_S", 0.01)

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def asleep() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    for receive, status in ((gone, 400), (asleep, 408)):
        request = Request({"type": "http", "method": "POST", "headers": []}, receive)
        with pytest.raises(BadBody) as refused:
            asyncio.run(reading.read_bytes(request, bodies.BODY_LIMIT))
        assert refused.value.status_code == status


def test_other_encodings_and_types_are_refused(site: Site) -> None:
    assert site.post("snapshot", b"{}", Content_Encoding="gzip").status_code == 415
    assert site.post("snapshot", b"{}", Content_Type="text/html").status_code == 415
    assert site.post("snapshot", b"{}", Content_Type="application/json; charset=utf-8").is_success


def test_msgpack_is_taken_within_the_same_bounds(site: Site) -> None:
    site.contact("U-1")

    def post(body: bytes) -> Any:
        return site.post("snapshot", body, Content_Type="application/msgpack")

    known = post(msgpack.packb({"reference": "U-1"}))
    assert msgpack.unpackb(known.content)["visitor"] == "known"
    deep: Any = 1
    for _ in range(9):
        deep = [deep]
    bombs = [
        b"\xdd\xff\xff\xff\xff",  # an array of 4 G elements
        b"\xdf\xff\xff\xff\xff",  # a map of as many
        b"\xdb\xff\xff\xff\xff",  # a text of 4 GB
        b"\xdc\x10\x00" * 10_000,  # arrays in arrays, each with room for 4096
        b"\x91" * 30_000,
        b"\xc7\x01\x01x",  # an extension
        msgpack.packb({1: 2}),
        msgpack.packb({"x": b"bytes"}),
        b"",
        b"\x80\x80",
        b"\xc1",
    ]
    for bomb in bombs:
        answer = post(bomb)
        assert answer.status_code == 400, bomb[:8]
        assert answer.json()["meta"]["error"]["errorMessage"].startswith("body: not msgpack")
    assert post(msgpack.packb({"x": deep})).status_code == 413


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats()
    | st.text()
    | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner, max_size=6),
    max_leaves=40,
)


def is_read_or_refused(read: Callable[..., object], *arguments: object) -> bool:
    """True when it is read, or refused with a field and a limit; anything else fails by itself."""
    try:
        read(*arguments)
    except BadBody as refused:
        return bool(refused.field and refused.limit)
    return True


def read_msgpack(body: bytes) -> None:
    bodies.check_extent(bodies.decode_msgpack(body))


def read_json(body: bytes) -> None:
    bodies.check_extent(bodies.decode_json(body))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.binary(max_size=300) | values.map(lambda value: msgpack.packb(value)))
def test_any_bytes_are_msgpack_or_refused(body: bytes) -> None:
    assert is_read_or_refused(read_msgpack, body)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.binary(max_size=300)
    | st.text(alphabet='[]{}",:0123456789eE+-.truefalsnN\\ud8', max_size=200).map(str.encode)
    | values.map(lambda value: json.dumps(value, default=repr).encode())
)
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    assert is_read_or_refused(read_json, body)


fields = st.sampled_from([*SnapshotQuestion.__struct_fields__, *Beacon.__struct_fields__])


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.dictionaries(fields, values, max_size=12) | values)
def test_any_value_has_the_shape_or_is_refused(value: object) -> None:
    for shape in SHAPES:
        assert is_read_or_refused(bodies.as_shape, value, shape)

"""The core's own reader of msgpack, held to the library's."""

from typing import Any

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from askwell_runtime.packed import read_packed

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=40)
    | st.binary(max_size=40)
)
KEYS = st.text(st.characters(), max_size=40) | st.binary(max_size=9)
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(KEYS, inner, max_size=20),
    max_leaves=60,
)
EXTENSIONS = {*range(0xC7, 0xCA), *range(0xD4, 0xD9)}


def packed(value: object, **options: Any) -> bytes:
    return bytes(msgpack.packb(value, unicode_errors="surrogatepass", **options))


@given(ANYTHING, st.just(False))
@example({"a" * 40: ["b" * 300, "c" * 70_000]}, False)
@example({"a": list(range(70_000)), "b": {str(n): n for n in range(70_000)}}, False)
@example([1.5, -0.0, 2**64 - 1, -(2**63), -1, -33, b"x" * 300, b"y" * 70_000], True)
def test_it_reads_what_the_library_wrote(value: object, single: bool) -> None:
    body = packed(value, use_single_float=single)
    assert repr(read_packed(body)) == repr(msgpack.unpackb(body, unicode_errors="surrogatepass"))


def by_the_library(body: bytes) -> str | None:
    """What it reads, in words; None where it refuses."""
    try:
        return repr(msgpack.unpackb(body, unicode_errors="surrogatepass"))
    except (ValueError, msgpack.UnpackException):
        return None


@given(ANYTHING.map(packed), st.data())
def test_it_refuses_what_the_library_refuses(body: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(body) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte not in EXTENSIONS))
    other = body[:at] + bytes([byte]) + body[at + 1 :]
    changed = data.draw(st.sampled_from([body[:at], body + b"\xc0", other, other]))
    expected = by_the_library(changed)
    try:
        found = repr(read_packed(changed))
    except ValueError:
        found = None
    if expected is None or ("ExtType" not in expected and "Timestamp" not in expected):
        assert found == expected


@pytest.mark.parametrize("body", [b"\xc1", b"\xc7\x00\x05", b"\xd4\x05\x00", b"", b"\x81\x01\x02"])
def test_it_refuses_what_nobody_sends(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"type 0x|cut off|no text"):
        read_packed(body)

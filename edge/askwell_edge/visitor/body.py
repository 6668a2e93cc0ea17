"""Bodies of requests: read within bounds, decoded, and checked against a typed shape.

Whatever is refused is refused with the field and the limit that it broke.
"""

import json
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

import msgpack
import msgspec
from starlette.requests import Request

from askwell_edge.access.bodies import read_bytes
from askwell_edge.errors import BadBody

T = TypeVar("T", bound=msgspec.Struct)

BODY_LIMIT = 32 * 1024
DEPTH_LIMIT = 8
ELEMENT_LIMIT = 512
DIGITS_LIMIT = 400
JSON_TYPES = frozenset({"", "text/plain", "application/json"})
MSGPACK_TYPES = frozenset({"application/msgpack", "application/x-msgpack"})
CAPS = {
    "max_str_len": BODY_LIMIT,
    "max_bin_len": 0,
    "max_array_len": ELEMENT_LIMIT,
    "max_map_len": ELEMENT_LIMIT,
    "max_ext_len": 0,
}


async def read_body(request: Request) -> Any:
    """The body's value, decoded and bounded: JSON, or msgpack where the request says so."""
    body = await read_bytes(request, BODY_LIMIT)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in JSON_TYPES:
        value = decode_json(body)
    elif media_type in MSGPACK_TYPES:
        value = decode_msgpack(body)
    else:
        raise BadBody("Content-Type", "JSON or application/msgpack", status_code=415)
    check_extent(value)
    return value


def decode_json(body: bytes) -> Any:
    """The JSON value; its halves of characters are kept, for the fields' own rules to refuse."""
    try:
        return json.loads(body, parse_int=_whole_number, parse_constant=_not_json)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as problem:
        raise BadBody("body", f"not JSON: {_first_words(problem)}") from None


def decode_msgpack(body: bytes) -> Any:
    """The msgpack value; declared lengths are held to before anything is reserved for them."""
    try:
        return msgpack.unpackb(body, strict_map_key=True, unicode_errors="surrogatepass", **CAPS)
    except (ValueError, TypeError, msgpack.UnpackException) as problem:
        raise BadBody("body", f"not msgpack: {_first_words(problem)}") from None


def check_extent(value: Any) -> None:
    """Refuse what is nested too deep or has too many elements; maps count keys and values."""
    count, level = 0, [value]
    for _ in range(DEPTH_LIMIT):
        count += len(level)
        if count > ELEMENT_LIMIT:
            raise BadBody("body", f"at most {ELEMENT_LIMIT} elements", status_code=413)
        level = [each for nested in level for each in _within(nested)]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> BadBody:
    return BadBody("body", f"at most {DEPTH_LIMIT} levels deep", status_code=413)


def as_shape(value: Any, shape: type[T]) -> T:
    """`value` as the typed `shape`; the refusal names the field: `beacons[0].kind`."""
    if not isinstance(value, Mapping):
        raise BadBody("body", "an object is expected")
    # Names that the shape lacks are left out first: msgspec fails at halves of characters.
    known = {name: value[name] for name in shape.__struct_fields__ if name in value}
    try:
        return msgspec.convert(known, shape)
    except UnicodeEncodeError:
        raise BadBody("body", "an id holds half of a character") from None
    except msgspec.ValidationError as problem:
        said, _, path = str(problem).partition(" - at `")
        raise BadBody(path.rstrip("`").removeprefix("$").lstrip(".") or "body", said) from None


def _within(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _whole_number(digits: str) -> int:
    if len(digits) > DIGITS_LIMIT:
        raise ValueError(f"a number of more than {DIGITS_LIMIT} digits")
    return int(digits)


def _not_json(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _first_words(problem: Exception) -> str:
    """What the decoder said, without the text that it was given."""
    said = str(problem).partition(":")[0]
    return said if len(said) <= 80 and said.isprintable() else type(problem).__name__

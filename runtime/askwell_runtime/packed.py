"""Reads msgpack. In a browser the library's reader is pure Python, and takes three times longer."""

from __future__ import annotations

from struct import unpack_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Lengths, whole numbers and floats after their first byte: how many bytes, and how they are read.
TEXTS = {0xD9: 1, 0xDA: 2, 0xDB: 4}
BYTES = {0xC4: 1, 0xC5: 2, 0xC6: 4}
LISTS = {0xDC: 2, 0xDD: 4}
MAPS = {0xDE: 2, 0xDF: 4}
NUMBERS = {
    0xCA: (4, ">f"),
    0xCB: (8, ">d"),
    0xCC: (1, ">B"),
    0xCD: (2, ">H"),
    0xCE: (4, ">I"),
    0xCF: (8, ">Q"),
    0xD0: (1, ">b"),
    0xD1: (2, ">h"),
    0xD2: (4, ">i"),
    0xD3: (8, ">q"),
}
KEYS = frozenset((str, bytes))
DEPTH_LIMIT = 64
CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


def read_packed(body: bytes) -> object:
    """The one value in `body`; ValueError where it is not msgpack, or has extension types.

    Keys of maps are texts or bytes; lone surrogates are read as they are.
    """
    try:
        value, at = _value(body, 0, DEPTH_LIMIT)
    except IndexError:
        raise ValueError("cut off") from None
    if at != len(body):
        raise ValueError("more than one value")
    return value


def _value(body: bytes, at: int, left: int) -> tuple[Any, int]:
    first = body[at]
    at += 1
    if 0xA0 <= first < 0xC0:
        return _text(body, at, first & 0x1F)
    if first < 0x80:
        return first, at
    if first < 0x90:
        return _map(body, at, first & 0x0F, left)
    if first < 0xA0:
        return _list(body, at, first & 0x0F, left)
    if first >= 0xE0:
        return first - 0x100, at
    if first in CONSTANTS:
        return CONSTANTS[first], at
    if first in NUMBERS:
        width, form = NUMBERS[first]
        if at + width > len(body):
            raise IndexError
        return unpack_from(form, body, at)[0], at + width
    for widths, read in READERS:
        if first in widths:
            end = at + widths[first]
            if end > len(body):
                raise IndexError
            return read(body, end, int.from_bytes(body[at:end], "big"), left)
    raise ValueError(f"a value of type 0x{first:02x}")


def _text(body: bytes, at: int, length: int, left: int = 0) -> tuple[str, int]:
    end = at + length
    if end > len(body):
        raise IndexError
    return body[at:end].decode("utf-8", "surrogatepass"), end


def _bytes(body: bytes, at: int, length: int, left: int) -> tuple[bytes, int]:
    end = at + length
    if end > len(body):
        raise IndexError
    return body[at:end], end


def _list(body: bytes, at: int, length: int, left: int) -> tuple[list[Any], int]:
    if not left:
        raise ValueError(f"nested more than {DEPTH_LIMIT} deep")
    values = []
    for _ in range(length):
        value, at = _value(body, at, left - 1)
        values.append(value)
    return values, at


def _map(body: bytes, at: int, length: int, left: int) -> tuple[dict[Any, Any], int]:
    if not left:
        raise ValueError(f"nested more than {DEPTH_LIMIT} deep")
    values = {}
    for _ in range(length):
        first = body[at]
        if 0xA0 <= first < 0xC0:  # a short text, as nearly all are
            name, at = _text(body, at + 1, first & 0x1F)
        else:
            name, at = _value(body, at, left - 1)
            if type(name) not in KEYS:
                raise ValueError("a key that is no text")
        values[name], at = _value(body, at, left - 1)
    return values, at


READERS = ((TEXTS, _text), (LISTS, _list), (MAPS, _map), (BYTES, _bytes))

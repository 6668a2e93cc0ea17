"""Query parameters of an address, as a browser's URLSearchParams reads them."""

from __future__ import annotations

from .fact import ABSENT

HEX = "0123456789abcdefABCDEF"


def decode(part: str) -> str:
    """`"a+b%20c"` as `"a b c"`; a broken escape stays as it is, bad UTF-8 becomes U+FFFD."""
    if "%" not in part:
        return part.replace("+", " ")
    first, *escaped = part.replace("+", " ").split("%")
    out = bytearray(first.encode("utf-8", "surrogatepass"))
    for piece in escaped:
        if len(piece) >= 2 and piece[0] in HEX and piece[1] in HEX:
            out.append(int(piece[:2], 16))
            piece = piece[2:]
        else:
            out.append(0x25)
        out += piece.encode("utf-8", "surrogatepass")
    return out.decode("utf-8", "replace")


def parameter(url: str, name: str) -> object:
    """The first value of `name` in the address; ABSENT when it is not there."""
    query = url.partition("#")[0].partition("?")[2]
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if pair and decode(key) == name:
            return decode(value)
    return ABSENT

"""The page's question, read totally: a bad fact becomes "not known", never an error."""

from __future__ import annotations

import json
from math import isfinite

from .errors import RequestError
from .fields import INSTANT_LIMIT
from .model import PageFacts, Request, Seen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

DRAW_DIGITS = 32
HEX = frozenset("0123456789abcdef")
DAY_S = 86_400
SAFE = 2**53
FLOAT_DIGITS = 400
NUMBERS = frozenset((int, float))


def _whole_number(digits: str) -> float | None:
    """A JSON integer; beyond a double's exact range it is what a browser would have read."""
    if len(digits) > FLOAT_DIGITS:
        return None
    number = int(digits)
    return number if abs(number) <= SAFE else _number(float(digits))


def _number(value: Any) -> Any:
    return value if type(value) in NUMBERS and isfinite(value) else None


# Made once: `json.loads` would make one for each question.
DECODER = json.JSONDecoder(parse_int=_whole_number, parse_constant=lambda name: None)


def read_request(text: str | bytes) -> Request:
    """The question in JSON text; RequestError only without an object, `now` or `draw`."""
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text), "surrogatepass")
        raw = DECODER.decode(text)
    except (ValueError, RecursionError) as problem:
        raise RequestError("", f"not JSON: {type(problem).__name__}") from problem
    return request_from(raw)


def request_from(raw: object) -> Request:
    """The question in decoded form, as `request_facts` gives it."""
    if not isinstance(raw, dict):
        raise RequestError("", "an object is expected")
    now, draw = raw.get("now"), raw.get("draw")
    if type(now) is not int or not 0 <= now <= INSTANT_LIMIT:
        raise RequestError("now", "an instant in milliseconds is expected")
    if not isinstance(draw, str) or len(draw) != DRAW_DIGITS or set(draw.lower()) - HEX:
        raise RequestError("draw", f"{DRAW_DIGITS} hex digits are expected")
    page = raw.get("page")
    return Request(
        now=now,
        draw=draw.lower(),
        page_view_id=_text(raw.get("page_view_id")),
        debug=raw.get("debug") is True,
        page=_page(page if isinstance(page, dict) else {}, now),
    )


def _page(raw: Mapping[str, Any], now: int) -> PageFacts:
    storage = raw.get("storage")
    return PageFacts(
        url=_text(raw.get("url")),
        referrer=_text(raw.get("referrer")),
        language=_text(raw.get("language")),
        device=_text(raw.get("device")),
        browser=_text(raw.get("browser")),
        os=_text(raw.get("os")),
        utc_offset_s=_between(raw.get("utc_offset_s"), -DAY_S, DAY_S),
        page_count=_between(raw.get("page_count"), 0, SAFE),
        time_on_site_s=_number(raw.get("time_on_site_s")),
        time_on_page_s=_number(raw.get("time_on_page_s")),
        history=_texts(raw.get("history")),
        cookies=_each(raw.get("cookies"), _text),
        values=_each(raw.get("values"), _scalar),
        tracked=_each(raw.get("tracked"), lambda times: _between(times, 0, SAFE)),
        storage=storage if isinstance(storage, bool) else None,
        displayed=_each(raw.get("displayed"), lambda seen: _seen(seen, now)),
        actions=_each(raw.get("actions"), lambda seen: _seen(seen, now)),
        surveys=None if (taken := _texts(raw.get("surveys"))) is None else frozenset(taken),
        active=raw.get("active") is True,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(each for each in value if isinstance(each, str))


def _between(value: object, low: int, high: int) -> int | None:
    return value if type(value) is int and low <= value <= high else None


def _each(value: object, read: Any) -> dict[str, Any] | None:
    return {name: read(each) for name, each in value.items()} if isinstance(value, dict) else None


def _scalar(value: object) -> object:
    """A value of the page; a list or map is only known to be there, written `()`."""
    if isinstance(value, list | dict | tuple):
        return ()
    return value if isinstance(value, str | bool) else _number(value)


def _seen(value: object, now: int) -> Seen:
    """A remembered display; where its instant is unreadable it counts as just now."""
    entry = value if isinstance(value, dict) else {}
    at = _between(entry.get("at"), 0, INSTANT_LIMIT)
    return Seen(at=now if at is None else at, session=entry.get("session") is not False)


def request_facts(request: Request) -> dict[str, Any]:
    """The question in plain lists and maps; `request_from` gives the same question again."""
    page = request.page
    facts = {name: getattr(page, name) for name in PageFacts.__slots__}
    for name in ("displayed", "actions"):
        seen = facts[name]
        facts[name] = seen and {
            key: {"at": each.at, "session": each.session} for key, each in seen.items()
        }
    facts["surveys"] = None if page.surveys is None else sorted(page.surveys)
    return {
        "now": request.now,
        "draw": request.draw,
        "page_view_id": request.page_view_id,
        "debug": request.debug,
        "page": facts,
    }

"""Local dates and times from an instant and an offset; zones are lists of clock changes."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date

from .errors import BundleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .model import Request

    Offset = Callable[[Request], int | None]
    Zones = Mapping[str, Any]

DAY_S = 86_400
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def visitor_offset(request: Request) -> int | None:
    """The visitor's own offset, where the page told it."""
    return request.page.utc_offset_s


def zone_offset(changes: Any, path: str) -> Offset:
    """An offset by instant from `[[from_at, offset_s], ...]`, oldest change first."""
    if not isinstance(changes, list) or not changes or len(changes) > 500:
        raise BundleError(path, "a list of 1 to 500 clock changes is expected")
    for i, change in enumerate(changes):
        if (
            not isinstance(change, list)
            or [type(part) for part in change] != [int, int]
            or abs(change[1]) > DAY_S
            or (i and change[0] <= changes[i - 1][0])
        ):
            raise BundleError(f"{path}[{i}]", "an instant and an offset, in order, are expected")
    starts = [change[0] for change in changes]
    offsets = [change[1] for change in changes]
    return lambda request: offsets[max(bisect_right(starts, request.now) - 1, 0)]


def offset_for(zone: object, zones: Mapping[str, Offset]) -> Offset:
    """A named zone's offset; the visitor's own without a name, or where the zone is missing."""
    return zones.get(zone, visitor_offset) if isinstance(zone, str) else visitor_offset


def local_seconds(request: Request, offset: Offset) -> int | None:
    """Seconds since 1970 on the local clock; None where the offset is not known."""
    shift = offset(request)
    return None if shift is None else request.now // 1000 + shift


def day_of(text: object) -> int:
    """`"2026-11-24"` as a day number; ValueError on anything else."""
    if not isinstance(text, str) or len(text) != 10 or text[4] + text[7] != "--":
        raise ValueError("a date such as 2026-11-24 is expected")
    return date.fromisoformat(text).toordinal() - EPOCH_ORDINAL


def day_text(day: int) -> str:
    """A day number as `"2026-11-24"`."""
    return date.fromordinal(day + EPOCH_ORDINAL).isoformat()


def time_of(text: object) -> int:
    """`"09:30"` as seconds of the day; ValueError on anything else."""
    if isinstance(text, str) and len(text) == 5 and text[2] == ":" and text.isascii():
        hour, minute = text[:2], text[3:]
        if hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60:
            return int(hour) * 3600 + int(minute) * 60
    raise ValueError("a time such as 09:30 is expected")


def time_text(second: int) -> str:
    """Seconds of a day as `"09:30:05"`."""
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"

"""Clock changes of named zones, so that the core needs no zone data of its own."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from askwell_edge.access.refusals import Invalid

YEARS_BEFORE = 1
YEARS_AFTER = 10


def clock_changes(name: str, at: int) -> list[list[int]]:
    """`[[from_at, offset_s], …]` from last year's first instant until ten years from `at` on.

    Starts with a year, so that a bundle packed again this year has the same bytes.
    """
    return [list(change) for change in _changes(name, datetime.fromtimestamp(at / 1000, UTC).year)]


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name; Invalid where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("zone", f"{name!r} is not a time zone such as Europe/Berlin") from None


@lru_cache(maxsize=256)
def _changes(name: str, year: int) -> tuple[tuple[int, int], ...]:
    zone = zone_of(name)
    day = datetime(year - YEARS_BEFORE, 1, 1, tzinfo=UTC)
    last = datetime(year + YEARS_AFTER, 1, 1, tzinfo=UTC)
    changes = [(_ms(day), _offset_s(zone, day))]
    while day < last:
        after = day + timedelta(days=1)
        if _offset_s(zone, after) != changes[-1][1]:
            change = _first_second_after(zone, day, after)
            changes.append((_ms(change), _offset_s(zone, change)))
        day = after
    return tuple(changes)


def _first_second_after(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second that has `after`'s offset, which `before` does not have yet."""
    reached = _offset_s(zone, after)
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_s(zone, datetime.fromtimestamp(middle, UTC)) == reached:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, UTC)


def _offset_s(zone: ZoneInfo, instant: datetime) -> int:
    offset = instant.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _ms(instant: datetime) -> int:
    return int(instant.timestamp()) * 1000

"""Comparisons of local days, weekdays and times of day, as tables from name to test."""

from __future__ import annotations

from .fact import pair
from .localtime import day_of, time_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .fact import Comparisons, Test


def weekday_test(negative: bool) -> Callable[[object], Test]:
    """One of some days, 1 = Monday to 7."""

    def prepare(value: object) -> Test:
        if not isinstance(value, list) or not value:
            raise ValueError("a list of days, 1 = Monday to 7, is expected")
        if not all(type(day) is int and 1 <= day <= 7 for day in value):
            raise ValueError("days are 1 = Monday to 7")
        return lambda day: (day in value) is not negative

    return prepare


def date_between(value: object) -> Test:
    """Both days count."""
    first, last = map(day_of, pair(value))
    if first > last:
        raise ValueError("from is later than to")
    return lambda day: first <= day <= last


def time_between(value: object) -> Test:
    """From the first minute until just before the second; a range may cross midnight."""
    start, end = map(time_of, pair(value))
    if start == end:
        raise ValueError("from and to are the same time")
    if start < end:
        return lambda second: start <= second < end
    return lambda second: second >= start or second < end


def on_day(compare: Callable[[int, int], bool]) -> Callable[[object], Test]:
    def prepare(value: object) -> Test:
        wanted = day_of(value)
        return lambda day: compare(day, wanted)

    return prepare


def at_time(compare: Callable[[int, int], bool]) -> Callable[[object], Test]:
    def prepare(value: object) -> Test:
        wanted = time_of(value)
        return lambda second: compare(second, wanted)

    return prepare


WEEKDAY: Comparisons = {"is": weekday_test(False), "is_not": weekday_test(True)}
DATE: Comparisons = {
    "is": on_day(lambda a, b: a == b),
    "is_not": on_day(lambda a, b: a != b),
    "before": on_day(lambda a, b: a < b),
    "after": on_day(lambda a, b: a > b),
    "between": date_between,
}
TIME: Comparisons = {
    "before": at_time(lambda a, b: a < b),
    "after": at_time(lambda a, b: a >= b),
    "between": time_between,
}

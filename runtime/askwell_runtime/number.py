"""Comparisons of numbers, as a table from name to test."""

from __future__ import annotations

from .fact import ABSENT, as_number, pair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .fact import Comparisons, Test


def finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number is expected")
    if not -1e300 < value < 1e300:
        raise ValueError("a number of ordinary size is expected")
    return value


def number_test(
    compare: Callable[[float, float], bool], negative: bool = False
) -> Callable[[object], Test]:
    """The test of one number comparison."""

    def prepare(value: object) -> Test:
        wanted = finite(value)

        def test(actual: object) -> bool:
            if actual is ABSENT:
                return negative
            number = as_number(actual)
            return number is not None and compare(number, wanted)

        return test

    return prepare


def number_between(value: object) -> Test:
    """Both ends count."""
    low, high = map(finite, pair(value))
    if low > high:
        raise ValueError("from is greater than to")

    def test(actual: object) -> bool:
        number = as_number(actual)
        return number is not None and low <= number <= high

    return test


NUMBER: Comparisons = {
    "eq": number_test(lambda a, b: a == b),
    "neq": number_test(lambda a, b: a != b, negative=True),
    "lt": number_test(lambda a, b: a < b),
    "lte": number_test(lambda a, b: a <= b),
    "gt": number_test(lambda a, b: a > b),
    "gte": number_test(lambda a, b: a >= b),
    "between": number_between,
}

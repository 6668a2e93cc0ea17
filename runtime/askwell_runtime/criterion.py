"""Comparisons of segment criteria: each takes its value once and gives a check of facts.

ABSENT stands for a field that the contact does not have; it passes negatives only.
"""

from __future__ import annotations

from .fact import ABSENT, as_text, fold, pair, without_value
from .localtime import DAY_S, day_of
from .number import NUMBER as NUMBER_TESTS
from .number import finite
from .text import MATCHERS, choices, expected_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Check = Callable[[object, int], bool]
    Comparison = Callable[[object], Check]
    Comparisons = Mapping[str, Comparison]

DAY_MS = DAY_S * 1000
DAYS_LIMIT = 36_500


def exact(text: str) -> str:
    return text


def text_check(name: str, negative: bool, case: Callable[[str], str]) -> Comparison:
    """A text comparison, with letter case or without."""

    def prepare(value: object) -> Check:
        matches = MATCHERS[name](case(expected_text(value, empty=False)))

        def check(actual: object, now: int) -> bool:
            text = as_text(actual)
            return negative if text is None else matches(case(text)) is not negative

        return check

    return prepare


def among(case: Callable[[str], str]) -> Comparison:
    def prepare(value: object) -> Check:
        wanted = {case(each) for each in choices(value)}

        def check(actual: object, now: int) -> bool:
            text = as_text(actual)
            return text is not None and case(text) in wanted

        return check

    return prepare


def timeless(compare: Callable[[object], Callable[[object], bool | None]]) -> Comparison:
    """A comparison to which the instant does not matter."""

    def prepare(value: object) -> Check:
        test = compare(value)
        return lambda actual, now: bool(test(actual))

    return prepare


def instant_of(value: object) -> int | None:
    """An instant from milliseconds, or from "2026-11-24" and what follows: its day's start, UTC."""
    if type(value) is int:
        return value
    try:
        return day_of(value[:10] if isinstance(value, str) else value) * DAY_MS
    except ValueError:
        return None


def expected_instant(value: object) -> int:
    instant = instant_of(value)
    if instant is None:
        raise ValueError("a date such as 2026-11-24 or an instant in milliseconds is expected")
    return instant


def instant_check(holds: Callable[[int, int], bool]) -> Comparison:
    def prepare(value: object) -> Check:
        wanted = expected_instant(value)

        def check(actual: object, now: int) -> bool:
            instant = instant_of(actual)
            return instant is not None and holds(instant, wanted)

        return check

    return prepare


def instant_between(value: object) -> Check:
    """Both ends count."""
    first, last = map(expected_instant, pair(value))

    def check(actual: object, now: int) -> bool:
        instant = instant_of(actual)
        return instant is not None and first <= instant <= last

    return check


def last_days(negative: bool) -> Comparison:
    """Less than so many times 24 hours ago; what never was is not within any."""

    def prepare(value: object) -> Check:
        if not 0 < finite(value) <= DAYS_LIMIT:
            raise ValueError(f"1 to {DAYS_LIMIT} days are expected")
        period = finite(value) * DAY_MS

        def check(actual: object, now: int) -> bool:
            instant = instant_of(actual)
            return (instant is not None and now - instant < period) is not negative

        return check

    return prepare


def boolean(value: object) -> Check:
    if not isinstance(value, bool):
        raise ValueError("true or false is expected")
    return lambda actual, now: actual is value


def by_value(text: Comparison, number: Comparison) -> Comparison:
    """Compares as numbers where a number is expected, otherwise as texts or dates."""

    def prepare(value: object) -> Check:
        sample = value[0] if isinstance(value, list) and value else value
        return (text if isinstance(sample, str) else number)(value)

    return prepare


EMPTINESS: Comparisons = {
    "empty": timeless(without_value(lambda actual: actual in (ABSENT, ""))),
    "notEmpty": timeless(without_value(lambda actual: actual not in (ABSENT, ""))),
}


def texts(case: Callable[[str], str]) -> Comparisons:
    return {
        "eq": text_check("is", False, case),
        "neq": text_check("is", True, case),
        "contains": text_check("contains", False, case),
        "ncontains": text_check("contains", True, case),
        "startsWith": text_check("starts_with", False, case),
        "endsWith": text_check("ends_with", False, case),
        "in": among(case),
        **EMPTINESS,
    }


FOLDED_TEXT = texts(fold)
EXACT_TEXT = texts(exact)
NUMBER: Comparisons = {name: timeless(compare) for name, compare in NUMBER_TESTS.items()}
DATE: Comparisons = {
    "before": instant_check(lambda a, b: a < b),
    "after": instant_check(lambda a, b: a > b),
    "between": instant_between,
    "withinLastDays": last_days(False),
    "notWithinLastDays": last_days(True),
    **EMPTINESS,
}
BOOLEAN: Comparisons = {"is": boolean}
EMBEDDED: Comparisons = {
    **NUMBER,
    **DATE,
    **FOLDED_TEXT,
    **BOOLEAN,
    "eq": by_value(FOLDED_TEXT["eq"], NUMBER["eq"]),
    "neq": by_value(FOLDED_TEXT["neq"], NUMBER["neq"]),
    "between": by_value(DATE["between"], NUMBER["between"]),
}

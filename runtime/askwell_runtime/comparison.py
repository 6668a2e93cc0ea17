"""Comparisons, as tables: each takes the expected value once and gives a test of actual values.

A test is asked about facts that are known. ABSENT is known too: it passes negatives only.
"""

from __future__ import annotations

from .localtime import day_of, time_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Test = Callable[[Any], bool]
    Comparisons = Mapping[str, Callable[[object], Test]]


class Absent:
    """A name that is known not to be there, unlike None, which is not known."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()
TEXT_LIMIT = 2_000
CHOICE_LIMIT = 500


def fold(text: str) -> str:
    """Letter case taken away. Not casefold: the page's prefilter lowers case as a browser does."""
    return text.lower()


def as_text(actual: object) -> str | None:
    """A fact as text: numbers as a page would print them; None for lists and maps."""
    if isinstance(actual, str):
        return actual
    if isinstance(actual, bool):
        return "true" if actual else "false"
    if isinstance(actual, float) and actual.is_integer() and abs(actual) < 2**53:
        return str(int(actual))
    return str(actual) if isinstance(actual, int | float) else None


def as_number(actual: object) -> float | None:
    """A fact as a number; a text counts when it is a plain decimal such as "42.50"."""
    if isinstance(actual, bool):
        return None
    if isinstance(actual, int | float):
        return actual
    if isinstance(actual, str) and actual.isascii() and len(actual) <= 30:
        digits = actual.removeprefix("-")
        if digits.replace(".", "", 1).isdecimal():
            return float(actual) if "." in digits else int(actual)
    return None


def wildcard(pattern: str) -> Callable[[str], bool]:
    """Match a whole text, `*` any characters and `?` any one, in time linear in the text.

    Bit i of `state` says that i characters of the pattern are matched; a `*` lets its bit stay.
    """
    literals = [char for char in pattern if char != "*"]
    stay = anyone = 0
    masks: dict[str, int] = {}
    place = 0
    for char in pattern:
        if char == "*":
            stay |= 1 << place
            continue
        if char == "?":
            anyone |= 1 << place
        else:
            masks[char] = masks.get(char, 0) | 1 << place
        place += 1
    done = 1 << len(literals)

    def matches(text: str) -> bool:
        state = 1
        for char in text:
            state = (state & (masks.get(char, 0) | anyone)) << 1 | state & stay
            if not state:
                return False
        return bool(state & done)

    return matches


MATCHERS: Mapping[str, Callable[[str], Callable[[str], bool]]] = {
    "is": lambda wanted: wanted.__eq__,
    "contains": lambda wanted: lambda text: wanted in text,
    "starts_with": lambda wanted: lambda text: text.startswith(wanted),
    "ends_with": lambda wanted: lambda text: text.endswith(wanted),
    "matches": wildcard,
}


def expected_text(value: object, empty: bool) -> str:
    if not isinstance(value, str) or len(value) > TEXT_LIMIT:
        raise ValueError(f"a text of at most {TEXT_LIMIT} characters is expected")
    if not value and not empty:
        raise ValueError("an empty text would always pass")
    return value


def text_test(name: str, negative: bool) -> Callable[[object], Test]:
    """The test of one text comparison, ignoring case, or of its negative."""

    def compare(value: object) -> Test:
        matches = MATCHERS[name](fold(expected_text(value, empty=name == "is")))

        def test(actual: object) -> bool:
            if actual is ABSENT:
                return negative
            text = as_text(actual)
            return text is not None and matches(fold(text)) is not negative

        return test

    return compare


def any_text(name: str, negative: bool) -> Callable[[object], Test]:
    """Whether any text of a list passes the comparison; the negative: whether none does."""

    def compare(value: object) -> Test:
        test = text_test(name, negative=False)(value)
        return lambda texts: any(test(text) for text in texts) is not negative

    return compare


def without_value(test: Test) -> Callable[[object], Test]:
    """A comparison that takes no value, such as `set`."""

    def compare(value: object) -> Test:
        if value is not None:
            raise ValueError("no value is expected")
        return test

    return compare


def finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number is expected")
    if not -1e300 < value < 1e300:
        raise ValueError("a number of ordinary size is expected")
    return value


def pair(value: object) -> tuple[object, object]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("a list of two, from and to, is expected")
    return value[0], value[1]


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


def choices(value: object) -> list[str]:
    """One text or a list of them."""
    wanted = value if isinstance(value, list) else [value]
    if not wanted or len(wanted) > CHOICE_LIMIT:
        raise ValueError(f"1 to {CHOICE_LIMIT} texts are expected")
    return [expected_text(each, empty=False) for each in wanted]


def choice_test(negative: bool, language: bool = False) -> Callable[[object], Test]:
    """One of some texts, ignoring case; for languages "en" also means "en-GB"."""

    def prepare(value: object) -> Test:
        wanted = [fold(each) for each in choices(value)]

        def test(actual: str) -> bool:
            text = fold(actual)
            found = text in wanted or (
                language and any(text.startswith(each + "-") for each in wanted)
            )
            return found is not negative

        return test

    return prepare


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


def with_negatives(test: Callable[[str, bool], Callable[[object], Test]]) -> Comparisons:
    table = {name: test(name, False) for name in MATCHERS}
    negatives = {"is_not" if name == "is" else f"not_{name}": name for name in MATCHERS}
    return table | {negative: test(name, True) for negative, name in negatives.items()}


TEXT: Comparisons = with_negatives(text_test)
ANY_TEXT: Comparisons = with_negatives(any_text)
EMPTY: Comparisons = {
    "empty": without_value(lambda actual: actual in (ABSENT, "")),
    "not_empty": without_value(lambda actual: actual not in (ABSENT, "")),
}
SET: Comparisons = {
    "set": without_value(lambda actual: actual is not ABSENT),
    "not_set": without_value(lambda actual: actual is ABSENT),
}
TRUTH: Comparisons = {
    "is_true": without_value(lambda actual: actual is True),
    "is_false": without_value(lambda actual: actual is False),
}
HAPPENED: Comparisons = {
    "is": without_value(lambda actual: actual is True),
    "is_not": without_value(lambda actual: actual is False),
}
NUMBER: Comparisons = {
    "eq": number_test(lambda a, b: a == b),
    "neq": number_test(lambda a, b: a != b, negative=True),
    "lt": number_test(lambda a, b: a < b),
    "lte": number_test(lambda a, b: a <= b),
    "gt": number_test(lambda a, b: a > b),
    "gte": number_test(lambda a, b: a >= b),
    "between": number_between,
}
CHOICE: Comparisons = {"is": choice_test(False), "is_not": choice_test(True)}
LANGUAGE: Comparisons = {"is": choice_test(False, True), "is_not": choice_test(True, True)}
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

"""One fact about a visit: its forms as text and number, and whether it is there at all.

A test is asked about facts that are known. ABSENT is known too: it passes negatives only.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Test = Callable[[Any], bool | None]
    Comparisons = Mapping[str, Callable[[object], Test]]


class Absent:
    """A name that is known not to be there, unlike None, which is not known."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


def fold(text: str) -> str:
    """Letter case taken away. Not casefold: the page's prefilter lowers case as a browser does."""
    return text.lower()


def as_text(actual: object) -> str | None:
    """A fact as text: numbers as a page would print them; None for lists and maps."""
    if isinstance(actual, str):
        return actual
    if isinstance(actual, bool):
        return "true" if actual else "false"
    return number_text(actual) if isinstance(actual, int | float) else None


def number_text(number: float) -> str:
    """A number as JavaScript's `String` writes it: `1e+21`, but `0.00001` in full."""
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e16:
        return str(int(number))
    mantissa, _, exponent = str(number).partition("e")
    if not exponent:
        return mantissa
    sign = "-" if mantissa[0] == "-" else ""
    whole, _, fraction = mantissa.removeprefix("-").partition(".")
    digits, point = whole + fraction, int(exponent) + 1
    if 0 < point <= 21:
        return sign + digits.ljust(point, "0")
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    return f"{mantissa}e{point - 1:+d}"


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


def without_value(test: Test) -> Callable[[object], Test]:
    """A comparison that takes no value, such as `set`."""

    def compare(value: object) -> Test:
        if value is not None:
            raise ValueError("no value is expected")
        return test

    return compare


def pair(value: object) -> tuple[object, object]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("a list of two, from and to, is expected")
    return value[0], value[1]


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

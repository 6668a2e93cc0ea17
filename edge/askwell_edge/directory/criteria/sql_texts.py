"""Texts, numbers and instants compared by the database as the reference evaluator compares them.

A database knows letter case in ASCII alone, so each comparison also says for which rows it is in
doubt: those are left to the reference.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Integer,
    LargeBinary,
    and_,
    case,
    cast,
    func,
    literal,
    not_,
    null,
    or_,
)

from askwell_edge.store.json_texts import text_under
from askwell_runtime.criterion import expected_instant


class NotInSql(Exception):
    """Only the reference evaluator can judge these criteria."""


NUMBERS = ("eq", "neq", "lt", "lte", "gt", "gte", "between")
WHOLE = ("eq", "neq", "in")
# What they are in lower case, the second with a dot that stands for itself.
BECOME_ASCII = {"\N{KELVIN SIGN}": "k", "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}": "i"}
DAY_MS = 86_400_000
DIGITS_LIMIT = 15  # beyond, a double may not hold what the text says


def text_leaf(
    text: ColumnElement[Any], cmp: str, value: Any, cased: Callable[[str], str]
) -> ColumnElement[bool]:
    """A text comparison, the value `cased` like the text, which is NULL where it is absent."""
    if cmp in ("empty", "notEmpty"):
        empty = or_(text.is_(None), text == "")
        return empty if cmp == "empty" else not_(empty)
    wanted = [cased(each) for each in _texts(value)]
    match cmp:
        case "eq" | "in":
            return text.in_(wanted)
        case "neq":
            return or_(text.is_(None), text != wanted[0])
        case "contains":
            return text.contains(wanted[0], autoescape=True)
        case "ncontains":
            return or_(text.is_(None), not_(text.contains(wanted[0], autoescape=True)))
        case "startsWith":
            return func.substr(text, 1, len(wanted[0])) == wanted[0]
        case "endsWith":
            return text.endswith(wanted[0], autoescape=True)
    raise NotInSql(cmp)


def number_leaf(
    number: ColumnElement[Any], absent: ColumnElement[bool], cmp: str, value: Any
) -> ColumnElement[bool]:
    """A number comparison; `number` is NULL where the fact is absent or no number."""
    first, *more = (_number(each, number.type) for each in (value if cmp == "between" else [value]))
    match cmp:
        case "eq":
            return number == first
        case "neq":
            return or_(absent, number != first)
        case "lt":
            return number < first
        case "lte":
            return number <= first
        case "gt":
            return number > first
        case "gte":
            return number >= first
        case "between":
            return and_(number >= first, number <= more[0])
    raise NotInSql(cmp)


def instant_leaf(instant: ColumnElement[Any], cmp: str, value: Any, at: int) -> ColumnElement[bool]:
    """A date comparison; NULL, where the fact is absent, passes `empty` and `not…` alone."""
    match cmp:
        case "before":
            return instant < big(expected_instant(value))
        case "after":
            return instant > big(expected_instant(value))
        case "between":
            first, last = (big(expected_instant(each)) for each in value)
            return and_(instant >= first, instant <= last)
        case "withinLastDays":
            return instant > big(at - days_ms(value))
        case "notWithinLastDays":
            return or_(instant.is_(None), instant <= big(at - days_ms(value)))
        case "empty":
            return instant.is_(None)
        case "notEmpty":
            return instant.is_not(None)
    raise NotInSql(cmp)


def number_in(text: ColumnElement[Any], dialect: str) -> tuple[ColumnElement[Any], Any]:
    """The plain decimal in a text as a double, NULL if it is none; and where that is in doubt."""
    plain: ColumnElement[bool]
    if dialect == "postgresql":
        plain = text.op("~")(r"^-?([0-9]+\.?[0-9]*|\.[0-9]+)$")
    else:
        # A sign, a digit or a point, then digits and points: a digit at least, a point at most.
        shape = text.op("GLOB")("[-0-9.]*"), text.op("NOT GLOB")("?*[^0-9.]*")
        other = and_(*shape, text.op("GLOB")("*[0-9]*"), text.op("NOT GLOB")("*.*.*"))
        # Most are digits alone, which is sooner seen.
        plain = or_(and_(text.op("NOT GLOB")("*[^0-9]*"), text != ""), other)
    short = func.length(text) <= DIGITS_LIMIT
    number = case((and_(short, plain), cast(text, Double)), else_=null())
    return number, and_(not_(short), plain)


def beyond_ascii(text: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    """True where a text has a character that ASCII has not: such a one takes several bytes."""
    if dialect == "postgresql":
        return func.octet_length(text) != func.length(text)
    return func.length(cast(text, LargeBinary)) != func.length(text)


def letters_in_doubt(
    text: ColumnElement[Any], cmp: str, value: Any, dialect: str
) -> dict[str, ColumnElement[bool]]:
    """By letter what is true where a comparison without letter case may be wrong, if it can be.

    SQLite leaves letters beyond ASCII as they are, and but for two they stay beyond it in lower
    case: where ASCII is wanted such a letter is no part of it, and is found not to be.
    """
    wanted = "".join(_texts(value)).lower()
    if dialect == "postgresql" or not wanted.isascii():
        return {"any": beyond_ascii(text, dialect)}
    odd = [letter for letter, lower in BECOME_ASCII.items() if lower in wanted]
    return {letter: func.instr(text, letter) > 0 for letter in odd}


def lowered(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """A text of ASCII to compare with one in lower case, whatever case it is in itself."""
    return func.lower(text) if dialect == "postgresql" else text.collate("NOCASE")


def named(pairs: Any, name: str) -> ColumnElement[Any]:
    """The text under a name of a JSON column; NULL where there is none."""
    if "\x00" in name:
        raise NotInSql(name)
    return text_under(pairs, name)


def _texts(value: Any) -> list[str]:
    texts = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) and "\x00" not in each for each in texts):
        raise NotInSql("value")
    return texts


def _number(value: float, type: Any) -> ColumnElement[Any]:
    """A number as the column has them: whole numbers are compared with whole ones, sooner."""
    if abs(value) >= 2**53:
        raise NotInSql("value")
    if isinstance(type, Integer) and value == int(value):
        return big(int(value))
    return literal(float(value), Double)


def days_ms(days: float) -> int:
    """Days, broken ones too: an instant is within them while it is less than this ago."""
    return -int(-days * DAY_MS // 1)


def big(number: int) -> ColumnElement[int]:
    """A whole number of 64 bits, whatever its size."""
    return literal(number, BigInteger)


def domain_in(email: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """What stands behind the first @, if anything does."""
    place = func.strpos if dialect == "postgresql" else func.instr
    at = place(email, "@")
    return case((at > 0, func.nullif(func.substr(email, at + 1), "")))


def least(instants: Sequence[ColumnElement[Any]], dialect: str) -> ColumnElement[Any]:
    """The earliest of these, of which none is NULL."""
    if len(instants) == 1:
        return instants[0]
    earliest: ColumnElement[Any] = (func.least if dialect == "postgresql" else func.min)(*instants)
    return earliest

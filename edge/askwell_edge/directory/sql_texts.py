"""Texts and numbers compared by the database exactly as the reference evaluator compares them.

A database knows letter case in ASCII alone, so each comparison also says for which rows it is in
doubt: those are left to the reference.
"""

from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Double,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    true,
)


class NotInSql(Exception):
    """Only the reference evaluator can judge these criteria."""


class Judged(NamedTuple):
    """Whether a row passes, and whether that is in doubt."""

    passes: ColumnElement[bool]
    doubtful: ColumnElement[bool]


NUMBERS = ("eq", "neq", "lt", "lte", "gt", "gte", "between")
DIGITS_LIMIT = 15  # beyond, a double may not hold what the text says


def present(outcome: ColumnElement[bool], otherwise: bool = False) -> ColumnElement[bool]:
    """The outcome, or what holds where the fact is absent."""
    return func.coalesce(outcome, true() if otherwise else false())


def text_leaf(
    text: ColumnElement[Any], cmp: str, value: Any, dialect: str, *, exact: bool = False
) -> Judged:
    """A text comparison; `text` is NULL where the fact is absent."""
    if cmp in ("empty", "notEmpty"):
        empty = or_(text.is_(None), text == "")
        return Judged(empty if cmp == "empty" else not_(empty), false())
    actual = text if exact else func.lower(text)
    doubtful = false() if exact else present(beyond_ascii(text, dialect))
    wanted = [each if exact else each.lower() for each in _texts(value)]
    match cmp:
        case "eq" | "in":
            return Judged(present(actual.in_(wanted)), doubtful)
        case "neq":
            return Judged(present(actual != wanted[0], True), doubtful)
        case "contains":
            return Judged(present(actual.contains(wanted[0], autoescape=True)), doubtful)
        case "ncontains":
            found = actual.contains(wanted[0], autoescape=True)
            return Judged(present(not_(found), True), doubtful)
        case "startsWith":
            return Judged(present(actual.startswith(wanted[0], autoescape=True)), doubtful)
        case "endsWith":
            return Judged(present(actual.endswith(wanted[0], autoescape=True)), doubtful)
    raise NotInSql(cmp)


def number_leaf(
    number: ColumnElement[Any], absent: ColumnElement[bool], cmp: str, value: Any
) -> ColumnElement[bool]:
    """A number comparison; `number` is NULL where the fact is absent or no number."""
    match cmp:
        case "eq":
            return present(number == _double(value))
        case "neq":
            return or_(absent, present(number != _double(value)))
        case "lt":
            return present(number < _double(value))
        case "lte":
            return present(number <= _double(value))
        case "gt":
            return present(number > _double(value))
        case "gte":
            return present(number >= _double(value))
        case "between":
            low, high = value
            return present(and_(number >= _double(low), number <= _double(high)))
    raise NotInSql(cmp)


def number_in(text: ColumnElement[Any], dialect: str) -> tuple[ColumnElement[Any], Any]:
    """The plain decimal in a text as a double, NULL if it is none; and where that is in doubt."""
    plain: ColumnElement[bool]
    if dialect == "postgresql":
        plain = text.op("~")(r"^-?([0-9]+\.?[0-9]*|\.[0-9]+)$")
    else:
        rest = case((func.substr(text, 1, 1) == "-", func.substr(text, 2)), else_=text)
        points = func.length(rest) - func.length(func.replace(rest, ".", ""))
        plain = and_(rest.op("NOT GLOB")("*[^0-9.]*"), rest.op("GLOB")("*[0-9]*"), points <= 1)
    short = func.length(text) <= DIGITS_LIMIT
    number = case((and_(plain, short), cast(text, Double)), else_=null())
    return number, present(and_(plain, not_(short)))


def beyond_ascii(text: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    """True where a text has a character other than the printable ones of ASCII."""
    if dialect == "postgresql":
        return text.op("~")("[^ -~]")
    return text.op("GLOB")("*[^ -~]*")


def named(pairs: Any, name: str) -> ColumnElement[Any]:
    """The text under a name of a JSON column; NULL where there is none."""
    if not name.isascii() or not name.isprintable() or set(name) & set('"\\'):
        raise NotInSql(name)
    text: ColumnElement[Any] = pairs[name].as_string()
    return text


def _texts(value: Any) -> list[str]:
    texts = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) and "\x00" not in each for each in texts):
        raise NotInSql("value")
    return texts


def _double(value: float) -> ColumnElement[Any]:
    if abs(value) >= 2**53:
        raise NotInSql("value")
    return cast(literal(float(value), Double), Double)

"""What contacts did, counted by the database in one pass over timelines and transactions."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
)

from askwell_edge.directory.facts import COUNTED_TYPES
from askwell_edge.directory.sql_texts import NotInSql, beyond_ascii, named, number_in
from askwell_edge.store.tables import touchpoints, transactions
from askwell_runtime.activity import COUNTED, INVITES, LAST, RESPONSES

DAY_MS = 86_400_000
NEVER = 2**62


class Measures:
    """Aggregates that criteria asked for, of contacts with ids in one range."""

    def __init__(self, dialect: str, at: int) -> None:
        self._dialect = dialect
        self._at = at
        self._wanted: dict[str, dict[str, ColumnElement[Any]]] = {"t": {}, "x": {}}
        self._subqueries: dict[str, Subquery] = {}

    def of_leaf(self, leaf: Mapping[str, Any]) -> tuple[str, ...]:
        """Ask for a leaf's measure; names of its columns: the measure and, if any, its doubt."""
        head, _, rest = leaf["field"].partition(".")
        if head == "transactions":
            return self._of_transactions(leaf, rest)
        return (self._of_activity(leaf, rest),)

    def next_change(self, leaf: Mapping[str, Any]) -> str | None:
        """Ask when the first of the leaf's entries leaves its windows; None without a window."""
        head, _, rest = leaf["field"].partition(".")
        table = transactions if head == "transactions" else touchpoints
        chosen = [] if head == "transactions" else [table.c.type.in_(_types(rest))]
        ends = _window_ends(table.c.at, leaf)
        if not ends:
            return None
        soonest = [
            func.min(case((and_(*chosen, end > self._at), end), else_=null())) for end in ends
        ]
        # Of two windows over the same entries the earlier end is meant.
        return self._ask(head, _least(soonest))

    def subquery(self, kind: str, low: str, high: str) -> Subquery | None:
        """The aggregates over the timelines ("t") or transactions ("x") of a range of contacts."""
        if not self._wanted[kind]:
            return None
        table = touchpoints if kind == "t" else transactions
        columns = [made.label(name) for name, made in self._wanted[kind].items()]
        wanted = select(table.c.contact_id, *columns).where(
            table.c.contact_id > low, table.c.contact_id <= high
        )
        if kind == "t":
            wanted = wanted.where(table.c.type.in_(COUNTED_TYPES), table.c.test.is_(False))
        return wanted.group_by(table.c.contact_id).subquery(f"of_{kind}")

    def _ask(self, head: str, made: ColumnElement[Any]) -> str:
        kind = "x" if head == "transactions" else "t"
        name = f"{kind}{len(self._wanted[kind])}"
        self._wanted[kind][name] = made
        return name

    def _of_activity(self, leaf: Mapping[str, Any], name: str) -> str:
        within = self._within(touchpoints.c.at, leaf)
        if leaf.get("surveyId") is not None:
            within = and_(within, touchpoints.c.survey_id == leaf["surveyId"])
        if leaf.get("interceptId") is not None:
            within = and_(within, touchpoints.c.intercept_id == leaf["interceptId"])
        kind = touchpoints.c.type
        if name in COUNTED:
            return self._ask("activity", _count(and_(kind.in_(sorted(COUNTED[name])), within)))
        if name in LAST:
            chosen = and_(kind.in_(sorted(LAST[name])), within)
            return self._ask("activity", func.max(case((chosen, touchpoints.c.at), else_=null())))
        if name == "responseRate":
            answered = _count(and_(kind.in_(sorted(RESPONSES)), within))
            invited = _count(and_(kind.in_(sorted(INVITES)), within))
            rate = cast(100 * answered, Double) / cast(func.nullif(invited, 0), Double)
            return self._ask("activity", rate)
        raise NotInSql(name)

    def _of_transactions(self, leaf: Mapping[str, Any], name: str) -> tuple[str, ...]:
        chosen = self._within(transactions.c.at, leaf)
        doubts: list[ColumnElement[bool]] = []
        for field, wanted in leaf.get("where", {}).items():
            text = named(transactions.c.fields, field)
            if not isinstance(wanted, str):
                raise NotInSql(field)
            chosen = and_(chosen, func.coalesce(func.lower(text) == wanted.lower(), false()))
            doubts.append(func.coalesce(beyond_ascii(text, self._dialect), false()))
        if name == "count":
            made = _count(chosen)
        elif name == "lastAt":
            made = func.max(case((chosen, transactions.c.at), else_=null()))
        elif name == "sum":
            text = named(transactions.c.fields, leaf["of"])
            number, doubt = number_in(text, self._dialect)
            # Fractions are added up in another order than the reference adds them.
            doubts += [doubt, func.coalesce(text.contains("."), false())]
            made = func.sum(case((chosen, func.coalesce(number, 0.0)), else_=0.0))
        else:
            raise NotInSql(name)
        doubt_count = _count(or_(false(), *doubts))
        return self._ask("transactions", made), self._ask("transactions", doubt_count)

    def _within(self, at: ColumnElement[int], leaf: Mapping[str, Any]) -> ColumnElement[bool]:
        days = leaf.get("withinDays")
        # Not a constant, or there would be nothing to combine it with.
        return at > (self._at - days * DAY_MS if days is not None else -NEVER)


def _count(chosen: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((chosen, 1), else_=0))


def _types(name: str) -> list[str]:
    if name == "responseRate":
        return sorted(RESPONSES | INVITES)
    types = COUNTED.get(name) or LAST.get(name)
    if types is None:
        raise NotInSql(name)
    return sorted(types)


def _window_ends(at: ColumnElement[int], leaf: Mapping[str, Any]) -> list[ColumnElement[int]]:
    ends = []
    if leaf.get("withinDays") is not None:
        ends.append(at + big(leaf["withinDays"] * DAY_MS))
    if leaf["cmp"] in ("withinLastDays", "notWithinLastDays"):
        ends.append(at + big(-int(-leaf["value"] * DAY_MS // 1)))
    return ends


def _least(instants: list[Any]) -> ColumnElement[Any]:
    """The earliest of two aggregated instants of which either may be NULL."""
    if len(instants) == 1:
        only: ColumnElement[Any] = instants[0]
        return only
    one, two = (func.coalesce(each, big(NEVER)) for each in instants)
    return case((one <= two, one), else_=two)


def big(number: int) -> ColumnElement[int]:
    """A whole number of 64 bits, whatever its size."""
    return cast(literal(number, BigInteger), BigInteger)

"""What contacts did and which lists they are on, as columns of sources that a statement joins."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    FromClause,
    and_,
    case,
    cast,
    false,
    func,
    or_,
    select,
)

from askwell_edge.directory.criteria.handing import handed
from askwell_edge.directory.criteria.sql_texts import (
    DAY_MS,
    NotInSql,
    beyond_ascii,
    big,
    days_ms,
    named,
    number_in,
)
from askwell_edge.directory.criteria.tallies import TIMELINE_END, Tallies, Tally
from askwell_edge.directory.criteria.timelines import Chosen
from askwell_edge.store.tables import list_members, transactions
from askwell_runtime.activity import COUNTED, INVITES, LAST, RESPONSES

TABLES = {"bought": transactions, "listed": list_members}


class Measures:
    """What criteria asked for; each is a column of a source by contact."""

    def __init__(self, dialect: str, at: int) -> None:
        self._dialect = dialect
        self._at = at
        # By question: the column's name, and how it is made.
        self._asked: dict[str, dict[str, tuple[str, ColumnElement[Any]]]] = {
            kind: {} for kind in TABLES
        }
        self.tallies = Tallies(at)
        self._bought_moving: set[int] = set()

    def last_of(self, leaf: Mapping[str, Any]) -> str:
        """Ask when something was done the last time; the column's name."""
        return self.tallies.last(self._tally(leaf, LAST[leaf["field"].partition(".")[2]]))

    def count_of(
        self, leaf: Mapping[str, Any], types: Iterable[str], since: int = 0
    ) -> tuple[str, int]:
        """Ask how often something of these types was done as the leaf says, and after `since`;
        the name of a sum, and the count's place in it."""
        return self.tallies.count(self._tally(leaf, types, since))

    def on_list(self, list_id: str, *, opted_out: bool) -> str:
        """Ask whether a contact is on a list, or has opted out of it; its name."""
        there = list_members.c.list_id == list_id
        if opted_out:
            there = and_(there, list_members.c.unsubscribed.is_(True))
        return self._ask("listed", [list_id, opted_out], func.count().filter(there))

    def transactions(self, leaf: Mapping[str, Any]) -> tuple[str, str]:
        """Ask for a measure of transactions, and how many of them are in doubt; their names."""
        table, name = transactions, leaf["field"].partition(".")[2]
        chosen: list[ColumnElement[bool]] = self._within(table.c.at, leaf)
        doubts = []
        for field, wanted in leaf.get("where", {}).items():
            if not isinstance(wanted, str):
                raise NotInSql(field)
            text = named(table.c.fields, field)
            chosen.append(func.lower(text) == wanted.lower())
            doubts.append(beyond_ascii(text, self._dialect))
        if name == "count":
            made: Any = func.count()
        elif name == "lastAt":
            made = func.max(table.c.at)
        elif name == "sum":
            text = named(table.c.fields, leaf["of"])
            number, doubt = number_in(text, self._dialect)
            # Fractions are added up in another order than the reference adds them.
            doubts += [doubt, text.contains(".")]
            made = func.sum(func.coalesce(number, 0.0))
        else:
            raise NotInSql(name)
        asked = [leaf.get(each) for each in ("withinDays", "of", "where")]
        return (
            self._ask("bought", [name, asked], made.filter(*chosen) if chosen else made),
            self._ask(
                "bought", ["doubts", name, asked], func.count().filter(or_(false(), *doubts))
            ),
        )

    def watch(self, leaf: Mapping[str, Any]) -> None:
        """Note the windows that the leaf's entries will leave some day."""
        head, _, name = leaf["field"].partition(".")
        if head == "transactions":
            self._bought_moving.update(window_lengths(leaf))
            return
        self.tallies.end(_types(name), window_lengths(leaf))

    def next_changes(self) -> list[str]:
        """Ask when the first entry leaves one of the windows noted; the columns' names."""
        names = [TIMELINE_END] if TIMELINE_END in self.tallies.columns else []
        if self._bought_moving:
            end = first_end(transactions.c.at, self._bought_moving, self._at)
            names.append(self._ask("bought", "next change", func.min(end)))
        return names

    def sources(self, chosen: Chosen) -> list[FromClause]:
        """What was asked of the chosen contacts' timelines, transactions and lists."""
        found: list[FromClause] = []
        if self.tallies.columns:
            found.append(handed(self.tallies.columns, self._dialect, "timeline"))
        for kind, table in TABLES.items():
            if self._asked[kind]:
                labelled = (made.label(name) for name, made in self._asked[kind].values())
                wanted = select(table.c.contact_id, *labelled).where(chosen(table.c.contact_id))
                found.append(wanted.group_by(table.c.contact_id).subquery(kind))
        return found

    def _ask(self, kind: str, question: object, made: ColumnElement[Any]) -> str:
        """The name of a column; the same question is asked once."""
        asked = self._asked[kind]
        return asked.setdefault(repr(question), (f"{kind}_{len(asked)}", made))[0]

    def _tally(self, leaf: Mapping[str, Any], types: Iterable[str], since: int = 0) -> Tally:
        if leaf.get("withinDays") is not None:
            since = max(since, self._at - leaf["withinDays"] * DAY_MS)
        return Tally(frozenset(types), since, leaf.get("surveyId"), leaf.get("interceptId"))

    def _within(self, at: Any, leaf: Mapping[str, Any]) -> list[ColumnElement[bool]]:
        days = leaf.get("withinDays")
        return [] if days is None else [at > big(self._at - days * DAY_MS)]


def window_lengths(leaf: Mapping[str, Any]) -> list[int]:
    """After how many milliseconds something is outside the leaf's windows."""
    lengths = []
    if leaf.get("withinDays") is not None:
        lengths.append(leaf["withinDays"] * DAY_MS)
    if leaf["cmp"] in ("withinLastDays", "notWithinLastDays"):
        lengths.append(days_ms(leaf["value"]))
    return lengths


def first_end(instant: Any, lengths: Collection[int], at: int) -> ColumnElement[Any]:
    """When an instant leaves the next of these windows; NULL when it has left them all."""
    return case(*((instant > big(at - each), instant + big(each)) for each in sorted(lengths)))


def _types(name: str) -> list[str]:
    if name == "responseRate":
        return sorted(RESPONSES | INVITES)
    types = COUNTED.get(name) or LAST.get(name)
    if types is None:
        raise NotInSql(name)
    return sorted(types)


def double(measured: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same as a floating-point number."""
    return cast(measured, Double)

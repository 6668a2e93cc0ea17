"""What contacts did, counted by the database in one pass over timelines, lists and transactions."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    or_,
    select,
)

from askwell_edge.directory.sql_tallies import ABOUT, Tallies, Tally
from askwell_edge.directory.sql_texts import (
    DAY_MS,
    NotInSql,
    beyond_ascii,
    big,
    days_ms,
    named,
    number_in,
)
from askwell_edge.store.tables import list_members, touchpoints, transactions
from askwell_runtime.activity import COUNTED, INVITES, LAST, RESPONSES

NEVER = 2**62
TOUCHES = "timeline_all"  # the column with the number of all touchpoints

TABLES = {"timeline": touchpoints, "bought": transactions, "listed": list_members}

# Which contacts are meant, by their ids.
Chosen = Callable[[ColumnElement[str]], ColumnElement[bool]]


class Measures:
    """Aggregates that criteria asked for; each is a column of a subquery by contact."""

    def __init__(self, dialect: str, at: int) -> None:
        self._dialect = dialect
        self._at = at
        # By question: the column's name, and how it is made.
        self._asked: dict[str, dict[str, tuple[str, ColumnElement[Any]]]] = {
            kind: {} for kind in TABLES
        }
        self._tallies = Tallies()
        self._moving: dict[str, set[int]] = {}
        self._bought_moving: set[int] = set()

    def last_of(self, leaf: Mapping[str, Any]) -> str:
        """Ask when something was done the last time; the column's name."""
        at, types = touchpoints.c.at, LAST[leaf["field"].partition(".")[2]]
        about = (column == leaf[name] for name, column in _about(leaf).items())
        chosen = [*self._within(at, leaf), _one_of(types), *about]
        asked = [sorted(types), *(leaf.get(each) for each in ("withinDays", *ABOUT))]
        return self._ask("timeline", asked, func.max(at).filter(and_(*chosen)))

    def count_of(
        self, leaf: Mapping[str, Any], types: Iterable[str], since: int = 0
    ) -> tuple[str, int]:
        """Ask how often something of these types was done as the leaf says, and after `since`;
        the name of a sum, and the count's place in it."""
        if leaf.get("withinDays") is not None:
            since = max(since, self._at - leaf["withinDays"] * DAY_MS)
        about = tuple((name, leaf[name]) for name in _about(leaf))
        number, place = self._tallies.ask(Tally(frozenset(types), since, about))
        return f"timeline_sum_{number}", place

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
        for each in _types(name):
            self._moving.setdefault(each, set()).update(window_lengths(leaf))

    def next_changes(self) -> list[str]:
        """Ask when the first entry leaves one of the windows noted; the columns' names."""
        names = []
        alike: dict[tuple[int, ...], list[str]] = {}
        for type, lengths in self._moving.items():
            alike.setdefault(tuple(sorted(lengths)), []).append(type)
        if alike:
            at = touchpoints.c.at
            cases = ((_one_of(types), first_end(at, on, self._at)) for on, types in alike.items())
            oldest = self._at - max(max(lengths) for lengths in alike)
            first = func.min(case(*cases)).filter(at > big(oldest))
            names.append(self._ask("timeline", "next change", first))
        if self._bought_moving:
            end = first_end(transactions.c.at, self._bought_moving, self._at)
            names.append(self._ask("bought", "next change", func.min(end)))
        return names

    def subqueries(self, chosen: Chosen) -> list[Subquery]:
        """What was asked of the chosen contacts' timelines, transactions and lists."""
        found = []
        for kind, table in TABLES.items():
            columns = dict(self._asked[kind].values())
            if table is touchpoints:
                columns |= self._counts()
            if not columns:
                continue
            labelled = (made.label(name) for name, made in columns.items())
            wanted = select(table.c.contact_id, *labelled).where(chosen(table.c.contact_id))
            if table is touchpoints:
                wanted = wanted.where(touchpoints.c.test.is_(False))
            found.append(wanted.group_by(table.c.contact_id).subquery(kind))
        return found

    def _counts(self) -> dict[str, ColumnElement[Any]]:
        sums = {f"timeline_sum_{n}": each for n, each in enumerate(self._tallies.sums())}
        return {**sums, TOUCHES: func.count()} if sums else {}

    def _ask(self, kind: str, question: object, made: ColumnElement[Any]) -> str:
        """The name of a column; the same question is asked once."""
        asked = self._asked[kind]
        return asked.setdefault(repr(question), (f"{kind}_{len(asked)}", made))[0]

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


def _one_of(types: Collection[str]) -> ColumnElement[bool]:
    return touchpoints.c.type.in_(sorted(types))


def _about(leaf: Mapping[str, Any]) -> dict[str, ColumnElement[str]]:
    """Of what a touchpoint may be about, that which the leaf names."""
    return {name: column for name, column in ABOUT.items() if leaf.get(name) is not None}


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

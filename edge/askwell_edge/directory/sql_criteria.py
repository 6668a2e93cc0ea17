"""Segment criteria as SQL: masks of a range of contacts in one statement.

Held equal to the reference evaluator by a property test. Where the database cannot say what the
reference would (letters beyond ASCII, fractions in sums) it says so, row by row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
)

from askwell_edge.directory.sql_measures import NEVER, Measures, big
from askwell_edge.directory.sql_texts import (
    NUMBERS,
    Judged,
    NotInSql,
    named,
    number_in,
    number_leaf,
    present,
    text_leaf,
)
from askwell_edge.directory.timing import leaves_with_windows
from askwell_edge.store.tables import contacts, list_members
from askwell_runtime.criterion import expected_instant

DAY_MS = 86_400_000
TEXTS = {
    "firstName": contacts.c.first_name,
    "lastName": contacts.c.last_name,
    "email": contacts.c.email,
    "phone": contacts.c.phone,
    "language": contacts.c.language,
    "extRef": contacts.c.external_reference,
}
INSTANTS = {"createdAt": contacts.c.created_at, "lastModified": contacts.c.modified_at}


def masks_between(
    segments: Sequence[Mapping[Any, Any]],
    directory_id: str,
    low: str,
    high: str,
    at: int,
    dialect: str,
) -> Select[Any]:
    """Rows `contact_id, mask, doubtful, next_change_at` of the contacts in a range of ids.

    Raises NotInSql when some segment is the reference's alone.
    """
    compiler = _Compiler(dialect, at)
    judged = [(row["ordinal"], compiler.node(row["criteria"])) for row in segments]
    changes = [
        change
        for row in segments
        for leaf in leaves_with_windows(row["criteria"])
        for change in compiler.next_changes(leaf)
    ]
    mask: ColumnElement[Any] = big(0)
    for ordinal, one in judged:
        mask = mask + case((one.passes, big(1 << ordinal)), else_=big(0))
    wanted = compiler.resolved(
        contacts.c.contact_id,
        mask.label("mask"),
        or_(false(), *(one.doubtful for _, one in judged)).label("doubtful"),
        _earliest(changes).label("next_change_at"),
        low=low,
        high=high,
    )
    return wanted.where(
        contacts.c.directory_id == directory_id,
        contacts.c.contact_id > low,
        contacts.c.contact_id <= high,
    )


class _Compiler:
    """Criteria to SQL, for one dialect and one instant."""

    def __init__(self, dialect: str, at: int) -> None:
        self._dialect = dialect
        self._at = at
        self._measures = Measures(dialect, at)

    def node(self, node: Mapping[str, Any]) -> Judged:
        if "op" not in node:
            return self._leaf(node)
        parts = [self.node(item) for item in node["items"]]
        joined = and_ if node["op"] == "and" else or_
        return Judged(
            joined(*(part.passes for part in parts)), or_(*(part.doubtful for part in parts))
        )

    def next_changes(self, leaf: Mapping[str, Any]) -> list[ColumnElement[Any]]:
        """Instants after now at which something leaves the leaf's window."""
        if leaf["field"] in INSTANTS:
            days = -int(-leaf["value"] * DAY_MS // 1)
            end = INSTANTS[leaf["field"]] + big(days)
            return [case((end > self._at, end), else_=big(NEVER))]
        name = self._measures.next_change(leaf)
        return [] if name is None else [func.coalesce(_column(name), big(NEVER))]

    def resolved(self, *columns: Any, low: str, high: str) -> Select[Any]:
        """The columns from contacts joined with what was asked of timelines and transactions."""
        source: Any = contacts
        for kind in ("t", "x"):
            part = self._measures.subquery(kind, low, high)
            if part is not None:
                source = source.outerjoin(part, part.c.contact_id == contacts.c.contact_id)
        return select(*columns).select_from(source)

    def _leaf(self, leaf: Mapping[str, Any]) -> Judged:
        field, cmp, value = leaf["field"], leaf["cmp"], leaf.get("value")
        head, _, rest = field.partition(".")
        if field in TEXTS:
            text = func.nullif(TEXTS[field], "")
            return text_leaf(text, cmp, value, self._dialect, exact=field == "extRef")
        if field == "emailDomain":
            return text_leaf(self._domain(), cmp, value, self._dialect)
        if field in INSTANTS:
            return Judged(self._instant(INSTANTS[field], cmp, value), false())
        if field == "unsubscribed":
            return Judged(contacts.c.unsubscribed.is_(value), false())
        if head in ("list", "listUnsubscribed"):
            return Judged(_on_list(rest, head == "listUnsubscribed", bool(value)), false())
        if head == "embeddedData":
            return self._embedded(rest, cmp, value)
        return self._measure(leaf)

    def _domain(self) -> ColumnElement[Any]:
        place = func.strpos if self._dialect == "postgresql" else func.instr
        at = place(contacts.c.email, "@")
        return case((at > 0, func.nullif(func.substr(contacts.c.email, at + 1), "")))

    def _instant(self, instant: ColumnElement[Any], cmp: str, value: Any) -> ColumnElement[bool]:
        """A date comparison; NULL, where the fact is absent, passes `empty` and `not…` alone."""
        match cmp:
            case "before":
                return present(instant < big(expected_instant(value)))
            case "after":
                return present(instant > big(expected_instant(value)))
            case "between":
                first, last = (big(expected_instant(each)) for each in value)
                return present(and_(instant >= first, instant <= last))
            case "withinLastDays":
                return present(instant > self._days_ago(value))
            case "notWithinLastDays":
                return present(not_(instant > self._days_ago(value)), True)
            case "empty":
                return instant.is_(None)
            case "notEmpty":
                return instant.is_not(None)
        raise NotInSql(cmp)

    def _days_ago(self, days: float) -> ColumnElement[Any]:
        return cast(literal(self._at - days * DAY_MS, Double), Double)

    def _embedded(self, name: str, cmp: str, value: Any) -> Judged:
        text = named(contacts.c.embedded_data, name)
        if cmp == "is":
            return Judged(false(), false())  # what is stored is text, never true or false
        sample = value[0] if isinstance(value, list) and value else value
        if cmp in NUMBERS and not isinstance(sample, str):
            number, doubtful = number_in(text, self._dialect)
            return Judged(number_leaf(number, text.is_(None), cmp, value), doubtful)
        return text_leaf(text, cmp, value, self._dialect)

    def _measure(self, leaf: Mapping[str, Any]) -> Judged:
        name, *doubts = self._measures.of_leaf(leaf)
        doubtful = present(_column(doubts[0]) > 0) if doubts else false()
        measured: ColumnElement[Any] = _column(name)
        rest = leaf["field"].partition(".")[2]
        if rest.startswith("last"):
            return Judged(self._instant(measured, leaf["cmp"], leaf.get("value")), doubtful)
        absent: ColumnElement[bool] = measured.is_(None)
        if rest != "responseRate":
            measured, absent = func.coalesce(measured, 0), false()
        return Judged(
            number_leaf(cast(measured, Double), absent, leaf["cmp"], leaf.get("value")), doubtful
        )


def _column(name: str) -> ColumnElement[Any]:
    """A column of the aggregates, known by its name before they are joined."""
    return literal_column(f"of_{name[0]}.{name}")


def _on_list(list_id: str, opted_out: bool, value: bool) -> ColumnElement[bool]:
    there = and_(
        list_members.c.list_id == list_id, list_members.c.contact_id == contacts.c.contact_id
    )
    if opted_out:
        there = and_(there, list_members.c.unsubscribed.is_(True))
    found = exists().where(there).correlate(contacts)
    return found if value else not_(found)


def _earliest(changes: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    earliest: ColumnElement[Any] = big(NEVER)
    for change in changes:
        earliest = case((change < earliest, change), else_=earliest)
    return func.nullif(earliest, big(NEVER))

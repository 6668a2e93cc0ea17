"""Segment criteria as SQL: masks of many contacts in one statement.

Held equal to the reference evaluator by a property test. Where the database cannot say what the
reference would (letters beyond ASCII, fractions in sums) it says so, row by row.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Subquery,
    and_,
    bindparam,
    case,
    column,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
)

from askwell_edge.directory.criteria.judging import Judging
from askwell_edge.directory.criteria.sql_measures import Measures, double, first_end, window_lengths
from askwell_edge.directory.criteria.sql_texts import (
    NUMBERS,
    WHOLE,
    NotInSql,
    big,
    days_ms,
    domain_in,
    instant_leaf,
    least,
    letters_in_doubt,
    lowered,
    named,
    number_in,
    number_leaf,
    text_leaf,
)
from askwell_edge.directory.criteria.tallies import DOUBTFUL, NEVER, digit_of
from askwell_edge.directory.criteria.timelines import Chosen
from askwell_edge.directory.criteria.timing import DAYS_COMPARISONS, leaves_with_windows
from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import contacts, memberships
from askwell_runtime.activity import COUNTED, INVITES, LAST, RESPONSES

FIELDS = {
    "firstName": contacts.c.first_name,
    "lastName": contacts.c.last_name,
    "email": contacts.c.email,
    "phone": contacts.c.phone,
    "language": contacts.c.language,
    "extRef": contacts.c.external_reference,
}
INSTANTS = {"createdAt": contacts.c.created_at, "lastModified": contacts.c.modified_at}
# Keeps both databases from working out a subquery's columns again wherever they are used.
FENCE = 2**62


def judging(
    segments: Sequence[Mapping[Any, Any]], chosen: Chosen, at: int, dialect: str
) -> Judging:
    """Rows `contact_id, mask, doubtful, next_change_at, known_mask, known_next_at, known_at` of
    the chosen contacts as of `at`; `known_…` is what their memberships say, if there are any.

    Raises NotInSql when some segment is the reference's alone.
    """
    compiler = _Compiler(dialect, at)
    judged = [(row["ordinal"], compiler.node(row["criteria"])) for row in segments]
    moving = [leaf for row in segments for leaf in leaves_with_windows(row["criteria"])]
    changes = compiler.next_changes(moving)
    mask: ColumnElement[Any] = big(0)
    for ordinal, passes in judged:
        mask = mask + case((passes, big(1 << ordinal)), else_=big(0))
    columns: list[Any] = [
        *(column(name) for name in ("contact_id", "known_mask", "known_next_at", "known_at")),
        mask.label("mask"),
        or_(false(), *compiler.doubts()).label("doubtful"),
        func.nullif(least([*changes, big(NEVER)], dialect), big(NEVER)).label("next_change_at"),
    ]
    statement = select(*columns).select_from(compiler.facts(chosen))
    return Judging(statement, compiler.measures.tallies, chosen)


class _Compiler:
    """Criteria to SQL for one dialect, and the facts about contacts that they ask for."""

    def __init__(self, dialect: str, at: int) -> None:
        self._dialect = dialect
        self._at = at
        self.measures = Measures(dialect, at)
        # By question: a column's name and how it is made, from what is stored or from those.
        self._stored: dict[str, tuple[str, ColumnElement[Any]]] = {}
        self._made: dict[str, tuple[str, ColumnElement[Any]]] = {}
        self._doubts: dict[str, ColumnElement[bool]] = {}

    def node(self, node: Mapping[str, Any]) -> ColumnElement[bool]:
        """Whether a contact passes; NULL, which no group turns round, is as good as no."""
        if "op" not in node:
            return self._leaf(node)
        joined = and_ if node["op"] == "and" else or_
        return joined(*(self.node(item) for item in node["items"]))

    def next_changes(self, leaves: Sequence[Mapping[str, Any]]) -> list[ColumnElement[Any]]:
        """Instants after now at which something leaves one of the leaves' windows."""
        ends = []
        for leaf in leaves:
            if leaf["field"] in INSTANTS:
                instant = self._instant_of(leaf["field"])
                ends.append(first_end(instant, window_lengths(leaf), self._at))
            else:
                self.measures.watch(leaf)
        ends += [self._measured(name) for name in self.measures.next_changes()]
        return [func.coalesce(each, big(NEVER)) for each in ends]

    def doubts(self) -> list[ColumnElement[bool]]:
        """Where the database cannot say what the reference would."""
        timeline = self.measures.tallies.columns[:1]
        return [*self._doubts.values(), *(self._counted(each) == DOUBTFUL for each in timeline)]

    def facts(self, chosen: Chosen) -> Subquery:
        """The chosen contacts with what was asked about them, each worked out once."""
        source: Any = contacts.outerjoin(
            memberships, memberships.c.contact_id == contacts.c.contact_id
        )
        for part in self.measures.sources(chosen):
            source = source.outerjoin(part, part.c.contact_id == contacts.c.contact_id)
        stored = (
            select(
                contacts.c.contact_id,
                memberships.c.mask.label("known_mask"),
                memberships.c.next_change_at.label("known_next_at"),
                memberships.c.built_at.label("known_at"),
                *(made.label(name) for name, made in self._stored.values()),
            )
            .select_from(source)
            .where(within(bindparam("directory")), chosen(contacts.c.contact_id))
            .limit(FENCE)
            .subquery("stored")
        )
        if not self._made:
            return stored
        made = (made.label(name) for name, made in self._made.values())
        return select(stored, *made).limit(FENCE).subquery("facts")

    def _fact(self, question: str, stored: ColumnElement[Any]) -> ColumnElement[Any]:
        """What is stored about a contact, read once."""
        name, made = self._stored.setdefault(question, (f"stored_{len(self._stored)}", stored))
        return column(name, made.type)

    def _made_of(self, question: str, made: ColumnElement[Any]) -> ColumnElement[Any]:
        """What follows from what is stored, worked out once."""
        name, made = self._made.setdefault(question, (f"made_{len(self._made)}", made))
        return column(name, made.type)

    def _leaf(self, leaf: Mapping[str, Any]) -> ColumnElement[bool]:
        field, cmp, value = leaf["field"], leaf["cmp"], leaf.get("value")
        head, _, rest = field.partition(".")
        if field in FIELDS:
            return self._text(field, func.nullif(FIELDS[field], ""), cmp, value)
        if field == "emailDomain":
            return self._text(field, domain_in(contacts.c.email, self._dialect), cmp, value)
        if field in INSTANTS:
            return instant_leaf(self._instant_of(field), cmp, value, self._at)
        if field == "unsubscribed":
            return self._fact(field, contacts.c.unsubscribed).is_(value)
        if head in ("list", "listUnsubscribed"):
            name = self.measures.on_list(rest, opted_out=head == "listUnsubscribed")
            there = self._counted(name) > 0
            return there if value else not_(there)
        if head == "embeddedData":
            return self._embedded(rest, cmp, value)
        if head == "transactions":
            return self._transactions(leaf)
        return self._activity(rest, leaf)

    def _activity(self, name: str, leaf: Mapping[str, Any]) -> ColumnElement[bool]:
        cmp, value = leaf["cmp"], leaf.get("value")
        if name == "responseRate":
            answered = self._count_of(leaf, RESPONSES)
            invited = self._count_of(leaf, INVITES)
            rate = double(100 * answered) / double(func.nullif(invited, 0))
            return number_leaf(rate, invited == 0, cmp, value)
        if name in COUNTED:
            return number_leaf(self._count_of(leaf, COUNTED[name]), false(), cmp, value)
        if name not in LAST:
            raise NotInSql(name)
        if cmp in DAYS_COMPARISONS:
            lately = self._count_of(leaf, LAST[name], self._at - days_ms(leaf["value"])) > 0
            return lately if cmp == "withinLastDays" else not_(lately)
        last = self.measures.last_of(leaf)
        return instant_leaf(self._fact(last, func.nullif(_joined(last), 0)), cmp, value, self._at)

    def _count_of(
        self, leaf: Mapping[str, Any], types: Iterable[str], since: int = 0
    ) -> ColumnElement[Any]:
        name, place = self.measures.count_of(leaf, types, since)
        return digit_of(self._counted(name), place)

    def _text(
        self, field: str, text: ColumnElement[Any], cmp: str, value: Any
    ) -> ColumnElement[bool]:
        text = self._fact(field, text)
        if field == "extRef" or cmp in ("empty", "notEmpty"):
            return text_leaf(text, cmp, value, str)
        for letter, doubt in letters_in_doubt(text, cmp, value, self._dialect).items():
            self._doubts[f"{field} {letter}"] = doubt
        if cmp in (*WHOLE, "startsWith"):
            return text_leaf(lowered(text, self._dialect), cmp, value, str.lower)
        lower = self._made_of(f"lower {field}", func.lower(text))
        return text_leaf(lower, cmp, value, str.lower)

    def _embedded(self, name: str, cmp: str, value: Any) -> ColumnElement[bool]:
        text = named(contacts.c.embedded_data, name)
        if cmp == "is":
            return false()  # what is stored is text, never true or false
        sample = value[0] if isinstance(value, list) and value else value
        if cmp not in NUMBERS or isinstance(sample, str):
            return self._text(f"embedded {name}", text, cmp, value)
        text = self._fact(f"embedded {name}", text)
        number, self._doubts[f"number {name}"] = number_in(text, self._dialect)
        return number_leaf(number, text.is_(None), cmp, value)

    def _transactions(self, leaf: Mapping[str, Any]) -> ColumnElement[bool]:
        name, doubts = self.measures.transactions(leaf)
        self._doubts[doubts] = self._measured(doubts) > 0
        if leaf["field"] == "transactions.lastAt":
            return instant_leaf(self._measured(name), leaf["cmp"], leaf.get("value"), self._at)
        return number_leaf(double(self._counted(name)), false(), leaf["cmp"], leaf.get("value"))

    def _instant_of(self, field: str) -> ColumnElement[Any]:
        return self._fact(field, INSTANTS[field])

    def _measured(self, name: str) -> ColumnElement[Any]:
        return self._fact(name, _joined(name))

    def _counted(self, name: str) -> ColumnElement[Any]:
        return self._fact(f"counted {name}", func.coalesce(_joined(name), 0))


def _joined(name: str) -> ColumnElement[Any]:
    """A column of a subquery by contact, known by its name before they are joined."""
    return literal_column(f"{name.partition('_')[0]}.{name}")

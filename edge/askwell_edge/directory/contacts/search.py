"""Search for contacts: the API's filters, and pages that go on where the last one stopped."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, RowMapping, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.paging import pack_token, read_token
from askwell_edge.access.parameters import PAGE_LIMIT, PAGE_SIZE
from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.contacts.fields import NAME_LIMIT, email_key, phone_key, search_key
from askwell_edge.directory.contacts.ranges import Ways, begins, either, few_within
from askwell_edge.store.directory_keys import within
from askwell_edge.store.json_texts import text_under
from askwell_edge.store.tables import contacts, list_members, memberships

DEPTH_LIMIT = 10_000
FILTER_LIMIT = 20
FILTER_DEPTH = 4
WORDS = 3

_KEYED: Mapping[str, tuple[Any, Callable[[str | None], str | None]]] = {
    "firstName": (contacts.c.first_name_key, search_key),
    "lastName": (contacts.c.last_name_key, search_key),
    "email": (contacts.c.email_key, email_key),
    "phone": (contacts.c.phone_key, phone_key),
}
_COMPARISONS = ("eq", "neq", "contains", "startsWith")


def compile_filter(
    node: object, path: str = "filter", depth: int = FILTER_DEPTH
) -> tuple[ColumnElement[bool], Ways]:
    """An SQL condition from `{"filterType": "extRef", "comparison": "eq", "value": "U-1"}`, or
    from `{"conjunction": "and"|"or", "filters": [...]}`; and where an index finds whoever passes.

    The reference and embedded data alone mind letter case; names are found without accents too.
    """
    if not isinstance(node, Mapping):
        raise Invalid(path, "must be a map with filterType, comparison and value")
    if "filters" in node:
        return _group(node, path, depth)
    kind, comparison, value = (node.get(n) for n in ("filterType", "comparison", "value"))
    if comparison not in _COMPARISONS:
        raise Invalid(f"{path}.comparison", f"must be one of {', '.join(_COMPARISONS)}")
    if not isinstance(value, str) or not 1 <= len(value) <= 1024 or "\x00" in value:
        raise Invalid(f"{path}.value", "must be text of 1 to 1024 characters")
    column, wanted = _compared(kind, value, path)
    indexed = isinstance(column, Column)
    match comparison:
        case "eq":
            return column == wanted, [[column == wanted]] if indexed else []
        case "neq":
            return or_(column != wanted, column.is_(None)), []
        case "contains":
            return column.contains(wanted, autoescape=True), []
    return (
        column.startswith(wanted, autoescape=True),
        [[begins(column, wanted)]] if indexed else [],
    )


def beginning(typed: str) -> dict[str, Any] | None:
    """A filter for whom each of these words begins some field of; None without a word."""
    words = [
        {
            "conjunction": "or",
            "filters": [
                {"filterType": field, "comparison": "startsWith", "value": word}
                for field in (*_KEYED, "extRef")
            ],
        }
        for word in typed.split()[:WORDS]
    ]
    return {"conjunction": "and", "filters": words} if words else None


async def search_contacts(
    conn: AsyncConnection,
    directory_id: str,
    *,
    filter: object = None,
    list_id: str | None = None,
    segment: Mapping[Any, Any] | None = None,
    opted_out_since: int | None = None,
    bounced: bool = False,
    without_reference: bool = False,
    depth: int | None = None,
    page_size: int = PAGE_SIZE,
    skip_token: str | None = None,
    between: tuple[str, str] | None = None,
) -> tuple[Sequence[RowMapping], str | None]:
    """One page of contacts by id, and the token of the next page; None on the last one.

    On a list or in a `segment` alone if asked. With `opted_out_since` only those who opted out of
    the list, or without one of the directory, then or later; `bounced` those that mail does not
    reach; `without_reference` those that no page can recognise. No deeper than `depth` contacts.
    `between` two ids: after the one, up to the other.
    """
    if not 1 <= page_size <= PAGE_LIMIT:
        raise Invalid("pageSize", f"must be a whole number from 1 to {PAGE_LIMIT}")
    last, passed = read_token(skip_token, str, int) or (None, 0)
    if depth is not None and passed >= depth:
        raise Invalid("skipToken", f"goes no deeper than {depth} contacts; use an export")
    wanted = select(contacts).where(within(directory_id))
    if list_id is not None:
        wanted = wanted.add_columns(
            list_members.c.unsubscribed.label("list_unsubscribed"),
            list_members.c.unsubscribed_at.label("list_unsubscribed_at"),
        ).join(
            list_members,
            and_(
                list_members.c.contact_id == contacts.c.contact_id,
                list_members.c.list_id == list_id,
            ),
        )
    if segment is not None:
        wanted = wanted.join(
            memberships,
            and_(
                memberships.c.contact_id == contacts.c.contact_id,
                memberships.c.mask.bitwise_and(1 << segment["ordinal"]) != 0,
            ),
        )
    if filter is not None:
        passes, ways = compile_filter(filter)
        few = await few_within(conn, directory_id, ways)
        wanted = wanted.where(passes if few is None else and_(passes, few))
    if opted_out_since is not None:
        about = contacts if list_id is None else list_members
        wanted = wanted.where(
            about.c.unsubscribed.is_(True), about.c.unsubscribed_at >= opted_out_since
        )
    if bounced:
        wanted = wanted.where(contacts.c.suppressed_at.is_not(None))
    if without_reference:
        wanted = wanted.where(contacts.c.external_reference.is_(None))
    if between is not None:
        low, high = between
        wanted = wanted.where(contacts.c.contact_id > low, contacts.c.contact_id <= high)
    if last is not None:
        wanted = wanted.where(contacts.c.contact_id > last)
    page = wanted.order_by(contacts.c.contact_id).limit(page_size)
    rows = (await conn.execute(page)).mappings().all()
    if len(rows) < page_size:
        return rows, None
    return rows, pack_token(rows[-1]["contact_id"], passed + len(rows))


def _group(node: Mapping[str, Any], path: str, depth: int) -> tuple[ColumnElement[bool], Ways]:
    parts = node["filters"]
    conjunction = node.get("conjunction", "and")
    if conjunction not in ("and", "or"):
        raise Invalid(f"{path}.conjunction", "must be one of and, or")
    if not depth or not isinstance(parts, list) or not 1 <= len(parts) <= FILTER_LIMIT:
        raise Invalid(
            f"{path}.filters",
            f"must have 1 to {FILTER_LIMIT} filters, nested at most {FILTER_DEPTH} deep",
        )
    compiled = [
        compile_filter(each, f"{path}.filters[{i}]", depth - 1) for i, each in enumerate(parts)
    ]
    conditions, ways = [each[0] for each in compiled], [each[1] for each in compiled]
    if conjunction == "or":
        return or_(*conditions), either(ways)
    return and_(*conditions), [way for each in ways for way in each]


def _compared(kind: object, value: str, path: str) -> tuple[Any, str]:
    """The column, and the value in that column's form."""
    if kind == "extRef":
        return contacts.c.external_reference, value
    if kind in _KEYED:
        column, key = _KEYED[str(kind)]
        return column, key(value) or ""
    if kind == "contactId":
        return contacts.c.contact_id, value
    head, _, name = kind.partition(".") if isinstance(kind, str) else ("", "", "")
    if head == "embeddedData" and 1 <= len(name) <= NAME_LIMIT and "\x00" not in name:
        return text_under(contacts.c.embedded_data, name), value
    known = ", ".join(["contactId", "extRef", *_KEYED, "embeddedData.NAME"])
    raise Invalid(f"{path}.filterType", f"must be one of {known}")

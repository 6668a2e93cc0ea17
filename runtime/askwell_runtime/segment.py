"""Segments: a contact judged by criteria. The reference that every faster evaluation must equal.

A group is `{"op": "and"|"or", "items": [...]}`, a leaf `{"field": ..., "cmp": ..., "value": ...}`:
`firstName lastName email emailDomain phone language extRef` (extRef alone minds letter case),
`embeddedData.NAME`, `createdAt lastModified`, `unsubscribed`, `list.CG_...` and
`listUnsubscribed.CG_...` (booleans), `transactions.MEASURE` and `activity.MEASURE` (activity.py).
"""

from __future__ import annotations

from .activity import measure
from .criterion import BOOLEAN, DATE, EMBEDDED, EXACT_TEXT, FOLDED_TEXT, NUMBER
from .errors import CriteriaError
from .fact import ABSENT
from .fields import Fields
from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .activity import Touchpoint, Transaction
    from .criterion import Comparisons

    Criteria = Callable[["ContactFacts", int], bool]
    Read = Callable[["ContactFacts", int], object]

DEPTH_LIMIT = 8
LEAF_LIMIT = 100

TEXT_FIELDS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "language": "language",
    "extRef": "external_reference",
}


class ContactFacts(Value):
    """What criteria may ask about one contact; `lists` says by list whether it is opted out."""

    fields: Mapping[str, str | None]
    embedded_data: Mapping[str, object]
    created_at: int
    modified_at: int
    unsubscribed: bool
    lists: Mapping[str, bool]
    touchpoints: Sequence[Touchpoint]
    transactions: Sequence[Transaction]


def compile_criteria(criteria: object, path: str = "criteria") -> Criteria:
    """A test of contacts at an instant; CriteriaError with the path of what is malformed."""
    return _compile(criteria, path, DEPTH_LIMIT, [])


def _compile(node: object, path: str, depth: int, leaves: list[str]) -> Criteria:
    spec = Fields(node, path, CriteriaError)
    if "op" not in spec.raw:
        leaves.append(path)
        if len(leaves) > LEAF_LIMIT:
            raise CriteriaError(path, f"more than {LEAF_LIMIT} comparisons")
        return _leaf(spec)
    if not depth:
        raise CriteriaError(path, f"nested more than {DEPTH_LIMIT} deep")
    joined = all if spec.one_of("op", ("and", "or")) == "and" else any
    items = spec.items("items", LEAF_LIMIT)
    if not items:
        raise spec.refuse("items", "at least one is expected")
    parts = [
        _compile(item, f"{spec.at('items')}[{i}]", depth - 1, leaves)
        for i, item in enumerate(items)
    ]
    return lambda contact, now: joined(part(contact, now) for part in parts)


def _leaf(spec: Fields) -> Criteria:
    read, comparisons = _field(spec)
    compare = comparisons[spec.one_of("cmp", comparisons)]
    try:
        check = compare(spec.raw.get("value"))
    except ValueError as problem:
        raise spec.refuse("value", str(problem)) from problem
    return lambda contact, now: check(read(contact, now), now)


def _field(spec: Fields) -> tuple[Read, Comparisons]:
    """How a leaf's field is read, and the comparisons that suit it."""
    field = spec.text("field")
    if field in TEXT_FIELDS:
        stored = TEXT_FIELDS[field]
        table = EXACT_TEXT if field == "extRef" else FOLDED_TEXT
        return lambda contact, now: contact.fields.get(stored) or ABSENT, table
    if field in PLAIN_FIELDS:
        return PLAIN_FIELDS[field]
    head, _, rest = field.partition(".")
    if head == "list" and rest:
        return lambda contact, now: rest in contact.lists, BOOLEAN
    if head == "listUnsubscribed" and rest:
        return lambda contact, now: contact.lists.get(rest, False), BOOLEAN
    if head == "embeddedData" and rest:
        return lambda contact, now: _embedded(contact, rest), EMBEDDED
    found = measure(spec, field)
    if found is None:
        raise spec.refuse("field", f"there is no field {field!r}")
    of_contact, is_date = found
    return of_contact, DATE if is_date else NUMBER


def _embedded(contact: ContactFacts, name: str) -> object:
    value = contact.embedded_data.get(name)
    return ABSENT if value is None else value


def _domain(contact: ContactFacts, now: int) -> object:
    return (contact.fields.get("email") or "").partition("@")[2] or ABSENT


PLAIN_FIELDS: Mapping[str, tuple[Read, Comparisons]] = {
    "emailDomain": (_domain, FOLDED_TEXT),
    "createdAt": (lambda contact, now: contact.created_at, DATE),
    "lastModified": (lambda contact, now: contact.modified_at, DATE),
    "unsubscribed": (lambda contact, now: contact.unsubscribed, BOOLEAN),
}

"""A filter by embedded data in the address of a page: `?field=tier&cmp=eq&value=gold`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from askwell_edge.access.refusals import Invalid
from askwell_edge.console.visit import Visit
from askwell_edge.directory.contacts.fields import NAME_LIMIT, VALUE_LIMIT
from askwell_edge.directory.contacts.search import beginning

FIELDS = ("field", "cmp", "value")
# As the API calls a comparison, and how it is said of a field.
COMPARISONS: Mapping[str, str] = {
    "eq": "is",
    "neq": "is not",
    "contains": "contains",
    "startsWith": "begins with",
}


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Those alone whose embedded data `field` compares so with `value`; letter case matters."""

    field: str
    cmp: str
    value: str

    @property
    def query(self) -> dict[str, str]:
        """What says so in an address."""
        return {"field": self.field, "cmp": self.cmp, "value": self.value}

    @property
    def comparison(self) -> str:
        """`begins with`."""
        return COMPARISONS[self.cmp]

    def beside(self, typed: str) -> dict[str, Any]:
        """The API's filter for this, and for the beginnings that were typed if any were."""
        kind = f"embeddedData.{self.field}"
        own = {"filterType": kind, "comparison": self.cmp, "value": self.value}
        words = beginning(typed)
        return {"conjunction": "and", "filters": [words, own]} if words else own


def narrowed_by(visit: Visit) -> Narrowing | None:
    """What the address asks for; None where it says nothing of embedded data."""
    field, cmp, value = (visit.query(name) for name in FIELDS)
    if not field and not value:
        return None
    for name, text, limit in (("field", field, NAME_LIMIT), ("value", value, VALUE_LIMIT)):
        if not 1 <= len(text) <= limit:
            raise Invalid(name, f"must have 1 to {limit:,} characters")
    if (cmp or "eq") not in COMPARISONS:
        raise Invalid("cmp", f"must be one of {', '.join(COMPARISONS)}")
    return Narrowing(field, cmp or "eq", value)

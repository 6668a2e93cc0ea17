"""When time alone may next change a contact's membership: the windows that will move past it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from askwell_runtime.activity import COUNTED, INVITES, LAST, RESPONSES
from askwell_runtime.criterion import instant_of
from askwell_runtime.segment import ContactFacts

DAY_MS = 86_400_000
DAYS_COMPARISONS = ("withinLastDays", "notWithinLastDays")

_TYPES: Mapping[str, frozenset[str]] = {
    **COUNTED,
    **LAST,
    "frustrationCount": COUNTED["sessionCount"],
    "responseRate": RESPONSES | INVITES,
}


def leaves_with_windows(criteria: object) -> list[dict[str, Any]]:
    """The comparisons of checked criteria whose outcome depends on the instant."""
    if not isinstance(criteria, dict):
        return []
    if "op" in criteria:
        return [leaf for item in criteria["items"] for leaf in leaves_with_windows(item)]
    moving = criteria.get("withinDays") is not None or criteria["cmp"] in DAYS_COMPARISONS
    return [criteria] if moving else []


def next_change(leaves: Iterable[Mapping[str, Any]], facts: ContactFacts, at: int) -> int | None:
    """The earliest instant after `at` at which something leaves a window; None = never.

    May be earlier than needed, never later: evaluating once too often changes nothing.
    """
    ends = (
        end
        for leaf in leaves
        for instant in _instants(leaf, facts)
        for end in _ends(leaf, instant)
        if end > at
    )
    return min(ends, default=None)


def _ends(leaf: Mapping[str, Any], instant: int) -> list[int]:
    """When the window of `withinDays`, and the days compared with, have passed the instant."""
    ends = []
    if leaf.get("withinDays") is not None:
        ends.append(instant + leaf["withinDays"] * DAY_MS)
    if leaf["cmp"] in DAYS_COMPARISONS:
        # Days may be broken: the first whole millisecond that is not within them any more.
        ends.append(instant - int(-leaf["value"] * DAY_MS // 1))
    return ends


def _instants(leaf: Mapping[str, Any], facts: ContactFacts) -> Sequence[int]:
    field = leaf["field"]
    head, _, rest = field.partition(".")
    if field == "createdAt":
        return (facts.created_at,)
    if field == "lastModified":
        return (facts.modified_at,)
    if head == "embeddedData":
        instant = instant_of(facts.embedded_data.get(rest))
        return () if instant is None else (instant,)
    if head == "transactions":
        return [each.at for each in facts.transactions]
    if head == "activity":
        types = _TYPES.get(rest, frozenset())
        return [each.at for each in facts.touchpoints if each.type in types]
    return ()

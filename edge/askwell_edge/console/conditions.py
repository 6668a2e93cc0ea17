"""Conditions in plain words, as nested lists that a template can draw."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from askwell_edge.projects.drafts import leaves_of

WEEKDAYS = ("", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

SUBJECTS: Mapping[str, str] = {
    "url": "the page's address",
    "referrer": "the previous page's address",
    "history": "an earlier page of the visit",
    "query": "the query parameter",
    "cookie": "the cookie",
    "value": "the page's value",
    "language": "the browser's language",
    "device": "the device",
    "browser": "the browser",
    "os": "the operating system",
    "page_count": "the number of pages seen",
    "time_on_site_s": "the seconds on the site",
    "time_on_page_s": "the seconds on this page",
    "tracked": "how often the page tracked",
    "date": "the date",
    "weekday": "the day of the week",
    "time": "the time of day",
}
COMPARISONS: Mapping[str, str] = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "not_contains": "does not contain",
    "starts_with": "starts with",
    "not_starts_with": "does not start with",
    "ends_with": "ends with",
    "not_ends_with": "does not end with",
    "matches": "matches",
    "not_matches": "does not match",
    "set": "is set",
    "not_set": "is not set",
    "empty": "is empty",
    "not_empty": "is not empty",
    "is_true": "is true",
    "is_false": "is false",
    "eq": "is",
    "neq": "is not",
    "lt": "is less than",
    "lte": "is at most",
    "gt": "is more than",
    "gte": "is at least",
    "between": "is between",
    "before": "is before",
    "after": "is after",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison: `the page's address contains /cart`; a template makes `value` stand out."""

    subject: str
    comparison: str
    value: str = ""
    ending: str = ""
    titles: tuple[tuple[str, str], ...] = ()  # ids that lead somewhere, with their names


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that all hold (`and`) or of which one holds (`or`)."""

    joint: str
    parts: tuple["Line | Group", ...]


def in_words(node: object, names: Mapping[str, str]) -> Line | Group | None:
    """The condition as people read it: `and` binds closer than `or`. None: always passes."""
    if node is None or node == []:
        return None
    if isinstance(node, dict):
        return line_of(node, names)
    assert isinstance(node, list)  # noqa: S101  checked when it was saved
    alternatives: list[list[Line | Group]] = [[]]
    for part in node:
        if part == "or":
            alternatives.append([])
        elif part != "and" and (read := in_words(part, names)) is not None:
            alternatives[-1].append(read)
    if not all(alternatives):  # one that always passes is all that counts
        return None
    return _group("or", [_group("and", parts) for parts in alternatives])


def line_of(leaf: Mapping[str, Any], names: Mapping[str, str]) -> Line:
    """One comparison; `names` has the names of segments and intercepts by their ids."""
    kind, cmp, value = leaf["kind"], leaf["cmp"], leaf.get("value")
    negative = cmp == "is_not"
    match kind:
        case "segment":
            ids = value if isinstance(value, list) else [value]
            titles = tuple((str(each), names.get(str(each), str(each))) for each in ids)
            said = "is not in" if negative else "is in"
            noun = "the segment" if len(ids) == 1 else "one of the segments"
            return Line("the contact", f"{said} {noun}", titles=titles)
        case "displayed":
            which = leaf["intercept_id"]
            shown = "any invitation" if which == "any" else names.get(which, which)
            said = "has not been shown" if negative else "has been shown"
            return Line("this browser", said, shown, _within(leaf))
        case "action_taken":
            said = "has not taken" if negative else "has taken"
            action = names.get(leaf["action_id"], leaf["action_id"])
            return Line("this browser", said, action, _within(leaf))
        case "survey_taken":
            said = "has not taken" if negative else "has taken"
            return Line("this browser", said, f"the survey {leaf['survey_id']}")
    name = leaf.get("name") or leaf.get("path")
    subject = SUBJECTS.get(kind, kind) + (f" {name}" if name else "")
    zone = leaf.get("zone")
    ending = ""
    if kind in ("date", "weekday", "time"):
        ending = f"in {zone}" if zone else "where the visitor is"
    return Line(subject, COMPARISONS.get(cmp, cmp), _value(kind, cmp, value), ending)


def likely_page(origins: Sequence[str], drafts: Iterable[Mapping[str, Any]]) -> str:
    """An address to begin with: the first that a condition asks for, else the site's own."""
    origin = origins[0] if origins else ""
    for leaf in (leaf for draft in drafts for leaf in leaves_of(draft["condition"])):
        if leaf["kind"] == "url" and leaf["cmp"] in ("is", "contains", "starts_with", "ends_with"):
            if leaf["value"].startswith(("https://", "http://")):
                return str(leaf["value"])
            if origin and leaf["value"].startswith("/"):
                return origin + str(leaf["value"])
    return f"{origin}/" if origin else ""


def _within(leaf: Mapping[str, Any]) -> str:
    return "in this session" if leaf.get("within") == "session" else "ever"


def _value(kind: str, cmp: str, value: object) -> str:
    if value is None:
        return ""
    if cmp == "between" and isinstance(value, list):
        return " and ".join(str(each) for each in value)
    parts = value if isinstance(value, list) else [value]
    if kind == "weekday":
        return ", ".join(WEEKDAYS[each] for each in parts if isinstance(each, int))
    return " or ".join(str(each) for each in parts)


def _group(joint: str, parts: list[Line | Group]) -> Line | Group:
    return parts[0] if len(parts) == 1 else Group(joint, tuple(parts))


# When a creative shows, once it may.
def timing(timing: Mapping[str, Any]) -> str:
    """`after 2 seconds`, `when half of the page was scrolled`."""
    match timing.get("on"):
        case "delay":
            seconds = timing.get("delay_s", 0)
            return f"{seconds} second{'' if seconds == 1 else 's'} after the page has loaded"
        case "scroll":
            return f"when {timing.get('percent', 0)} % of the page has been scrolled"
        case "exit":
            return "when the visitor is about to leave"
        case "click":
            return f"when {timing.get('selector', '')} is clicked"
        case "manual":
            return "when the page calls QSI.API.run()"
    return "as soon as the page has loaded"

"""Which facts a condition may ask about, as one table: how each is read and compared.

A reader answers None for "not known", which passes nothing, and ABSENT for "known not to be there".
"""

from __future__ import annotations

from .fact import ABSENT, HAPPENED, SET, TRUTH
from .localtime import DAY_S, day_text, local_seconds, offset_for, time_text
from .model import Snapshot
from .moment import DATE, TIME, WEEKDAY
from .number import NUMBER
from .query import parameter
from .text import ANY_TEXT, CHOICE, EMPTY, LANGUAGE, TEXT, choices

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .fact import Comparisons, Test
    from .fields import Fields
    from .localtime import Offset
    from .model import Request

    Reader = Callable[[Snapshot, Request], object]
    # The name that a leaf asks by, for the debugger, and how its fact is read.
    Prepare = Callable[[Fields, Mapping[str, Offset]], tuple[str | None, Reader]]

WITHIN = ("session", "ever")


def page(fact: str) -> Prepare:
    """A fact of the page as it stands in the request."""
    return lambda leaf, zones: (None, lambda snapshot, request: getattr(request.page, fact))


def named(fact: str, key: str, absent: object = ABSENT) -> Prepare:
    """One name out of a map of the page, such as one cookie."""

    def prepare(leaf: Fields, zones: Mapping[str, Offset]) -> tuple[str | None, Reader]:
        name = leaf.text(key)

        def read(snapshot: Snapshot, request: Request) -> object:
            known = getattr(request.page, fact)
            return None if known is None else known.get(name, absent)

        return name, read

    return prepare


def query(leaf: Fields, zones: Mapping[str, Offset]) -> tuple[str | None, Reader]:
    name = leaf.text("name")

    def read(snapshot: Snapshot, request: Request) -> object:
        url = request.page.url
        return None if url is None else parameter(url, name)

    return name, read


def local(part: Callable[[int], int]) -> Prepare:
    """A part of the local clock, in the zone that the leaf names or the visitor's own."""

    def prepare(leaf: Fields, zones: Mapping[str, Offset]) -> tuple[str | None, Reader]:
        zone = leaf.text("zone", None)
        offset = offset_for(zone, zones)

        def read(snapshot: Snapshot, request: Request) -> object:
            seconds = local_seconds(request, offset)
            return None if seconds is None else part(seconds)

        return zone, read

    return prepare


def happened(fact: str, key: str) -> Prepare:
    """Whether a display or an action happened in this browser, in the session or ever."""

    def prepare(leaf: Fields, zones: Mapping[str, Offset]) -> tuple[str | None, Reader]:
        wanted = leaf.text(key)
        ever = leaf.one_of("within", WITHIN, "ever") == "ever"

        def read(snapshot: Snapshot, request: Request) -> object:
            known = getattr(request.page, fact)
            if known is None:
                return None
            found = known.values() if wanted == "any" else [known.get(wanted)]
            return any(seen is not None and (ever or seen.session) for seen in found)

        return wanted, read

    return prepare


def survey(leaf: Fields, zones: Mapping[str, Offset]) -> tuple[str | None, Reader]:
    wanted = leaf.text("survey_id")

    def read(snapshot: Snapshot, request: Request) -> object:
        taken = request.page.surveys
        return None if taken is None else wanted in taken

    return wanted, read


def segment_test(negative: bool) -> Callable[[object], Test]:
    """Whether the contact is in any of some segments; None while that is not known yet.

    A visitor without a contact is in no segment: `is` fails and `is_not` passes (R3).
    """

    def prepare(value: object) -> Test:
        wanted = frozenset(choices(value))
        if not isinstance(value, list) or not all(each.startswith("SG_") for each in wanted):
            raise ValueError("a list of segment ids, SG_..., is expected")

        def test(snapshot: Snapshot) -> bool | None:
            if snapshot.visitor != "known":
                return negative
            if wanted & snapshot.segments - snapshot.pending:
                return not negative
            return None if wanted & snapshot.pending else negative

        return test

    return prepare


def segments(leaf: Fields, zones: Mapping[str, Offset]) -> tuple[str | None, Reader]:
    return None, lambda snapshot, request: snapshot


KINDS: Mapping[str, tuple[Prepare, Comparisons]] = {
    "url": (page("url"), TEXT),
    "referrer": (page("referrer"), TEXT),
    "history": (page("history"), ANY_TEXT),
    "query": (query, {**TEXT, **EMPTY}),
    "cookie": (named("cookies", "name"), {**TEXT, **SET}),
    "value": (named("values", "path"), {**TEXT, **NUMBER, **SET, **TRUTH}),
    "language": (page("language"), LANGUAGE),
    "device": (page("device"), CHOICE),
    "browser": (page("browser"), CHOICE),
    "os": (page("os"), CHOICE),
    "page_count": (page("page_count"), NUMBER),
    "time_on_site_s": (page("time_on_site_s"), NUMBER),
    "time_on_page_s": (page("time_on_page_s"), NUMBER),
    "tracked": (named("tracked", "name", absent=0), NUMBER),
    "date": (local(lambda seconds: seconds // DAY_S), DATE),
    "weekday": (local(lambda seconds: (seconds // DAY_S + 3) % 7 + 1), WEEKDAY),
    "time": (local(lambda seconds: seconds % DAY_S), TIME),
    "segment": (segments, {"is": segment_test(False), "is_not": segment_test(True)}),
    "displayed": (happened("displayed", "intercept_id"), HAPPENED),
    "action_taken": (happened("actions", "action_id"), HAPPENED),
    "survey_taken": (survey, HAPPENED),
}

SHOWN_AS: Mapping[str, Callable[[int], str]] = {"date": day_text, "time": time_text}


def shown(kind: str, actual: object, expected: object) -> object:
    """A fact as the debugger writes it, in JSON's own types; of segments only their ids."""
    if isinstance(actual, Snapshot):
        known = actual.segments - actual.pending
        return [each for each in choices(expected) if each in known]
    if actual is None or actual is ABSENT:
        return None
    if kind in SHOWN_AS and isinstance(actual, int):
        return SHOWN_AS[kind](actual)
    return list(actual) if isinstance(actual, tuple) else actual

"""Counts of touchpoints, several of them in one number.

An aggregate costs about the same for each touchpoint whatever it adds up, and that is most of a
rebuild. So counts are added up five at a time, as digits of one number.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func

from askwell_edge.directory.sql_texts import big
from askwell_edge.store.tables import touchpoints

DIGIT_BITS = 10
DIGITS = 5  # so that no sum leaves 64 bits below eight million touchpoints of one contact
MOST = (1 << DIGIT_BITS) - 1  # a contact with more touchpoints is in doubt
ABOUT = {"surveyId": touchpoints.c.survey_id, "interceptId": touchpoints.c.intercept_id}


class Tally(NamedTuple):
    """Which touchpoints count: their types, after which instant, and what they are about."""

    types: frozenset[str]
    since: int
    about: tuple[tuple[str, str], ...] = ()


class Tallies:
    """The counts that criteria asked for, as columns of an aggregate by contact."""

    def __init__(self) -> None:
        self._places: dict[Tally, int] = {}

    def ask(self, tally: Tally) -> tuple[int, int]:
        """In which of the sums this is counted, and where in it."""
        return divmod(self._places.setdefault(tally, len(self._places)), DIGITS)

    def sums(self) -> list[ColumnElement[Any]]:
        """The numbers, each with up to five counts."""
        asked = list(self._places)
        return [_sum(asked[start : start + DIGITS]) for start in range(0, len(asked), DIGITS)]


def digit_of(sum: ColumnElement[Any], place: int) -> ColumnElement[int]:
    """The count at this place of a sum."""
    return sum.bitwise_rshift(place * DIGIT_BITS).bitwise_and(MOST)


def _sum(tallies: Sequence[Tally]) -> ColumnElement[Any]:
    """What each touchpoint adds to each of these, added up."""
    ones = {tally: 1 << n * DIGIT_BITS for n, tally in enumerate(tallies)}
    types = sorted(frozenset[str]().union(*(tally.types for tally in tallies)))
    added = {
        type: _added({tally: one for tally, one in ones.items() if type in tally.types})
        for type in types
    }
    return cast(func.sum(case(added, value=touchpoints.c.type)), BigInteger)


def _added(ones: Mapping[Tally, int]) -> ColumnElement[Any]:
    """What a touchpoint of a type adds: by its age, and by what it is about."""
    by_age = [(tally.since, one) for tally, one in ones.items() if not tally.about]
    steps = [
        (touchpoints.c.at > big(age), big(sum(one for since, one in by_age if since <= age)))
        for age in sorted({since for since, _ in by_age}, reverse=True)
    ]
    terms: list[ColumnElement[Any]] = [case(*steps, else_=big(0))] if steps else []
    for tally, one in ones.items():
        if tally.about:
            about = (ABOUT[name] == value for name, value in tally.about)
            counts = and_(touchpoints.c.at > big(tally.since), *about)
            terms.append(case((counts, big(one)), else_=big(0)))
    return reduce(add, terms)

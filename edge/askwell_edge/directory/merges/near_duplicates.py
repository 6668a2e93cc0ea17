"""Contacts who may be one person though no identity rule says so: for people to review.

The score only suggests. Nothing is ever merged by it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from rapidfuzz.distance import JaroWinkler
from sqlalchemy import RowMapping, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.identity import IdentityRule, rule_key, rules_of
from askwell_edge.directory.merges.distinct import distinct_of
from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import contacts

LIKELY = 85
SHOWN = 100
GROUPS = 500
GROUP_LIMIT = 50
CANDIDATES = 500
# How much each likeness says, of those that both contacts have.
WEIGHTS = {"name": 4, "email": 3, "phone": 3}
# Two references are two records of another system: seldom the same person.
OTHER_REFERENCE = 0.85


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two contacts, how alike they are in per cent, and in what."""

    one: RowMapping
    two: RowMapping
    score: int
    parts: Mapping[str, int]


def likeness(one: Mapping[Any, Any], two: Mapping[Any, Any]) -> tuple[int, dict[str, int]]:
    """The score of two contacts, and of each part that both of them have; at least two parts."""
    parts: dict[str, int] = {}
    for part, texts in (("name", _name), ("email", _address), ("phone", _number)):
        a, b = texts(one), texts(two)
        if a and b:
            parts[part] = round(100 * JaroWinkler.normalized_similarity(a, b))
    if len(parts) < 2:
        return 0, parts
    weight = sum(WEIGHTS[part] for part in parts)
    score = sum(WEIGHTS[part] * each for part, each in parts.items()) / weight
    references = {one["external_reference"], two["external_reference"]} - {None}
    return round(score * (OTHER_REFERENCE if len(references) == 2 else 1)), parts


async def near_duplicates(conn: AsyncConnection, directory_id: str) -> list[Likeness]:
    """The likeliest pairs of contacts with one last name, of the first 500 such names.

    Whom an identity rule calls one person is left out: a merge by the rules finds them. So is who
    was told apart.
    """
    rules = [rule for rule in await rules_of(conn, directory_id) if rule.enabled]
    groups = (
        select(contacts.c.last_name_key)
        .where(within(directory_id), contacts.c.last_name_key.is_not(None))
        .group_by(contacts.c.last_name_key)
        .having(func.count().between(2, GROUP_LIMIT))
        .order_by(contacts.c.last_name_key)
        .limit(GROUPS)
    )
    names = list((await conn.execute(groups)).scalars())
    wanted = (
        select(contacts)
        .where(within(directory_id), contacts.c.last_name_key.in_(names))
        .order_by(contacts.c.last_name_key, contacts.c.created_at, contacts.c.contact_id)
    )
    groups_found: dict[str, list[RowMapping]] = {}
    for row in (await conn.execute(wanted)).mappings():
        groups_found.setdefault(row["last_name_key"], []).append(row)
    distinct = await distinct_of(conn, directory_id)
    pairs = (pair for rows in groups_found.values() for pair in combinations(rows, 2))
    return _likely(
        (one, two)
        for one, two in pairs
        if two["contact_id"] not in distinct.get(one["contact_id"], ())
        and not any(_says(rule, one, two) for rule in rules)
    )


async def similar_to(conn: AsyncConnection, row: RowMapping) -> list[Likeness]:
    """Who may be the same person as this contact."""
    same = [
        contacts.c[key] == row[key]
        for key in ("last_name_key", "phone_key", "email_key")
        if row[key] is not None
    ]
    if not same:
        return []
    wanted = (
        select(contacts)
        .where(
            within(row["directory_id"]),
            contacts.c.contact_id != row["contact_id"],
            or_(*same),
        )
        .limit(CANDIDATES)
    )
    others = (await conn.execute(wanted)).mappings().all()
    distinct = await distinct_of(conn, row["directory_id"])
    apart = distinct.get(row["contact_id"], ())
    return _likely((row, other) for other in others if other["contact_id"] not in apart)


def _says(rule: IdentityRule, one: RowMapping, two: RowMapping) -> bool:
    """Whether the rule calls the two one person."""
    key = rule_key(rule, dict(one))
    return bool(key) and key == rule_key(rule, dict(two))


def _likely(pairs: Iterable[tuple[RowMapping, RowMapping]]) -> list[Likeness]:
    found = [Likeness(one, two, *likeness(one, two)) for one, two in pairs]
    likely = [each for each in found if each.score >= LIKELY]
    likely.sort(key=lambda each: (-each.score, each.one["contact_id"], each.two["contact_id"]))
    return likely[:SHOWN]


def _name(row: Mapping[Any, Any]) -> str:
    return " ".join(row[key] for key in ("first_name_key", "last_name_key") if row[key])


def _address(row: Mapping[Any, Any]) -> str:
    return row["email_key"] or ""


def _number(row: Mapping[Any, Any]) -> str:
    return row["phone_key"] or ""

"""Which contacts that are there already are one person, by the directory's identity rules.

The database names those who share a value that some rule compares, and nobody else is read:
whoever shares nothing merges with nobody.
"""

from collections.abc import AsyncGenerator, Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, select, true, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.identity import (
    INDEXED,
    IdentityRule,
    compared_columns,
    rule_key,
    rules_of,
)
from askwell_edge.directory.merges.distinct import Distinct, distinct_of
from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import contacts

PART = 500  # contacts that are compared while everybody else waits

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """`merged_id` is the same person as the older `survivor_id`, says the rule."""

    survivor_id: str
    merged_id: str
    rule_position: int


async def find_pairs(
    conn: AsyncConnection, directory_id: str, *, since: int | None = None
) -> list[Pair]:
    """What a merge would merge, oldest contact first; `since`: only contacts created then or later.

    A contact is matched with the older ones by the first rule that finds one. What it brings
    with it counts from then on for the survivor too, as it would after the merge. Nobody becomes
    one with somebody from whom they are told apart, nor with whomever that one has become.
    """
    rules = await rules_of(conn, directory_id)
    parts = pairs_in_parts(conn, directory_id, rules, since=since)
    return [pair async for part in parts for pair in part]


def still_one(pairs: Sequence[Pair], distinct: Distinct) -> list[Pair]:
    """Those of the pairs, in order, that nobody has told apart since they were found."""
    became: dict[str, str] = {}
    kept: list[Pair] = []
    for pair in pairs:
        others = {became.get(each, each) for each in distinct.get(pair.merged_id, ())}
        if pair.survivor_id not in others:
            became[pair.merged_id] = pair.survivor_id
            kept.append(pair)
    return kept


async def pairs_in_parts(
    conn: AsyncConnection,
    directory_id: str,
    rules: Sequence[IdentityRule],
    *,
    since: int | None = None,
) -> AsyncGenerator[list[Pair], None]:
    """The same by any rules, those of some contacts at a time, the others still to be compared."""
    rules = [rule for rule in rules if rule.enabled]
    columns = compared_columns(rules)
    roots: list[dict[Key, str]] = [{} for _ in rules]
    distinct = await distinct_of(conn, directory_id)
    became: dict[str, str] = {}  # of those who are told apart from somebody
    wanted = candidates(directory_id, rules).execution_options(yield_per=PART)
    rows = await conn.stream(wanted)
    try:
        async for part in rows.partitions():
            pairs: list[Pair] = []
            for created_at, contact_id, *values in part:
                fields = dict(zip(columns, values, strict=True))
                keys = [rule_key(rule, fields) for rule in rules]
                others = {became.get(each, each) for each in distinct.get(contact_id, ())}
                root, found = contact_id, _first(rules, roots, keys, others)
                if found is not None and (since is None or created_at >= since):
                    position, root = found
                    pairs.append(Pair(root, contact_id, position))
                if others:
                    became[contact_id] = root
                for known, key in zip(roots, keys, strict=True):
                    if key:
                        known.setdefault(key, root)
            yield pairs
    finally:
        await rows.close()


def candidates(directory_id: str, rules: Sequence[IdentityRule]) -> Select[Any]:
    """Who may merge by these rules, oldest first: age, id, and what the rules compare."""
    columns = compared_columns(rules)
    wanted = select(*(contacts.c[name] for name in ("created_at", "contact_id", *columns)))
    here = within(directory_id)
    match [_sharing(directory_id, rule) for rule in rules]:
        case []:
            alike: ColumnElement[bool] = false()
        case [one]:
            alike = one
        case several:  # an index for each
            found = (select(contacts.c.contact_id).where(here, each) for each in several)
            alike = contacts.c.contact_id.in_(union_all(*found))
    return wanted.where(here, alike).order_by(contacts.c.created_at, contacts.c.contact_id)


def _sharing(directory_id: str, rule: IdentityRule) -> ColumnElement[bool]:
    """Who shares what the rule is looked up by; everybody where that is in no index."""
    indexed = [field for field in INDEXED if field in rule.fields]
    if not indexed:
        return true()
    # Names have one index together; of others the first says enough.
    columns = [INDEXED[field] for field in (indexed if "name" in indexed[0] else indexed[:1])]
    shared = (
        select(*columns)
        .where(within(directory_id), *(each.is_not(None) for each in columns))
        .group_by(*columns)
        .having(func.count() > 1)
    )
    return columns[0].in_(shared) if len(columns) == 1 else tuple_(*columns).in_(shared)


def _first(
    rules: Sequence[IdentityRule],
    roots: Sequence[dict[Key, str]],
    keys: Sequence[Key],
    others: Set[str],
) -> tuple[int, str] | None:
    for rule, known, key in zip(rules, roots, keys, strict=True):
        if key and key in known and known[key] not in others:
            return rule.position, known[key]
    return None

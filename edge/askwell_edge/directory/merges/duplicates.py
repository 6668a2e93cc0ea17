"""Which contacts that are there already are one person, by the directory's identity rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.fields import TEXTS
from askwell_edge.directory.contacts.identity import IdentityRule, rule_keys, rules_of
from askwell_edge.store.tables import contacts

PAGE = 1000

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
    with it counts from then on for the survivor too, as it would after the merge.
    """
    rules = [rule for rule in await rules_of(conn, directory_id) if rule.enabled]
    seen: list[dict[Key, str]] = [{} for _ in rules]
    roots: dict[str, str] = {}
    pairs: list[Pair] = []
    for created_at, contact_id, keys in sorted(await _keyed(conn, directory_id, rules)):
        found = _first(rules, seen, keys)
        root = contact_id
        if found is not None and (since is None or created_at >= since):
            root = roots.get(found[1], found[1])
            roots[contact_id] = root
            pairs.append(Pair(root, contact_id, found[0]))
        for known, key in zip(seen, keys, strict=True):
            if key:
                known.setdefault(key, root)
    return pairs


async def _keyed(
    conn: AsyncConnection, directory_id: str, rules: Sequence[IdentityRule]
) -> list[tuple[int, str, tuple[Key, ...]]]:
    """Each contact's age, id and what every rule compares it by; read page by page."""
    columns = ("contact_id", "created_at", "embedded_data", *TEXTS)
    found: list[tuple[int, str, tuple[Key, ...]]] = []
    last = ""
    while True:
        wanted = (
            select(*(contacts.c[column] for column in columns))
            .where(contacts.c.directory_id == directory_id, contacts.c.contact_id > last)
            .order_by(contacts.c.contact_id)
            .limit(PAGE)
        )
        rows = (await conn.execute(wanted)).mappings().all()
        for row in rows:
            keys = tuple(_key(rule, dict(row)) for rule in rules)
            found.append((row["created_at"], row["contact_id"], keys))
        if len(rows) < PAGE:
            return found
        last = rows[-1]["contact_id"]


def _key(rule: IdentityRule, fields: dict[Any, Any]) -> Key:
    """Empty where the contact lacks a value, so that the rule says nothing of it."""
    keys = rule_keys(rule, fields)
    return () if keys is None else tuple(keys[field] for field in rule.fields)


def _first(
    rules: Sequence[IdentityRule],
    seen: Sequence[dict[Key, str]],
    keys: Sequence[Key],
) -> tuple[int, str] | None:
    for rule, known, key in zip(rules, seen, keys, strict=True):
        if key and key in known:
            return rule.position, known[key]
    return None

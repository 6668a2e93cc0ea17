"""Identity resolution: up to three ordered rules that say when two contacts are one person.

All fields of a rule must match; the first rule that finds somebody is the only one used. The
external reference is compared byte for byte (R1), everything else without regard to case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Invalid
from askwell_edge.directory.contacts.contacts import NEWEST_FIRST
from askwell_edge.directory.contacts.fields import KEYS, NAME_LIMIT, TEXTS, search_key, text_key
from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import contacts, identity_rules

RULE_LIMIT = 3
FIELD_LIMIT = 6
EMBEDDED = "embedded_data."

_COLUMNS = {api_name: column for column, (api_name, _) in TEXTS.items()}
_NAMES = {column: api_name for api_name, column in _COLUMNS.items()}


@dataclass(frozen=True, slots=True)
class IdentityRule:
    """One rule. `fields` are columns, or `embedded_data.` and a name."""

    position: int
    fields: tuple[str, ...]
    enabled: bool = True


def api_field(field: str) -> str:
    """A rule's field as the API calls it: `extRef`, `embeddedData.member`."""
    if field.startswith(EMBEDDED):
        return f"embeddedData.{field.removeprefix(EMBEDDED)}"
    return _NAMES[field]


def read_rule_fields(names: Sequence[str], path: str = "fields") -> list[str]:
    """Columns from the API's names; refuses an unknown or repeated one by name."""
    if not 1 <= len(names) <= FIELD_LIMIT:
        raise Invalid(path, f"must name 1 to {FIELD_LIMIT} contact fields")
    fields: list[str] = []
    for i, name in enumerate(names):
        plain = name.removeprefix("embeddedData.")
        if plain != name and not 1 <= len(plain) <= NAME_LIMIT:
            raise Invalid(f"{path}[{i}]", f"the name must have 1 to {NAME_LIMIT} characters")
        column = EMBEDDED + plain if plain != name else _COLUMNS.get(name)
        if column is None:
            known = ", ".join(_COLUMNS)
            raise Invalid(f"{path}[{i}]", f"must be one of {known} or embeddedData.NAME")
        if column in fields:
            raise Invalid(f"{path}[{i}]", f"{name} is there twice")
        fields.append(column)
    return fields


def read_rules(rules: Sequence[tuple[Sequence[str], bool]]) -> list[IdentityRule]:
    """Rules of these `(columns, enabled)`, in this order; refuses a fourth, and one twice."""
    if len(rules) > RULE_LIMIT:
        raise Conflict("identity_rule_limit", f"rules: at most {RULE_LIMIT} rules a directory")
    wanted = [set(columns) for columns, _ in rules]
    for i, columns in enumerate(wanted):
        if columns in wanted[:i]:
            raise Invalid(f"rules[{i}].fields", "two rules have the same fields")
    return [
        IdentityRule(position, tuple(columns), enabled)
        for position, (columns, enabled) in enumerate(rules, start=1)
    ]


async def rules_of(conn: AsyncConnection, directory_id: str) -> list[IdentityRule]:
    """The directory's rules in their order, switched off ones too."""
    rows = await conn.execute(
        select(identity_rules)
        .where(identity_rules.c.directory_id == directory_id)
        .order_by(identity_rules.c.position)
    )
    return [IdentityRule(r.position, tuple(r.fields), r.enabled) for r in rows]


async def has_reference_rule(conn: AsyncConnection, directory_id: str) -> bool:
    """True when an enabled rule is exactly the external reference, as links need it."""
    rules = await rules_of(conn, directory_id)
    return any(r.enabled and r.fields == ("external_reference",) for r in rules)


async def set_rules(
    conn: AsyncConnection, directory_id: str, rules: Sequence[tuple[Sequence[str], bool]]
) -> None:
    """Replace the directory's rules by these `(columns, enabled)`, in this order.

    Earlier merges stay; only later arrivals use the new rules.
    """
    wanted = read_rules(rules)
    await conn.execute(delete(identity_rules).where(identity_rules.c.directory_id == directory_id))
    for rule in wanted:
        await conn.execute(
            insert(identity_rules).values(
                directory_id=directory_id,
                position=rule.position,
                fields=list(rule.fields),
                enabled=rule.enabled,
            )
        )


async def matching_rule(
    conn: AsyncConnection,
    directory_id: str,
    fields: Mapping[str, Any],
    rules: Sequence[IdentityRule] | None = None,
) -> tuple[int, str] | None:
    """Position of the first rule that finds a contact, and that contact's id; else None.

    A rule is passed over when `fields` lack a value for any of its fields.
    """
    for rule in rules if rules is not None else await rules_of(conn, directory_id):
        found = await match(conn, directory_id, rule, fields) if rule.enabled else None
        if found is not None:
            return rule.position, found
    return None


async def match(
    conn: AsyncConnection, directory_id: str, rule: IdentityRule, fields: Mapping[str, Any]
) -> str | None:
    """The contact that one rule finds; of several the most recently modified one."""
    keys = rule_keys(rule, fields)
    if keys is None:
        return None
    loose = {field: key for field, key in keys.items() if field not in EXACT}
    columns = dict.fromkeys(["contact_id", *(field.partition(".")[0] for field in loose)])
    wanted = (
        select(*(contacts.c[each] for each in columns))
        .where(within(directory_id), *_narrowed(keys))
        .order_by(*NEWEST_FIRST)
    )
    for row in (await conn.execute(wanted)).mappings():
        if all(_key(field, row) == key for field, key in loose.items()):
            return str(row["contact_id"])
    return None


def rule_keys(rule: IdentityRule, fields: Mapping[str, Any]) -> dict[str, str] | None:
    """What each field of the rule is compared by; None when a value is missing."""
    keys = rule_key(rule, fields)
    return dict(zip(rule.fields, keys, strict=True)) if keys else None


def rule_key(rule: IdentityRule, fields: Mapping[Any, Any]) -> tuple[str, ...]:
    """The same in the order of the rule's fields; empty when a value is missing."""
    keys = []
    for field in rule.fields:
        key = _key(field, fields)
        if key is None:
            return ()
        keys.append(key)
    return tuple(keys)


def same_person(rule: IdentityRule, one: Mapping[Any, Any], two: Mapping[Any, Any]) -> bool:
    """Whether the rule, asked alone, calls these two one person."""
    key = rule_key(rule, one)
    return bool(key) and key == rule_key(rule, two)


def compared_columns(rules: Sequence[IdentityRule]) -> list[str]:
    """The columns that `rule_key` looks at for these rules: keys where they say it all."""
    fields = dict.fromkeys(field.partition(".")[0] for rule in rules for field in rule.fields)
    return [KEYS[field][0] if field in EXACT and field in KEYS else field for field in fields]


# Fields that have a column to be found by, with an index; the most telling first.
INDEXED: Mapping[str, ColumnElement[Any]] = {
    "external_reference": contacts.c.external_reference,
    "email": contacts.c.email_key,
    "phone": contacts.c.phone_key,
    "last_name": contacts.c.last_name_key,
    "first_name": contacts.c.first_name_key,
}

# Those whose column is what a rule compares. The columns of names know no accents: they only
# find whoever may be meant.
EXACT = frozenset({"external_reference", "email", "phone"})


def sought(field: str, key: str) -> str:
    """What the column of an indexed field holds where a rule compares by this key."""
    return key if field in EXACT else search_key(key) or key


def _key(field: str, fields: Mapping[Any, Any]) -> str | None:
    if field.startswith(EMBEDDED):
        return _embedded_key(fields.get("embedded_data") or {}, field.removeprefix(EMBEDDED))
    value = fields.get(field)
    if field == "external_reference":
        return value or None
    if field not in EXACT:
        return text_key(value)
    key, normalised = KEYS[field]
    return fields[key] if key in fields else normalised(value)


def _embedded_key(pairs: Mapping[str, Any], name: str) -> str | None:
    for each, value in pairs.items():
        if each.casefold() == name.casefold() and value is not None:
            return text_key(str(value))
    return None


def _narrowed(keys: Mapping[str, str]) -> list[ColumnElement[bool]]:
    return [INDEXED[field] == sought(field, key) for field, key in keys.items() if field in INDEXED]

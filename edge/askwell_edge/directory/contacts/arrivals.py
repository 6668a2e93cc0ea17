"""A contact that arrives by API, list or file: the person it is already, or somebody new."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.contacts import create_contact, get_contact, update_contact
from askwell_edge.directory.contacts.identity import (
    IdentityRule,
    matching_rule,
    rule_keys,
    rules_of,
)
from askwell_edge.directory.history import record_change
from askwell_edge.store.locks import hold

# What an arrival may do, whether it is somebody new or somebody who is there.
Mode = Literal["upsert", "create_only", "update_only"]
Outcome = Literal["created", "updated", "unchanged", "exists", "nobody"]


class Arrival(Struct, frozen=True, gc=False):  # there are very many, and none is in a circle
    """What became of it. `exists` and `nobody` wrote nothing: the mode forbade it."""

    outcome: Outcome
    contact_id: str | None
    rule_position: int | None = None
    before: Mapping[Any, Any] | None = None  # the contact as it was, where it was changed


async def receive_contact(
    conn: AsyncConnection,
    directory_id: str,
    fields: Mapping[str, Any],
    at: int,
    *,
    mode: Mode = "upsert",
    write_blanks: bool = False,
    rules: Sequence[IdentityRule] | None = None,
) -> Arrival:
    """Update the contact that an identity rule finds, or create one when none does.

    Blank fields leave what is there, unless `write_blanks`; an opt-out is never taken back here.
    """
    if rules is None:
        rules = await rules_of(conn, directory_id)
    await hold(conn, identity_names(directory_id, rules, fields))
    found = await matching_rule(conn, directory_id, fields, rules)
    if found is None:
        if mode == "update_only":
            return Arrival("nobody", None)
        created = await create_contact(conn, directory_id, fields, at)
        if fields.get("unsubscribed"):
            await record_change(conn, directory_id, created, "opted_out", at, "api")
        return Arrival("created", created)
    position, contact_id = found
    if mode == "create_only":
        return Arrival("exists", contact_id, position)
    kept = dict(fields) if write_blanks else without_blanks(fields)
    if not kept.get("unsubscribed"):
        kept.pop("unsubscribed", None)
    before = await get_contact(conn, directory_id, contact_id)
    if not await update_contact(conn, directory_id, contact_id, kept, at):
        return Arrival("unchanged", contact_id, position)
    if kept.get("unsubscribed") and not before["unsubscribed"]:
        await record_change(conn, directory_id, contact_id, "opted_out", at, "api")
    return Arrival("updated", contact_id, position, before)


def without_blanks(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that say something."""
    kept = {name: value for name, value in fields.items() if value is not None}
    if "embedded_data" in kept:
        pairs = kept["embedded_data"].items()
        kept["embedded_data"] = {k: v for k, v in pairs if v not in (None, "")}
    return kept


def identity_names(
    directory_id: str, rules: Iterable[IdentityRule], fields: Mapping[str, Any]
) -> set[str]:
    """A name for each identity that these fields claim; two with none in common never clash."""
    names = set()
    if fields.get("external_reference"):
        names.add(f"{directory_id}\x1fexternal_reference\x1f{fields['external_reference']}")
    for rule in rules:
        keys = rule_keys(rule, fields) if rule.enabled else None
        if keys is not None:
            pairs = "\x1f".join(f"{field}\x1f{key}" for field, key in sorted(keys.items()))
            names.add(f"{directory_id}\x1f{pairs}")
    return names

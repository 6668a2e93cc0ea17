"""Contacts that a page view adds by itself: create only, and unique under every identity rule."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.contacts.arrivals import identity_names
from askwell_edge.directory.contacts.contacts import create_contact, find_by_reference
from askwell_edge.directory.contacts.fields import read_fields
from askwell_edge.directory.contacts.identity import match, rules_of
from askwell_edge.directory.history import record_change
from askwell_edge.directory.segments.membership import evaluate_if_live
from askwell_edge.store.locks import hold


async def create_from_page(
    conn: AsyncConnection,
    directory_id: str,
    reference: str | None,
    fields: Mapping[str, Any],
    at: int,
    *,
    channel: str = "web",
    project_id: str | None = None,
) -> tuple[str, str | None]:
    """Result code and the contact's id: `("created", "CID_…")`, `("exists", "CID_…")`, or no id
    with `no_reference`, `invalid` or `conflict_rule:2` (somebody else matches rule 2).

    Never changes a contact that exists. An app (`channel="app"`) brings its reference alone.
    """
    if not reference:
        return "no_reference", None
    wanted = _wanted(reference, {} if channel == "app" else fields)
    if wanted is None:
        return "invalid", None
    rules = await rules_of(conn, directory_id)
    await hold(conn, identity_names(directory_id, rules, wanted))
    present = await find_by_reference(conn, directory_id, reference)
    if present is not None:
        return "exists", present["contact_id"]
    for rule in rules:
        if rule.enabled and await match(conn, directory_id, rule, wanted) is not None:
            return f"conflict_rule:{rule.position}", None
    contact_id = await create_contact(conn, directory_id, wanted, at)
    await record_change(
        conn, directory_id, contact_id, "contact_created", at, channel, project_id=project_id
    )
    await evaluate_if_live(conn, directory_id, contact_id, at)
    return "created", contact_id


def _wanted(reference: str, fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """What can be stored of the fields; None when the reference itself cannot be."""
    try:
        wanted = read_fields({"external_reference": reference})
    except Invalid:
        return None
    for name, value in fields.items():
        if name != "external_reference":
            with suppress(Invalid):
                wanted |= read_fields({name: value})
    wanted.pop("unsubscribed", None)
    return wanted

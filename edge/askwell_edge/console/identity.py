"""Identity rules: when two contacts are one person."""

import asyncio
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.roles import Permission, require
from askwell_edge.console.comparing import FIELDS, fields_in_words, pairs_found
from askwell_edge.console.pages import CSRF_FIELD, action, form
from askwell_edge.console.visit import Visit
from askwell_edge.directory import directories_api
from askwell_edge.directory.contacts.identity import RULE_LIMIT, api_field, rules_of
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.merges import merges_api

HERE = "/directories/{directory_id}/identity"
CHOICES = [(name, title) for name, title in FIELDS.items() if name != "unsubscribed"]


async def rules(visit: Visit) -> Response:
    """GET: up to three rules, tried in their order."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        await get_directory(conn, directory_id)
        kept = await rules_of(conn, directory_id)
    shown: list[dict[str, Any]] = [
        {"fields": [api_field(each) for each in rule.fields], "enabled": rule.enabled}
        for rule in kept
    ]
    if visit.problem is not None:
        shown = [rule or {"fields": [], "enabled": True} for rule in _typed(visit)]
    shown += [{"fields": [], "enabled": True}] * (RULE_LIMIT - len(shown))
    named = {name for name, _ in CHOICES}
    for rule in shown:
        rule["others"] = [
            each.removeprefix("embeddedData.") for each in rule["fields"] if each not in named
        ]
    return await visit.page("identity.html", rules=shown, choices=CHOICES)


async def change(visit: Visit) -> Response:
    """POST: these rules from now on; earlier merges stay."""
    await visit.call(directories_api.put_rules, {"rules": [r for r in _typed(visit) if r]})
    return visit.go(f"/console/directories/{visit.path('directory_id')}/identity", done="saved")


async def preview(visit: Visit) -> Response:
    """POST: what would merge by the rules as they are ticked, beside what the saved ones would."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    typed = [rule for rule in _typed(visit) if rule]
    found, saved = await asyncio.gather(
        visit.call(merges_api.preview, {"rules": typed}), visit.call(merges_api.preview, {})
    )
    async with visit.reading() as conn:
        told = await pairs_found(conn, found)
    return visit.part(
        "identity_preview.html",
        directory_id=directory_id,
        preview=found,
        saved=saved,
        rules={number: fields_in_words(rule["fields"]) for number, rule in enumerate(typed, 1)},
        asked=[pair for pair in visit.pairs if pair[0] != CSRF_FIELD],
        **told,
    )


async def refused(visit: Visit) -> Response:
    """What is wrong with the ticked rules, where the preview would be."""
    return visit.part("identity_preview.html", directory_id=visit.path("directory_id"))


def _typed(visit: Visit) -> list[dict[str, Any] | None]:
    """Each rule as it was ticked; None where nothing is."""
    typed: list[dict[str, Any] | None] = []
    for number in range(1, RULE_LIMIT + 1):
        others = [each.strip() for each in visit.text(f"others_{number}").split(",")]
        fields = [*visit.texts(f"fields_{number}")]
        fields += [f"embeddedData.{each}" for each in others if each]
        enabled = visit.text(f"enabled_{number}") == "yes"
        typed.append({"fields": fields, "enabled": enabled} if fields else None)
    return typed


routes: list[BaseRoute] = [
    form(HERE, rules, change),
    action(f"{HERE}/preview", refused, preview),
]

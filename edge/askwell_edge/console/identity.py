"""Identity rules: when two contacts are one person."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.calls import Answering
from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Permission, require
from askwell_edge.console.comparing import (
    FIELDS,
    differences_found,
    fields_in_words,
    rule_in_words,
)
from askwell_edge.console.pages import CSRF_FIELD, action, form
from askwell_edge.console.visit import Visit, misplaced
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
    shown: list[dict[str, Any] | None] = [
        {"fields": [api_field(each) for each in rule.fields], "enabled": rule.enabled}
        for rule in kept
    ]
    if visit.problem is not None:
        shown = _typed(visit)
    return await visit.page("identity.html", rules=_drawn(shown), choices=CHOICES)


async def change(visit: Visit) -> Response:
    """POST: these rules from now on; earlier merges stay."""
    await _call(visit, directories_api.put_rules)
    return visit.go(f"/console/directories/{visit.path('directory_id')}/identity", done="saved")


async def preview(visit: Visit) -> Response:
    """POST: what would merge by the rules as they are ticked, beside what the saved ones would."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    found, saved = await asyncio.gather(
        _call(visit, merges_api.preview), visit.call(merges_api.preview, {})
    )
    async with visit.reading() as conn:
        kept = await rules_of(conn, directory_id)
        differences = await differences_found(conn, found, saved)
    return visit.part(
        "identity_preview.html",
        directory_id=directory_id,
        preview=found,
        saved=saved,
        typed_rules={
            number: fields_in_words(rule["fields"]) for number, rule in enumerate(_sent(visit), 1)
        },
        saved_rules={rule.position: rule_in_words(rule) for rule in kept},
        asked=[pair for pair in visit.pairs if pair[0] != CSRF_FIELD],
        **differences,
    )


async def refused(visit: Visit) -> Response:
    """The rules again with what is wrong beside its field; else the refusal in the preview's place.

    The rules are not where the preview goes, so the answer says where it goes itself.
    """
    facts = {"directory_id": visit.path("directory_id"), "rules": _drawn(_typed(visit))}
    answer = visit.part("identity_refused.html", choices=CHOICES, **facts)
    if isinstance(visit.problem, Invalid):
        answer.headers.update({"HX-Retarget": "#rules", "HX-Reswap": "outerHTML"})
    return answer


async def _call(visit: Visit, answering: Answering) -> Any:
    """A call of the API with the rules that were typed; a refusal names the form's own field."""
    try:
        return await visit.call(answering, {"rules": _sent(visit)})
    except Invalid as problem:
        raise _in_the_form(visit, problem) from None


def _in_the_form(visit: Visit, problem: Invalid) -> Invalid:
    """The API counts the rules that were sent, from 0; the form has those without fields too."""
    found = re.match(r"rules\[(\d+)\]\.fields(?:\[(\d+)\])?", problem.field)
    if found is None:
        return problem
    typed = _typed(visit)
    number, rule = [(n, rule) for n, rule in enumerate(typed, 1) if rule][int(found[1])]
    names = rule["fields"] if found[2] is None else [rule["fields"][int(found[2])]]
    ticked = any(not each.startswith("embeddedData.") for each in names)
    return misplaced(
        f"{'fields' if ticked else 'others'}_{number}", f"Rule {number}", problem.limit
    )


def _sent(visit: Visit) -> list[dict[str, Any]]:
    """The rules that have a field."""
    return [rule for rule in _typed(visit) if rule]


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


def _drawn(rules: Sequence[dict[str, Any] | None]) -> list[dict[str, Any]]:
    """As many rules as there may be; `others` are the embedded data of each."""
    named = {name for name, _ in CHOICES}
    drawn = []
    for rule in [*rules, *[None] * (RULE_LIMIT - len(rules))]:
        shown = rule or {"fields": [], "enabled": True}
        others = [each for each in shown["fields"] if each not in named]
        drawn.append({**shown, "others": [each.removeprefix("embeddedData.") for each in others]})
    return drawn


routes: list[BaseRoute] = [
    form(HERE, rules, change),
    action(f"{HERE}/preview", refused, preview),
]

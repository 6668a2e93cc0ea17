"""A draft intercept: defaults, checked by the core itself as if it were published alone."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Invalid
from askwell_edge.projects.zones import clock_changes
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import creatives, intercepts, segments
from askwell_runtime import condition as conditions
from askwell_runtime import wire
from askwell_runtime.errors import BundleError

DEFAULTS: Mapping[str, Any] = {
    "linked": False,
    "frequency_control": False,
    "passive": False,
    "requires_storage": False,
    "sample_rate": 10_000,
    "randomise": False,
    "survey_id": None,
    "schedule": {"from_at": None, "until_at": None},
    "repeat_s": None,
    "timing": {"on": "load"},
    "condition": None,
    "actions": [],
}
ACTION_DEFAULTS: Mapping[str, Any] = {
    "sample_rate": 10_000,
    "condition": None,
    "survey_id": None,
    "target": {"kind": "none"},
}
_ACTION_NAMES = {"id", "creative_id", *ACTION_DEFAULTS}
_OWN_PATH = re.compile(r"^intercepts\[0\]\.?")


async def read_draft(
    conn: AsyncConnection, project: RowMapping, given: Mapping[str, Any], at: int
) -> dict[str, Any]:
    """The complete draft; refuses with the path of what is malformed (`condition[2].cmp`)."""
    for name in given:
        if name not in DEFAULTS:
            raise Invalid(f"draft.{name}", f"must be one of {', '.join(DEFAULTS)}")
    draft = {**DEFAULTS, **given, "actions": _read_actions(given.get("actions", []))}
    if draft["linked"] and project["directory_id"] is None:
        raise Conflict(
            "project_not_linked",
            "draft.linked: link the project with a directory first, then the intercept",
        )
    if draft["frequency_control"] and not draft["linked"]:
        raise Invalid(
            "draft.frequency_control", "needs the intercept to be linked with the directory"
        )
    known = await definitions_of(conn, project["project_id"])
    compiled = compile_draft(draft, known, at)
    await _check_segments(conn, project, conditions.segments_named(compiled))
    await _check_intercepts(conn, project["project_id"], draft)
    return draft


def compile_draft(draft: Mapping[str, Any], known: Mapping[str, Any], at: int) -> Any:
    """The draft as the core would judge it: a bundle with this intercept alone."""
    alone = {
        "v": 1,
        "project_id": "ZN_draft",
        "intercepts": [{**draft, "id": "SI_draft", "version": 0, "created_at": at}],
        "creatives": dict(known),
    }
    try:
        # First without zones: it finds malformed nodes before their zones are looked for.
        wire.pack_bundle(alone)
        zones = {name: clock_changes(name, at) for name in conditions.zones_named(alone)}
        return wire.read_bundle(wire.pack_bundle({**alone, "zones": zones}))
    except BundleError as refusal:
        path = _OWN_PATH.sub("", refusal.path) or "draft"
        raise Invalid(path, refusal.problem) from None


async def definitions_of(conn: AsyncConnection, project_id: str) -> dict[str, Any]:
    """The project's creatives by id, as they are drafted now."""
    rows = await conn.execute(
        select(creatives.c.creative_id, creatives.c.definition).where(
            creatives.c.project_id == project_id
        )
    )
    return {row.creative_id: row.definition for row in rows}


def warnings_for(draft: Mapping[str, Any]) -> list[str]:
    """What is allowed but seldom wise, in words for the operator."""
    warnings = []
    if draft["passive"] and draft["frequency_control"]:
        warnings.append(
            "Passive feedback is seen on many devices; frequency rules are not advised for it."
        )
    if not draft["actions"]:
        warnings.append("There is no action set yet, so nothing can show.")
    return warnings


def _read_actions(given: object) -> list[dict[str, Any]]:
    if not isinstance(given, list):
        raise Invalid("actions", "must be a list")
    actions = []
    for i, each in enumerate(given):
        if not isinstance(each, dict):
            raise Invalid(f"actions[{i}]", "must be a map")
        for name in each:
            if name not in _ACTION_NAMES:
                raise Invalid(
                    f"actions[{i}].{name}", f"must be one of {', '.join(sorted(_ACTION_NAMES))}"
                )
        actions.append({**ACTION_DEFAULTS, "id": new_id("AS"), **each})
    return actions


async def _check_segments(
    conn: AsyncConnection, project: RowMapping, wanted: frozenset[str]
) -> None:
    """Segments of the project's own directory alone may be named (D13)."""
    if not wanted:
        return
    if project["directory_id"] is None:
        raise Conflict(
            "project_not_linked", "condition: link the project before its segments are used"
        )
    rows = await conn.execute(
        select(segments.c.segment_id).where(
            segments.c.directory_id == project["directory_id"], segments.c.segment_id.in_(wanted)
        )
    )
    strange = wanted - {row.segment_id for row in rows}
    if strange:
        raise Invalid(
            "condition", f"the project's directory has no segment {', '.join(sorted(strange))}"
        )


async def _check_intercepts(
    conn: AsyncConnection, project_id: str, draft: Mapping[str, Any]
) -> None:
    wanted = {
        leaf["intercept_id"]
        for node in (draft["condition"], *(action["condition"] for action in draft["actions"]))
        for leaf in leaves_of(node)
        if leaf["kind"] == "displayed" and leaf["intercept_id"] != "any"
    }
    rows = await conn.execute(
        select(intercepts.c.intercept_id).where(
            intercepts.c.project_id == project_id, intercepts.c.intercept_id.in_(wanted)
        )
    )
    strange = wanted - {row.intercept_id for row in rows}
    if strange:
        raise Invalid("condition", f"the project has no intercept {', '.join(sorted(strange))}")


def leaves_of(node: object) -> list[dict[str, Any]]:
    """The comparisons of a checked condition, in order."""
    if isinstance(node, dict):
        return [node]
    return [leaf for part in node for leaf in leaves_of(part)] if isinstance(node, list) else []

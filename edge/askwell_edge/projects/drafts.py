"""A draft intercept: defaults, checked by the core itself as if it were published alone."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
# A comparison of a condition, with its place.
Leaf = tuple[str, dict[str, Any]]
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
    compile_draft(draft, known, at)
    leaves = list(_leaves_in(draft))
    await _check_segments(conn, project, dict(_segments_named(leaves)))
    await _check_intercepts(conn, project["project_id"], leaves)
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
    conn: AsyncConnection, project: RowMapping, named: Mapping[str, str]
) -> None:
    """Segments of the project's own directory alone may be named (D13); `named` by their places."""
    if not named:
        return
    if project["directory_id"] is None:
        place = next(iter(named))
        raise Conflict(
            "project_not_linked", f"{place}: link the project before its segments are used"
        )
    rows = await conn.execute(
        select(segments.c.segment_id).where(
            segments.c.directory_id == project["directory_id"],
            segments.c.segment_id.in_(set(named.values())),
        )
    )
    known = {row.segment_id for row in rows}
    for path, name in named.items():
        if name not in known:
            raise Invalid(path, f"the project's directory has no segment {name}")


async def _check_intercepts(conn: AsyncConnection, project_id: str, leaves: Sequence[Leaf]) -> None:
    named = {
        f"{path}.intercept_id": leaf["intercept_id"]
        for path, leaf in leaves
        if leaf["kind"] == "displayed" and leaf["intercept_id"] != "any"
    }
    rows = await conn.execute(
        select(intercepts.c.intercept_id).where(
            intercepts.c.project_id == project_id,
            intercepts.c.intercept_id.in_(set(named.values())),
        )
    )
    known = {row.intercept_id for row in rows}
    for path, name in named.items():
        if name not in known:
            raise Invalid(path, f"the project has no intercept {name}")


def _leaves_in(draft: Mapping[str, Any]) -> Iterator[Leaf]:
    yield from leaves_at(draft["condition"], "condition")
    for i, action in enumerate(draft["actions"]):
        yield from leaves_at(action["condition"], f"actions[{i}].condition")


def _segments_named(leaves: Iterable[Leaf]) -> Iterator[tuple[str, str]]:
    for path, leaf in leaves:
        if leaf["kind"] == "segment" and isinstance(leaf["value"], list):
            yield from ((f"{path}.value[{i}]", name) for i, name in enumerate(leaf["value"]))
        elif leaf["kind"] == "segment":
            yield f"{path}.value", leaf["value"]


def leaves_of(node: object) -> list[dict[str, Any]]:
    """The comparisons of a checked condition, in order."""
    return [leaf for _, leaf in leaves_at(node, "")]


def leaves_at(node: object, path: str) -> Iterator[Leaf]:
    """The same, each with its place: `("condition[2][0]", {"kind": "url", …})`."""
    if isinstance(node, dict):
        yield path, node
    elif isinstance(node, list):
        for i, part in enumerate(node):
            yield from leaves_at(part, f"{path}[{i}]")

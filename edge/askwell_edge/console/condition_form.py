"""The builder of a condition on a page: what was typed or is kept, and what lines may name."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.calls import Answering
from askwell_edge.access.refusals import Invalid
from askwell_edge.console import targeting, trees
from askwell_edge.console.conditions import COMPARISONS
from askwell_edge.console.visit import Visit
from askwell_edge.directory.segments.membership import segments_of
from askwell_edge.projects.intercepts import list_intercepts

# Suggested; any other that the host knows will do.
ZONES = (
    *("UTC", "Europe/London", "Europe/Berlin", "Europe/Madrid", "Europe/Athens", "Europe/Moscow"),
    *("Africa/Cairo", "Africa/Lagos", "Africa/Johannesburg", "Asia/Dubai", "Asia/Kolkata"),
    *("Asia/Bangkok", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland"),
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    *("America/Mexico_City", "America/Bogota", "America/Sao_Paulo"),
)


async def builder_facts(
    conn: AsyncConnection, visit: Visit, project: Mapping[Any, Any], present: Any
) -> dict[str, Any]:
    """What condition_fields.html draws: the lines as they were typed, or those of `present`."""
    if visit.request.method == "POST":
        tree = trees.grown(targeting.typed(visit.pairs), visit.text("do"))
        tree = trees.marked(tree, visit.problem)
    else:
        tree = targeting.rows_of(present)
    directory_id = project["directory_id"]
    kinds = targeting.comparisons()
    rows = await list_intercepts(conn, project["project_id"])
    ticked = {*targeting.PICKED, *targeting.HAPPENED, *targeting.LISTED, "segment"}
    return {
        "tree": tree,
        "titles": targeting.TITLES,
        "kinds": kinds,
        "comparison_titles": {cmp: COMPARISONS[cmp] for table in kinds.values() for cmp in table},
        "valued": [kind for kind in kinds if kind not in ticked],
        "valueless": targeting.VALUELESS,
        "picked": targeting.PICKED,
        "segments": await segments_of(conn, directory_id) if directory_id else [],
        "intercepts": [(row["intercept_id"], row["name"]) for row in rows],
        "action_sets": [
            (action["id"], f"{row['name']}, action set {number}")
            for row in rows
            for number, action in enumerate(row["draft"]["actions"], start=1)
        ],
        "zones": ZONES,
    }


def typed_condition(visit: Visit, present: Any = None) -> Any:
    """The condition that was typed; what nobody changed is as it was `present`."""
    return targeting.condition_of(targeting.typed(visit.pairs), present)


async def save_draft(
    visit: Visit, answering: Answering, sent: object, condition: Any, path: str = "condition"
) -> Any:
    """A call of the API that saves a draft; what it refuses of the condition is said at its line.

    `path` is where the draft has the condition.
    """
    try:
        return await visit.call(answering, sent)
    except Invalid as problem:
        raise targeting.at_its_line(problem, condition, path) from None

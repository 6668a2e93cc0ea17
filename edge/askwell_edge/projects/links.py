"""Links between a project, its intercepts and one directory, and why a link is refused (A1-A8)."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict
from askwell_edge.directory.contacts.identity import has_reference_rule
from askwell_edge.directory.directories import counts_of, get_directory
from askwell_edge.projects.intercepts import get_intercept, list_intercepts
from askwell_edge.projects.projects import get_project
from askwell_edge.projects.settings import DEFAULTS
from askwell_edge.store.tables import directories, intercepts, projects

MODULES = ("directory", "website")

Choice = Literal["match", "unlink"]


async def link_project(
    conn: AsyncConnection,
    project_id: str,
    directory_id: str,
    *,
    modules: Collection[str] = MODULES,
    switch: bool = False,
    linked_intercepts: Choice | None = None,
) -> None:
    """Link the project with the directory; applied when the project is next published.

    Another directory is refused unless it is a `switch`; a switch under linked intercepts asks
    what becomes of them: `match` takes them along, `unlink` unlinks them.
    """
    project = await get_project(conn, project_id, for_update=True)
    await check_linkable(conn, directory_id, modules)
    present = project["directory_id"]
    if present == directory_id:
        return
    if present is not None:
        await _check_switch(conn, project, directory_id, switch, linked_intercepts)
    settings = {**DEFAULTS, **project["settings"], "linked": True}
    if present is not None:
        # Whether the other directory takes in new contacts is its manager's decision.
        settings["create_contacts"] = False
    await _set_link(conn, project_id, directory_id, settings)


async def unlink_project(
    conn: AsyncConnection, project_id: str, *, linked_intercepts: Choice | None = None
) -> None:
    """Take the link away; linked intercepts are unlinked only when that is asked for."""
    project = await get_project(conn, project_id, for_update=True)
    linked = await linked_of(conn, project_id)
    if linked and linked_intercepts != "unlink":
        raise Conflict(
            "intercepts_linked",
            f"{len(linked)} intercepts are linked with the directory: unlink them as well "
            '("interceptLinks": "unlink")',
        )
    await _unlink_all(conn, linked)
    settings = {**DEFAULTS, **project["settings"], "linked": False, "create_contacts": False}
    await _set_link(conn, project_id, None, settings)


async def link_intercept(
    conn: AsyncConnection, intercept_id: str, directory_id: str, at: int
) -> None:
    """Link the intercept's draft with the directory that its project is linked with."""
    row = await get_intercept(conn, intercept_id)
    project = await get_project(conn, row["project_id"])
    if project["directory_id"] is None:
        raise Conflict(
            "project_not_linked", "link the project with a directory first, then the intercept"
        )
    if project["directory_id"] != directory_id:
        raise Conflict(
            "directory_mismatch",
            f"the project is linked with {project['directory_id']}, not {directory_id}: "
            "match (link the intercept with the project's directory) or unlink",
        )
    await check_linkable(conn, directory_id, MODULES)
    await _change_draft(conn, row, at, linked=True)


async def unlink_intercept(conn: AsyncConnection, intercept_id: str, at: int) -> None:
    """Take the intercept's link away, and its frequency control with it."""
    row = await get_intercept(conn, intercept_id)
    await _change_draft(conn, row, at, linked=False, frequency_control=False)


async def check_linkable(
    conn: AsyncConnection, directory_id: str, modules: Collection[str]
) -> None:
    """Refuse with what is missing: a module (A1), any directory (A2), the identity rule (A3)."""
    missing = [each for each in MODULES if each not in modules]
    if missing:
        raise Conflict(
            "module_missing",
            f"linking needs the module {' and the module '.join(missing)}, which is switched off "
            "here (setting ASKWELL_MODULES)",
        )
    if not await conn.scalar(select(func.count()).select_from(directories)):
        raise Conflict(
            "no_directory", "there is no directory yet: create one, then link the project with it"
        )
    await get_directory(conn, directory_id)
    if not await has_reference_rule(conn, directory_id):
        raise Conflict(
            "identity_rule_missing",
            "an identity rule on external reference is required: add a rule with the field "
            f"extRef alone to the directory {directory_id}",
        )


async def link_facts(
    conn: AsyncConnection, project_id: str, directory_id: str, modules: Collection[str] = MODULES
) -> dict[str, Any]:
    """What the link page shows: whether linking is possible, why not, and who cannot be matched."""
    try:
        await check_linkable(conn, directory_id, modules)
        problem = None
    except Conflict as refusal:
        problem = {"code": refusal.code, "message": refusal.message}
    contact_count, without_reference = await counts_of(conn, directory_id)
    return {
        "available": problem is None,
        "problem": problem,
        "contacts": contact_count,
        "contacts_without_reference": without_reference,
        "linked_intercepts": [row["intercept_id"] for row in await linked_of(conn, project_id)],
    }


async def linked_of(conn: AsyncConnection, project_id: str) -> list[RowMapping]:
    """The project's intercepts whose draft is linked."""
    rows = await list_intercepts(conn, project_id)
    return [row for row in rows if row["draft"]["linked"]]


async def _check_switch(
    conn: AsyncConnection,
    project: RowMapping,
    directory_id: str,
    switch: bool,
    linked_intercepts: Choice | None,
) -> None:
    present = project["directory_id"]
    if not switch:
        raise Conflict(
            "one_directory_per_project",
            f"one directory per project: it is linked with {present}; switch it or unlink it first",
        )
    linked = await linked_of(conn, project["project_id"])
    if linked and linked_intercepts is None:
        raise Conflict(
            "directory_mismatch",
            f"{len(linked)} intercepts are linked with {present}, not {directory_id}: "
            'match them ("interceptLinks": "match") or unlink them ("unlink")',
        )
    if linked_intercepts == "unlink":
        await _unlink_all(conn, linked)


async def _set_link(
    conn: AsyncConnection, project_id: str, directory_id: str | None, settings: Mapping[str, Any]
) -> None:
    await conn.execute(
        update(projects)
        .where(projects.c.project_id == project_id)
        .values(directory_id=directory_id, settings=dict(settings))
    )


async def _unlink_all(conn: AsyncConnection, rows: Collection[RowMapping]) -> None:
    for row in rows:
        await _change_draft(conn, row, row["modified_at"], linked=False, frequency_control=False)


async def _change_draft(conn: AsyncConnection, row: RowMapping, at: int, **values: bool) -> None:
    await conn.execute(
        update(intercepts)
        .where(intercepts.c.intercept_id == row["intercept_id"])
        .values(draft={**row["draft"], **values}, modified_at=at)
    )

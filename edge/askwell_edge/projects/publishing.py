"""Publishing: drafts become an immutable bundle, and the project points to it."""

from collections.abc import Mapping
from typing import Any

import msgpack
from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Invalid
from askwell_edge.projects.drafts import definitions_of, leaves_of, read_draft
from askwell_edge.projects.intercepts import get_intercept, list_intercepts
from askwell_edge.projects.projects import get_project
from askwell_edge.projects.settings import DEFAULTS
from askwell_edge.projects.zones import clock_changes
from askwell_edge.store.tables import bundles, frequency_rules, intercepts, projects
from askwell_runtime import condition as conditions
from askwell_runtime import wire
from askwell_runtime.errors import BundleError
from askwell_runtime.prefilter import compile_prefilter

# Beside the intercept itself: the creatives as they were, and when.
_OWN = ("creatives", "published_at")


async def publish(conn: AsyncConnection, project_id: str, at: int) -> str:
    """Apply the project's settings and link as drafted; the hash of the new bundle."""
    project = await get_project(conn, project_id, for_update=True)
    settings = {**DEFAULTS, **project["settings"]}
    return await _point_to_new_bundle(conn, project, settings, project["directory_id"], at)


async def publish_intercept(conn: AsyncConnection, intercept_id: str, at: int) -> str:
    """Make the draft, with its creatives as they are now, the next version; then publish."""
    row = await get_intercept(conn, intercept_id)
    project = await get_project(conn, row["project_id"], for_update=True)
    draft = await read_draft(conn, project, row["draft"], at)
    known = await definitions_of(conn, row["project_id"])
    used = {action["creative_id"] for action in draft["actions"]}
    published = {
        **draft,
        "creatives": {name: known[name] for name in sorted(used)},
        "published_at": at,
    }
    await _change(conn, intercept_id, version=row["version"] + 1, published=published)
    return await publish(conn, row["project_id"], at)


async def activate_intercept(conn: AsyncConnection, intercept_id: str, at: int) -> str:
    """Make the published version live; the bundle's hash."""
    row = await get_intercept(conn, intercept_id)
    if row["published"] is None:
        raise Conflict("intercept_not_published", "publish the intercept before activating it")
    await _change(conn, intercept_id, active=True)
    return await _repack(conn, row["project_id"], at)


async def deactivate_intercept(conn: AsyncConnection, intercept_id: str, at: int) -> str | None:
    """Stop the intercept without touching the site; the bundle's hash, None without a bundle."""
    row = await get_intercept(conn, intercept_id)
    await _change(conn, intercept_id, active=False)
    project = await get_project(conn, row["project_id"])
    return await _repack(conn, row["project_id"], at) if project["bundle_hash"] else None


async def refresh_rules(conn: AsyncConnection, directory_id: str, at: int) -> None:
    """Give every published project of the directory its present frequency rules."""
    rows = await conn.execute(
        select(projects.c.project_id)
        .where(projects.c.directory_id == directory_id, projects.c.bundle_hash.is_not(None))
        .order_by(projects.c.project_id)
    )
    for row in rows.all():
        await _repack(conn, row.project_id, at)


async def segments_in_use(conn: AsyncConnection, segment_id: str) -> list[str]:
    """The published intercepts whose conditions name the segment."""
    rows = await conn.execute(
        select(intercepts.c.intercept_id, intercepts.c.published, intercepts.c.draft)
    )
    return sorted(
        row.intercept_id
        for row in rows
        if any(
            leaf["kind"] == "segment" and segment_id in _texts(leaf["value"])
            for kept in (row.published, row.draft)
            if kept is not None
            for node in (kept["condition"], *(each["condition"] for each in kept["actions"]))
            for leaf in leaves_of(node)
        )
    )


def _texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


async def _change(conn: AsyncConnection, intercept_id: str, **values: Any) -> None:
    await conn.execute(
        update(intercepts).where(intercepts.c.intercept_id == intercept_id).values(**values)
    )


async def _repack(conn: AsyncConnection, project_id: str, at: int) -> str:
    """Pack again what is published, under the settings and the link that are applied already."""
    project = await get_project(conn, project_id, for_update=True)
    body = await conn.scalar(select(bundles.c.body).where(bundles.c.hash == project["bundle_hash"]))
    if body is None:
        return await publish(conn, project_id, at)
    applied = msgpack.unpackb(body)
    return await _point_to_new_bundle(
        conn, project, applied["settings"], applied["directory_id"], at
    )


async def _point_to_new_bundle(
    conn: AsyncConnection,
    project: RowMapping,
    settings: Mapping[str, Any],
    directory_id: str | None,
    at: int,
) -> str:
    bundle = await _bundle(conn, project["project_id"], settings, directory_id, at)
    try:
        body = wire.pack_bundle(bundle)
    except BundleError as refusal:
        raise Invalid(refusal.path or "bundle", refusal.problem) from None
    name = wire.bundle_hash(body)
    present = await conn.scalar(select(bundles.c.hash).where(bundles.c.hash == name))
    if present is None:
        await conn.execute(
            insert(bundles).values(
                hash=name,
                project_id=project["project_id"],
                body=body,
                prefilter=compile_prefilter(bundle),
                reads=conditions.reads(bundle),
                created_at=at,
            )
        )
    await conn.execute(
        update(projects)
        .where(projects.c.project_id == project["project_id"])
        .values(bundle_hash=name, published_at=at)
    )
    return name


async def _bundle(
    conn: AsyncConnection,
    project_id: str,
    settings: Mapping[str, Any],
    directory_id: str | None,
    at: int,
) -> dict[str, Any]:
    published = [
        row for row in await list_intercepts(conn, project_id) if row["published"] is not None
    ]
    creatives: dict[str, Any] = {}
    for row in sorted(published, key=lambda row: row["published"]["published_at"]):
        creatives.update(row["published"]["creatives"])
    bundle: dict[str, Any] = {
        "v": 1,
        "project_id": project_id,
        "directory_id": directory_id,
        "settings": dict(settings),
        "intercepts": [_intercept(row, linkable=directory_id is not None) for row in published],
        "creatives": creatives,
        "rules": await _rules(conn, directory_id),
        "zones": {},
    }
    bundle["zones"] = {
        name: clock_changes(name, at) for name in sorted(conditions.zones_named(bundle))
    }
    return bundle


def _intercept(row: RowMapping, *, linkable: bool) -> dict[str, Any]:
    kept = {name: value for name, value in row["published"].items() if name not in _OWN}
    return {
        **kept,
        "linked": kept["linked"] and linkable,
        "frequency_control": kept["frequency_control"] and linkable,
        "id": row["intercept_id"],
        "version": row["version"],
        "created_at": row["created_at"],
        "active": row["active"],
    }


async def _rules(conn: AsyncConnection, directory_id: str | None) -> list[dict[str, Any]]:
    rows = await conn.execute(
        select(frequency_rules)
        .where(frequency_rules.c.directory_id == directory_id)
        .order_by(frequency_rules.c.created_at, frequency_rules.c.rule_id)
    )
    return [
        {
            "id": row.rule_id,
            "scope": row.scope,
            "survey_id": row.survey_id,
            "list_id": row.list_id,
            "messages": row.messages,
            "ignore_directory": row.ignore_directory,
            "limits": row.limits,
            "min_gap_s": row.min_gap_s,
        }
        for row in rows
    ]

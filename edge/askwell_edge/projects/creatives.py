"""Creatives: what a visitor sees. Texts and a few choices; no HTML, no script, no address."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Invalid, Unknown
from askwell_edge.projects.projects import read_name
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import creatives

TEXTS: Mapping[str, tuple[int, int]] = {
    "title": (1, 120),
    "body": (0, 600),
    "accept": (1, 60),
    "decline": (0, 60),
    "close": (1, 40),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": ("dialog", "slide_in"),
    "direction": ("auto", "ltr", "rtl"),
    "position": ("end", "start"),
}
DEFAULTS: Mapping[str, Any] = {
    "kind": "slide_in",
    "title": "",
    "body": "",
    "accept": "Take part",
    "decline": "Not now",
    "close": "Close",
    "language": "en",
    "direction": "auto",
    "position": "end",
    "accent": None,
}
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")
_ACCENT = re.compile(r"#[0-9a-fA-F]{6}")


def read_definition(given: Mapping[str, Any]) -> dict[str, Any]:
    """A complete definition; refuses by name what is unknown, too long or not a choice."""
    for name in given:
        if name not in DEFAULTS:
            raise Invalid(f"definition.{name}", f"must be one of {', '.join(DEFAULTS)}")
    definition = {**DEFAULTS, **given}
    for name, (shortest, longest) in TEXTS.items():
        text = definition[name]
        if not isinstance(text, str) or not shortest <= len(text.strip()) <= longest:
            raise Invalid(f"definition.{name}", f"must have {shortest} to {longest} characters")
    for name, choices in CHOICES.items():
        if definition[name] not in choices:
            raise Invalid(f"definition.{name}", f"must be one of {', '.join(choices)}")
    if not isinstance(definition["language"], str) or not _LANGUAGE.fullmatch(
        definition["language"]
    ):
        raise Invalid("definition.language", "must be a language tag such as en or pt-BR")
    accent = definition["accent"]
    if accent is not None and not (isinstance(accent, str) and _ACCENT.fullmatch(accent)):
        raise Invalid("definition.accent", "must be a colour such as #0b6cff, or null")
    return definition


async def create_creative(
    conn: AsyncConnection,
    project_id: str,
    name: str,
    definition: Mapping[str, Any],
    at: int,
    *,
    creative_id: str | None = None,
) -> str:
    """The new creative's id."""
    creative_id = creative_id or new_id("CR")
    await conn.execute(
        insert(creatives).values(
            creative_id=creative_id,
            project_id=project_id,
            name=read_name(name),
            definition=read_definition(definition),
            created_at=at,
        )
    )
    return creative_id


async def get_creative(conn: AsyncConnection, project_id: str, creative_id: str) -> RowMapping:
    """The creative's row."""
    wanted = select(creatives).where(
        creatives.c.project_id == project_id, creatives.c.creative_id == creative_id
    )
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is None:
        raise Unknown("creative", creative_id)
    return found


async def change_creative(
    conn: AsyncConnection,
    project_id: str,
    creative_id: str,
    *,
    name: str | None = None,
    definition: Mapping[str, Any] | None = None,
) -> None:
    """Change the draft; visitors see it when an intercept that uses it is published again."""
    row = await get_creative(conn, project_id, creative_id)
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = read_name(name)
    if definition is not None:
        values["definition"] = read_definition({**row["definition"], **definition})
    if values:
        await conn.execute(
            update(creatives).where(creatives.c.creative_id == creative_id).values(**values)
        )


async def list_creatives(conn: AsyncConnection, project_id: str) -> Sequence[RowMapping]:
    """The project's creatives, oldest first."""
    wanted = (
        select(creatives)
        .where(creatives.c.project_id == project_id)
        .order_by(creatives.c.created_at, creatives.c.creative_id)
    )
    return (await conn.execute(wanted)).mappings().all()

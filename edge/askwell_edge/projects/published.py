"""What a project published, compiled once and kept by its hash; what the visitor rooms ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgpack
from cachetools import LRUCache
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.projects.keys import live_keys
from askwell_edge.projects.settings import DEFAULTS
from askwell_edge.store.tables import bundles, projects
from askwell_runtime import wire
from askwell_runtime.model import Bundle

NOTHING_READ: Mapping[str, Any] = {
    "cookies": [],
    "values": [],
    "tracked": False,
    "history": False,
}


@dataclass(frozen=True, slots=True)
class Publication:
    """One bundle: its bytes, the same compiled, and what the start file says of it."""

    hash: str
    body: bytes
    bundle: Bundle
    directory_id: str | None
    settings: Mapping[str, Any]
    prefilter: Sequence[Mapping[str, Any]]
    reads: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """A project as visitors meet it. Before its first publication `publication` is None."""

    project_id: str
    name: str
    origins: tuple[str, ...]
    keys: tuple[bytes, ...]
    publication: Publication | None

    @property
    def bundle_hash(self) -> str | None:
        """The bundle's name; None before the first publication."""
        return self.publication.hash if self.publication else None

    @property
    def bundle(self) -> Bundle | None:
        """The compiled bundle."""
        return self.publication.bundle if self.publication else None

    @property
    def directory_id(self) -> str | None:
        """The directory that the applied link leads to."""
        return self.publication.directory_id if self.publication else None

    @property
    def settings(self) -> Mapping[str, Any]:
        """The applied settings, complete."""
        return self.publication.settings if self.publication else DEFAULTS

    @property
    def prefilter(self) -> Sequence[Mapping[str, Any]]:
        """See docs/wire.md section 7; nothing can show before the first publication."""
        return self.publication.prefilter if self.publication else ()

    @property
    def reads(self) -> Mapping[str, Any]:
        """Which cookies and values the page must hand over."""
        return self.publication.reads if self.publication else NOTHING_READ


# Bundles are immutable and named by their content, so what is kept here is never stale.
_compiled: LRUCache[str, Publication] = LRUCache(maxsize=64)


async def published(conn: AsyncConnection, project_id: str) -> Published | None:
    """The project as visitors meet it now; None when there is no such project."""
    wanted = select(projects).where(projects.c.project_id == project_id)
    row = (await conn.execute(wanted)).one_or_none()
    if row is None:
        return None
    keys = tuple(bytes(key["secret"]) for key in await live_keys(conn, project_id))
    found = await _publication(conn, row.bundle_hash) if row.bundle_hash else None
    return Published(project_id, row.name, tuple(row.origins), keys, found)


async def _publication(conn: AsyncConnection, name: str) -> Publication | None:
    kept = _compiled.get(name)
    if kept is not None:
        return kept
    row = (await conn.execute(select(bundles).where(bundles.c.hash == name))).one_or_none()
    if row is None:
        return None
    body = bytes(row.body)
    raw = msgpack.unpackb(body)
    found = Publication(
        hash=name,
        body=body,
        bundle=wire.read_bundle(body),
        directory_id=raw["directory_id"],
        settings={**DEFAULTS, **raw["settings"]},
        prefilter=row.prefilter,
        reads=row.reads,
    )
    _compiled[name] = found
    return found

"""Bundles by the hash of their content: they never change, so anything may keep them for ever."""

from cachetools import LRUCache
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from askwell_edge.access.origins import cors_headers
from askwell_edge.errors import UnknownPage
from askwell_edge.store.engine import Store
from askwell_edge.store.tables import bundles, projects
from askwell_edge.visitor.encodings import compressed, negotiated

FOR_EVER = "public, max-age=31536000, immutable"

Forms = dict[str, bytes]
_kept: LRUCache[str, tuple[str, Forms]] = LRUCache(maxsize=128)


async def get_bundle(request: Request) -> Response:
    """GET /b/{hash}: the bundle as it was published, compressed once."""
    name = request.path_params["hash"]
    project_id, forms = await _forms(request.app.state.store, name)
    answer = negotiated(request, forms, "application/msgpack", f'"{name}"', FOR_EVER)
    origin = request.headers.get("origin")
    if origin is not None:
        async with request.app.state.store.glance() as conn:
            origins = await conn.scalar(
                select(projects.c.origins).where(projects.c.project_id == project_id)
            )
        answer.headers.update(cors_headers(origins or (), origin))
    answer.headers["Vary"] = "Accept-Encoding, Origin"
    return answer


async def _forms(store: Store, name: str) -> tuple[str, Forms]:
    kept = _kept.get(name)
    if kept is None:
        async with store.glance() as conn:
            found = await conn.execute(select(bundles).where(bundles.c.hash == name))
            row = found.one_or_none()
        if row is None:
            raise UnknownPage(404, "unknown_bundle", "bundle: there is none with this hash")
        kept = _kept[name] = (row.project_id, compressed(bytes(row.body)))
    return kept

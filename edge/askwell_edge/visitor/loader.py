"""A project's loader: the built script with the start file written in, so that pages ask once."""

import hashlib

from cachetools import LRUCache
from starlette.responses import Response

from askwell_edge.errors import UnknownPage
from askwell_edge.visitor.assets import MEDIA_TYPES
from askwell_edge.visitor.built import LOADER, Built, BuiltFile
from askwell_edge.visitor.door import Caller
from askwell_edge.visitor.encodings import compressed, negotiated
from askwell_edge.visitor.start import LIFE, encoded, start_of

# What stands in the built script where the start file belongs (snippet/src/loader.js).
PLACE = b"ASKWELL_START"

_kept: LRUCache[str, dict[str, bytes]] = LRUCache(maxsize=128)


async def get_loader(caller: Caller) -> Response:
    """GET /p/{project}.js: changes with each publication and each build, else answered 304."""
    built: Built = caller.request.app.state.built
    file = built.by_stem.get(LOADER)
    if file is None:
        raise UnknownPage(404, "not_built", "loader: the build has not made it yet")
    start = encoded(start_of(caller))
    tag = hashlib.sha256(file.name.encode() + start).hexdigest()[:32]
    forms = _kept.get(tag)
    if forms is None:
        forms = _kept[tag] = compressed(_written(file, start))
    answer = negotiated(caller.request, forms, MEDIA_TYPES[".js"], f'"{tag}"', LIFE)
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _written(file: BuiltFile, start: bytes) -> bytes:
    return file.path.read_bytes().replace(PLACE, start)

"""A project's loader: the built script with the start file written in, so that pages ask once.

Where something can show on every page, so that each would load the client too, it comes along.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from cachetools import LRUCache
from starlette.responses import Response

from askwell_edge.errors import UnknownPage
from askwell_edge.visitor.assets import MEDIA_TYPES
from askwell_edge.visitor.built import CLIENT, LOADER, Built, BuiltFile
from askwell_edge.visitor.door import Caller
from askwell_edge.visitor.encodings import compressed, negotiated
from askwell_edge.visitor.start import LIFE, encoded, start_of

# What stands in the built script where the start file belongs (snippet/src/loader.js).
PLACE = b"ASKWELL_START"
# Where a part gives its exports to; one that is brought along gives them to its caller.
EXPORTS_TO = b"document.currentScript.askwell"

_kept: LRUCache[str, dict[str, bytes]] = LRUCache(maxsize=128)


async def get_loader(caller: Caller) -> Response:
    """GET /p/{project}.js: changes with each publication and each build, else answered 304."""
    built: Built = caller.request.app.state.built
    file = built.by_stem.get(LOADER)
    if file is None:
        raise UnknownPage(404, "not_built", "loader: the build has not made it yet")
    told = start_of(caller)
    start = encoded(told)
    client = built.by_stem.get(CLIENT) if _everywhere(told["prefilter"]) else None
    tag = hashlib.sha256(file.name.encode() + start).hexdigest()[:32]
    forms = _kept.get(tag)
    if forms is None:
        # With the client that takes a tenth of a second: beside the event loop.
        forms = await asyncio.to_thread(lambda: compressed(_written(file, start, client)))
        _kept[tag] = forms
    answer = negotiated(caller.request, forms, MEDIA_TYPES[".js"], f'"{tag}"', LIFE)
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _everywhere(prefilter: Iterable[Mapping[str, Any]]) -> bool:
    """Whether one entry lets something show on every page, and at any time."""
    return any(all(limit is None for limit in entry.values()) for entry in prefilter)


def _written(file: BuiltFile, start: bytes, client: BuiltFile | None) -> bytes:
    """The start file's `client`, of the loader alone, is a function that runs the client."""
    if client:
        text = client.path.read_bytes().replace(EXPORTS_TO, b"askwell")
        start = start[:-1] + b',"client":askwell=>{' + text + b"}}"
    return file.path.read_bytes().replace(PLACE, start)

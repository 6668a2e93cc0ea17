"""Built files for browsers: the loader of each project, and `/a/`, which never changes."""

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from askwell_edge.errors import UnknownPage
from askwell_edge.visitor.built import LOADER, Built
from askwell_edge.visitor.bundle import FOR_EVER
from askwell_edge.visitor.encodings import accepted, compressed, negotiated

LOADER_LIFE = "public, max-age=300"
ENDINGS = {"br": ".br", "gzip": ".gz"}
# Not the host's own table: browsers refuse WebAssembly and modules of another type.
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".wasm": "application/wasm",
}
ANYONE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


async def get_loader(request: Request) -> Response:
    """GET /p/{project}.js: the same bytes for every project."""
    built: Built = request.app.state.built
    forms: dict[str, bytes] | None = request.app.state.loader
    if forms is None:
        file = built.by_stem.get(LOADER)
        if file is None:
            raise UnknownPage(404, "not_built", "loader: the build has not made it yet")
        forms = request.app.state.loader = compressed(file.path.read_bytes())
    tag = f'"{hashlib.sha256(forms[""]).hexdigest()[:32]}"'
    answer = negotiated(request, forms, MEDIA_TYPES[".js"], tag, LOADER_LIFE)
    answer.headers.update(ANYONE)
    return answer


async def get_asset(request: Request) -> Response:
    """GET /a/{name}: a built file, compressed beforehand where that is worth it."""
    built: Built = request.app.state.built
    file = built.by_name.get(request.path_params["name"])
    if file is None or not file.path.is_file():
        raise UnknownPage(404, "unknown_file", "file: the build made none with this name")
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding", **ANYONE}
    path, form = _best_form(request, file.path)
    if form:
        headers["Content-Encoding"] = form
    media_type = MEDIA_TYPES.get(file.path.suffix, "application/octet-stream")
    return FileResponse(path, headers=headers, media_type=media_type)


def _best_form(request: Request, path: Path) -> tuple[Path, str]:
    for form in accepted(request):
        beside = path.with_name(path.name + ENDINGS[form])
        if beside.is_file():
            return beside, form
    return path, ""

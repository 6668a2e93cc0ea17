"""Built files for browsers, under `/a/`: they never change."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from askwell_edge.errors import UnknownPage
from askwell_edge.visitor.built import Built
from askwell_edge.visitor.bundle import FOR_EVER
from askwell_edge.visitor.encodings import accepted

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

"""Where the API's description is read: `/openapi.json` by programs, `/docs` by people."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from askwell_edge.access.calls import Address
from askwell_edge.reference.openapi import describe

SCRIPT, STYLE = "reference", "reference-style"
# The library draws its icons from data: addresses; nothing else comes from anywhere but here.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Askwell API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}">
<div id="reference" data-document="{document}"><p>{words}</p></div>
<script src="{script}"></script>
</html>
"""
NOT_BUILT = "The page was not built: run python3 build.py build. The description: openapi.json"


async def get_document(request: Request) -> Response:
    """GET /openapi.json: the API's description."""
    addresses = [each for each in request.app.routes if isinstance(each, Address)]
    return JSONResponse(describe(addresses, _prefix(request) or "/"))


async def get_page(request: Request) -> Response:
    """GET /docs: the description to read and to try out with a token of one's own."""
    prefix, built = _prefix(request), request.app.state.built.by_stem
    names = {stem: built[stem].name for stem in (SCRIPT, STYLE) if stem in built}
    page = PAGE.format(
        style=escape(f"{prefix}/a/{names.get(STYLE, '')}"),
        script=escape(f"{prefix}/a/{names.get(SCRIPT, '')}"),
        document=escape(f"{prefix}/openapi.json"),
        words="One moment …" if len(names) == 2 else NOT_BUILT,
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})


def _prefix(request: Request) -> str:
    prefix: str = request.app.state.settings.path_prefix
    return prefix


routes: list[BaseRoute] = [
    Route("/openapi.json", get_document, methods=["GET"]),
    Route("/docs", get_page, methods=["GET"]),
]

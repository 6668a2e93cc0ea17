"""Templates: where they lie, what they may call, and the policy that their pages carry."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from askwell_edge.console import conditions, words
from askwell_edge.visitor.built import Built

# Pico draws its arrows and ticks from images inside its style sheet.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SCRIPT, STYLE = "console", "console-style"

templates = Environment(
    loader=PackageLoader("askwell_edge.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters.update(
    age=words.age,
    bytes=words.size,
    count=words.count,
    iso=words.iso,
    moment=words.moment,
    rate=words.rate,
    span=words.span,
)
templates.globals.update(words=words, conditions=conditions)


def page_of(request: Request, template: str, **facts: Any) -> Response:
    """The template filled in, with the headers that keep it safe."""
    built: Built = request.app.state.built
    html = templates.get_template(template).render(
        link=lambda address: prefixed(request, address),
        asset=lambda stem: _asset(request, built, stem),
        now=request.app.state.clock(),
        path=request.url.path,
        **facts,
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Vary": "HX-Request"}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


def prefixed(request: Request, address: str) -> str:
    """An address of ours as browsers must ask for it, behind whatever path a proxy has."""
    prefix: str = request.app.state.settings.path_prefix
    return prefix + address


def _asset(request: Request, built: Built, stem: str) -> dict[str, str] | None:
    file = built.by_stem.get(stem)
    if file is None:
        return None
    return {"address": prefixed(request, f"/a/{file.name}"), "integrity": file.integrity}

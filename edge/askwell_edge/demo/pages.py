"""The shop's pages as HTML, each with a policy that allows our own address and nothing else."""

import secrets
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from askwell_edge.demo.people import PEOPLE, Person
from askwell_edge.demo.products import CART, PRODUCTS, TOTAL
from askwell_edge.projects.embedding import REFERENCE_SNIPPET
from askwell_edge.sample.constants import PROJECT_ID
from askwell_edge.sample.shop import intercepts_at
from askwell_edge.visitor.built import Built
from askwell_edge.visitor.door import own_origin

SCRIPT, STYLE = "demo", "demo-style"
NAMES = {intercept_id: name for intercept_id, name, *_ in intercepts_at(0, "https://shop.example")}

templates = Environment(
    loader=PackageLoader("askwell_edge.demo"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def shop_page(request: Request, template: str, person: Person, reference: str | None) -> Response:
    """A page of the shop as this person meets it, with the two published snippets."""
    prefix = request.app.state.settings.path_prefix
    nonce = secrets.token_urlsafe(16)
    query = f"?ref={reference}" if reference else ""
    html = _filled(
        request,
        template,
        here=template.removesuffix(".html"),
        nonce=nonce,
        person=person,
        people=PEOPLE,
        reference=reference,
        unfolded=request.cookies.get("panel") == "open",
        snippet=REFERENCE_SNIPPET,
        loader=f"{own_origin(request)}{prefix}/p/{PROJECT_ID}.js",
        told={"names": NAMES, "person": person.name, "reference": reference},
        link=lambda path: f"{prefix}{path}{query}",
        products=PRODUCTS,
        cart=CART,
        total=TOTAL,
    )
    # The first snippet is written in the page, so it carries this answer's own nonce.
    policy = (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
        "img-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})


def survey_page(request: Request, *, done: bool) -> Response:
    """Where invitations lead; it may stand in a frame of the shop's."""
    policy = (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'self'"
    )
    html = _filled(request, "survey.html", done=done)
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})


def _filled(request: Request, template: str, **facts: Any) -> str:
    built: Built = request.app.state.built
    prefix = request.app.state.settings.path_prefix

    def asset(stem: str) -> str | None:
        file = built.by_stem.get(stem)
        return f"{prefix}/a/{file.name}" if file else None

    return templates.get_template(template).render(
        address=lambda path: prefix + path, asset=asset, **facts
    )

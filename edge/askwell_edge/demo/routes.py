"""The shop's addresses. Only `askwell demo` serves them; a site of one's own has no shop."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from askwell_edge.demo.forgetting import forget_displays
from askwell_edge.demo.pages import shop_page, survey_page
from askwell_edge.demo.people import KNOWN, fresh_reference, person_of
from askwell_edge.sample.constants import CART_PATH, HELP_PATH, HOME_PATH, SURVEY_PATH

REFERENCE_LIMIT = 100


async def get_start(request: Request) -> Response:
    """GET /: a newcomer begins as the contact who is invited."""
    return _to(request, KNOWN.address)


async def get_home(request: Request) -> Response:
    """GET /demo/: the shop's first page; `?ref=U-1` says who is signed in."""
    return _page(request, "home.html")


async def get_cart(request: Request) -> Response:
    """GET /demo/cart."""
    return _page(request, "cart.html")


async def get_help(request: Request) -> Response:
    """GET /demo/help."""
    return _page(request, "help.html")


async def get_new(request: Request) -> Response:
    """GET /demo/new: a customer that nobody has seen before, another one each time."""
    return _to(request, f"{HOME_PATH}?ref={fresh_reference()}")


async def get_survey(request: Request) -> Response:
    """GET /demo/survey: what invitations lead to; answers are not kept."""
    return survey_page(request, done="answer" in request.query_params)


async def post_forget(request: Request) -> Response:
    """POST /demo/forget?ref=U-1: forget what the demo showed to this contact, and start over."""
    reference = _reference(request)
    if reference:
        store = request.app.state.store
        await store.writer.submit(lambda conn: forget_displays(conn, reference))
    return _to(request, f"{HOME_PATH}?ref={reference}" if reference else HOME_PATH)


def _page(request: Request, template: str) -> Response:
    reference = _reference(request)
    return shop_page(request, template, person_of(reference), reference)


def _reference(request: Request) -> str | None:
    return request.query_params.get("ref", "")[:REFERENCE_LIMIT] or None


def _to(request: Request, path: str) -> Response:
    return RedirectResponse(request.app.state.settings.path_prefix + path, 303)


routes: list[BaseRoute] = [
    Route("/", get_start),
    Route(HOME_PATH, get_home),
    Route(CART_PATH, get_cart),
    Route(HELP_PATH, get_help),
    Route(SURVEY_PATH, get_survey),
    Route(f"{HOME_PATH}new", get_new),
    Route(f"{HOME_PATH}forget", post_forget, methods=["POST"]),
]

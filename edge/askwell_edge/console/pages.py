"""The way to every page: signed in, the form whole and its token right, refusals shown in place."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from askwell_edge.access.bodies import read_pairs
from askwell_edge.access.refusals import Forbidden
from askwell_edge.access.sessions import (
    OpenSession,
    cookie_name,
    csrf_matches,
    session_of,
)
from askwell_edge.console.templating import page_of, prefixed
from askwell_edge.console.visit import Visit
from askwell_edge.errors import EdgeError

FORM_LIMIT = 512 * 1024
FIELD_LIMIT = 4000  # a condition has up to 100 comparisons of some twenty fields
CSRF_FIELD, CSRF_HEADER = "csrf", "X-CSRF-Token"
SIGN_IN = "/console/sign-in"

Showing = Callable[[Visit], Awaitable[Response]]
Reading = Callable[[Visit], Awaitable[FormData]]


def page(path: str, show: Showing) -> Route:
    """A page that only shows."""

    async def endpoint(request: Request) -> Response:
        return await _answer(request, show, show)

    return Route(f"/console{path}", endpoint, methods=["GET"])


def form(path: str, show: Showing, act: Showing, read: Reading | None = None) -> Route:
    """A page with a form: shown, and shown again with what was typed when that is refused."""

    async def endpoint(request: Request) -> Response:
        return await _answer(request, show, act, read)

    return Route(f"/console{path}", endpoint, methods=["GET", "POST"])


def action(path: str, show: Showing, act: Showing) -> Route:
    """A button; `show` is the page that it is on."""

    async def endpoint(request: Request) -> Response:
        return await _answer(request, show, act)

    return Route(f"/console{path}", endpoint, methods=["POST"])


async def read_form(request: Request) -> FormData:
    """The fields of a form without files, bounded."""
    pairs = await read_pairs(request, FORM_LIMIT, FIELD_LIMIT)
    return FormData([(name, value) for name, value in pairs])


def from_elsewhere(request: Request) -> bool:
    """Whether the browser says that another site's page sent this."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = request.headers.get("Origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("Host")


def is_secure(request: Request) -> bool:
    """Whether browsers reach the console by HTTPS."""
    public: str = request.app.state.settings.public_origin
    return (public or str(request.url)).startswith("https:")


def session_cookie(request: Request) -> str | None:
    """The session's cookie as it was sent."""
    return request.cookies.get(cookie_name(secure=is_secure(request)))


async def nothing_here(request: Request) -> Response:
    """Any other address below /console."""
    return refused(request, EdgeError(404, "unknown_page", "There is no such page."))


def refused(request: Request, problem: EdgeError) -> Response:
    """A page that says what was refused, and what to do."""
    answer = page_of(request, "refused.html", problem=problem)
    answer.status_code = problem.status_code
    answer.headers.update(problem.headers)
    return answer


async def _answer(
    request: Request, show: Showing, act: Showing, read: Reading | None = None
) -> Response:
    try:
        session = await _session(request)
        if session is None:
            return _to_sign_in(request)
        visit = Visit(request, session, request.app.state.clock())
        if request.method != "POST":
            return await show(visit)
        await _admit(visit, read)
    except EdgeError as problem:
        return refused(request, problem)
    try:
        return await act(visit)
    except EdgeError as problem:
        return await _shown_again(visit, problem, show)
    finally:
        await visit.form.close()


async def _shown_again(visit: Visit, problem: EdgeError, show: Showing) -> Response:
    """The page that was sent from, with the refusal on it."""
    visit.problem = problem
    try:
        answer = await show(visit)
    except EdgeError:
        return refused(visit.request, problem)
    answer.status_code = problem.status_code
    answer.headers.update(problem.headers)
    return answer


async def _session(request: Request) -> OpenSession | None:
    at: int = request.app.state.clock()
    async with request.app.state.store.read() as conn:
        return await session_of(conn, session_cookie(request), at)


async def _admit(visit: Visit, read: Reading | None) -> None:
    """Take the form in, if its session's own page sent it."""
    request = visit.request
    problem = Forbidden("csrf", "The form is too old or not ours. Open the page again and repeat.")
    if from_elsewhere(request):
        raise problem
    visit.form = await read(visit) if read else await read_form(request)
    sent = visit.form.get(CSRF_FIELD) or request.headers.get(CSRF_HEADER)
    if not csrf_matches(visit.session, sent if isinstance(sent, str) else None):
        await visit.form.close()
        raise problem


def _to_sign_in(request: Request) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    wanted = request.url.path + query if request.method == "GET" else "/console/"
    address = prefixed(request, f"{SIGN_IN}?next={quote(wanted)}")
    if "HX-Request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": prefixed(request, SIGN_IN)})
    return RedirectResponse(address, 303)

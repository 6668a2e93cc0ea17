"""The door for pages: how much, which project, from which origin; then the room behind it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from askwell_edge.access.origins import cors_headers
from askwell_edge.errors import EdgeError, UnknownPage, refusal
from askwell_edge.projects.published import Published
from askwell_edge.store.engine import Store
from askwell_edge.visitor.traffic import Traffic

PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Max-Age": "600",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """A page's request that came through the door at `now`."""

    request: Request
    project: Published
    store: Store
    traffic: Traffic
    address: str
    now: int


Room = Callable[[Caller], Awaitable[Response]]


def page_route(path: str, method: str, room: Room) -> Route:
    """A route under `/p/{project}` whose answers pages of the project's origins may read."""

    async def endpoint(request: Request) -> Response:
        # Even a refusal carries the headers, so that the page can read its code.
        headers: Mapping[str, str] = {"Vary": "Origin"}
        try:
            caller = await enter(request)
            headers = page_headers(request, caller.project)
            if request.method == "OPTIONS":
                answer = Response(status_code=204, headers=PREFLIGHT)
            else:
                answer = await room(caller)
        except EdgeError as problem:
            answer = await refusal(request, problem)
        for name, value in headers.items():
            if name == "Vary":
                answer.headers.add_vary_header(value)
            else:
                answer.headers[name] = value
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    return Route(path, endpoint, methods=[method, "OPTIONS"])


async def enter(request: Request) -> Caller:
    """Who asks, once there is such a project and the request is not one too many."""
    state = request.app.state
    project_id, now = request.path_params["project"], state.clock()
    address = request.client.host if request.client else ""
    state.traffic.admit(project_id, address, now)
    project = await state.projects.find(project_id)
    if not may_ask(request, project):
        raise UnknownPage(403, "origin_not_allowed", "Origin: must be one of the project's origins")
    return Caller(request, project, state.store, state.traffic, address, now)


def may_ask(request: Request, project: Published) -> bool:
    """Whether it comes from one of the project's pages, the edge's own, or from no browser."""
    origin = request.headers.get("origin")
    return origin is None or origin in project.origins or origin == own_origin(request)


def page_headers(request: Request, project: Published) -> Mapping[str, str]:
    """Headers that let exactly the project's pages read the answer."""
    return cors_headers(project.origins, request.headers.get("origin"))


def own_origin(request: Request) -> str:
    """The origin under which this request reached the edge."""
    configured: str = request.app.state.settings.public_origin
    return configured or f"{request.url.scheme}://{request.url.netloc}"

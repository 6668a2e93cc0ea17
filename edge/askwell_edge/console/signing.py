"""Signing in and out: one message for every failure, slower with each, a new session each time."""

import hmac
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from askwell_edge.access import audit
from askwell_edge.access.limits import Attempts
from askwell_edge.access.refusals import Forbidden, NotSignedIn, Throttled
from askwell_edge.access.sessions import (
    SESSION_MS,
    close_session,
    cookie_name,
    open_session,
    operator_signing_in,
    session_of,
)
from askwell_edge.console.pages import (
    CSRF_FIELD,
    SIGN_IN,
    action,
    from_elsewhere,
    is_secure,
    read_form,
    refused,
    session_cookie,
)
from askwell_edge.console.templating import page_of, prefixed
from askwell_edge.console.visit import Visit
from askwell_edge.errors import EdgeError

HOME = "/console/"
# Wrong passwords before it gets slower: of one person from one place, of one place, of one person.
FREE = {"both": 5, "place": 20, "person": 50}


async def sign_in(request: Request) -> Response:
    """GET the form; POST address and password."""
    try:
        return await (_try(request) if request.method == "POST" else _form(request))
    except EdgeError as problem:
        return refused(request, problem)


async def sign_out(visit: Visit) -> Response:
    """POST: the session ends here and everywhere."""
    cookie = session_cookie(visit.request) or ""
    await visit.write(lambda conn: close_session(conn, cookie))
    answer = visit.go(SIGN_IN, done="signed-out")
    _set(visit.request, answer, cookie_name(secure=is_secure(visit.request)), "", life_s=0)
    return answer


async def _form(
    request: Request, email: str = "", problem: EdgeError | None = None, next: str = ""
) -> Response:
    """The form. Its token is also in a cookie, so that no other site can sign anybody in."""
    async with request.app.state.store.read() as conn:
        at: int = request.app.state.clock()
        if await session_of(conn, session_cookie(request), at) is not None and problem is None:
            return RedirectResponse(prefixed(request, HOME), 303)
    token = request.cookies.get(_form_cookie(request)) or secrets.token_urlsafe(24)
    wanted = _ours(next or request.query_params.get("next", ""))
    answer = page_of(
        request,
        "sign_in.html",
        csrf=token,
        next=wanted,
        email=email,
        problem=problem,
        done=request.query_params.get("done", ""),
    )
    if problem is not None:
        answer.status_code = problem.status_code
        answer.headers.update(problem.headers)
    _set(request, answer, _form_cookie(request), token, life_s=3600)
    return answer


async def _try(request: Request) -> Response:
    form = await read_form(request)
    _check_token(request, str(form.get(CSRF_FIELD, "")))
    email, password = str(form.get("email", "")).strip(), str(form.get("password", ""))
    wanted = _ours(str(form.get("next", "")))
    try:
        operator_id = await _recognised(request, email, password)
    except EdgeError as problem:
        return await _form(request, email, problem, wanted)
    at: int = request.app.state.clock()
    before = session_cookie(request)
    writer = request.app.state.store.writer
    cookie, _ = await writer.submit(
        lambda conn: open_session(conn, operator_id, at, replaces=before)
    )
    await writer.submit(
        lambda conn: audit.record(conn, operator_id, "operator.sign_in", operator_id, at)
    )
    answer = RedirectResponse(prefixed(request, wanted or HOME), 303)
    _set(request, answer, cookie_name(secure=is_secure(request)), cookie, SESSION_MS // 1000)
    _set(request, answer, _form_cookie(request), "", life_s=0)
    return answer


async def _recognised(request: Request, email: str, password: str) -> str:
    """The operator's id. Nothing tells whether the address or the password was wrong."""
    at: int = request.app.state.clock()
    place = request.client.host if request.client else ""
    keys = {"both": f"{place} {email.lower()}"[:400], "place": place, "person": email.lower()[:300]}
    attempts = _attempts(request)
    wait_s = attempts.wait_s(keys, at)
    if wait_s:
        raise Throttled(f"Too many attempts. Try again in {wait_s} seconds.", wait_s)
    async with request.app.state.store.read() as conn:
        operator_id = await operator_signing_in(conn, email[:300], password[:400])
    if operator_id is None:
        attempts.failed(keys, at)
        raise NotSignedIn("The e-mail address or the password is not right. Check both.")
    attempts.succeeded({kind: key for kind, key in keys.items() if kind != "place"})
    return operator_id


def _check_token(request: Request, sent: str) -> None:
    kept = request.cookies.get(_form_cookie(request), "")
    if not kept or not hmac.compare_digest(kept.encode(), sent.encode()) or from_elsewhere(request):
        raise Forbidden("csrf", "The form is too old or not ours. Open it again and sign in.")


def _attempts(request: Request) -> Attempts:
    state = request.app.state
    if not hasattr(state, "sign_in_attempts"):
        state.sign_in_attempts = Attempts(FREE)
    attempts: Attempts = state.sign_in_attempts
    return attempts


def _form_cookie(request: Request) -> str:
    return "__Host-askwell-form" if is_secure(request) else "askwell_form"


def _ours(address: str) -> str:
    """An address of the console to go on to; nothing else, so that no link leads away."""
    parts = urlsplit(address[:2000])
    inside = not parts.scheme and not parts.netloc and parts.path.startswith(HOME)
    return address[:2000] if inside and "\\" not in address else ""


def _set(request: Request, answer: Response, name: str, value: str, life_s: int) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=life_s,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


async def _home(visit: Visit) -> Response:
    return visit.go(HOME)


routes: list[BaseRoute] = [
    Route(SIGN_IN, sign_in, methods=["GET", "POST"]),
    action("/sign-out", _home, sign_out),
]

"""The door for pages: which origins may ask, how much, and what every answer carries."""

import shutil
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from visitor_site import SHOP, Site, opened

from askwell_edge.app import create_app
from askwell_edge.border import Border
from askwell_edge.errors import refusal
from askwell_edge.settings import read_settings

PLACES = ("snapshot", "decide", "claim", "beacons")


@pytest.mark.parametrize("place", PLACES)
def test_only_the_projects_origins_may_ask(site: Site, place: str) -> None:
    for origin in (
        "https://evil.example",
        "http://shop.example",
        "https://shop.example:444",
        "null",
    ):
        answer = site.post(place, {}, Origin=origin)
        assert answer.status_code == 403
        assert answer.json()["meta"]["error"]["errorCode"] == "origin_not_allowed"
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "Origin"
    answer = site.post(place, {}, Origin=SHOP)
    assert answer.status_code in (200, 400)
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert answer.headers["vary"] == "Origin"
    assert answer.headers["cache-control"] == "no-store"


def test_an_app_and_the_edges_own_pages_may_ask(site: Site) -> None:
    path = f"/p/{site.project_id}/snapshot"
    without = site.client.post(path, json={})
    assert without.status_code == 200
    assert "access-control-allow-origin" not in without.headers
    assert site.client.post(path, json={}, headers={"Origin": "http://testserver"}).is_success


def test_a_preflight_is_answered(site: Site) -> None:
    path = f"/p/{site.project_id}/beacons"
    answer = site.client.options(path, headers={"Origin": SHOP})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == "content-type"
    assert site.client.options(path, headers={"Origin": "https://evil.example"}).status_code == 403


def test_an_unknown_project_is_told_so(site: Site) -> None:
    site.project_id = "ZN_doesnotexist"
    for place in PLACES:
        answer = site.post(place, {})
        assert answer.status_code == 404
        assert answer.json()["meta"]["error"]["errorCode"] == "unknown_project"


def test_every_refusal_is_an_envelope_with_the_requests_id(site: Site) -> None:
    answer = site.post("claim", {"page_view_id": "short"})
    meta = answer.json()["meta"]
    assert meta["httpStatus"] == "400 - Bad Request"
    assert meta["requestId"] == answer.headers["x-request-id"]
    assert meta["requestId"].startswith("RQ_")
    assert site.client.get("/nowhere").json()["meta"]["httpStatus"] == "404 - Not Found"
    wrong_method = site.client.put(f"/p/{site.project_id}/claim")
    assert wrong_method.json()["meta"]["error"]["errorCode"] == "method_not_allowed"


@pytest.mark.scenario("I11", "F16")
@pytest.mark.parametrize(
    ("limit", "environ"),
    [
        ("address", {"ASKWELL_ADDRESS_BURST": "3", "ASKWELL_ADDRESS_RATE_PER_S": "0.5"}),
        ("project", {"ASKWELL_PROJECT_BURST": "3", "ASKWELL_PROJECT_RATE_PER_S": "0.5"}),
    ],
)
def test_a_spike_is_refused_and_counted(
    store_url: str, tmp_path: Path, limit: str, environ: dict[str, str]
) -> None:
    with opened(store_url, tmp_path, **environ) as site:
        answers = [site.post("snapshot", {"reference": "U-1"}) for _ in range(5)]
        assert [each.status_code for each in answers] == [200] * 3 + [429] * 2
        assert answers[3].headers["retry-after"] == "2"
        assert answers[3].json()["meta"]["error"]["errorCode"] == "throttled"
        restricted = site.client.app.state.traffic.restricted()
        assert restricted == {(site.project_id, limit): 2}
        site.now += 2000
        assert site.post("snapshot", {"reference": "U-1"}).status_code == 200


def test_the_log_names_no_person(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    site.snapshot("U-1234", contact={"email": "zoe@zoes.example"})
    site.client.get(f"/p/{site.project_id}/start.json?ref=U-1234&email=zoe@zoes.example")
    site.client.get("/p/line%0Abreak/start.json")
    ours = [each for each in caplog.records if each.name.startswith("askwell")]
    lines = [each.getMessage() for each in ours]
    assert len(lines) == 3
    assert lines[0].startswith(f"method=POST path=/p/{site.project_id}/snapshot status=200 ms=")
    assert " path=/p/line%0Abreak/start.json " in lines[2]
    for hidden in ("U-1234", "zoe"):
        assert hidden not in str(lines)


def test_pages_are_guarded_and_failures_tell_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def page(request: Request) -> Response:
        return HTMLResponse("<p>hello")

    def framed(request: Request) -> Response:
        return HTMLResponse("<p>hello", headers={"Content-Security-Policy": "sandbox"})

    def failing(request: Request) -> Response:
        raise LookupError("U-1234")

    routes = [Route("/page", page), Route("/framed", framed), Route("/failing", failing)]
    middleware = [Middleware(Border)]
    app = Starlette(routes=routes, middleware=middleware, exception_handlers={Exception: refusal})
    client = TestClient(app, raise_server_exceptions=False)
    guarded = client.get("/page").headers
    assert "default-src 'self'" in guarded["content-security-policy"]
    assert "frame-ancestors 'none'" in guarded["content-security-policy"]
    assert guarded["x-content-type-options"] == "nosniff"
    assert guarded["referrer-policy"] == "same-origin"
    assert client.get("/framed").headers["content-security-policy"] == "sandbox"
    answer = client.get("/failing")
    assert answer.status_code == 500
    assert answer.json()["meta"]["error"]["errorCode"] == "internal_error"
    assert answer.json()["meta"]["requestId"].startswith("RQ_")
    assert "U-1234" not in answer.text
    assert "LookupError" not in answer.text


def test_health_tells_whether_the_store_answers(tmp_path: Path) -> None:
    settings = read_settings({"ASKWELL_DATA_DIR": str(tmp_path)})
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        assert client.get("/health").json() == {"state": "live"}
        assert client.get("/ready").json() == {"state": "ready"}
        shutil.rmtree(tmp_path)
        client.portal.call(client.app.state.store._reader.dispose)
        answer = client.get("/ready")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert client.get("/health").is_success

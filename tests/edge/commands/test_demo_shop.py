"""The demo's shop: its pages, their policy, and starting over. Journeys in a browser: e2e/."""

import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from starlette.testclient import TestClient

from askwell_edge.app import create_app
from askwell_edge.projects.published import published
from askwell_edge.sample.constants import (
    CAPPED_REFERENCE,
    INTERCEPT_GOLD,
    KNOWN_REFERENCE,
    PROJECT_ID,
)
from askwell_edge.sample.loading import load_sample, move_to
from askwell_edge.settings import read_settings
from askwell_edge.store.clock import now_ms

ORIGIN = "http://127.0.0.1:8470"
PAGES = ("/demo/", "/demo/cart", "/demo/help")
NASTY = "</script><script>alert(1)</script>'\""


class Demo:
    """The shop on its sample, as `askwell demo` serves it."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.store = client.app.state.store

    def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        assert self.client.portal is not None
        return self.client.portal.call(work)

    def reason(self, reference: str) -> str:
        """What becomes of the invitation to gold customers on the home page."""
        page = {"url": f"{ORIGIN}/demo/?ref={reference}", "storage": True}
        body = {"now": now_ms(), "draw": "0" * 32, "page": page, "reference": reference}
        answer = self.client.post(f"/p/{PROJECT_ID}/decide", json=body).json()
        return next(e["reason"] for e in answer["decisions"] if e["intercept"] == INTERCEPT_GOLD)

    def display(self, number: int) -> None:
        """One page view of the known contact on which the invitation shows."""
        about = {
            "page_view_id": f"page-view-of-demo-{number}",
            "intercept": INTERCEPT_GOLD,
            "action": "AS_GoldInvited0001",
            "reference": KNOWN_REFERENCE,
        }
        claim = self.client.post(f"/p/{PROJECT_ID}/claim", json=about).json()
        assert claim["granted"] is True
        beacon = {"id": f"beacon-of-demo-{number}", "kind": "displayed", "at": now_ms(), **about}
        sent = {"beacons": [{**beacon, "claim": claim["claim"]}]}
        told = self.client.post(f"/p/{PROJECT_ID}/beacons", json=sent).json()
        assert told["recorded"] == [beacon["id"]]

    def target(self) -> tuple[str, int]:
        """Where the invitation leads, and its version, as visitors get them."""

        async def look() -> Any:
            async with self.store.read() as conn:
                found = await published(conn, PROJECT_ID)
            assert found is not None
            assert found.publication is not None
            return msgpack.unpackb(found.publication.body)

        gold = next(e for e in self.run(look)["intercepts"] if e["id"] == INTERCEPT_GOLD)
        return gold["actions"][0]["target"]["url"], gold["version"]


@pytest.fixture
def demo(store_url: str, tmp_path: Path) -> Iterator[Demo]:
    environ = {"ASKWELL_DATA_DIR": str(tmp_path), "ASKWELL_DATABASE_URL": store_url}
    environ |= {"ASKWELL_BUILT_DIR": str(tmp_path / "built"), "ASKWELL_UPKEEP_S": "3600"}
    with TestClient(create_app(read_settings(environ), shop=True)) as client:
        made = Demo(client)
        made.run(lambda: load_sample(made.store, [ORIGIN], now_ms()))
        yield made


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[TestClient]:
    """The shop's pages alone: they ask nothing of the sample."""
    environ = {"ASKWELL_DATA_DIR": str(tmp_path), "ASKWELL_BUILT_DIR": str(tmp_path / "built")}
    with TestClient(create_app(read_settings(environ), shop=True)) as client:
        yield client


def test_a_site_of_ones_own_has_no_shop(tmp_path: Path) -> None:
    environ = {"ASKWELL_DATA_DIR": str(tmp_path), "ASKWELL_BUILT_DIR": str(tmp_path / "built")}
    with TestClient(create_app(read_settings(environ))) as client:
        for path in (*PAGES, "/demo/new", "/demo/survey"):
            assert client.get(path).status_code == 404
        assert client.post("/demo/forget?ref=U-1").status_code == 404


def test_the_shop(shop: TestClient) -> None:
    start = shop.get("/", follow_redirects=False)
    assert (start.status_code, start.headers["location"]) == (303, "/demo/?ref=U-1")
    for path in PAGES:
        page = shop.get(f"{path}?ref=U-2")
        policy = page.headers["content-security-policy"]
        nonce = re.search(r"script-src 'self' 'nonce-([^']+)'", policy)
        assert nonce, policy
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'")
        # The two published snippets, the first one under this answer's nonce.
        assert f'<script nonce="{nonce[1]}">var extRef = "U-2";</script>' in page.text
        assert "QSI.config = {externalReference: extRef};" in page.text
        assert f'<script async src="http://testserver/p/{PROJECT_ID}.js"></script>' in page.text
        assert " style=" not in page.text
        again = shop.get(f"{path}?ref=U-2").headers["content-security-policy"]
        assert nonce[1] not in again
    first, second = (
        shop.get("/demo/new", follow_redirects=False).headers["location"] for _ in range(2)
    )
    assert first.startswith("/demo/?ref=N-")
    assert first != second


def test_only_the_stranger_did_not_agree_to_be_added(shop: TestClient) -> None:
    refusing = "QSI.config.consent = false"
    assert refusing in shop.get("/demo/?ref=X-9").text
    for path in ("/demo/", "/demo/?ref=U-1", "/demo/?ref=U-2", "/demo/?ref=N-1"):
        assert refusing not in shop.get(path).text
    assert "var extRef = null;" in shop.get("/demo/").text


def test_a_reference_is_only_ever_text(shop: TestClient) -> None:
    page = shop.get("/demo/", params={"ref": NASTY})
    assert "alert(1)</script>" not in page.text
    assert page.text.count("<script") == shop.get("/demo/?ref=U-1").text.count("<script")


def test_the_survey_may_stand_in_the_shops_frame_alone(shop: TestClient) -> None:
    asked = shop.get("/demo/survey")
    assert "frame-ancestors 'self'" in asked.headers["content-security-policy"]
    assert "script-src" not in asked.headers["content-security-policy"]
    assert "Thank you!" in shop.get("/demo/survey?answer=4").text


def test_starting_over_forgets_what_the_demo_showed_and_nothing_else(demo: Demo) -> None:
    assert demo.reason(KNOWN_REFERENCE) == "shown"
    for number in range(3):
        demo.display(number)
    assert demo.reason(KNOWN_REFERENCE) == "frequency_rule"
    path = f"/demo/forget?ref={KNOWN_REFERENCE}"
    over = demo.client.post(path, follow_redirects=False)
    assert (over.status_code, over.headers["location"]) == (303, "/demo/?ref=U-1")
    assert demo.reason(KNOWN_REFERENCE) == "shown"
    demo.client.post(f"/demo/forget?ref={CAPPED_REFERENCE}")
    assert demo.reason(CAPPED_REFERENCE) == "frequency_rule"  # of the sample's own month
    assert demo.client.get(path).status_code == 405


def test_invitations_follow_the_shop_to_another_port(demo: Demo) -> None:
    url, version = demo.target()
    assert url == f"{ORIGIN}/demo/survey"
    elsewhere = "http://127.0.0.1:9000"
    demo.run(lambda: move_to(demo.store, [elsewhere], now_ms()))
    assert demo.target() == (f"{elsewhere}/demo/survey", version + 1)
    demo.run(lambda: move_to(demo.store, [elsewhere], now_ms()))
    assert demo.target() == (f"{elsewhere}/demo/survey", version + 1)

"""The ways to embed of docs/embedding.md, each in Chromium with just the policy that it names."""

import re
from collections.abc import Callable

import pytest
from edge_process import BUILT
from host_pages import NONCE, STRICT
from looking import Traffic, debugger_text, shows
from page_guard import Guard
from playwright.sync_api import BrowserContext
from shop_site import Shop

PATIENCE_MS = 60_000

pytestmark = pytest.mark.skipif(not (BUILT / "engine.json").exists(), reason="no engine is built")


@pytest.fixture
def traffic(visitor: BrowserContext) -> Traffic:
    visitor.set_default_timeout(PATIENCE_MS)
    return Traffic(visitor)


@pytest.fixture
def browser_shop(shop: Shop) -> Shop:
    """A shop whose visitors' browsers decide, and that shows to everybody."""
    shop.apply(mode="browser")
    shop.intercept()
    return shop


def frame_policy(edge: str) -> str:
    """For a frame on the edge's own host."""
    granted = f"script-src 'nonce-{NONCE}' {edge}; connect-src {edge}; frame-src {edge}"
    return STRICT + granted


@pytest.mark.parametrize("host", ["shop.test", "a.x.test"])
def test_a_frame_on_the_edges_own_host(
    visitor: BrowserContext, browser_shop: Shop, traffic: Traffic, host: str
) -> None:
    """`shop.test` is a neighbour of `ask.shop.test`, `a.x.test` another site altogether."""
    browser_shop.page(csp=frame_policy(browser_shop.edge.origin))
    page = visitor.new_page()
    page.goto(browser_shop.pages.at(host))
    shows(page)
    assert "snapshot" in traffic.names
    assert "decide" not in traffic.names


def test_the_next_page_has_its_decision_from_the_same_engine(
    browse: Callable[..., BrowserContext], browser_shop: Shop, guard: Guard
) -> None:
    guard.allow(r"^layout shift")  # the debugger's own lines, as they come
    context = browse(opened=True)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    written = browser_shop.page(csp=frame_policy(browser_shop.edge.origin))
    address = f"{written}?askwell_debug={browser_shop.debug_token()}"
    told = []
    for _ in range(2):
        page.goto(address)
        shows(page)
        told.append(debugger_text(page))
    first, second = told
    assert "alive from an earlier page" not in first
    assert "alive from an earlier page" in second
    steps = [
        [
            step
            for step in ("fetch", "compile", "restore", "decide")
            if re.search(rf"{step}\d", text)
        ]
        for text in told
    ]
    assert steps == [["fetch", "compile", "restore", "decide"], ["decide"]]


def test_an_edge_that_decides_needs_no_frame(
    visitor: BrowserContext, edge_shop: Shop, traffic: Traffic
) -> None:
    edge_shop.intercept()
    edge = edge_shop.edge.origin
    granted = f"script-src 'nonce-{NONCE}' {edge}; connect-src {edge}"
    page = visitor.new_page()
    page.goto(edge_shop.page(csp=STRICT + granted))
    shows(page)
    assert "decide" in traffic.names
    assert "frame" not in traffic.names


def test_where_the_policy_forbids_the_frame_the_edge_answers(
    visitor: BrowserContext, shop: Shop, traffic: Traffic, guard: Guard
) -> None:
    guard.allow(r"^error: .*(frame-src|default-src|Fram)")
    shop.intercept()
    edge = shop.edge.origin
    granted = f"script-src 'nonce-{NONCE}' {edge}; connect-src {edge}"
    page = visitor.new_page()
    page.goto(shop.page(csp=STRICT + granted))
    shows(page)
    assert "decide" in traffic.names

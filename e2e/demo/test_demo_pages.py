"""The shop's pages for everybody: axe, small screens, no script, nothing from elsewhere."""

from pathlib import Path

import pytest
from demo_shop import visiting
from playwright.sync_api import expect

AXE = Path(__file__).parents[2] / "snippet" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = ("/demo/?ref=U-2", "/demo/cart?ref=U-2", "/demo/help?ref=U-2", "/demo/survey")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(visit, path, width):
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.go(path)
    if path != "/demo/survey":
        expect(visit.panel.locator(".verdict .word")).to_be_visible()
    visit.page.evaluate(AXE.read_text())
    found = visit.page.evaluate(
        """async () => (await axe.run()).violations.map(({id, nodes}) =>
            [id, nodes.map((node) => node.html)])"""
    )
    visit.guard.allow_globals("axe", "axeFunction", "__core-js_shared__")
    assert found == []


@pytest.mark.parametrize("path", PAGES)
def test_a_small_phone_scrolls_one_way_only(visit, path):
    visit.page.set_viewport_size({"width": 320, "height": 640})
    visit.go(path)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_everything_comes_from_one_address(visit):
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.go("/demo/?ref=U-1")
    visit.told("Invited")
    assert len(asked) > 5
    assert [url for url in asked if not url.startswith((visit.demo.origin, "data:"))] == []


def test_without_scripts_the_shop_simply_works(chromium, demo):
    with visiting(chromium, demo, java_script_enabled=False) as visit:
        visit.page.goto(f"{demo.origin}/demo/?ref=U-1")
        expect(visit.panel.locator("noscript p")).to_be_visible()
        visit.page.get_by_role("link", name="Cart").click()
        expect(visit.page.get_by_role("heading", name="Your cart")).to_be_visible()


def test_the_layout_stays_when_the_panel_tells(visit):
    """The guard counts what shifts beside the panel; here the shop is looked at as well."""
    visit.go("/demo/?ref=U-1")
    hero = visit.page.get_by_role("heading", name="Quiet things")
    before = hero.bounding_box()
    visit.told("Invited")
    assert hero.bounding_box() == before

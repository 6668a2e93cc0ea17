"""The shop's pages for everybody: axe, small screens, no script, nothing from elsewhere."""

import pytest
from axe import violations
from demo_shop import visiting
from playwright.sync_api import expect

PAGES = ("/demo/?ref=U-2", "/demo/cart?ref=U-2", "/demo/help?ref=U-2", "/demo/survey")


def unfold(visit):
    """The panel of a narrow screen, by the keyboard."""
    why = visit.panel.get_by_role("button", name="Why?")
    if why.is_visible():
        why.focus()
        visit.page.keyboard.press("Enter")
        expect(why).to_have_attribute("aria-expanded", "true")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(visit, path, width):
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.go(path)
    if path != "/demo/survey":
        unfold(visit)
        expect(visit.panel.locator(".verdict .word")).to_be_visible()
    found = violations(visit.page)
    visit.guard.allow_globals("axe", "axeFunction", "__core-js_shared__")
    assert found == []


@pytest.mark.parametrize("path", PAGES)
def test_a_small_phone_scrolls_one_way_only(visit, path):
    visit.page.set_viewport_size({"width": 320, "height": 640})
    visit.go(path)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_on_a_phone_the_shop_comes_first_and_the_panel_unfolds(visit):
    page = visit.page
    page.set_viewport_size({"width": 390, "height": 844})
    visit.go("/demo/?ref=U-1")
    assert visit.panel.bounding_box()["height"] < 80
    expect(visit.panel.get_by_role("status")).to_have_text("Invited")
    expect(visit.panel.get_by_role("link", name="Console")).to_be_hidden()
    unfold(visit)
    visit.told("Invited")
    visit.go("/demo/help?ref=U-1")
    expect(visit.panel.get_by_role("link", name="Console")).to_be_visible()  # as it was left
    visit.panel.get_by_role("button", name="Why?").click()
    expect(visit.panel.get_by_role("link", name="Console")).to_be_hidden()


def test_all_reasons_can_be_read_on_a_small_desktop(visit):
    visit.page.set_viewport_size({"width": 1280, "height": 800})
    visit.go("/demo/?ref=U-1")
    visit.told("Invited")
    reasons = visit.panel.locator(".decisions li")
    expect(reasons.nth(3)).to_be_visible()
    reasons.last.scroll_into_view_if_needed()
    expect(reasons.last).to_be_in_viewport(ratio=1)


def test_everything_comes_from_one_address(visit):
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.go("/demo/?ref=U-1")
    visit.told("Invited")
    assert len(asked) > 4
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

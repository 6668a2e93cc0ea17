"""The API's description as a person reads it, and one call tried out from it."""

import pytest
from axe import violations
from edge_process import Edge
from playwright.sync_api import Browser, expect


@pytest.mark.parametrize("width", [390, 1280])
def test_a_call_is_found_read_and_tried_out(chromium: Browser, edge: Edge, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900})
    lines: list[str] = []
    page.on("console", lambda message: lines.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda problem: lines.append(str(problem)))
    page.set_default_timeout(15_000)
    page.goto(f"{edge.origin}/docs")
    page.locator(".auth-wrapper > .authorize").click()
    dialog = page.locator(".dialog-ux")
    by_token = dialog.locator(".auth-container").filter(has_text="X-API-TOKEN")
    by_token.locator("input").fill(edge.token)
    by_token.locator("button.authorize").click()
    dialog.locator("button.btn-done").first.click()
    page.locator("#operations-tag-directories .expand-operation").click()
    operation = page.locator("#operations-directories-GET_directories")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table tbody")
    expect(answer.locator(".response-col_status").first).to_contain_text("200", timeout=15_000)
    expect(answer).to_contain_text("POOL_")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Advice of the browser about forms that the library draws is no trouble.
    assert [each for each in lines if not each.startswith("verbose: [DOM]")] == []
    page.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_the_page_and_what_opens_in_it(
    chromium: Browser, edge: Edge, width: int
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(15_000)
    page.goto(f"{edge.origin}/docs")
    page.locator("#operations-tag-contacts .expand-operation").click()
    assert violations(page) == []
    for method in ("GET", "POST", "PUT", "DELETE"):
        call = page.locator(f".opblock-{method.lower()}").first
        call.locator(".opblock-summary-control").focus()
        page.keyboard.press("Enter")
        expect(call.get_by_role("button", name="Try it out")).to_be_visible()
        expect(call.locator(".opblock-summary-control")).to_be_focused()
    assert violations(page) == []
    page.get_by_role("button", name="Try it out").first.click()
    assert violations(page) == []
    page.get_by_role("region", name="Your token").get_by_role("button").click()
    expect(page.locator(".dialog-ux")).to_be_visible()
    assert violations(page) == []
    page.close()

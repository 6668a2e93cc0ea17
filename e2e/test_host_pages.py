"""The guard itself: what harms a page is seen, and the bare host page harms nobody."""

import pytest
from host_pages import inline
from page_guard import Guard
from playwright.sync_api import BrowserContext
from shop_site import Shop


def test_a_page_without_us_is_unharmed(visitor: BrowserContext, shop: Shop, guard: Guard) -> None:
    page = visitor.new_page()
    page.goto(shop.page(head=""))
    assert page.locator("h1").inner_text() == "Shop"


@pytest.mark.parametrize(
    ("harm", "seen"),
    [
        ("console.info('hello')", "info: hello"),
        ("throw new Error('oh')", "exception: oh"),
        ("Promise.reject(new Error('late'))", "rejection: Error: late"),
        ("window.leaked = 1", "global leaked"),
        ("history.pushState = () => {}", "changed builtin pushState"),
        (
            "setTimeout(() => document.body.prepend(document.createElement('hr')), 100)",
            "layout shift",
        ),
    ],
)
def test_the_guard_sees_harm(
    visitor: BrowserContext, shop: Shop, guard: Guard, harm: str, seen: str
) -> None:
    page = visitor.new_page()
    page.goto(shop.page(head=inline(harm)))
    page.wait_for_timeout(300)
    guard.check(page)
    complaints = guard.complaints()
    page.close()
    guard.lines.clear()
    assert any(line.startswith(seen) for line in complaints), complaints

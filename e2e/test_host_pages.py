"""The guard itself: what harms a page is seen, and the bare host page harms nobody."""

import pytest
from host_pages import inline
from page_guard import Guard
from playwright.sync_api import BrowserContext, Page, expect
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
            # Again and again, since what is there before the first frame shifts nothing.
            "setInterval(() => document.body.prepend(document.createElement('hr')), 100)",
            "layout shift",
        ),
    ],
)
def test_the_guard_sees_harm(
    visitor: BrowserContext, shop: Shop, guard: Guard, harm: str, seen: str
) -> None:
    page = visitor.new_page()
    page.goto(shop.page(head=inline(harm)))
    for _ in range(20):  # a busy machine is late
        page.wait_for_timeout(300)
        guard.check(page)
        if complaints := guard.complaints():
            break
    page.close()
    guard.lines.clear()
    assert any(line.startswith(seen) for line in complaints), complaints


@pytest.mark.parametrize("asked", [False, True])
def test_cookies_are_read_only_where_a_condition_asks(
    page: Page, edge_shop: Shop, asked: bool
) -> None:
    """Reading them makes a page wait for another process of the browser."""
    page.add_init_script("""globalThis[Symbol.for("reads")] = 0;
        const { get } = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
        Object.defineProperty(Document.prototype, "cookie", { configurable: true, get() {
            globalThis[Symbol.for("reads")]++; return get.call(this); } });""")
    edge_shop.intercept()
    if asked:
        edge_shop.intercept(condition={"kind": "cookie", "cmp": "set", "name": "seen"})
    page.goto(edge_shop.page())
    expect(page.locator("askwell-creative")).to_be_attached()
    assert page.evaluate('globalThis[Symbol.for("reads")]') == asked

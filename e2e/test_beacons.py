"""Beacons go to the edge off the page's thread where there is an engine, and in any case."""

from collections.abc import Callable

import pytest
from looking import eventually, is_answer, shows, visit
from playwright.sync_api import BrowserContext, Page
from shop_site import Shop

Browse = Callable[..., BrowserContext]
BOOT_S = 90  # on a busy machine
ALIVE = "JSON.parse(localStorage.askwell).engine?.alive_at > 0"
KEPT = "Object.keys(localStorage).filter((key) => key.startsWith('askwell:unsent:')).length"


def beacons_of(page: Page) -> list[str]:
    """What the page itself tells the edge, from now on."""
    asked: list[str] = []
    page.on("request", lambda each: each.url.endswith("/beacons") and asked.append(each.url))
    return asked


def engine_that(page: Page, says: str) -> None:
    """An engine's frame that is alive, cannot decide, and does `says` with beacons."""
    page.add_init_script(
        """if (window === top)
        localStorage.askwell ??= JSON.stringify({ engine: { alive_at: Date.now() } })"""
    )
    frame = f"""<!doctype html><script>addEventListener("message", ({{ ports: [page] }}) => {{
      page.onmessage = ({{ data }}) => {{
        if (data.bundle) page.postMessage({{ id: data.id, error: "EngineLost" }});
        if (data.beacons) {says};
      }};
      page.postMessage({{ state: "alive" }});
    }})</script>"""
    page.route("**/frame", lambda route: route.fulfill(body=frame, content_type="text/html"))


def test_the_worker_of_a_living_engine_tells_the_edge(page: Page, shop: Shop) -> None:
    contact = shop.contact("U-1")
    shop.capped()
    with page.expect_response(is_answer("decide")):
        page.goto(shop.page('"U-1"'))
    shows(page)
    eventually(lambda: page.evaluate(ALIVE), True, BOOT_S)
    asked = beacons_of(page)
    with page.expect_response(is_answer("claim")):
        page.goto(shop.page('"U-1"'))
    shows(page)
    eventually(lambda: shop.displays(contact), 2)
    eventually(lambda: page.evaluate(KEPT), 0)
    assert asked == []


@pytest.mark.parametrize("says", ["page.postMessage({ id: data.id, error: 'Unreachable' })", "0"])
def test_a_worker_that_cannot_tell_the_edge_loses_nothing(
    visitor: BrowserContext, shop: Shop, says: str
) -> None:
    """It says so, or it never answers and the page is left meanwhile."""
    contact = shop.contact("U-1")
    shop.capped()
    page = visitor.new_page()
    engine_that(page, says)
    visit(page, shop.page('"U-1"'))
    shows(page)
    if says == "0":
        assert shop.displays(contact) == 0
        page.goto(shop.page(path="/without", head=""))
    eventually(lambda: shop.displays(contact), 1)

"""Slots under the caps: held with the edge's decision, and given back where nothing shows."""

import pytest
from looking import count, eventually, is_answer, shows, visit
from playwright.sync_api import APIResponse, Page, Request, Route
from shop_site import Shop


def kind(beacons: Request) -> str:
    """What the page tells with the first of these beacons."""
    told: str = (beacons.post_data_json or {})["beacons"][0]["kind"]
    return told


def fetched(route: Route, shop: Shop) -> APIResponse:
    """The edge's own answer; only the browser knows the edge's host by name."""
    edge = f"http://127.0.0.1:{shop.edge.port}"
    return route.fetch(url=route.request.url.replace(shop.edge.origin, edge))


def test_an_evaluation_that_is_replaced_gives_its_slot_back_before_the_next_asks(
    page: Page, edge_shop: Shop
) -> None:
    """The page moves on while the edge's answer, with the only slot, is on its way."""
    contact = edge_shop.contact("U-1")
    edge_shop.rule(maximum=1)
    edge_shop.apply(reevaluate_on_url=True)
    edge_shop.capped()
    told: list[str] = []

    def hold_first(route: Route) -> None:
        answer = fetched(route, edge_shop)
        told.append("decided")
        if len(told) == 1:
            page.evaluate("() => history.pushState({}, '', '/next')")
            page.wait_for_timeout(300)  # its change of address is noticed
        route.fulfill(response=answer)

    page.route("**/decide", hold_first)
    page.on("request", lambda each: each.url.endswith("/beacons") and told.append(kind(each)))
    page.goto(edge_shop.page('"U-1"'))
    shows(page)
    eventually(lambda: edge_shop.displays(contact), 1)
    assert told == ["decided", "cancelled", "decided", "displayed"]


@pytest.mark.scenario("C17")
def test_a_page_that_is_left_before_the_moment_gives_its_slot_back(
    page: Page, edge_shop: Shop
) -> None:
    contact = edge_shop.contact("U-1")
    edge_shop.rule(maximum=1)
    edge_shop.capped(timing={"on": "delay", "delay_s": 2})
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url.rpartition("/")[2]))
    for path in ("/1", "/2", "/3"):
        with page.expect_response(is_answer("decide")) as decided:
            page.goto(edge_shop.page('"U-1"', path=path))
        (claimed,) = decided.value.json()["claims"].values()
        assert claimed["granted"], path
        assert count(page) == 0
    shows(page)
    eventually(lambda: edge_shop.displays(contact), 1)
    assert "claim" not in asked  # the moment itself waits for no network
    assert count(visit(page, edge_shop.page('"U-1"', path="/4"))) == 0


def test_a_slot_that_was_held_for_long_is_asked_for_again(page: Page, edge_shop: Shop) -> None:
    """As after a night's sleep of the machine: here the lease is a short one."""
    contact = edge_shop.contact("U-1")
    edge_shop.rule(maximum=1)
    intercept = edge_shop.capped(timing={"on": "delay", "delay_s": 1})

    def shorten(route: Route) -> None:
        answer = fetched(route, edge_shop)
        told = answer.json()
        told["claims"][intercept]["lease_ms"] = 1_000
        route.fulfill(response=answer, json=told)

    page.route("**/decide", shorten)
    with page.expect_response(is_answer("claim")) as claimed:
        page.goto(edge_shop.page('"U-1"'))
    assert claimed.value.json()["granted"]
    shows(page)
    eventually(lambda: edge_shop.displays(contact), 1)

"""Who the visitor is: the published snippet in every way that sites use it."""

from collections.abc import Callable
from typing import Any

import pytest
from host_pages import inline, reference_snippet
from looking import count, debugger_text, eventually, run, shows, visit
from page_guard import Guard
from playwright.sync_api import BrowserContext, Page
from shop_site import SOME_ADDRESS, Shop

Browse = Callable[..., BrowserContext]
# How a site may hold its visitor's id, and the expression in the place of extRef.
SOURCES = {
    "variable": ("var userId = 'U-1'", "userId", {"userId"}),
    "path": ("var shop = {user: {id: 'U-1'}}", "shop.user['id']", {"shop"}),
    "cookie": ("document.cookie = 'uid=U-1'", "document.cookie.match(/uid=([^;]+)/)[1]", set()),
    "attribute": (
        "document.documentElement.dataset.user = 'U-1'",
        "document.documentElement.dataset.user",
        set(),
    ),
}


@pytest.mark.scenario("B1", "B5")
@pytest.mark.parametrize("source", SOURCES)
def test_the_contact_is_matched_wherever_the_id_is_held(
    page: Page, edge_shop: Shop, guard: Guard, source: str
) -> None:
    before, expression, declared = SOURCES[source]
    guard.allow_globals(*declared)
    contact = edge_shop.contact("U-1")
    edge_shop.capped()
    visit(page, edge_shop.page(expression, before=before))
    shows(page)
    eventually(lambda: edge_shop.displays(contact), 1)


@pytest.mark.scenario("B2", "B4")
def test_an_unknown_reference_shows_nothing_letter_case_included(
    page: Page, edge_shop: Shop
) -> None:
    edge_shop.contact("u-1")
    edge_shop.capped()
    for reference in ('"U-1"', '"X-9"'):
        assert count(visit(page, edge_shop.page(reference))) == 0
    assert len(edge_shop.contacts()) == 1


@pytest.mark.scenario("B3", "B7")
def test_without_a_reference_caps_do_not_count(page: Page, edge_shop: Shop) -> None:
    contact = edge_shop.contact("U-1")
    edge_shop.rule(maximum=1)
    edge_shop.capped()
    first, second = edge_shop.page('"U-1"'), edge_shop.page(path="/second")
    shows(visit(page, first))
    eventually(lambda: edge_shop.displays(contact), 1)
    assert count(visit(page, first)) == 0
    for _ in range(2):
        shows(visit(page, second))
    assert edge_shop.displays(contact) == 1


@pytest.mark.scenario("B6")
def test_a_snippet_below_comes_too_late_and_the_debugger_says_so(
    browse: Browse, edge_shop: Shop
) -> None:
    contact = edge_shop.contact("U-1")
    edge_shop.capped()
    early = f'<script src="{edge_shop.script}"></script>'
    address = edge_shop.page(head=early, body=reference_snippet('"U-1"'))
    page = browse(opened=True).new_page()
    shows(visit(page, address))
    assert edge_shop.displays(contact) == 0
    visit(page, f"{address}?askwell_debug={edge_shop.debug_token()}")
    assert "set below our script" in debugger_text(page)


@pytest.mark.scenario("B8")
@pytest.mark.parametrize("placeholder", ['"undefined"', '" Guest "', '"null"', "NaN", "{}"])
def test_a_placeholder_is_no_reference_and_makes_no_contact(
    browse: Browse, edge_shop: Shop, placeholder: str
) -> None:
    edge_shop.apply(create_contacts=True)
    edge_shop.capped()
    page = browse(opened=True).new_page()
    address = edge_shop.page(placeholder)
    shows(visit(page, f"{address}?askwell_debug={edge_shop.debug_token()}"))
    assert "reference placeholder" in debugger_text(page)
    assert edge_shop.contacts() == []


@pytest.mark.scenario("B9")
def test_a_number_is_matched_by_its_digits(page: Page, edge_shop: Shop) -> None:
    contact = edge_shop.contact("42")
    edge_shop.capped()
    shows(visit(page, edge_shop.page("42")))
    eventually(lambda: edge_shop.displays(contact), 1)


@pytest.mark.parametrize(
    ("reference", "note"),
    [
        ("'x'.repeat(101)", "too long"),
        ("'x'.repeat(3000000)", "too long"),
        ("'\\u{1F600}'.repeat(101)", "too long"),
        ("'U\\u00001'", "control character"),
        ("'U-1\\ud83d'", "control character"),
        ("() => 'U-1'", "not text"),
        ("Symbol('U-1')", "not text"),
    ],
)
def test_an_impossible_reference_is_none(
    browse: Browse, edge_shop: Shop, reference: str, note: str
) -> None:
    edge_shop.apply(create_contacts=True)
    edge_shop.capped()
    page = browse(opened=True).new_page()
    token = edge_shop.debug_token()
    shows(visit(page, f"{edge_shop.page(reference)}?askwell_debug={token}"))
    assert note in debugger_text(page)
    assert edge_shop.contacts() == []


def test_a_hundred_emoji_are_a_reference(page: Page, edge_shop: Shop) -> None:
    contact = edge_shop.contact("\U0001f600" * 100)
    edge_shop.capped()
    shows(visit(page, edge_shop.page("'\\u{1F600}'.repeat(100)")))
    eventually(lambda: edge_shop.displays(contact), 1)


@pytest.mark.scenario("B10", "B11")
def test_a_visitor_logs_in_and_out_without_a_reload(page: Page, edge_shop: Shop) -> None:
    contact = edge_shop.contact("U-1")
    edge_shop.rule(maximum=1)
    edge_shop.capped(timing={"on": "manual"})
    visit(page, edge_shop.page())
    assert count(page) == 0
    run(page, "QSI.API.identify('U-1'); QSI.API.run()")
    shows(page)
    eventually(lambda: edge_shop.displays(contact), 1)
    page.evaluate("QSI.API.reset()")
    assert count(page) == 0
    run(page)
    shows(page)
    page.evaluate("QSI.API.identify('U-1')")
    run(page)
    assert count(page) == 0
    assert edge_shop.displays(contact) == 1


@pytest.mark.scenario("B12")
@pytest.mark.parametrize("expression", ['"U-1"', "userId", "shop.user['id']"])
def test_another_scripts_qsi_does_not_hide_the_reference(
    page: Page, edge_shop: Shop, guard: Guard, expression: str
) -> None:
    guard.allow_globals("userId", "shop")
    contact = edge_shop.contact("U-1")
    edge_shop.capped()
    before = "var QSI = {theirs: 1}, userId = 'U-1', shop = {user: {id: 'U-1'}}"
    visit(page, edge_shop.page(expression, before=before))
    shows(page)
    eventually(lambda: edge_shop.displays(contact), 1)
    assert page.evaluate("QSI.theirs") == 1


@pytest.mark.scenario("B15", "H3")
@pytest.mark.parametrize("mode", ["edge", "browser"])
def test_nothing_of_the_contact_reaches_the_browser(page: Page, shop: Shop, mode: str) -> None:
    fields = {"firstName": "Secretia", "email": "secretia@x.example", "phone": "+34600123456"}
    shop.contact("U-1", embeddedData={"tier": "platinum-secret"}, **fields)
    criteria = {"field": "embeddedData.tier", "cmp": "eq", "value": "platinum-secret"}
    segment = shop.directory("POST", "/segments", {"name": "Whales", "criteria": criteria})["id"]
    # Its members are counted while it is being built, and nobody is asked by it before the end.
    eventually(lambda: shop.directory("GET", f"/segments/{segment}")["status"], "ready")
    shop.apply(mode=mode)
    shop.capped(condition={"kind": "segment", "cmp": "is", "value": [segment]})
    bodies: list[bytes] = []
    page.on("requestfinished", lambda request: bodies.append(request.response().body()))
    visit(page, shop.page('"U-1"'), "decide" if mode == "edge" else "snapshot")
    shows(page)
    page.wait_for_timeout(500)
    everything = b"\n".join(bodies) + page.content().encode()
    assert len(bodies) > 3
    for secret in ("Secretia", "secretia", "600123456", "platinum", "Whales", "CID_"):
        assert secret.encode() not in everything, secret
    assert segment.encode() in everything or mode == "edge"


@pytest.mark.parametrize(("draft", "asked_for"), [({"condition": SOME_ADDRESS}, 1), ({}, 0)])
def test_two_copies_and_two_projects_do_not_double(
    page: Page, edge_shop: Shop, draft: dict[str, Any], asked_for: int
) -> None:
    contact = edge_shop.contact("U-1")
    edge_shop.intercept(linked=True, **draft)
    other = Shop(edge_shop.edge, edge_shop.pages)
    other.apply(mode="edge")
    other.intercept(**draft)
    head = reference_snippet('"U-1"') * 2 + edge_shop.tag * 2 + other.tag
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visit(page, edge_shop.page(head=head + inline("void 0")))
    decides = [f"{shop.project_id}/decide" for shop in (edge_shop, other)]

    def counts() -> list[int]:
        page.wait_for_timeout(500)  # longer than a second one is behind the first
        return [len([url for url in asked if each in url]) for each in decides]

    eventually(counts, [1, 1])
    shows(page)
    assert len([url for url in asked if "/a/client" in url]) == asked_for
    assert edge_shop.displays(contact) <= 1

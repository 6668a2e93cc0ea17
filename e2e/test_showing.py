"""From a decision to a display and to the timeline: caps, creation, repeated displays, logic."""

from collections.abc import Callable
from typing import Any

import pytest
from host_pages import inline
from looking import count, eventually, is_answer, run, shows, visit
from page_guard import Guard
from playwright.sync_api import BrowserContext, Page, Route, expect
from shop_site import Shop

Browse = Callable[..., BrowserContext]
WEEK_S = 7 * 24 * 60 * 60


@pytest.mark.scenario("C5")
def test_a_cap_holds_on_another_device(browse: Browse, edge_shop: Shop) -> None:
    contact = edge_shop.contact("U-1")
    edge_shop.rule(maximum=1)
    edge_shop.capped()
    address = edge_shop.page('"U-1"')
    phone = browse(viewport={"width": 390, "height": 800}, is_mobile=True, has_touch=True)
    shows(visit(phone.new_page(), address))
    eventually(lambda: edge_shop.displays(contact), 1)
    assert count(visit(browse().new_page(), address)) == 0


@pytest.mark.scenario("C16", "F12", "F17", "F1")
def test_two_tabs_at_once_make_one_contact_and_one_display(
    visitor: BrowserContext, edge_shop: Shop
) -> None:
    edge_shop.apply(create_contacts=True)
    edge_shop.rule(maximum=1)
    edge_shop.capped()
    address = edge_shop.page('"N-1"')
    tabs = [visitor.new_page(), visitor.new_page()]
    claims: list[dict[str, Any]] = []
    for tab in tabs:
        tab.on("response", lambda answer: is_answer("claim")(answer) and claims.append(answer))
    for tab in tabs:  # both load before either has an answer
        tab.goto(address, wait_until="commit")
    for tab in tabs:
        tab.bring_to_front()
        tab.wait_for_load_state("networkidle")
    eventually(lambda: sorted(count(tab) for tab in tabs), [0, 1])
    (contact,) = edge_shop.contacts()
    assert contact["extRef"] == "N-1"
    eventually(lambda: edge_shop.displays(contact["contactId"]), 1)


@pytest.mark.scenario("C17")
def test_what_was_never_painted_leaves_no_touch(
    page: Page, edge_shop: Shop, browse: Browse
) -> None:
    contact = edge_shop.contact("U-1")
    edge_shop.rule(maximum=1)
    edge_shop.capped()
    blocked = inline("onload = () => document.querySelector('dialog').showModal()")
    address = edge_shop.page('"U-1"', path="/busy", body=f"<dialog>Theirs</dialog>{blocked}")
    with page.expect_response(is_answer("beacons")) as beacons:
        visit(page, address)
    assert beacons.value.request.post_data_json["beacons"][0]["kind"] == "cancelled"
    assert count(page) == 0
    assert edge_shop.displays(contact) == 0
    shows(visit(browse().new_page(), edge_shop.page('"U-1"')))


@pytest.mark.scenario("C24")
def test_repeated_display_and_caps_must_both_pass(browse: Browse, edge_shop: Shop) -> None:
    contact = edge_shop.contact("U-1")
    edge_shop.contact("U-2")
    edge_shop.capped(repeat_s=WEEK_S)
    visitor = browse()
    page = visitor.new_page()
    shows(visit(page, edge_shop.page('"U-1"')))
    eventually(lambda: edge_shop.displays(contact), 1)
    assert count(visit(page, edge_shop.page('"U-2"'))) == 0  # this browser saw it
    edge_shop.rule(maximum=1)
    visitor.clear_cookies()
    page.evaluate("localStorage.clear()")
    assert count(visit(page, edge_shop.page('"U-1"'))) == 0  # this contact was asked
    shows(visit(page, edge_shop.page('"U-2"')))


@pytest.mark.scenario("F1", "F2")
def test_a_contact_is_created_where_nothing_can_show(page: Page, edge_shop: Shop) -> None:
    edge_shop.apply(create_contacts=True)
    edge_shop.intercept(condition={"kind": "url", "cmp": "contains", "value": "/elsewhere"})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    contact = "contact: {firstName: 'Ana', attributes: {Location: 'Seattle'}}"
    before = f"QSI = {{config: {{externalReference: 'N-1', {contact}}}}}"
    visit(page, edge_shop.page(before=before), "beacons")
    (made,) = edge_shop.contacts()
    assert made["extRef"] == "N-1"
    assert made["firstName"] == "Ana"
    assert made["embeddedData"] == {"Location": "Seattle"}
    ours = [url for url in asked if url.startswith(edge_shop.edge.origin)]
    assert [url.rpartition("/")[2].partition("-")[0] for url in ours] == [
        f"{edge_shop.project_id}.js",
        "beacons",
    ]


@pytest.mark.scenario("F14", "F15")
@pytest.mark.parametrize(
    "config",
    [
        "{contact: {firstName: 'Ana', email: 'a@x.example'}}",
        "{externalReference: 'N-1', consent: false}",
    ],
)
def test_nobody_is_created_without_reference_or_consent(
    page: Page, edge_shop: Shop, config: str
) -> None:
    edge_shop.apply(create_contacts=True)
    edge_shop.intercept()
    visit(page, edge_shop.page(before=f"QSI = {{config: {config}}}"))
    shows(page)
    assert edge_shop.contacts() == []


@pytest.mark.scenario("G4", "G5", "G6", "C15")
def test_every_display_is_on_the_timeline_once(visitor: BrowserContext, edge_shop: Shop) -> None:
    contact = edge_shop.contact("U-1")
    intercept = edge_shop.intercept(linked=True)
    page = visitor.new_page()
    doubled: list[int] = []

    def twice(route: Route) -> None:
        """The beacon arrives, and arrives again."""
        reached = route.request.url.replace("ask.shop.test", "127.0.0.1")
        answers = [route.fetch(url=reached) for _ in range(2)]
        doubled.extend(each.status for each in answers)
        route.fulfill(response=answers[1])

    page.route("**/beacons", twice)
    for path in ("/1", "/2", "/3"):
        shows(visit(page, edge_shop.page('"U-1"', path=path)))
        page.wait_for_load_state("networkidle")
    eventually(lambda: edge_shop.displays(contact), 3)
    visit(page, edge_shop.page('"X-9"', path="/4"))
    visit(page, edge_shop.page(path="/5"))
    shows(page)
    assert doubled == [200] * 6
    events = edge_shop.timeline(contact, "intercept_displayed")
    assert len(events) == 3
    for event in events:
        assert event["project_id"] == edge_shop.project_id
        assert event["intercept_id"] == intercept
        assert not event["counts_toward_caps"]


@pytest.mark.scenario("I5")
def test_an_action_not_taken_ever_shows_once(page: Page, edge_shop: Shop) -> None:
    action = {"id": "AS_onlyonce", "creative_id": edge_shop.creative_id}
    condition = {"kind": "action_taken", "cmp": "is_not", "action_id": action["id"]}
    edge_shop.intercept(actions=[action], condition={**condition, "within": "ever"})
    address = edge_shop.page()
    shows(visit(page, address))
    assert count(visit(page, address)) == 0


@pytest.mark.scenario("I6")
def test_a_survey_that_was_taken_hides_its_invitation(page: Page, edge_shop: Shop) -> None:
    taken = {"kind": "survey_taken", "cmp": "is_not", "survey_id": "SV_0123456789abcde"}
    edge_shop.intercept(condition=taken)
    address = edge_shop.page()
    shows(visit(page, address))
    page.evaluate("QSI.API.completed('SV_0123456789abcde')")
    assert count(visit(page, address)) == 0


@pytest.mark.scenario("I8")
@pytest.mark.parametrize("domain", ["x.test", None])
def test_a_cookie_domain_covers_its_subdomains(
    page: Page, edge_shop: Shop, domain: str | None
) -> None:
    edge_shop.apply(cookie_domain=domain)
    edge_shop.intercept(repeat_s=WEEK_S)
    edge_shop.page()
    a, b = (edge_shop.pages.at(f"{name}.x.test") + "/" for name in "ab")
    shows(visit(page, a))
    assert count(visit(page, a)) == 0
    assert count(visit(page, b)) == (0 if domain else 1)
    cookies = page.context.cookies(b)
    assert [cookie["domain"] for cookie in cookies] == ([".x.test"] if domain else [])


@pytest.mark.scenario("I9")
@pytest.mark.parametrize("comparison", ["is", "is_not"])
def test_an_expression_that_throws_is_a_false_condition(
    page: Page, edge_shop: Shop, guard: Guard, comparison: str
) -> None:
    guard.allow_globals("cart")
    leaf = {"kind": "value", "path": "cart.items[0].price", "cmp": comparison, "value": "1"}
    edge_shop.intercept(condition=leaf)
    throwing = "var cart = {get items() { throw new Error('theirs') }}"
    for before in ("var cart = {}", throwing, "void 0"):
        assert count(visit(page, edge_shop.page(before=before))) == 0
    wanted = "1" if comparison == "is" else "2"
    shows(visit(page, edge_shop.page(before=f"var cart = {{items: [{{price: {wanted}}}]}}")))


def test_accepting_and_declining_are_told(browse: Browse, edge_shop: Shop) -> None:
    contact = edge_shop.contact("U-1")
    edge_shop.intercept(linked=True)
    page = browse(opened=True).new_page()
    for path, label, kind in (("/1", "Take part", "clicked"), ("/2", "Not now", "dismissed")):
        visit(page, edge_shop.page('"U-1"', path=path))
        page.get_by_text(label).click()
        expect(page.locator("askwell-creative")).to_have_count(0)
        eventually(lambda kind=kind: len(edge_shop.timeline(contact, f"intercept_{kind}")), 1)


def test_one_creative_at_a_time(page: Page, edge_shop: Shop) -> None:
    edge_shop.intercept()
    edge_shop.intercept(timing={"on": "delay", "delay_s": 1})
    visit(page, edge_shop.page())
    shows(page)
    run(page)
    page.wait_for_timeout(1500)
    shows(page)


@pytest.mark.parametrize(
    ("timing", "act"),
    [
        ({"on": "delay", "delay_s": 1}, "void 0"),
        ({"on": "scroll", "percent": 50}, "scrollTo(0, 4000)"),
        ({"on": "click", "selector": "#buy"}, "document.querySelector('#buy').click()"),
        (
            {"on": "exit"},
            "document.body.dispatchEvent(new MouseEvent('mouseout', {clientY: -1, bubbles: true}))",
        ),
        ({"on": "manual"}, "QSI.API.run()"),
    ],
)
def test_a_creative_waits_for_its_moment(
    page: Page, edge_shop: Shop, timing: dict[str, Any], act: str
) -> None:
    edge_shop.intercept(timing=timing)
    tall = '<div id="tall">tall</div>' + inline("tall.style.paddingTop = '5000px'")
    visit(page, edge_shop.page(body=tall))
    if timing["on"] != "delay":
        assert count(page) == 0
    page.evaluate(act)
    shows(page)

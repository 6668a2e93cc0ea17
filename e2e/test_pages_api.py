"""`QSI.API`: load, run, unload, the debugger, applications of a single page."""

from collections.abc import Callable

import pytest
from host_pages import inline
from looking import count, debugger_text, eventually, is_answer, run, shows, visit
from page_guard import Guard
from playwright.sync_api import BrowserContext, Page, expect
from shop_site import Shop

Browse = Callable[..., BrowserContext]
AGAIN = "QSI.API.load: already loaded. Call QSI.API.unload() first."


@pytest.mark.scenario("H12")
def test_a_second_load_is_refused_readably(page: Page, edge_shop: Shop) -> None:
    edge_shop.intercept()
    visit(page, edge_shop.page())
    assert page.evaluate("QSI.API.load().then(() => 'loaded', (no) => no.message)") == AGAIN
    assert page.evaluate("'catch' in QSI.API.load()") is False
    caught = "(async () => { try { await QSI.API.load() } catch (no) { return no.message } })()"
    assert page.evaluate(caught) == AGAIN
    page.evaluate("() => { QSI.API.load(); QSI.API.load().then(() => {}).then(() => {}) }")
    page.wait_for_timeout(200)  # nobody listened: the guard hears of no rejection
    loaded = "QSI.API.unload(); QSI.API.load().then(() => 'loaded', (no) => no.message)"
    assert page.evaluate(loaded) == "loaded"


def test_unload_takes_everything_away_and_load_run_bring_it_back(
    page: Page, edge_shop: Shop
) -> None:
    edge_shop.intercept()
    heard = "addEventListener('qsi_js_loaded', () => document.body.dataset.heard = 'yes')"
    visit(page, edge_shop.page(before=heard))
    shows(page)
    assert page.evaluate("document.body.dataset.heard") == "yes"
    page.evaluate("QSI.API.unload()")
    assert count(page) == 0
    page.evaluate("QSI.API.run()")  # not loaded: nothing
    page.wait_for_timeout(300)
    assert count(page) == 0
    run(page, "QSI.API.load().then(QSI.API.run)")
    shows(page)


def test_what_is_under_way_ends_with_unload(page: Page, edge_shop: Shop) -> None:
    edge_shop.intercept(timing={"on": "delay", "delay_s": 1})
    visit(page, edge_shop.page())
    page.evaluate("QSI.API.unload()")
    page.wait_for_timeout(1500)
    assert count(page) == 0


@pytest.mark.scenario("H9")
def test_is_debug_opens_the_window_until_the_next_page(browse: Browse, edge_shop: Shop) -> None:
    contact = edge_shop.contact("U-1")
    intercept = edge_shop.capped()
    page = browse(opened=True).new_page()
    address = edge_shop.page('"U-1"')
    visit(page, address)
    assert page.locator("askwell-debugger").count() == 0
    before = edge_shop.displays(contact)
    console = "QSI.API.unload(); QSI.isDebug = true; QSI.API.load(); QSI.API.run();"
    run(page, console)
    told = debugger_text(page)
    for expected in (intercept, "given: U-… (3)", "A contact of the directory."):
        assert expected in told
    eventually(lambda: edge_shop.displays(contact), before + 1)
    newest = edge_shop.timeline(contact, "intercept_displayed")[-1]
    assert newest["test"]
    assert not newest["counts_toward_caps"]
    visit(page, address)
    assert page.locator("askwell-debugger").count() == 0


@pytest.mark.scenario("H2")
def test_a_debugging_link_tells_why_and_ends(browse: Browse, edge_shop: Shop) -> None:
    leaf = {"kind": "url", "cmp": "contains", "value": "/checkout"}
    edge_shop.intercept(condition=leaf)
    page = browse(opened=True).new_page()
    address = edge_shop.page()
    visit(page, f"{address}?a=1&askwell_debug={edge_shop.debug_token()}&b=2")
    told = debugger_text(page)
    assert "/checkout" in told
    assert f"{address}?a=1&b=2" in told  # the page's own address, without the link's token
    assert "nothing can show here" in told
    page.goto(f"{address}?askwell_debug=eyJhbGciOiJIUzI1NiJ9.e30.bad")
    page.wait_for_load_state("networkidle")
    assert page.locator("askwell-debugger").count() == 0


@pytest.mark.scenario("H13")
@pytest.mark.parametrize("timing", ["load", "manual"])
def test_an_application_of_one_page_is_evaluated_once_for_each_address(
    page: Page, edge_shop: Shop, timing: str
) -> None:
    edge_shop.apply(reevaluate_on_url=True)
    leaf = {"kind": "url", "cmp": "contains", "value": "/checkout"}
    edge_shop.intercept(condition=leaf, timing={"on": timing})
    decides: list[str] = []
    page.on("response", lambda answer: is_answer("decide")(answer) and decides.append(answer.url))
    page.goto(edge_shop.page())
    page.wait_for_load_state("networkidle")
    assert decides == []  # the address rules it out
    move = "history.pushState({}, '', '/checkout'); history.replaceState({a: 1}, '', '/checkout')"
    page.evaluate(f"() => {{ {move} }}")
    eventually(lambda: (page.wait_for_timeout(50), len(decides))[1], 1)
    if timing == "manual":
        page.wait_for_timeout(300)
        assert count(page) == 0
        page.evaluate("QSI.API.run()")
    shows(page)
    assert len(decides) == (2 if timing == "manual" else 1)


def test_own_calls_beside_the_setting_double_nothing(page: Page, edge_shop: Shop) -> None:
    contact = edge_shop.contact("U-1")
    edge_shop.apply(reevaluate_on_url=True)
    edge_shop.intercept(
        linked=True, condition={"kind": "url", "cmp": "contains", "value": "/checkout"}
    )
    page.goto(edge_shop.page('"U-1"'))
    page.wait_for_load_state("networkidle")
    route = "history.pushState({}, '', '/checkout'); QSI.API.unload();"
    run(page, f"{route} QSI.API.load().then(QSI.API.run)")
    shows(page)
    eventually(lambda: edge_shop.displays(contact), 1)
    page.wait_for_timeout(800)
    assert edge_shop.displays(contact) == 1


def test_tracked_events_and_pages_are_counted(page: Page, edge_shop: Shop) -> None:
    tracked = {"kind": "tracked", "name": "bought", "cmp": "gte", "value": 2}
    edge_shop.intercept(condition=[tracked, "and", {"kind": "page_count", "cmp": "eq", "value": 2}])
    address = edge_shop.page()
    assert count(visit(page, address)) == 0
    page.evaluate("() => { QSI.API.track('bought'); QSI.API.track('bought') }")
    shows(visit(page, address))
    assert count(visit(page, address)) == 0


def test_the_history_of_the_visit_is_known(page: Page, edge_shop: Shop) -> None:
    seen = {"kind": "history", "cmp": "contains", "value": "/pricing"}
    edge_shop.intercept(condition=seen)
    assert count(visit(page, edge_shop.page(path="/pricing"))) == 0
    shows(visit(page, edge_shop.page(path="/basket")))


def test_calls_with_anything_never_throw(page: Page, edge_shop: Shop, guard: Guard) -> None:
    edge_shop.intercept()
    visit(page, edge_shop.page())
    for argument in ("", "null", "{}", "Symbol('x')", "'x'.repeat(1e6)", "() => { throw 1 }"):
        for name in ("run", "identify", "track", "completed", "reset"):
            page.evaluate(f"() => {{ QSI.API.{name}({argument}) }}")
    frozen = inline("QSI = Object.freeze({config: {get externalReference() { throw 1 }}})")
    page.goto(edge_shop.page(head=frozen + edge_shop.tag))
    page.wait_for_load_state("networkidle")
    expect(page.locator("h1")).to_be_visible()

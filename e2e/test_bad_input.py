"""Whatever goes wrong, the host page goes on: every test here ends with its guard's check."""

import json
from collections.abc import Callable

import pytest
from host_pages import inline, policy, reference_snippet
from looking import count, debugger_text, eventually, is_answer, run, shows, visit
from page_guard import Guard
from playwright.sync_api import BrowserContext, Page, Route, expect
from shop_site import SOME_ADDRESS, Shop

Browse = Callable[..., BrowserContext]
SCRIPTS = ["**/p/*.js", "**/a/client-*"]
QUESTIONS = ["**/decide", "**/claim"]
FAULTS = [
    *((step, fault) for step in SCRIPTS + QUESTIONS for fault in ("refused", "hangs")),
    *((step, fault) for step in QUESTIONS for fault in ("503", "rubbish")),
]


def unharmed(page: Page, shop: Shop) -> None:
    """The page works, and nothing of ours is on it."""
    page.wait_for_load_state("networkidle")
    expect(page.locator("#buy")).to_be_visible()
    assert count(page) == 0
    assert (
        page.evaluate("document.querySelectorAll('[class^=askwell], askwell-creative').length") == 0
    )


@pytest.mark.scenario("I10")
@pytest.mark.parametrize(("step", "fault"), FAULTS)
def test_the_edge_is_down_at_one_step(
    page: Page, edge_shop: Shop, guard: Guard, step: str, fault: str
) -> None:
    guard.allow_network()
    contact = edge_shop.contact("U-1")
    edge_shop.rule(maximum=1)
    # What shows at once is claimed by the decision; what waits for its moment asks in it.
    edge_shop.capped(timing={"on": "scroll", "percent": 1}, condition=SOME_ADDRESS)
    origin = edge_shop.pages.origin

    def fail(route: Route) -> None:
        headers = {"Access-Control-Allow-Origin": origin, "Retry-After": "1"}
        if fault == "refused":
            route.abort("connectionrefused")
        elif fault == "503":
            route.fulfill(status=503, body="{}", headers=headers)
        elif fault == "rubbish":
            route.fulfill(status=200, body="\x00<html>", headers=headers)

    page.route(step, fail)
    page.goto(edge_shop.page('"U-1"'), wait_until="domcontentloaded")
    page.wait_for_timeout(1500)
    expect(page.locator("#buy")).to_be_visible()
    assert count(page) == 0
    assert edge_shop.displays(contact) == 0


def test_a_page_whose_own_setting_throws_hears_nothing_of_it(page: Page, edge_shop: Shop) -> None:
    edge_shop.intercept()
    broken = "QSI = {config: {get onReport() { throw new Error('theirs'); }}}"
    page.goto(edge_shop.page(before=broken))
    page.wait_for_timeout(1500)
    unharmed(page, edge_shop)


@pytest.mark.parametrize("fault", ["refused", "503", "rubbish"])
def test_the_edge_is_down_when_a_page_loads_anew(
    page: Page, edge_shop: Shop, guard: Guard, fault: str
) -> None:
    guard.allow_network()
    edge_shop.intercept()
    shows(visit(page, edge_shop.page()))
    told = {
        "503": {"status": 503, "body": "{}"},
        "rubbish": {"status": 200, "body": "\x00<html>"},
    }

    def fail(route: Route) -> None:
        if fault == "refused":
            route.abort("connectionrefused")
        else:
            headers = {"Access-Control-Allow-Origin": edge_shop.pages.origin}
            route.fulfill(**told[fault], headers=headers)  # type: ignore[arg-type]

    page.route("**/start.json", fail)
    page.evaluate("() => { QSI.API.unload(); QSI.API.load().then(QSI.API.run) }")
    page.wait_for_timeout(700)
    unharmed(page, edge_shop)
    page.unroute("**/start.json")
    run(page, "QSI.API.unload(); QSI.API.load().then(QSI.API.run)")
    shows(page)


@pytest.mark.parametrize("step", ["**/snapshot", "**/frame"])
def test_the_edge_is_down_for_the_engine(page: Page, shop: Shop, guard: Guard, step: str) -> None:
    guard.allow_network()
    guard.allow("Failed to execute 'postMessage' on 'DOMWindow'")  # the browser's own error page
    shop.apply(mode="browser")
    shop.intercept()
    page.route(step, lambda route: route.abort("connectionrefused"))
    page.goto(shop.page())
    page.wait_for_timeout(2500)
    expect(page.locator("#buy")).to_be_visible()
    assert count(page) == 0


@pytest.mark.scenario("I10")
def test_a_page_whose_edge_is_gone_loads_as_ever(page: Page, edge_shop: Shop, guard: Guard) -> None:
    guard.allow_network()
    tag = '<script async src="http://ask.shop.test:1/p/ZN_0123456789abcde.js"></script>'
    head = reference_snippet('"U-1"') + tag
    page.goto(edge_shop.page(head=head, csp=policy("http://ask.shop.test:1")))
    unharmed(page, edge_shop)


def test_beacons_that_were_lost_are_sent_on_the_next_page(
    page: Page, edge_shop: Shop, guard: Guard
) -> None:
    guard.allow_network()
    contact = edge_shop.contact("U-1")
    edge_shop.intercept(linked=True, condition={"kind": "url", "cmp": "contains", "value": "/ask"})
    page.route("**/beacons", lambda route: route.abort("connectionrefused"))
    visit(page, edge_shop.page('"U-1"', path="/ask"))
    shows(page)
    assert edge_shop.displays(contact) == 0
    page.unroute("**/beacons")
    visit(page, edge_shop.page('"U-1"', path="/other"), "beacons")  # nothing can show here
    eventually(lambda: edge_shop.displays(contact), 1)
    sent = "JSON.parse(localStorage.askwell).unsent === undefined"
    eventually(lambda: page.evaluate(sent), True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(edge_shop.page('"U-1"', path="/other"))
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "client" in url or "beacons" in url]


def test_what_a_tab_could_not_send_stays_while_another_sends_its_own(
    visitor: BrowserContext, edge_shop: Shop, guard: Guard
) -> None:
    guard.allow_network()
    contact = edge_shop.contact("U-1")
    edge_shop.intercept(linked=True, condition={"kind": "url", "cmp": "contains", "value": "/ask"})
    cut_off, other = visitor.new_page(), visitor.new_page()
    cut_off.route("**/beacons", lambda route: route.abort("connectionrefused"))
    shows(visit(cut_off, edge_shop.page('"U-1"', path="/ask")))
    cut_off.goto("about:blank")
    # As another tab's page that began before: it does not know of the first one's.
    other.add_init_script("const kept = localStorage.askwell; delete localStorage.askwell;")
    shows(visit(other, edge_shop.page('"U-1"', path="/ask")))
    eventually(lambda: edge_shop.displays(contact), 1)
    third = visitor.new_page()
    visit(third, edge_shop.page('"U-1"', path="/other"), "beacons")
    eventually(lambda: edge_shop.displays(contact), 2)


@pytest.mark.parametrize("kept", ["{", "7", '{"beacon": 1}', '{"address": "/x", "beacon": {}}'])
def test_kept_beacons_that_somebody_else_wrote(page: Page, edge_shop: Shop, kept: str) -> None:
    edge_shop.intercept()
    page.add_init_script(
        f"localStorage.askwell ??= '{{\"unsent\": true}}';"
        f"localStorage['askwell:unsent:x'] ??= {json.dumps(kept)}"
    )
    shows(visit(page, edge_shop.page()))
    eventually(lambda: page.evaluate("'askwell:unsent:x' in localStorage"), False)


def test_an_edge_that_wants_to_be_left_alone_is(page: Page, edge_shop: Shop, guard: Guard) -> None:
    guard.allow_network()
    edge_shop.intercept()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    allowed = {
        "Access-Control-Allow-Origin": edge_shop.pages.origin,
        "Access-Control-Expose-Headers": "Retry-After",
        "Retry-After": "8",
    }
    busy = {"status": 429, "body": "{}", "headers": allowed}
    page.route("**/decide", lambda route: route.fulfill(**busy))
    address = edge_shop.page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert len([url for url in asked if "decide" in url]) == 1
    page.unroute("**/decide")
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert len([url for url in asked if "decide" in url]) == 1
    page.wait_for_timeout(8000)
    shows(visit(page, address))


def test_an_unparsable_bundle_shows_nothing(browse: Browse, shop: Shop, guard: Guard) -> None:
    shop.apply(mode="browser")
    shop.intercept()
    shop.spoil_bundle()
    page = browse(opened=True).new_page()
    page.goto(f"{shop.page()}?askwell_debug={shop.debug_token()}")
    page.get_by_text("nothing shown").wait_for(timeout=90_000)
    assert count(page) == 0
    assert "BundleError" in debugger_text(page)


def test_facts_that_are_too_large_are_left_out(page: Page, edge_shop: Shop) -> None:
    paths = [f"big.v{n}" for n in range(60)]
    leaves = [{"kind": "value", "path": path, "cmp": "set"} for path in paths]
    condition = [leaves[0]]
    for leaf in leaves[1:]:
        condition += ["or", leaf]
    edge_shop.intercept(
        condition=[condition, "or", {"kind": "language", "cmp": "is", "value": "en"}]
    )
    config = "config: {externalReference: 'U-1', contact: {attributes: Object.fromEntries("
    pairs = "Array.from({length: 5000}, (_, n) => ['k' + n, '\\u0001'.repeat(900)]))}}"
    big = "big: Object.fromEntries(Array.from({length: 60}, (_, n) => ['v' + n, 'x'.repeat(9e5)]))"
    with page.expect_request(lambda request: "decide" in request.url) as asked:
        visit(
            page,
            edge_shop.page(before=f"QSI = {{{config}{pairs}}}; QSI.{big.replace(': ', ' = ', 1)}"),
        )
    assert len(asked.value.post_data or "") < 32 * 1024
    shows(page)


@pytest.mark.parametrize("off", ["cookies", "storage", "both"])
def test_cookies_and_storage_off(visitor: BrowserContext, edge_shop: Shop, off: str) -> None:
    contact = edge_shop.contact("U-1")
    edge_shop.intercept(linked=True, repeat_s=3600)
    needs = edge_shop.intercept(requires_storage=True)
    edge_shop.intercept(condition={"kind": "cookie", "cmp": "set", "name": "seen"})
    denied = "{ get() { throw new DOMException('denied', 'SecurityError') }, configurable: true }"
    if off != "cookies":
        for name in ("localStorage", "indexedDB", "sessionStorage"):
            visitor.add_init_script(f"Object.defineProperty(window, '{name}', {denied})")
    if off != "storage":
        visitor.add_init_script(
            f"Object.defineProperty(Document.prototype, 'cookie', {denied});"
            "Object.defineProperty(Navigator.prototype, 'cookieEnabled', { get: () => false });"
        )
    page = visitor.new_page()
    with page.expect_response(is_answer("decide")) as answer:
        page.goto(edge_shop.page('"U-1"'))
    asked = json.loads(answer.value.request.post_data or "")["page"]
    decided = {each["intercept"]: each["reason"] for each in answer.value.json()["decisions"]}
    shows(page)
    eventually(lambda: edge_shop.displays(contact), 1)
    assert asked["storage"] is (off == "cookies")
    assert (asked["cookies"] is None) is (off != "storage")
    if off != "cookies":
        assert asked["displayed"] is asked["history"] is asked["page_count"] is None
        assert decided[needs] == "storage_off"


@pytest.mark.parametrize("kept", ['"x"', "[1]", "{", '{"visit": 7, "tracked": [], "surveys": "x"}'])
def test_storage_that_somebody_else_wrote(page: Page, edge_shop: Shop, kept: str) -> None:
    edge_shop.intercept()
    page.add_init_script(f"localStorage.askwell ??= {json.dumps(kept)}")
    shows(visit(page, edge_shop.page()))
    page.evaluate("QSI.API.track('x')")
    assert page.evaluate("JSON.parse(localStorage.askwell).visit.pages") == 1


@pytest.mark.parametrize("jump_ms", [-40 * 365 * 86_400_000, -3_600_000, 3_600_000, 8e15])
@pytest.mark.parametrize("from_ms", [0, 300])
def test_a_clock_that_jumps(page: Page, edge_shop: Shop, jump_ms: float, from_ms: int) -> None:
    """Between two pages, and within one."""
    contact = edge_shop.contact("U-1")
    edge_shop.intercept(linked=True, timing={"on": "delay", "delay_s": 1})
    address = edge_shop.page('"U-1"')
    shows(visit(page, address))
    jumped = f"{jump_ms:.0f} * (performance.now() > {from_ms})"
    page.add_init_script(f"const now = Date.now; Date.now = () => now() + {jumped}")
    page.goto(address)
    page.wait_for_timeout(3000)
    expect(page.locator("#buy")).to_be_visible()
    if jump_ms < 1e15:
        shows(page)
        eventually(lambda: edge_shop.displays(contact), 2)


def test_the_debugger_alone_hears_of_failures(
    browse: Browse, edge_shop: Shop, guard: Guard
) -> None:
    guard.allow_network()
    edge_shop.intercept()
    page = browse(opened=True).new_page()
    page.route("**/decide", lambda route: route.abort("connectionrefused"))
    page.goto(f"{edge_shop.page()}?askwell_debug={edge_shop.debug_token()}")
    page.get_by_text("nothing shown").wait_for()
    assert "cannot be reached" in debugger_text(page)


def test_a_page_that_replaces_everything(page: Page, edge_shop: Shop, guard: Guard) -> None:
    """Frameworks throw the body away; ours does not hang on it."""
    edge_shop.intercept()
    replace = "addEventListener('load', () => { document.body.innerHTML = '<button id=buy>New' })"
    guard.allow("layout shift")  # theirs
    csp = f"{policy(edge_shop.edge.origin)}".replace("; require-trusted-types-for 'script'", "")
    head = inline(replace) + edge_shop.tag
    shows(visit(page, edge_shop.page(head=head, csp=csp)))
    expect(page.locator("#buy")).to_have_text("New")

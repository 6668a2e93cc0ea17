"""Who decides: a warm engine in the browser, the edge while it is cold, or one of them alone."""

import re
from collections.abc import Callable

import pytest
from host_pages import policy
from looking import count, debugger_text, eventually, is_answer, run, shows, visit
from page_guard import Guard
from playwright.sync_api import BrowserContext, Page, Route
from shop_site import SOME_ADDRESS, Shop

Browse = Callable[..., BrowserContext]
BOOT_S = 90  # on a busy machine
# As if the engine had been alive on the page before.
REMEMBER = """if (window === top)
  localStorage.askwell ??= JSON.stringify({ engine: { alive_at: Date.now() } })"""
ALIVE = "JSON.parse(localStorage.askwell).engine?.alive_at > 0"


def asked_of(page: Page, shop: Shop) -> list[str]:
    """What the page asks of its project, from now on: `decide claim beacons` …"""
    asked: list[str] = []
    prefix = f"{shop.edge.origin}/p/{shop.project_id}/"

    def note(url: str) -> None:
        if url.startswith(prefix):
            asked.append(url.removeprefix(prefix).partition("?")[0])

    page.on("request", lambda request: note(request.url))
    return asked


def warmed(page: Page, shop: Shop) -> list[str]:
    """Visit once and wait until the engine is alive; what was asked on the way."""
    asked = asked_of(page, shop)
    with page.expect_response(is_answer("decide")):
        page.goto(shop.page('"U-1"'))
    eventually(lambda: page.evaluate(ALIVE), True, BOOT_S)
    return asked


def test_a_cold_engine_leaves_the_first_page_to_the_edge_and_answers_the_second(
    browse: Browse, shop: Shop
) -> None:
    contact = shop.contact("U-1")
    shop.capped()
    page = browse(opened=True).new_page()
    first = warmed(page, shop)
    shows(page)
    assert first[0] == "decide"
    assert not {"snapshot", "claim"} & set(first)  # one question until it shows
    second, address = asked_of(page, shop), shop.page('"U-1"')
    with page.expect_response(is_answer("claim")):
        page.goto(f"{address}?askwell_debug={shop.debug_token()}")
    shows(page)
    assert "decide" not in second
    assert "alive from an earlier page" in debugger_text(page)
    eventually(lambda: shop.displays(contact), 2)


@pytest.mark.parametrize(
    ("name", "value", "fetched"),
    [
        ("connection", "{saveData: false, effectiveType: '4g'}", True),
        ("connection", "{saveData: true, effectiveType: '4g'}", False),
        ("connection", "{effectiveType: '2g'}", False),
        ("connection", "{effectiveType: 'slow-2g'}", False),
        ("deviceMemory", "0.5", False),
    ],
)
def test_no_engine_is_fetched_at_a_visitors_cost(
    visitor: BrowserContext, shop: Shop, name: str, value: str, fetched: bool
) -> None:
    shop.intercept()
    visitor.add_init_script(
        f"Object.defineProperty(Navigator.prototype, '{name}', {{get: () => ({value})}});"
        "window.requestIdleCallback = (work) => setTimeout(work);"
    )
    page = visitor.new_page()
    asked = asked_of(page, shop)
    page.goto(shop.page())
    shows(page)
    if fetched:
        eventually(lambda: (page.wait_for_timeout(50), "frame" in asked)[1], True)
    else:
        page.wait_for_timeout(1000)
        assert "frame" not in asked
    assert "decide" in asked


def test_the_engine_waits_for_an_idle_moment(visitor: BrowserContext, shop: Shop) -> None:
    """With a hand on what the browser calls idle."""
    shop.intercept()
    visitor.add_init_script(
        "const idle = Symbol.for('idle');"
        "window.requestIdleCallback = (work) => { window[idle] = work; };"
    )
    page = visitor.new_page()
    asked = asked_of(page, shop)
    page.goto(shop.page())
    shows(page)
    page.wait_for_function("() => window[Symbol.for('idle')]")
    page.wait_for_timeout(300)
    assert "frame" not in asked
    page.evaluate("() => window[Symbol.for('idle')]()")
    eventually(lambda: (page.wait_for_timeout(50), "frame" in asked)[1], True)


def test_the_engine_alone_decides_where_the_project_wants_it(page: Page, shop: Shop) -> None:
    shop.contact("U-1")
    shop.apply(mode="browser")
    shop.capped()
    asked = asked_of(page, shop)
    page.goto(shop.page('"U-1"'))
    page.wait_for_selector("askwell-creative", state="attached", timeout=BOOT_S * 1000)
    assert "decide" not in asked
    assert {"frame", "snapshot", "claim"} <= set(asked)


def test_where_no_engine_boots_the_edge_answers_and_browser_mode_shows_nothing(
    browse: Browse, shop: Shop, guard: Guard
) -> None:
    guard.allow_network()
    shop.intercept()
    for mode in ("auto", "browser"):
        shop.apply(mode=mode)
        page = browse(opened=True).new_page()
        page.add_init_script(REMEMBER)
        engines = re.compile(r"/a/engine-[0-9a-f]|/a/engine-(full|glue|memory)")
        page.route(engines, lambda route: route.abort())
        page.goto(f"{shop.page()}?askwell_debug={shop.debug_token()}")
        if mode == "auto":
            shows(page)
        else:
            page.get_by_text("nothing shown").wait_for(timeout=BOOT_S * 1000)
            assert count(page) == 0


@pytest.mark.parametrize(
    "last_word",
    ["", "page.postMessage({ id: data.id, error: 'EngineLost' })"],
    ids=["none", "lost"],
)
def test_a_worker_that_dies_in_the_middle_is_replaced_by_the_edge(
    visitor: BrowserContext, shop: Shop, last_word: str
) -> None:
    """What its frame then says, at once or never; the frame itself is tested with the engine."""
    shop.contact("U-1")
    shop.capped()
    page = visitor.new_page()
    page.add_init_script(REMEMBER)
    frame = f"""<!doctype html><script>addEventListener("message", ({{ ports: [page] }}) => {{
      page.onmessage = ({{ data }}) => {{ if (data.id) {{ {last_word} }} }};
      page.postMessage({{ state: "alive" }});
    }})</script>"""
    page.route("**/frame", lambda route: route.fulfill(body=frame, content_type="text/html"))
    asked = asked_of(page, shop)
    visit(page, shop.page('"U-1"'))
    shows(page)
    assert asked.index("snapshot") < asked.index("decide")


def test_a_page_that_allows_no_frame_is_answered_by_the_edge(
    page: Page, shop: Shop, guard: Guard
) -> None:
    """Its browser writes one line about the frame, once a day at most, and none of ours follows."""
    guard.allow(r"^error: Framing '[^']*' violates")
    shop.intercept()
    address = shop.page(csp=re.sub(r"frame-src [^;]*; ", "", policy(shop.edge.origin)))
    for _ in range(2):
        visit(page, address)
        shows(page)
        page.wait_for_timeout(7000)
    assert len([line for line in guard.lines if "frame" in line.lower()]) == 1


def test_a_changed_client_is_refused(page: Page, edge_shop: Shop, guard: Guard) -> None:
    guard.allow(r"Failed to find a valid digest in the 'integrity' attribute")
    edge_shop.intercept(condition=SOME_ADDRESS)

    def change(route: Route) -> None:
        reached = route.request.url.replace("ask.shop.test", "127.0.0.1")
        answer = route.fetch(url=reached)
        body = answer.text() + "\n;window.changed = true;"
        route.fulfill(body=body, headers={**answer.headers, "cache-control": "no-store"})

    page.route("**/a/client-*", change)
    asked = asked_of(page, edge_shop)
    page.goto(edge_shop.page())
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.changed") is None
    assert asked == []
    assert count(page) == 0
    page.unroute("**/a/client-*")
    run(page, "QSI.API.run()")  # the true one is taken when it comes
    shows(page)

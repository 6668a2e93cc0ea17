"""An edge behind a path of the website itself: its pages open the engine's worker, and no frame."""

from collections.abc import Callable, Iterator

import pytest
from edge_process import Edge, served
from host_pages import NONCE, PAGE, STRICT, HostPages
from looking import Traffic, count, debugger_text, eventually, shows
from page_guard import Guard
from path_proxy import PathProxy, proxied
from playwright.sync_api import BrowserContext, Page
from shop_site import Shop

PATIENCE_MS = 60_000
BOOT_S = 90  # on a busy machine
SELF = "script-src 'self'; connect-src 'self'"
ALIVE = "JSON.parse(localStorage.askwell).engine?.alive_at > 0"


class Website:
    """The website, its shop's project and the edge behind `/ask/`."""

    def __init__(self, place: PathProxy, edge: Edge, pages: HostPages) -> None:
        self.place = place
        self.shop = Shop(edge, pages)
        self.shop.call("PUT", "", {"origins": [place.origin]})
        self.shop.intercept()
        self.write()

    def write(self, policy: str = SELF, nonce: str = "") -> None:
        """Every page has our tag and this policy."""
        tag = f'<script async src="/ask/p/{self.shop.project_id}.js"{nonce}></script>'
        self.place.page = PAGE.format(head=tag, body="")
        self.place.headers = {"Content-Security-Policy": STRICT + policy}


@pytest.fixture(scope="module")
def behind(
    tmp_path_factory: pytest.TempPathFactory, host_server: HostPages
) -> Iterator[tuple[PathProxy, Edge]]:
    """A path of a website's own, and the edge behind it."""
    with proxied() as place:
        public = {"PUBLIC_URL": f"{place.origin}/ask", "ADDRESS_BURST": "100000"}
        with served(tmp_path_factory.mktemp("edge"), place.origin, **public) as edge:
            place.edge_port = edge.port
            yield place, edge


@pytest.fixture
def website(behind: tuple[PathProxy, Edge], host_server: HostPages) -> Website:
    """A project of its own on that website."""
    return Website(*behind, host_server)


@pytest.fixture
def traffic(visitor: BrowserContext) -> Traffic:
    visitor.set_default_timeout(PATIENCE_MS)
    return Traffic(visitor)


@pytest.mark.parametrize(
    ("policy", "nonce"),
    [
        (SELF, ""),
        (f"script-src 'nonce-{NONCE}' 'strict-dynamic'; connect-src 'self'", f' nonce="{NONCE}"'),
        (f"script-src 'nonce-{NONCE}'; worker-src 'self'; connect-src 'self'", f' nonce="{NONCE}"'),
    ],
    ids=["self", "strict-dynamic", "nonce"],
)
def test_nothing_but_the_websites_own_is_granted(
    visitor: BrowserContext, website: Website, traffic: Traffic, policy: str, nonce: str
) -> None:
    website.shop.apply(mode="browser")
    website.write(policy, nonce)
    page = visitor.new_page()
    for path in ("/", "/another"):
        page.goto(website.place.origin + path)
        shows(page)
    assert traffic.names.count("snapshot") == 2
    assert "decide" not in traffic.names
    assert "frame" not in traffic.names
    assert len(page.frames) == 1


def test_the_engine_lives_on_from_page_to_page(
    browse: Callable[..., BrowserContext], website: Website, guard: Guard
) -> None:
    guard.allow(r"^layout shift")  # the debugger's own lines, as they come
    context = browse(opened=True)
    traffic = Traffic(context)
    page = context.new_page()
    page.goto(website.place.origin)
    shows(page)
    eventually(lambda: page.evaluate(ALIVE), True, BOOT_S)
    assert "snapshot" not in traffic.names
    traffic.names.clear()
    page.goto(f"{website.place.origin}/another?askwell_debug={website.shop.debug_token()}")
    shows(page)
    assert "decide" not in traffic.names
    assert "alive from an earlier page" in debugger_text(page)


def test_without_shared_workers_a_page_has_its_own(
    visitor: BrowserContext, website: Website, traffic: Traffic
) -> None:
    website.shop.apply(mode="browser")
    visitor.add_init_script("delete window.SharedWorker;")
    page = visitor.new_page()
    page.goto(website.place.origin)
    shows(page)
    assert "decide" not in traffic.names
    assert len(page.workers) == 1


def idle(page: Page, website: Website) -> None:
    """A visit that lasts until the engine was wished for, and refused."""
    page.add_init_script("window.requestIdleCallback = (work) => setTimeout(work);")
    page.goto(website.place.origin)
    shows(page)
    page.wait_for_timeout(2000)


def test_where_the_policy_forbids_workers_the_edge_answers(
    page: Page, website: Website, traffic: Traffic, guard: Guard
) -> None:
    """The browser writes its line, once a day at most, and none of ours follows."""
    guard.allow(r"^error: .*worker-src")
    website.write(f"{SELF}; worker-src 'none'")
    for _ in range(2):
        idle(page, website)
    assert traffic.names.count("decide") == 2

    def told() -> int:
        page.wait_for_timeout(50)
        return len([line for line in guard.lines if "worker-src" in line])

    eventually(told, 1)


@pytest.mark.parametrize("mode", ["auto", "browser"])
def test_an_engine_that_cannot_be_had_is_the_edges_to_answer_or_shows_nothing(
    page: Page, website: Website, traffic: Traffic, guard: Guard, mode: str
) -> None:
    guard.allow_network()
    website.shop.apply(mode=mode)
    page.route("**/a/engine-worker-*", lambda route: route.abort())
    if mode == "auto":
        idle(page, website)
        assert "decide" in traffic.names
    else:
        page.goto(website.place.origin)
        page.wait_for_timeout(3000)
        assert count(page) == 0


def test_an_engine_that_breaks_harms_no_page(
    visitor: BrowserContext, website: Website, traffic: Traffic, guard: Guard
) -> None:
    """A worker's uncaught error would reach its page's `onerror`, were it not heard before."""
    guard.allow(r"broken on purpose")  # the worker's own line
    guard.allow_globals("heard")
    visitor.add_init_script(
        "delete window.SharedWorker; window.heard = []; onerror = (...told) => heard.push(told[0])"
    )

    def broken(route: object) -> None:
        body = "throw new Error('broken on purpose')"
        route.fulfill(body=body, content_type="text/javascript")  # type: ignore[attr-defined]

    visitor.route("**/a/engine-worker-*", broken)
    page = visitor.new_page()
    idle(page, website)
    assert "decide" in traffic.names
    assert page.evaluate("heard") == []

"""A real edge, somebody else's website, Chromium, and a guard over every page that a test opens."""

import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from console_tab import Console
from edge_process import ASKWELL, Edge, environment, served
from host_pages import HostPages, hosted
from looking import OPENED
from page_guard import Guard
from shop_site import Shop

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
]
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's browser. Of one module: beside an open Playwright no test can use asyncio."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def host_server() -> Iterator[HostPages]:
    """The website's server, for all tests."""
    with hosted() as pages:
        yield pages


@pytest.fixture(scope="module")
def edge(host_server: HostPages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """One edge for a module's tests; each makes its own project and directory on it, of 50."""
    limits = {"ADDRESS_BURST": "100000", "CREATION_BURST": "100000", "UPKEEP_S": "0.2"}
    with served(tmp_path_factory.mktemp("edge"), host_server.origin, **limits) as edge:
        yield edge


@pytest.fixture
def site(host_server: HostPages) -> HostPages:
    """The website, without the pages of earlier tests."""
    host_server.pages.clear()
    return host_server


@pytest.fixture
def shop(edge: Edge, site: HostPages) -> Shop:
    """A fresh project, linked with a fresh directory that has the identity rule."""
    return Shop(edge, site)


@pytest.fixture
def edge_shop(shop: Shop) -> Shop:
    """The same where the edge decides, so that no engine starts; see test_modes.py for engines."""
    shop.apply(mode="edge")
    return shop


@pytest.fixture
def guard() -> Iterator[Guard]:
    """Fails the test when a host page was harmed; see page_guard.py."""
    guard = Guard()
    yield guard
    assert guard.complaints() == []


Browse = Callable[..., BrowserContext]


@pytest.fixture
def browse(chromium: Browser, guard: Guard) -> Iterator[Browse]:
    """New browser profiles, each watched: `browse(viewport=…)`. One profile is one visitor's.

    With `opened=True` a test may look into creatives and the debugger.
    """
    contexts: list[BrowserContext] = []

    def new(*, opened: bool = False, **options: object) -> BrowserContext:
        context = chromium.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        if opened:
            context.add_init_script(OPENED)
        guard.watch(context)
        contexts.append(context)
        return context

    yield new
    for context in contexts:
        for page in context.pages:
            guard.check(page)
        context.close()


@pytest.fixture
def visitor(browse: Browse) -> BrowserContext:
    """One visitor's browser."""
    return browse()


@pytest.fixture
def page(visitor: BrowserContext) -> Page:
    """One tab of the visitor."""
    return visitor.new_page()


@pytest.fixture(scope="module")
def operator(edge: Edge) -> tuple[str, str]:
    """Address and password of a brand administrator."""
    email, password = f"op-{secrets.token_hex(4)}@example.com", secrets.token_urlsafe(12)
    subprocess.run(
        [ASKWELL, "operator", "add", email, "--admin", "--password-stdin"],
        env=environment(edge.data),
        input=password,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return email, password


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": 1280, "height": 900})
    made.set_default_timeout(20_000)
    yield made
    made.close()


@pytest.fixture
def console(context: BrowserContext, edge: Edge, operator: tuple[str, str]) -> Iterator[Console]:
    """Somebody who is signed in."""
    console = Console(context.new_page(), f"http://127.0.0.1:{edge.port}")
    console.sign_in(*operator)
    yield console
    # The browser writes a line of its own for a form that is refused.
    refused = "status of 400"
    assert [each for each in console.complaints if refused not in each] == []

"""A built engine, a browser, and pages that talk to the engine's frame."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from building import run_build
from playwright.sync_api import Browser, Page, sync_playwright
from serving import Place, served

CHROMIUM = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
]
CLIENT = Path(__file__).with_name("client.js").read_text()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine as it ships: the build that is there, else one made now."""
    folder = Path(os.environ.get("ASKWELL_BUILT_DIR", ""))
    if "ASKWELL_BUILT_DIR" in os.environ and (folder / "engine.json").exists():
        assert json.loads((folder / "engine.json").read_text()).get("image"), "no quick engine"
        return folder
    folder = tmp_path_factory.mktemp("engine")
    assert "NO QUICK ENGINE" not in run_build(folder)
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's browser. Of one module: beside an open Playwright no test can use asyncio."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def edge(built: Path) -> Iterator[Place]:
    """An origin that serves the engine."""
    with served(Place(built=built)) as place:
        yield place


@pytest.fixture
def site() -> Iterator[Place]:
    """A host page's origin."""
    with served(Place()) as place:
        place.pages["/"] = (f"<!doctype html><script>{CLIENT}</script><body>", {})
        yield place


@pytest.fixture
def visit(chromium: Browser, site: Place) -> Iterator[Callable[..., Page]]:
    """Opens the site's page; tabs of one visitor share a browser profile."""
    context = chromium.new_context()

    def open_tab(path: str = "/", script: str = "") -> Page:
        page = context.new_page()
        if script:
            page.add_init_script(script)
        page.goto(site.origin + path)
        return page

    yield open_tab
    context.close()

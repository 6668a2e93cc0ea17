"""A built engine, a browser, and pages that talk to the engine's frame."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgpack
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from serving import Place, served

REPOSITORY = Path(__file__).parents[2]
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


def run_build(folder: Path, path: str | None = None) -> str:
    """Builds the engine by its own command from the core and msgpack as they are here."""
    command = ["node", "engine/build.mjs", str(folder)]
    for package in (REPOSITORY / "runtime" / "askwell_runtime", Path(msgpack.__file__).parent):
        command += ["--package", str(package)]
    env = {**os.environ, **({"PATH": path} if path else {})}
    ran = subprocess.run(
        command, cwd=REPOSITORY / "snippet", capture_output=True, text=True, env=env
    )
    assert ran.returncode == 0, ran.stdout[-1000:] + ran.stderr[-1000:]
    return ran.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine as it ships."""
    folder = tmp_path_factory.mktemp("engine")
    assert "NO QUICK ENGINE" not in run_build(folder)
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
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

"""A page of somebody else, on which creatives and the debugger are drawn from their sources."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe import violations
from playwright.sync_api import Browser, Page, Route, expect

ROOT = Path(__file__).parents[2]
SNIPPET = ROOT / "snippet"
SHOP = "https://shop.test/"
ASK = "https://ask.test"
# Closed to the page, and to tests: only these open it, before anything of the page runs.
OPENED = """const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) {
    return attach.call(this, {...init, mode: "open"});
}"""
ANIMATIONS = """[...document.documentElement.children]
    .flatMap((each) => each.shadowRoot?.getAnimations() ?? [])"""
TEXTS = {
    "kind": "slide_in",
    "title": "How was your visit?",
    "body": "Three questions, two minutes.",
    "accept": "Take part",
    "decline": "Not now",
    "close": "Close",
    "language": "en",
    "direction": "auto",
    "position": "end",
    "accent": None,
}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Shop</title>{head}
<main><h1>Shop</h1><button id="buy">Buy</button><label>Search <input id="search"></label>
<p>A page of somebody else.</p>{body}</main></html>"""


@pytest.fixture(scope="session")
def modules() -> dict[str, bytes]:
    """The sources bundled as the build does it, by the path under which the page asks for them."""
    sources = {"/paint.js": "src/creative/paint.js", "/debugger.js": "src/debugger.js"}
    sources["/colour.js"] = "src/creative/colour.js"
    esbuild = SNIPPET / "node_modules" / ".bin" / "esbuild"
    options = ["--bundle", "--minify", "--format=esm", "--target=es2020", "--charset=utf8"]
    return {
        path: subprocess.check_output([esbuild, source, *options], cwd=SNIPPET)
        for path, source in sources.items()
    }


@dataclass
class Host:
    """One page of somebody else, what it heard, and what its console said."""

    page: Page
    console: list[str] = field(default_factory=list)

    def show(self, *, target: dict[str, Any] | None = None, **texts: Any) -> None:
        """Paint a creative; `window.heard` collects what it reports."""
        shown = {"creative": {**TEXTS, **texts}, "target": target or {"kind": "none"}}
        self.page.evaluate(
            """async ([module, show]) => {
                const { paint } = await import(module);
                window.heard = [];
                window.aborting = new AbortController();
                window.painted = await paint(show, {
                    onClicked: () => heard.push("clicked"),
                    onDismissed: () => heard.push("dismissed"),
                    onGone: () => { window.wentAway = true },
                    signal: aborting.signal,
                });
            }""",
            [f"{ASK}/paint.js", shown],
        )

    def heard(self) -> list[str]:
        told: list[str] = self.page.evaluate("heard")
        return told

    def gone(self) -> None:
        """Wait until nothing of the creative is in the page."""
        expect(self.page.locator("askwell-creative")).to_have_count(0)
        assert self.page.evaluate("wentAway")

    def animations(self) -> int:
        """How many movements of ours are going on."""
        count: int = self.page.evaluate(f"{ANIMATIONS}.length")
        return count

    def complaints(self) -> list[str]:
        """What axe finds wrong, on the page and inside what was drawn."""
        # Colours in the middle of a movement are nobody's.
        self.page.evaluate(f"Promise.all({ANIMATIONS}.map((each) => each.finished))")
        return violations(self.page)


class Elsewhere:
    """Opens pages of somebody else; `opened` shadow trees for tests that look inside."""

    def __init__(self, browser: Browser, modules: dict[str, bytes]) -> None:
        self._browser = browser
        self._modules = modules
        self._contexts: list[Any] = []

    def open(
        self,
        *,
        policy: str = "",
        head: str = "",
        body: str = "",
        opened: bool = True,
        width: int = 1000,
        height: int = 640,
        **options: Any,
    ) -> Host:
        context = self._browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(5000)
        self._contexts.append(context)
        if opened:
            context.add_init_script(OPENED)
        headers = {"Content-Security-Policy": policy} if policy else {}
        html = PAGE.format(head=head, body=body)
        context.route(f"{SHOP}**", lambda route: _html(route, html, headers))
        context.route(f"{ASK}/**", self._answer)
        host = Host(context.new_page())
        host.page.on("console", lambda message: host.console.append(message.text))
        host.page.on("pageerror", lambda error: host.console.append(str(error)))
        host.page.goto(SHOP)
        return host

    def _answer(self, route: Route) -> None:
        path = "/" + route.request.url.removeprefix(f"{ASK}/")
        if path in self._modules:
            route.fulfill(
                body=self._modules[path],
                content_type="text/javascript",
                headers={"Access-Control-Allow-Origin": "*"},
            )
        else:
            _html(route, "<!doctype html><title>Survey</title><h1>Survey</h1>", {})

    def close(self) -> None:
        for context in self._contexts:
            context.close()


def _html(route: Route, html: str, headers: dict[str, str]) -> None:
    route.fulfill(body=html, content_type="text/html", headers=headers)


@pytest.fixture
def elsewhere(chromium: Browser, modules: dict[str, bytes]) -> Iterator[Elsewhere]:
    """Pages that end with the test."""
    made = Elsewhere(chromium, modules)
    yield made
    made.close()

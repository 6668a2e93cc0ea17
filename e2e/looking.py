"""What a test sees of a creative and of the debugger, and how it waits without guessing."""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, Request, Response, expect

# Closed to host pages; only where a test asks for it are the shadow trees open.
OPENED = """const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) {
  return attach.call(this, { ...init, mode: "open" });
};"""


class Traffic:
    """What a browser asked for, by the last part of its path."""

    def __init__(self, context: BrowserContext) -> None:
        self.names: list[str] = []
        context.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.names.append(request.url.partition("?")[0].rpartition("/")[2])


def is_answer(place: str) -> Callable[[Response], bool]:
    """Whether a response is the edge's to this question: `decide`, `snapshot`, `claim` …"""
    return lambda response: response.url.split("?")[0].endswith(f"/{place}")


def visit(page: Page, url: str, place: str = "decide") -> Page:
    """Open the page and wait until the visitor's question is answered and what follows is done."""
    with page.expect_response(is_answer(place)):
        page.goto(url)
    if place == "decide":
        page.wait_for_load_state("networkidle")
    return page


def run(page: Page, code: str = "QSI.API.run()", place: str = "decide") -> None:
    """Run the page's own call and wait as `visit` does."""
    with page.expect_response(is_answer(place)):
        page.evaluate(f"() => {{ {code} }}")
    page.wait_for_timeout(700)


def count(page: Page) -> int:
    """How many creatives are in the page."""
    return page.locator("askwell-creative").count()


def shows(page: Page) -> None:
    """Wait for exactly one creative."""
    expect(page.locator("askwell-creative")).to_have_count(1)


def debugger_text(page: Page) -> str:
    """All that the debugger's window says; its trees must be open."""
    window = page.locator("askwell-debugger .window")
    expect(window).to_be_visible()
    page.wait_for_timeout(300)
    return str(window.evaluate("each => each.textContent"))


def eventually(found: Callable[[], Any], wanted: Any, patience_s: float = 8) -> None:
    """Wait until what is found is what is wanted."""
    ends = time.monotonic() + patience_s
    while (seen := found()) != wanted and time.monotonic() < ends:
        time.sleep(0.1)
    assert seen == wanted

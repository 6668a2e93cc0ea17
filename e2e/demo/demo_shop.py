"""The demo as a newcomer starts it: the real `askwell demo` process, and browsers that visit it."""

import json
import re
import sqlite3
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_process import ASKWELL, environment
from page_guard import Guard
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

# Closed to the page, and to tests: only these open it, before anything of the page runs.
OPENED = """const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) {
    return attach.call(this, {...init, mode: "open"});
}"""


@dataclass(frozen=True)
class Demo:
    """A running demo, what it printed and where its data lies."""

    process: subprocess.Popen[str]
    data: Path
    printed: list[str]

    @property
    def origin(self) -> str:
        return self.printed[-1].removeprefix("ready ").strip().rstrip("/")

    def line(self, title: str) -> list[str]:
        """The words after a title of the printed lines."""
        found = next(line for line in self.printed if line.startswith(title))
        return found.removeprefix(title).split()

    def contacts(self, reference: str) -> list[dict[str, Any]]:
        """Who has this reference."""
        wanted = {"filter": {"filterType": "extRef", "comparison": "eq", "value": reference}}
        return self.elements("/contacts/search", json.dumps(wanted).encode())

    def segment_names(self) -> list[str]:
        """What operators call the sample's segments."""
        return [segment["name"] for segment in self.elements("/segments")]

    def elements(self, path: str, body: bytes | None = None) -> list[dict[str, Any]]:
        """A list of the sample directory's, by the API and the printed token."""
        request = urllib.request.Request(
            f"{self.origin}/API/v3/directories/POOL_SampleDirectory{path}",
            data=body,
            headers={"X-API-TOKEN": self.line("API token")[0], "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)["result"]["elements"]
        return found

    def touches(self, reference: str) -> list[str]:
        """The kinds of touchpoints that the demo added to a contact's timeline, oldest first."""
        asked = """SELECT type FROM touchpoints JOIN contacts USING (contact_id)
            WHERE external_reference = ? AND touchpoint_id NOT LIKE 'TP_%' ORDER BY at, type DESC"""
        store = sqlite3.connect(f"file:{self.data / 'askwell.sqlite3'}?mode=ro", uri=True)
        try:
            return [row[0] for row in store.execute(asked, [reference])]
        finally:
            store.close()


def start(data: Path) -> Demo:
    """Start a demo on a free port; it has printed everything and is ready."""
    process = subprocess.Popen(
        [ASKWELL, "demo", "--port", "0"],
        env=environment(data),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    printed: list[str] = []
    for line in process.stdout:
        printed.append(line)
        if re.match(r"ready http://127\.0\.0\.1:\d+/$", line):
            return Demo(process, data, printed)
    assert process.stderr is not None
    raise AssertionError("".join(printed) + process.stderr.read())


@dataclass
class Visit:
    """A newcomer's browser in the shop: the panel, the invitation, the debugger."""

    demo: Demo
    page: Page
    guard: Guard

    def go(self, path: str) -> None:
        self.page.goto(self.demo.origin + path)

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("complementary", name="Askwell explains this page")

    def told(self, words: str) -> None:
        """Wait for the panel's verdict."""
        expect(self.panel.locator(".verdict .word")).to_have_text(words)

    def reason(self, intercept: str) -> Locator:
        """What the panel says of one intercept, by its name."""
        return self.panel.locator(".decisions li", has_text=intercept)

    def invitation(self, title: str) -> Locator:
        """The creative with this title."""
        return self.page.locator("askwell-creative").locator(".card", has_text=title)

    def nothing_shows(self) -> None:
        """Longer than any invitation of the shop waits."""
        self.page.wait_for_timeout(2500)
        expect(self.page.locator("askwell-creative")).to_have_count(0)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what happens behind the page."""
        for _ in range(100):
            if holds():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("it did not come about within 10 s")


@contextmanager
def visiting(chromium: Browser, demo: Demo, **options: Any) -> Iterator[Visit]:
    """A browser of its own while the block runs; then nothing of ours may have left a trace."""
    context: BrowserContext = chromium.new_context(**options)
    context.set_default_timeout(15_000)
    guard = Guard()
    guard.allow_globals("extRef", "0", "1")  # the shop's own, and frames by their number
    guard.allow(r"^changed builtin attachShadow$")  # by ourselves, to look inside
    guard.watch(context)
    context.add_init_script(OPENED)
    yield Visit(demo, context.new_page(), guard)
    for page in context.pages:
        guard.check(page)
    context.close()
    assert not guard.complaints(), guard.complaints()

"""What we must never do to a host page, watched while a test runs: X4 of the design.

A console line, an exception, an unhandled rejection, a layout shift, a global besides `QSI`, a
changed builtin: each fails the test that it happened in. Time is none of a test's business, since
a browser waits for its turn on a busy machine: `bench/page.py` measures long tasks.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

WATCH = Path(__file__).with_name("watch.js").read_text()
READ = 'window[Symbol.for("e2e watched")]?.()'


@dataclass
class Guard:
    """Watches the pages of one browser context. `allow` what a test provokes on purpose."""

    lines: list[str] = field(default_factory=list)
    allowed: list[re.Pattern[str]] = field(default_factory=list)
    own_globals: set[str] = field(default_factory=set)

    def watch(self, context: BrowserContext) -> None:
        context.add_init_script(WATCH)
        context.on("page", self._watch_page)

    def allow(self, pattern: str) -> None:
        """A line that the browser itself writes, such as that an address cannot be reached."""
        self.allowed.append(re.compile(pattern))

    def allow_network(self) -> None:
        """Browsers write a line for each request that fails; no script can keep them from it."""
        self.allow(r"^error: Failed to load resource: ")

    def allow_globals(self, *names: str) -> None:
        """What the host page declares itself."""
        self.own_globals |= set(names)

    def check(self, page: Page) -> None:
        """Look at a page before it is left; the end of the test does it for those still open."""
        if page.is_closed() or not page.url.startswith("http"):
            return
        found: dict[str, Any] | None = page.evaluate(READ)
        if found is None:
            return
        self.lines += found["errors"]
        self.lines += [f"layout shift {each}" for each in found["shifts"]]
        self.lines += [f"changed builtin {each}" for each in found["changed"]]
        # A frame of ours has a number in `window`, as every frame has.
        globals_now = {name for name in found["globals"] if not name.isdecimal()}
        leaked = globals_now - {"QSI"} - self.own_globals
        self.lines += [f"global {name}" for name in sorted(leaked)]

    def complaints(self) -> list[str]:
        """What is left once the allowed is taken away."""
        return [line for line in self.lines if not any(each.search(line) for each in self.allowed)]

    def _watch_page(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.lines.append(f"exception: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        self.lines.append(f"{message.type}: {message.text} ({where})")

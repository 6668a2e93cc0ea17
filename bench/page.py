"""What the snippet costs a page: the main thread's time and long tasks, with and without it.

`python bench/page.py [--rounds 9] [--json]`: medians over fresh browser profiles, in turn, on a
real edge; the last line is JSON. The page is small, so that ours is seen and not its own work;
there the edge decides. In the demo shop its script is kept away or not, and with it the engine
comes into its worker in idle time.
Milliseconds are the processor's on that thread; long tasks are by the clock, as a page sees them.
Script is all that any script runs there, what follows a promise included (the browser's own
`ScriptDuration` leaves that out), from a visit of its own; tracing that adds something.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("e2e", "e2e/demo")]

from demo_shop import start
from edge_process import served
from host_pages import hosted, inline
from script_time import script_ms
from shop_site import Shop

FLAGS = ["--no-sandbox", "--disable-quic", "--host-resolver-rules=MAP *.test 127.0.0.1"]
WATCH = """const seen = window[Symbol.for("long")] = [];
new PerformanceObserver((list) => seen.push(...list.getEntries().map((each) => each.duration)))
  .observe({ type: "longtask", buffered: true });"""
SETTLED_MS = 2500
ENGINE_SETTLED_MS = 5000
ALONE = ("without", "demo, kept away")
# What drawing alone costs: a box of the page's own, with an invitation's words and movement.
OWN_BOX = """addEventListener("load", () => setTimeout(() => {
  const box = document.createElement("section");
  box.popover = "manual";
  box.style.cssText = "inset: auto 20px 20px auto; width: 22em; padding: 1.5em; border: 0;"
    + "border-radius: 16px; box-shadow: 0 24px 60px -12px #0b0d1a66; font: 16px system-ui";
  box.innerHTML = `<h2>How are we doing?</h2><p>Two minutes.</p>
    <button>Take part</button> <button>Not now</button>`;
  document.documentElement.append(box);
  box.showPopover();
  box.animate({ opacity: [0, 1], transform: ["translateY(32px)", "none"] }, 550);
}, 300));"""


@dataclass(frozen=True)
class Way:
    """One way of being on a page; `forget` is posted to first, so that there is an invitation."""

    name: str
    address: str
    forget: str | None = None
    kept_away: bool = False


@contextmanager
def first_visit(browser: Browser, way: Way) -> Iterator[Page]:
    """A fresh profile's page that has gone nowhere yet."""
    context = browser.new_context()
    if way.forget:
        context.request.post(way.forget, max_redirects=0)
    if way.kept_away:
        context.route("**/p/ZN_*.js", lambda route: route.abort())
    yield context.new_page()
    context.close()


def visit(page: Page, way: Way) -> None:
    """Go there, and wait until everything has happened."""
    page.goto(way.address)
    page.wait_for_timeout(ENGINE_SETTLED_MS if way.forget else SETTLED_MS)


def measured(browser: Browser, way: Way) -> dict[str, float]:
    """Two first visits: milliseconds of the main thread, and long tasks."""
    with first_visit(browser, way) as page:
        script = script_ms(browser, page, lambda: visit(page, way))
    with first_visit(browser, way) as page:
        page.add_init_script(WATCH)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        visit(page, way)
        told = session.send("Performance.getMetrics")["metrics"]
        long: list[float] = page.evaluate('window[Symbol.for("long")]')
    metrics = {each["name"]: each["value"] for each in told}
    return {
        "task_ms": metrics["TaskDuration"] * 1000,
        "script_ms": script,
        "layout_ms": (metrics["LayoutDuration"] + metrics["RecalcStyleDuration"]) * 1000,
        "long_tasks": len(long),
        "longest_ms": max(long, default=0.0),
    }


def ways(shop: Shop, quiet: Shop, demo: str) -> Iterator[Way]:
    """Each way of being on a page; the first and the last but one are without us."""
    yield Way("without", shop.page(path="/without", head=""))
    yield Way("a box of its own", shop.page(path="/box", head=inline(OWN_BOX), csp=""))
    yield Way("nothing can show", quiet.page('"U-1"', path="/quiet"))
    yield Way("an invitation shows", shop.page('"U-1"', path="/asks"))
    forget = f"{demo}/demo/forget?ref=U-1"
    yield Way("demo, kept away", f"{demo}/demo/?ref=U-1", forget, kept_away=True)
    yield Way("demo", f"{demo}/demo/?ref=U-1", forget)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true", help="only the last line")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        hosted() as site,
        served(Path(folder), site.origin) as edge,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        shop, quiet = Shop(edge, site), Shop(edge, site)
        for each in (shop, quiet):
            each.apply(mode="edge")
            each.contact("U-1")
        shop.capped()
        quiet.capped(condition={"kind": "url", "cmp": "contains", "value": "/elsewhere"})
        demo = start(Path(folder) / "demo")
        try:
            found: dict[str, list[dict[str, float]]] = {}
            for _ in range(asked.rounds):
                for way in ways(shop, quiet, demo.origin):
                    found.setdefault(way.name, []).append(measured(browser, way))
        finally:
            demo.process.terminate()
            demo.process.communicate(timeout=20)
        browser.close()
    medians = {
        name: {key: round(statistics.median(each[key] for each in runs), 1) for key in runs[0]}
        for name, runs in found.items()
    }
    if not asked.json:
        report(medians)
    print(json.dumps(medians))


def report(medians: dict[str, dict[str, float]]) -> None:
    """The medians side by side, with the ratio of the whole main-thread time to that without us."""
    alone = [each["task_ms"] for name, each in medians.items() if name in ALONE]
    print(
        f"{'':22}{'task ms':>9}{'×':>6}{'script':>9}{'layout':>9}{'long tasks':>12}{'longest':>9}"
    )
    for name, each in medians.items():
        base = alone[name.startswith("demo")]
        print(
            f"{name:22}{each['task_ms']:>9}{each['task_ms'] / base:>6.2f}{each['script_ms']:>9}"
            f"{each['layout_ms']:>9}{each['long_tasks']:>12}{each['longest_ms']:>9}"
        )


if __name__ == "__main__":
    main()

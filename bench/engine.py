"""How soon a page has its decision: this engine beside stock Pyodide, in one run on one machine.

Cold is an empty profile; warm is the same profile in a new browser process; alive is the next
page of a visitor whose engine lives. Every round measures each once, so that all share the
machine's moods.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine_conditions import CONDITIONS, LOOPBACK, OWN_WORKER, Condition, slowed, throttle
from engine_files import BUILT, CORE, REPOSITORY, STOCK, all_sizes, core_archive, project_build
from engine_origin import Origin, serving
from engine_plots import page_of
from engine_question import demo_question
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

BENCH = Path(__file__).parent
sys.path[:0] = [str(CORE.parent), str(REPOSITORY / "snippet" / "engine")]

import door

CHROMIUM = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
]
PAGE = (BENCH / "engine_page.js").read_text()
# The first decisions of a live engine are slower: the browser compiles once more what runs most.
EARLY, LIVE = 10, 200


def origin_of(
    built: Path, asked: tuple[bytes, str, bytes, bytes]
) -> tuple[Origin, dict[str, Any], bytes]:
    """Both engines on one origin, the question for a page, and what CPython says to it."""
    bundle, name, snapshot, request = asked
    expected = door.answer(bundle, name.encode(), snapshot, request)
    origin = Origin()
    origin.add_folder("/a", built, 9)
    origin.add_folder("/stock", STOCK, 9)
    origin.add(f"/b/{name}", bundle)
    origin.add("/core.zip", core_archive())
    origin.add("/stock-worker.mjs", (BENCH / "engine_stock_worker.mjs").read_bytes())
    origin.add("/", f"<!doctype html><script>{PAGE}</script><body>".encode())
    question = {"hash": name, "snapshot": list(snapshot), "request": request.decode()}
    return origin, question, expected


def add_frame(origin: Origin, built: Path) -> None:
    """The engine's frame, as the edge fills it in."""
    script = json.loads((built / "engine.json").read_text())["files"]["engine-frame"]
    text = (built / "engine-frame.html").read_text()
    settings = json.dumps({"origins": [origin.address]})
    for place, value in (
        ("settings", settings),
        ("script", f"/a/{script['name']}"),
        ("integrity", script["integrity"]),
    ):
        text = text.replace("{{" + place + "}}", value)
    origin.add("/p/ZN_1/frame", text.encode(), lasting="public, max-age=300")


class Round:
    """One measurement of every way, each in processes of its own."""

    def __init__(
        self, playwright: Playwright, address: str, question: dict[str, Any], expected: bytes
    ) -> None:
        self.playwright = playwright
        self.address = address
        self.question = question
        self.expected = expected
        self.early: list[tuple[float, float]] = []
        self.trips: list[tuple[float, float]] = []

    def decide(self, page: Page, way: str) -> float:
        """Milliseconds to the right decision."""
        page.goto(self.address)
        spent, answer = page.evaluate(f"question => decideBy{way}(question)", self.question)
        if answer.encode() != self.expected:
            raise SystemExit(f"{way} decided otherwise than CPython")
        return float(spent)

    def starts(self, way: str, condition: Condition = LOOPBACK) -> dict[str, float]:
        """Cold and warm, and alive where an engine lives on."""
        found: dict[str, float] = {}
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            for start in ("cold", "warm"):
                context = self.playwright.chromium.launch_persistent_context(
                    profile, executable_path="/usr/bin/chromium", args=CHROMIUM
                )
                context.set_default_timeout(120_000)
                page = context.pages[0]
                if condition.download is not None:
                    page.add_init_script(OWN_WORKER)
                throttle(context, page, condition)
                with slowed(context, condition.slower):
                    found[start] = self.decide(page, way)
                if start == "warm" and way == "Engine":
                    found["alive"] = self.alive(context, condition)
                page.wait_for_timeout(300)
                context.close()
        return found

    def alive(self, context: BrowserContext, condition: Condition) -> float:
        """The next page of a visitor whose engine has answered before."""
        page = context.new_page()
        self.decide(page, "Engine")
        throttle(context, page, condition)
        with slowed(context, condition.slower):
            spent = self.decide(page, "Engine")
            trips = page.evaluate(
                "([question, count]) => liveDecisions(question, count)", [self.question, LIVE]
            )
        self.early += trips[:EARLY]
        self.trips += trips[EARLY:]
        return spent


def ratios(ours: dict[str, float], stock: dict[str, float]) -> dict[str, float]:
    """Times in parts of stock Pyodide's; a live engine's in parts of its warm start."""
    against = {"cold": "cold", "warm": "warm", "alive": "warm"}
    return {start: round(ours[start] / stock[other], 4) for start, other in against.items()}


def middle(spent: Iterable[float]) -> float:
    """The median, in hundredths."""
    return round(statistics.median(spent), 2)


def compare(one: Round, condition: Condition, rounds: int) -> dict[str, Any]:
    """Medians over the rounds, in milliseconds, and their ratios."""
    seen: dict[str, list[dict[str, float]]] = {"Stock": [], "Engine": []}
    for number in range(rounds):
        for way in list(seen)[:: 1 if number % 2 else -1]:
            seen[way].append(one.starts(way, condition))
    medians = {
        way: {
            start: round(statistics.median(each[start] for each in found), 1) for start in found[0]
        }
        for way, found in seen.items()
    }
    live = {
        when: dict(zip(("round_trip", "core"), map(middle, zip(*trips, strict=True)), strict=True))
        for when, trips in (("first", one.early), ("later", one.trips))
    }
    one.early.clear()
    one.trips.clear()
    return {
        "rounds": rounds,
        "stock_ms": medians["Stock"],
        "engine_ms": medians["Engine"],
        "ratios": ratios(medians["Engine"], medians["Stock"]),
        "live_decision_ms": live["later"],
        "live_first_ms": live["first"],
    }


def measure(built: Path, rounds: int, others: int) -> dict[str, Any]:
    """Loopback, and under `others` the same on other networks and a slower processor."""
    with sync_playwright() as playwright:
        asked = demo_question(playwright, CHROMIUM)
        origin, question, expected = origin_of(built, asked)
        with serving(origin):
            add_frame(origin, built)
            one = Round(playwright, origin.address, question, expected)
            found = compare(one, LOOPBACK, rounds)
            tell(LOOPBACK, found)
            found["conditions"] = {}
            for condition in CONDITIONS if others else ():
                found["conditions"][condition.name] = compare(one, condition, others)
                tell(condition, found["conditions"][condition.name])
    return found


def tell(condition: Condition, found: dict[str, Any]) -> None:
    """Both sides, and ours in parts of stock's."""
    print(condition.name)
    for start, ratio in found["ratios"].items():
        ours = found["engine_ms"][start]
        stock = found["stock_ms"].get(start, found["stock_ms"]["warm"])
        parts = f"{ratio:.3f} (1/{1 / ratio:.0f})"
        print(f"  {start:6} {ours:8.1f} ms, stock {stock:8.1f} ms, {parts}")
    for words, live in (
        (f"  in a live engine, its first {EARLY} decisions:", found["live_first_ms"]),
        (f"  and the next {LIVE - EARLY}:", found["live_decision_ms"]),
    ):
        print(words, f"{live['round_trip']} ms there and back, {live['core']} in the core")
    sys.stdout.flush()


def main() -> None:
    """Prints a table and writes the page with the plots; with --json one line last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--built", type=Path, help="a built engine; without it the project's")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--others", type=int, default=1, help="rounds of each other condition")
    options = parser.parse_args()
    built = options.built or project_build()
    found = measure(built, options.rounds, options.others)
    page = BUILT / "bench" / "engine.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(page_of(found, all_sizes(built)))
    print(f"plots: {page}")
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()

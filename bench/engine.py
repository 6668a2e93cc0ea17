"""How soon a page has its decision: this engine beside stock Pyodide, in one run on one machine.

Cold is an empty profile; warm is the same profile in a new browser process; alive is the next
page of a visitor whose engine lives. Every round measures each once, so that all share the
machine's moods.
"""

import argparse
import io
import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import msgpack
from engine_origin import Origin, serving
from playwright.sync_api import Page, Playwright, sync_playwright

BENCH = Path(__file__).parent
REPOSITORY = BENCH.parent
CORE = REPOSITORY / "runtime" / "askwell_runtime"
sys.path[:0] = [str(CORE.parent), str(REPOSITORY / "snippet" / "engine")]
MSGPACK = Path(msgpack.__file__).parent

import door
import inputs

STOCK = REPOSITORY / "snippet" / "node_modules" / "pyodide"
STOCK_FILES = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
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


def build_engine(folder: Path) -> Path:
    """Builds the engine as the project does."""
    command = [
        "node",
        "engine/build.mjs",
        str(folder),
        "--package",
        str(CORE),
        "--package",
        str(MSGPACK),
    ]
    subprocess.run(command, cwd=REPOSITORY / "snippet", check=True, stdout=subprocess.DEVNULL)
    return folder


def core_archive() -> bytes:
    """The core and msgpack as a wheel would hold them, for stock Pyodide."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in (CORE, MSGPACK):
            for file in sorted(package.rglob("*.py")):
                archive.write(file, file.relative_to(package.parent))
    return body.getvalue()


def origin_of(built: Path) -> tuple[Origin, dict[str, Any], bytes]:
    """Both engines on one origin, a question, and what CPython says to it."""
    bundle, name, snapshot, request = next(
        each for each in inputs.questions(4, 50) if len(each[0]) > 4000
    )
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

    def decide(self, page: Page, way: str) -> float:
        """Milliseconds to the right decision."""
        page.goto(self.address)
        spent, answer = page.evaluate(f"question => decideBy{way}(question)", self.question)
        if answer.encode() != self.expected:
            raise SystemExit(f"{way} decided otherwise than CPython")
        return float(spent)

    def starts(self, way: str) -> dict[str, float]:
        """Cold and warm, and alive where an engine lives on."""
        found: dict[str, float] = {}
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            for start in ("cold", "warm"):
                context = self.playwright.chromium.launch_persistent_context(
                    profile, executable_path="/usr/bin/chromium", args=CHROMIUM
                )
                page = context.pages[0]
                found[start] = self.decide(page, way)
                if start == "warm" and way == "Engine":
                    found["alive"] = self.decide(page, way)
                page.wait_for_timeout(300)
                context.close()
        return found


def ratios(ours: dict[str, float], stock: dict[str, float]) -> dict[str, float]:
    """Times in parts of stock Pyodide's; a live engine's in parts of its warm start."""
    against = {"cold": "cold", "warm": "warm", "alive": "warm"}
    return {start: round(ours[start] / stock[other], 4) for start, other in against.items()}


def measure(built: Path, rounds: int) -> dict[str, Any]:
    """Medians over the rounds, in milliseconds, and their ratios."""
    origin, question, expected = origin_of(built)
    seen: dict[str, list[dict[str, float]]] = {"Stock": [], "Engine": []}
    with serving(origin), sync_playwright() as playwright:
        add_frame(origin, built)
        one = Round(playwright, origin.address, question, expected)
        for number in range(rounds):
            for way in list(seen)[:: 1 if number % 2 else -1]:
                seen[way].append(one.starts(way))
    medians = {
        way: {
            start: round(statistics.median(each[start] for each in found), 1) for start in found[0]
        }
        for way, found in seen.items()
    }
    return {
        "rounds": rounds,
        "stock_ms": medians["Stock"],
        "engine_ms": medians["Engine"],
        "ratios": ratios(medians["Engine"], medians["Stock"]),
    }


def main() -> None:
    """Prints a table, or with --json one line last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--built", type=Path, help="a built engine; one is built without it")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(options.built or build_engine(Path(folder)), options.rounds)
    for start, ratio in found["ratios"].items():
        ours = found["engine_ms"][start]
        stock = found["stock_ms"].get(start, found["stock_ms"]["warm"])
        print(f"{start:6} {ours:8.1f} ms, stock {stock:8.1f} ms, {ratio:.3f} (1/{1 / ratio:.0f})")
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()

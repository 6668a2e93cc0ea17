"""How many snapshots, decisions and durable beacons a second, beside a bare ASGI answer.

All are served by one uvicorn process and asked in turn, so the ratios hold where the numbers
move. `python bench/edge.py [--seconds 2] [--rounds 3] [--database-url postgresql://…]`
"""

import argparse
import asyncio
import itertools
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "edge"), str(ROOT / "runtime"), str(ROOT / "tests" / "edge")]

SHOP = "https://shop.example"
PAGES = 32
CONTACTS = 200
numbers = itertools.count(1)


def bare(app: Any) -> Any:
    """`app`, and beside it an answer of one line at `/bare`."""

    async def dispatch(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/bare":
            await app(scope, receive, send)
            return
        await receive()
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    return dispatch


def serve(url: str, folder: str) -> None:
    """The served process: prints its port and serves until it is told to stop."""
    import uvicorn

    from askwell_edge.app import create_app
    from askwell_edge.settings import read_settings

    plenty = {f"ASKWELL_{limit}_BURST": "100000000" for limit in ("ADDRESS", "PROJECT")}
    places = {"ASKWELL_DATA_DIR": folder, "ASKWELL_DATABASE_URL": url}
    built = os.environ.get("ASKWELL_BUILT_DIR", str(ROOT / "build"))
    settings = read_settings({**places, "ASKWELL_BUILT_DIR": built, **plenty})
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen(256)
    print(bound.getsockname()[1], flush=True)
    config = uvicorn.Config(bare(create_app(settings)), log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[bound])


def prepare(url: str, folder: Path) -> tuple[str, str]:
    """A shop with contacts, a rule and a capped intercept: `(project, intercept)`."""
    from visitor_site import DAY_S, opened

    with opened(url, folder) as site:
        site.now = time.time_ns() // 1_000_000
        for i in range(CONTACTS):
            site.contact(f"U-{i}")
        site.rule(limits=[{"max": 1, "window_s": DAY_S}])
        intercept = site.intercept(frequency_control=True)
        return site.project_id, intercept


def kinds_of(project: str, intercept: str) -> dict[str, Any]:
    """What is asked: a function each that makes the next request."""

    def post(place: str, body: Any) -> bytes:
        text = json.dumps(body).encode()
        return (
            f"POST /p/{project}/{place} HTTP/1.1\r\nHost: edge\r\nOrigin: {SHOP}\r\n"
            f"Content-Type: text/plain\r\nContent-Length: {len(text)}\r\n\r\n"
        ).encode() + text

    def get(path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: edge\r\nOrigin: {SHOP}\r\n\r\n".encode()

    def reference() -> str:
        return f"U-{next(numbers) % CONTACTS}"

    def beacon() -> dict[str, Any]:
        number = next(numbers)
        return {
            "id": f"beacon-{number:020}",
            "kind": "displayed",
            "at": time.time_ns() // 1_000_000,
            "page_view_id": f"page-view-{number:020}",
            "intercept": intercept,
            "reference": reference(),
        }

    def question() -> dict[str, Any]:
        page = {"url": f"{SHOP}/", "storage": True}
        now = time.time_ns() // 1_000_000
        return {"now": now, "draw": "0" * 32, "page": page, "reference": reference()}

    return {
        "bare ASGI answer": lambda: get("/bare"),
        "loader and start file": lambda: get(f"/p/{project}.js"),
        "snapshot, known": lambda: post("snapshot", {"reference": reference()}),
        "snapshot, anonymous": lambda: post("snapshot", {}),
        "decide": lambda: post("decide", question()),
        "beacons, 1 each, durable": lambda: post("beacons", {"beacons": [beacon()]}),
        "beacons, 8 each, durable": lambda: post(
            "beacons", {"beacons": [beacon() for _ in range(8)]}
        ),
    }


async def ask(port: int, request: Any, until: float) -> list[float]:
    """One page that asks and asks again on one connection; how long each answer took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(request())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        took.append(time.perf_counter() - began)
    writer.close()
    return took


async def measure(port: int, request: Any, seconds: float) -> tuple[float, float]:
    """Answers a second, and the 99th of 100 in milliseconds."""
    began = time.perf_counter()
    pages = [ask(port, request, began + seconds) for _ in range(PAGES)]
    took = sorted(each for page in await asyncio.gather(*pages) for each in page)
    return len(took) / (time.perf_counter() - began), took[len(took) * 99 // 100] * 1000


async def main(url: str, folder: Path, seconds: float, rounds: int) -> None:
    """Measure each kind in turn, forth and back, and print the medians."""
    project, intercept = await asyncio.to_thread(prepare, url, folder)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, "--serve", url, str(folder)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    kinds = kinds_of(project, intercept)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    try:
        await asyncio.sleep(1)
        for request in kinds.values():
            await measure(port, request, 0.3)
        for turn in range(rounds):
            for name in list(kinds)[:: -1 if turn % 2 else 1]:
                found[name].append(await measure(port, kinds[name], seconds))
    finally:
        process.terminate()
        await process.wait()
    floor = statistics.median(rate for rate, _ in found["bare ASGI answer"])
    print(f"{PAGES} connections, {rounds} rounds of {seconds} s, {url.partition(':')[0]}")
    print(f"{'':28}{'answers/s':>12}{'of bare':>10}{'p99 ms':>10}")
    for name, measured in found.items():
        rate = statistics.median(each for each, _ in measured)
        slow = statistics.median(each for _, each in measured)
        print(f"{name:28}{rate:12.0f}{rate / floor:10.2f}{slow:10.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:4])
    else:
        parser = argparse.ArgumentParser(description=__doc__)
        parser.add_argument("--seconds", type=float, default=2.0)
        parser.add_argument("--rounds", type=int, default=3)
        parser.add_argument("--database-url", default="")
        typed = parser.parse_args()
        os.nice(5)
        with tempfile.TemporaryDirectory() as made:
            where = typed.database_url or f"sqlite:///{made}/askwell.sqlite3"
            asyncio.run(main(where, Path(made), typed.seconds, typed.rounds))

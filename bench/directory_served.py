"""What visitors feel of a large directory: beacons while segments are rebuilt, and snapshots.

`python bench/directory_served.py [--contacts 1000000] [--data DIR] [--rate 100] [--rounds 3]
[--json]`. A served edge answers beacons at a steady rate, by turns with nothing else to do and
while it rebuilds twenty segments. Snapshots are read from the store in this process, each of
another contact. Data of `bench/segments.py` in `--data` is used again.
"""

import argparse
import asyncio
import json
import random
import socket
import sqlite3
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from directory_data import AT, DAY_MS, settings_of
from segments import last_built, prepare
from sqlalchemy import select

from askwell_edge.app import create_app
from askwell_edge.directory.segments.rebuild import rebuild
from askwell_edge.projects.creatives import create_creative
from askwell_edge.projects.intercepts import create_intercept
from askwell_edge.projects.links import link_project
from askwell_edge.projects.projects import create_project
from askwell_edge.projects.published import published
from askwell_edge.projects.publishing import activate_intercept, publish, publish_intercept
from askwell_edge.store.engine import Store, open_store
from askwell_edge.store.tables import directories
from askwell_edge.visitor.door import Caller
from askwell_edge.visitor.questions import SnapshotQuestion
from askwell_edge.visitor.snapshot import snapshot_for
from askwell_edge.visitor.traffic import Traffic

SHOP = "https://shop.example"
DIRECTORY = select(directories.c.directory_id)
CONNECTIONS = 16
SNAPSHOTS = 3000


def serve(folder: Path) -> None:
    """The served process: prints its port; its clock begins when segments were last built."""
    import uvicorn

    offset = (last_built(folder) or AT) - time.time_ns() // 1_000_000
    app = create_app(
        replace(settings_of(folder), upkeep_s=0.2),
        clock=lambda: time.time_ns() // 1_000_000 + offset,
    )
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen(64)
    print(bound.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[bound])


async def site_in(store: Store) -> tuple[str, str]:
    """A published project of the directory with one intercept, as ids."""

    async def make(conn: Any) -> tuple[str, str]:
        project = await create_project(conn, "Shop", [SHOP], AT)
        await link_project(conn, project, await conn.scalar(DIRECTORY))
        creative = await create_creative(conn, project, "Ask", {"title": "May we ask?"}, AT)
        draft = {"linked": True, "actions": [{"creative_id": creative}]}
        intercept = await create_intercept(conn, project, "Ask", draft, AT)
        await publish(conn, project, AT)
        await publish_intercept(conn, intercept, AT)
        await activate_intercept(conn, intercept, AT)
        return project, intercept

    return await store.writer.submit(make)


async def snapshots(
    store: Store, project: str, contact_count: int
) -> tuple[list[float], list[float]]:
    """Milliseconds of snapshots of contacts by chance, by the clock and by the processor."""
    settings = settings_of(Path())
    async with store.glance() as conn:
        known = await published(conn, project)
    assert known is not None
    caller = Caller(None, known, store, Traffic(settings), "", AT)  # type: ignore[arg-type]
    clock, processor = [], []
    for n in random.Random(3).sample(range(contact_count), min(SNAPSHOTS, contact_count)):
        asks = SnapshotQuestion(reference=f"U-{n:07}")
        began, used = time.perf_counter(), time.thread_time()
        await snapshot_for(caller, asks)
        clock.append((time.perf_counter() - began) * 1000)
        processor.append((time.thread_time() - used) * 1000)
    return sorted(clock), sorted(processor)


class Pages:
    """Pages that send one beacon each, at a steady rate whatever the edge answers."""

    def __init__(self, port: int, project: str, intercept: str, contact_count: int) -> None:
        self._port, self._project, self._intercept = port, project, intercept
        self._contact_count = contact_count
        self._chance = random.Random(5)
        self._number = time.time_ns()

    async def send(self, rate: float, until: Any) -> list[float]:
        """Milliseconds from when each beacon was due to its answer."""
        due: asyncio.Queue[float | None] = asyncio.Queue()
        pages = [asyncio.create_task(self._page(due)) for _ in range(CONNECTIONS)]
        began, sent = time.perf_counter(), 0
        while not until():
            at = began + sent / rate
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            due.put_nowait(at)
            sent += 1
        for _ in pages:
            due.put_nowait(None)
        return sorted(took for page in await asyncio.gather(*pages) for took in page)

    async def _page(self, due: "asyncio.Queue[float | None]") -> list[float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        took = []
        while (at := await due.get()) is not None:
            writer.write(self._request())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            took.append((time.perf_counter() - at) * 1000)
        writer.close()
        return took

    def _request(self) -> bytes:
        self._number += 1
        beacon = {
            "id": f"beacon-{self._number:020}",
            "kind": "displayed",
            "at": AT,
            "page_view_id": f"page-view-{self._number:020}",
            "intercept": self._intercept,
            "reference": f"U-{self._chance.randrange(self._contact_count):07}",
        }
        text = json.dumps({"beacons": [beacon]}).encode()
        return (
            f"POST /p/{self._project}/beacons HTTP/1.1\r\nHost: edge\r\nOrigin: {SHOP}\r\n"
            f"Content-Type: text/plain\r\nContent-Length: {len(text)}\r\n\r\n"
        ).encode() + text


class Building:
    """The rebuild in the served edge, told and watched through the store."""

    def __init__(self, folder: Path) -> None:
        self._conn = sqlite3.connect(folder / "askwell.sqlite3", timeout=30)
        self._looked = 0.0

    def begin(self) -> None:
        """Have the edge's upkeep rebuild everything."""
        with self._conn:
            self._conn.execute("UPDATE segments SET built_at = NULL")

    def done(self) -> bool:
        """Whether it has; looks twice a second."""
        if time.perf_counter() - self._looked < 0.5:
            return False
        self._looked = time.perf_counter()
        with suppress(sqlite3.OperationalError):
            left = "SELECT count(*) FROM segments WHERE built_at IS NULL"
            return bool(self._conn.execute(left).fetchone()[0] == 0)
        return False


def p(share: float, took: list[float]) -> float:
    """The value that so many of a hundred are below."""
    return took[min(len(took) - 1, int(len(took) * share / 100))]


async def main(folder: Path, contact_count: int, rate: float, rounds: int, as_json: bool) -> None:
    """Measure, and print both beside each other."""
    await prepare(folder, contact_count)
    store = await open_store(settings_of(folder))
    project, intercept = await site_in(store)
    async with store.read() as conn:
        pool = await conn.scalar(DIRECTORY)
    await rebuild(store, pool, (last_built(folder) or AT) + DAY_MS)
    asked, worked = await snapshots(store, project, contact_count)
    await store.close()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, "--serve", "--data", str(folder)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        port = int(await process.stdout.readline())
        await asyncio.sleep(2)
        pages = Pages(port, project, intercept, contact_count)
        await pages.send(rate, ends_in(5))
        building, lengths = Building(folder), []
        busy: list[float] = []
        idle: list[float] = []
        for _ in range(rounds):
            building.begin()
            began = time.perf_counter()
            busy += await pages.send(rate, building.done)
            lengths.append(time.perf_counter() - began)
            idle += await pages.send(rate, ends_in(max(5.0, lengths[-1])))
        busy, idle, length = sorted(busy), sorted(idle), median(lengths)
    finally:
        process.terminate()
        await process.wait()
    print(f"{contact_count:,} contacts, {rate:.0f} beacons a second")
    print(f"rebuilt {rounds} times, in {length:.1f} s")
    print(f"{'':26}{'p50 ms':>9}{'p99 ms':>9}")
    for name, took in (
        ("beacons, idle", idle),
        ("beacons during a rebuild", busy),
        ("snapshots, by the clock", asked),
        ("snapshots, processor", worked),
    ):
        print(f"{name:26}{p(50, took):9.2f}{p(99, took):9.2f}")
    print(f"ratio of the beacons' p99: {p(99, busy) / p(99, idle):.2f}")
    if as_json:
        found = {
            "beacon_p99_ratio": p(99, busy) / p(99, idle),
            "beacon_idle_p99_ms": p(99, idle),
            "beacon_busy_p99_ms": p(99, busy),
            "snapshot_p50_ms": p(50, asked),
            "snapshot_p99_ms": p(99, asked),
            "snapshot_p99_processor_ms": p(99, worked),
        }
        print(json.dumps({name: round(value, 3) for name, value in found.items()}))


def ends_in(seconds: float) -> Any:
    """True once so many seconds are over."""
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() > end


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    typed = parser.parse_args()
    if typed.serve:
        serve(typed.data)
    else:
        with tempfile.TemporaryDirectory(prefix="askwell-bench-") as made:
            chosen = typed.data or Path(made)
            chosen.mkdir(parents=True, exist_ok=True)
            asyncio.run(main(chosen, typed.contacts, typed.rate, typed.rounds, typed.json))

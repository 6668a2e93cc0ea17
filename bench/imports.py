"""Rows a second and peak memory of importing a CSV file of contacts, then importing it again.

`python bench/imports.py [--contacts 1000000] [--database-url postgresql://…] [--json]`. The file
has seven fields and two columns of embedded data; the directory is `live` with one identity rule
and one segment. Beside it, in the same run: the same rows put into the same SQLite tables with
their indexes by the driver alone, as many in a transaction (the floor), and into a table with one
index. Processor time is that of all processes that took part.
"""

import argparse
import asyncio
import csv
import json
import os
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF
from typing import Any

from directory_data import AT, FIRST, LAST, settings_of

from askwell_edge.directory.contacts.identity import set_rules
from askwell_edge.directory.directories import create_directory
from askwell_edge.directory.imports.batches import ready_batches
from askwell_edge.directory.imports.gathering import NEW
from askwell_edge.directory.imports.importing import Options, Tally, digest_of, import_contacts
from askwell_edge.directory.imports.reader import AHEAD
from askwell_edge.directory.segments.segments import create_segment
from askwell_edge.store.clock import now_ms
from askwell_edge.store.engine import Store, open_store
from askwell_edge.store.ids import new_ids
from askwell_edge.store.sqlite import connector

COLUMNS = ["ExternalDataReference", "FirstName", "LastName", "Email", "Phone", "Language"]
COLUMNS += ["Unsubscribed", "Tier", "Country"]
CHUNK = 1 << 18


def write_file(path: Path, count: int) -> None:
    """The rows to import, from a fixed seed."""
    chance = random.Random(20)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for n in range(count):
            first, last = chance.choice(FIRST), f"{chance.choice(LAST)}{n % 5000}"
            address = f"{first}.{last}.{n}@mail.example"
            phone, tier = f"+4930{n:07}", chance.choice(("gold", "silver"))
            writer.writerow([f"U-{n:07}", first, last, address, phone, "en", "false", tier, "DE"])


def chunks_of(path: Path) -> Iterator[bytes]:
    """The file's bytes, piece by piece."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


async def prepare(store: Store) -> str:
    """An empty directory."""

    async def make(conn: Any) -> str:
        pool = await create_directory(conn, "Customers", AT)
        await set_rules(conn, pool, [(["external_reference"], True)])
        gold = {"field": "embeddedData.Tier", "cmp": "eq", "value": "gold"}
        await create_segment(conn, pool, "Gold", gold, AT)
        return pool

    return await store.writer.submit(make)


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of the processor for this process and for those it has ended."""

    clock: float = 0.0
    here: float = 0.0
    there: float = 0.0

    def __add__(self, other: "Took") -> "Took":
        return Took(self.clock + other.clock, self.here + other.here, self.there + other.there)

    def __sub__(self, other: "Took") -> "Took":
        return Took(self.clock - other.clock, self.here - other.here, self.there - other.there)


def now() -> Took:
    """What has gone by until now."""
    here, system, there, of_there, _ = os.times()
    return Took(time.perf_counter(), here + system, there + of_there)


async def timed(store: Store, pool: str, path: Path) -> tuple[Took, Tally]:
    """What one run took, and what became of the rows."""
    began = now()
    digest = digest_of(chunks_of(path))
    _, tally = await import_contacts(
        store, pool, path.name, chunks_of(path), digest, now_ms, Options(format="csv")
    )
    return now() - began, tally


async def floor(path: Path, folder: Path) -> Took:
    """What SQLite alone takes for the same rows, memberships and indexes, without a wait for the
    disk at each commit, as an import has none.
    """
    settings = settings_of(folder, f"sqlite:///{folder / 'floor.sqlite3'}")
    store = await open_store(settings)
    pool = await prepare(store)
    await store.close()
    into_contacts = f"INSERT INTO contacts ({', '.join(NEW)}) VALUES ({', '.join('?' * len(NEW))})"
    into_memberships = "INSERT INTO memberships (contact_id, directory_id, mask, built_at) "
    into_memberships += "VALUES (?, ?, 0, 0)"
    took = Took()
    conn = await connector(str(folder / "floor.sqlite3"))()
    await conn.set_lasting(False)
    batches = ready_batches(chunks_of(path), Options(format="csv"), 0)
    while together := list(islice(batches, AHEAD)):
        ids = new_ids("CID", sum(batch.count for batch in together))
        given = chain.from_iterable(batch.rows for batch in together)
        rows = [(i, pool, 1, *row, None, AT, AT) for i, row in zip(ids, given, strict=True)]
        began = now()
        conn.opened.execute("BEGIN IMMEDIATE")
        conn.opened.executemany(into_contacts, rows)
        conn.opened.executemany(into_memberships, [row[:2] for row in rows])
        conn.opened.execute("COMMIT")
        took += now() - began
    await conn.close()
    return took


def bare(path: Path, folder: Path) -> Took:
    """What the same rows take without any rule, check or index but one."""
    began = now()
    with path.open(newline="") as file, sqlite3.connect(folder / "bare.sqlite3") as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        rows = csv.reader(file)
        conn.execute(f"CREATE TABLE bare ({', '.join(next(rows))})")
        conn.execute("CREATE UNIQUE INDEX one ON bare (ExternalDataReference)")
        conn.executemany(f"INSERT INTO bare VALUES ({', '.join('?' * len(COLUMNS))})", rows)
    return now() - began


def peak_mib() -> float:
    """The most memory that this process has had at once, and the largest that it has ended."""
    peaks = (resource.getrusage(who).ru_maxrss for who in (RUSAGE_SELF, RUSAGE_CHILDREN))
    return sum(peaks) / 1024


async def main(folder: Path, url: str, count: int, as_json: bool) -> None:
    """Import twice and print both, beside the driver alone."""
    path = folder / "contacts.csv"
    write_file(path, count)
    store = await open_store(settings_of(folder, url))
    try:
        pool = await prepare(store)
        before = peak_mib()
        new, became = await timed(store, pool, path)
        assert became.created == count, became
        grown = peak_mib()
        again, became = await timed(store, pool, path)
        assert became.unchanged == count, became
    finally:
        await store.close()
    least, beside = await floor(path, folder), bare(path, folder)
    size = path.stat().st_size / 2**20
    print(f"{count:,} rows, {size:.0f} MiB, into {url.partition(':')[0] or 'sqlite'}")
    print(f"{'':30}{'rows/s':>9}{'rows/s of':>14}   µs of the processor a row")
    print(f"{'':30}{'by clock':>9}{'processor':>14}{'writing':>10}{'reading':>9}")
    for name, took in (
        ("all new", new),
        ("all there, unchanged", again),
        ("the same tables, driver alone", least),
        ("one table, driver alone", beside),
    ):
        each = f"{took.here / count * 1e6:10.1f}{took.there / count * 1e6:9.1f}"
        both = took.here + took.there
        print(f"{name:30}{count / took.clock:9,.0f}{count / both:14,.0f}{each}")
    print(f"all new: {new.clock / least.clock:.2f} times the floor by the clock")
    print(f"peak memory: {grown:.0f} MiB in both processes, {before:.0f} before")
    if as_json:
        found = {
            "rows_per_s": count / new.clock,
            "rows_per_processor_s": count / (new.here + new.there),
            "again_rows_per_s": count / again.clock,
            "floor_rows_per_s": count / least.clock,
            "floor_rows_per_processor_s": count / (least.here + least.there),
            "to_floor_clock": new.clock / least.clock,
            "peak_mib": grown,
        }
        print(json.dumps({name: round(value, 3) for name, value in found.items()}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--database-url", default="")
    parser.add_argument("--json", action="store_true")
    typed = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="askwell-bench-") as made:
        asyncio.run(main(Path(made), typed.database_url, typed.contacts, typed.json))

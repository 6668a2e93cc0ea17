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
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF
from typing import Any

from directory_data import AT, FIRST, LAST, settings_of

from askwell_edge.directory.contacts import new_row
from askwell_edge.directory.directories import create_directory
from askwell_edge.directory.identity import set_rules
from askwell_edge.directory.import_batches import ready_batches
from askwell_edge.directory.imports import Options, Tally, digest_of, import_contacts
from askwell_edge.directory.segments import create_segment
from askwell_edge.store.clock import now_ms
from askwell_edge.store.engine import Store, open_store
from askwell_edge.store.ids import new_id
from askwell_edge.store.sqlite import connector
from askwell_edge.store.tables import contacts

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


def processor_s() -> float:
    """Seconds of the processor for this process and those that it has ended."""
    return sum(os.times()[:4])


async def timed(store: Store, pool: str, path: Path) -> tuple[float, float, Tally]:
    """Seconds by the clock and the processor for one run, and what became of the rows."""
    clock, processor = time.perf_counter(), processor_s()
    digest = digest_of(chunks_of(path))
    _, tally = await import_contacts(
        store, pool, path.name, chunks_of(path), digest, now_ms, Options(format="csv")
    )
    return time.perf_counter() - clock, processor_s() - processor, tally


async def floor(path: Path, folder: Path) -> tuple[float, float]:
    """Seconds that SQLite alone takes for the same rows, memberships and indexes."""
    settings = settings_of(folder, f"sqlite:///{folder / 'floor.sqlite3'}")
    store = await open_store(settings)
    pool = await prepare(store)
    await store.close()
    names = [column.name for column in contacts.c]
    places = ", ".join("?" * len(names))
    into_contacts = f"INSERT INTO contacts ({', '.join(names)}) VALUES ({places})"
    into_memberships = "INSERT INTO memberships (contact_id, directory_id, mask, built_at) "
    into_memberships += "VALUES (?, ?, 0, 0)"
    clock = processor = 0.0
    conn = await connector(str(folder / "floor.sqlite3"))()
    for batch in ready_batches(chunks_of(path), Options(format="csv"), 0):
        rows = [new_row(new_id("CID"), pool, each.fields, AT) for each in batch]
        for row in rows:
            row["embedded_data"] = json.dumps(row["embedded_data"])
        wanted = [[row[name] for name in names] for row in rows]
        clock, processor = clock - time.perf_counter(), processor - processor_s()
        conn.opened.execute("BEGIN IMMEDIATE")
        conn.opened.executemany(into_contacts, wanted)
        conn.opened.executemany(into_memberships, [(row["contact_id"], pool) for row in rows])
        conn.opened.execute("COMMIT")
        clock, processor = clock + time.perf_counter(), processor + processor_s()
    await conn.close()
    return clock, processor


def bare(path: Path, folder: Path) -> tuple[float, float]:
    """Seconds for the same rows without any rule, check or index but one."""
    clock, processor = time.perf_counter(), time.process_time()
    with path.open(newline="") as file, sqlite3.connect(folder / "bare.sqlite3") as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        rows = csv.reader(file)
        conn.execute(f"CREATE TABLE bare ({', '.join(next(rows))})")
        conn.execute("CREATE UNIQUE INDEX one ON bare (ExternalDataReference)")
        conn.executemany(f"INSERT INTO bare VALUES ({', '.join('?' * len(COLUMNS))})", rows)
    return time.perf_counter() - clock, time.process_time() - processor


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
        new = await timed(store, pool, path)
        assert new[2].created == count, new
        grown = peak_mib()
        again = await timed(store, pool, path)
        assert again[2].unchanged == count, again
    finally:
        await store.close()
    least, beside = await floor(path, folder), bare(path, folder)
    size = path.stat().st_size / 2**20
    print(f"{count:,} rows, {size:.0f} MiB, into {url.partition(':')[0] or 'sqlite'}")
    print(f"{'':28}{'rows/s by clock':>17}{'by processor':>14}")
    for name, (clock, processor, *_) in (
        ("all new", new),
        ("all there, unchanged", again),
        ("the same tables, driver alone", least),
        ("one table, driver alone", beside),
    ):
        print(f"{name:30}{count / clock:15,.0f}{count / processor:14,.0f}")
    print(f"all new: {new[0] / least[0]:.2f} times the floor by the clock")
    print(f"peak memory: {grown:.0f} MiB in both processes, {before:.0f} before")
    if as_json:
        found = {
            "rows_per_s": count / new[0],
            "rows_per_processor_s": count / new[1],
            "again_rows_per_s": count / again[0],
            "floor_rows_per_s": count / least[0],
            "to_floor_clock": new[0] / least[0],
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

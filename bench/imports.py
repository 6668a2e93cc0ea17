"""Rows a second and peak memory of importing a CSV file of contacts, then importing it again.

`python bench/imports.py [--contacts 1000000] [--database-url postgresql://…] [--json]`. The file
has seven fields and two columns of embedded data; the directory is `live` with two identity
rules and one segment. Beside it: the same rows put into a bare SQLite table by the driver alone.
"""

import argparse
import asyncio
import csv
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from directory_data import AT, FIRST, LAST, settings_of

from askwell_edge.directory.directories import create_directory
from askwell_edge.directory.identity import set_rules
from askwell_edge.directory.imports import Options, Tally, digest_of, import_contacts
from askwell_edge.directory.segments import create_segment
from askwell_edge.store.engine import Store, open_store

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
        await set_rules(conn, pool, [(["external_reference"], True), (["email"], True)])
        gold = {"field": "embeddedData.Tier", "cmp": "eq", "value": "gold"}
        await create_segment(conn, pool, "Gold", gold, AT)
        return pool

    return await store.writer.submit(make)


async def timed(store: Store, pool: str, path: Path) -> tuple[float, float, Tally]:
    """Seconds by the clock and the processor for one run, and what became of the rows."""
    clock, processor = time.perf_counter(), time.process_time()
    digest = digest_of(chunks_of(path))
    _, tally = await import_contacts(
        store, pool, path.name, chunks_of(path), digest, lambda: AT, Options(format="csv")
    )
    return time.perf_counter() - clock, time.process_time() - processor, tally


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
    """The most memory that this process has had at once."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def main(folder: Path, url: str, count: int, as_json: bool) -> None:
    """Import twice and print both, beside the bare driver."""
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
    beside = bare(path, folder)
    size = path.stat().st_size / 2**20
    print(f"{count:,} rows, {size:.0f} MiB, into {url.partition(':')[0] or 'sqlite'}")
    print(f"{'':24}{'rows/s by clock':>17}{'by processor':>14}")
    for name, (clock, processor, *_) in (
        ("all new", new),
        ("all there, unchanged", again),
        ("bare driver", beside),
    ):
        print(f"{name:24}{count / clock:17,.0f}{count / processor:14,.0f}")
    print(f"peak memory: {grown:.0f} MiB, {before:.0f} before")
    if as_json:
        found = {
            "rows_per_s": count / new[0],
            "rows_per_processor_s": count / new[1],
            "again_rows_per_s": count / again[0],
            "to_bare_processor": new[1] / beside[1],
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

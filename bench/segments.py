"""Twenty nested segments rebuilt on SQLite, beside the same counts by DuckDB on one thread.

`python bench/segments.py [--contacts 1000000] [--data DIR] [--rounds 3] [--json]`. Each side works
in a process of its own, in turn, a day later each round; the counts must be equal. A rebuild is
measured twice: a day later, when it also writes who joined, left, or has another next change, and
once more at once, when it judges everybody again and finds nothing to write. One contact of a
hundred is evaluated as upkeep does it, three times: with whom nothing happened that segments count,
with other data, so that all is asked of them anew, and with one more display each, which moves most
of them and is taken back after. What shares the machine moves times by the clock, so processor time
stands beside them. Data made in `--data` is used again, and goes on from its last rebuild.
"""

import argparse
import asyncio
import csv
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
from directory_data import AT, DAY_MS, contact_ids, directory_in, settings_of
from segments_asked import SEGMENTS, counts
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.segments.marks import mark_due
from askwell_edge.directory.segments.membership import segments_of
from askwell_edge.directory.segments.rebuild import rebuild
from askwell_edge.directory.segments.segments import create_segment
from askwell_edge.directory.upkeep import evaluate_due
from askwell_edge.store.engine import open_store
from askwell_edge.store.inserts import insert_new
from askwell_edge.store.tables import contacts, directories, touchpoints

Touch = Callable[[AsyncConnection, list[dict[str, Any]]], Awaitable[None]]

TABLES = {
    "contacts": "contact_id, email, language, created_at, unsubscribed, embedded_data",
    "list_members": "contact_id, list_id, unsubscribed",
    "touchpoints": "contact_id, at, type, survey_id, test",
}


async def prepare(folder: Path, contact_count: int) -> None:
    """The directory with its segments, each built once."""
    store = await open_store(settings_of(folder))
    try:
        pool = await directory_in(store, contact_count)
        async with store.read() as conn:
            present = await segments_of(conn, pool)
        for name, criteria, _ in SEGMENTS[len(present) :]:
            await store.writer.submit(
                lambda conn, name=name, criteria=criteria: create_segment(
                    conn, pool, name, criteria, AT
                )
            )
    finally:
        await store.close()


def last_built(folder: Path) -> int | None:
    """When the segments of this data were last built."""
    with closing(sqlite3.connect(f"file:{folder}/askwell.sqlite3?mode=ro", uri=True)) as conn:
        at: int | None = conn.execute("SELECT max(at) FROM segment_sizes").fetchone()[0]
    return at


def copy_to_duckdb(folder: Path) -> None:
    """What the segments ask about, in a file of DuckDB's own; one of before is made anew if other
    benches have added to the data since."""
    copy = folder / "copy.duckdb"
    source = sqlite3.connect(f"file:{folder}/askwell.sqlite3?mode=ro", uri=True)
    with duckdb.connect(str(copy)) as target:
        present = dict(
            target.execute("SELECT table_name, estimated_size FROM duckdb_tables()").fetchall()
        )
        for table, columns in TABLES.items():
            if present.get(table) == source.execute(f"SELECT count(*) FROM {table}").fetchone()[0]:
                continue
            rows = source.execute(f"SELECT {columns} FROM {table}")
            file = folder / f"{table}.csv"
            with file.open("w", newline="") as out:
                writer = csv.writer(out)
                writer.writerow(column for column, *_ in rows.description)
                writer.writerows(rows)
            target.execute(
                f"CREATE OR REPLACE TABLE {table} AS FROM read_csv('{file}', sample_size = -1)"
            )
            file.unlink()
    source.close()


async def by_askwell(folder: Path, at: int) -> dict[str, Any]:
    """One rebuild, and the members of each segment."""
    store = await open_store(settings_of(folder))
    try:
        async with store.read() as conn:
            pool = await conn.scalar(select(directories.c.directory_id))
        measured = Measured()
        await rebuild(store, pool, at)
        found = measured.until_now()
        async with store.read() as conn:
            rows = await segments_of(conn, pool)
        return {**found, "counts": [row["member_count"] for row in rows]}
    finally:
        await store.close()


async def by_and_by(folder: Path, at: int, contact_count: int, happens: Touch) -> dict[str, Any]:
    """One contact of a hundred evaluated anew, as upkeep does it, after what happens to them."""
    store = await open_store(settings_of(folder))
    try:
        ids = random.Random(at).sample(contact_ids(contact_count), max(1, contact_count // 100))
        while await evaluate_due(store, at):
            pass
        async with store.read() as conn:
            pool = await conn.scalar(select(directories.c.directory_id))

        async def touch(rows: list[dict[str, Any]], write: Touch) -> None:
            for start in range(0, len(rows), 500):
                part = rows[start : start + 500]
                await store.writer.submit(lambda conn, part=part: write(conn, part))

        rows = [display(pool, contact_id, at) for contact_id in ids]
        await touch(rows, happens)
        measured = Measured()
        done = await evaluate_due(store, at)
        assert done == len(ids), (done, len(ids))
        found = measured.until_now()
        if happens is show:  # what is counted is again what it was
            await touch(rows, take_back)
            await evaluate_due(store, at)
        return found
    finally:
        await store.close()


def display(pool: str, contact_id: str, at: int) -> dict[str, Any]:
    """One more touchpoint of a contact, which most of the segments count."""
    return {
        **{"touchpoint_id": f"TP_shown_{contact_id}", "contact_id": contact_id},
        **{"directory_id": pool, "at": at, "type": "intercept_displayed", "channel": "web"},
        **{"project_id": "ZN_shop", "intercept_id": "SI_ask", "survey_id": "SV_nps"},
        "counts_toward_caps": True,
    }


async def mark(conn: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    """Have contacts evaluated with whom nothing happened."""
    await mark_due(conn, {(row["directory_id"], row["contact_id"]) for row in rows})


async def change(conn: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    """The same for those whose data is written again, by which their answers are forgotten."""
    ids = [row["contact_id"] for row in rows]
    as_it_is = {"embedded_data": contacts.c.embedded_data}
    await conn.execute(update(contacts).where(contacts.c.contact_id.in_(ids)).values(as_it_is))
    await mark(conn, rows)


async def show(conn: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    """The same for those who were shown something."""
    await insert_new(conn, touchpoints, rows)
    await mark(conn, rows)


async def take_back(conn: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    """As if they had not been."""
    ids = [row["touchpoint_id"] for row in rows]
    await conn.execute(delete(touchpoints).where(touchpoints.c.touchpoint_id.in_(ids)))
    await mark(conn, rows)


HAPPENS: dict[str, Touch] = {"marked": mark, "changed": change, "shown": show}


def by_duckdb(folder: Path, at: int) -> dict[str, Any]:
    """The same counts by the other side."""
    with duckdb.connect(str(folder / "copy.duckdb"), read_only=True) as conn:
        conn.execute("SET threads = 1")
        measured = Measured()
        row = conn.execute(counts(at)).fetchone()
        assert row is not None
        return {**measured.until_now(), "counts": list(row)}


class Measured:
    """Seconds by the clock and by the processor, and the process's peak memory."""

    def __init__(self) -> None:
        self._clock, self._processor = time.perf_counter(), time.process_time()

    def until_now(self) -> dict[str, Any]:
        return {
            "clock_s": time.perf_counter() - self._clock,
            "processor_s": time.process_time() - self._processor,
            "peak_mib": peak_mib(),
        }


def peak_mib() -> float:
    """The most memory that this process has had at once."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def apart(side: str, folder: Path, at: int, contact_count: int) -> dict[str, Any]:
    """What one side says in a process of its own."""
    command = [sys.executable, __file__, "--side", side, "--data", str(folder)]
    command += ["--at", str(at), "--contacts", str(contact_count)]
    said: dict[str, Any] = json.loads(subprocess.check_output(command, text=True))
    return said


# In this order; by turns DuckDB is last.
SIDES = {
    "duckdb": "DuckDB, one thread",
    "rebuild": "rebuild, a day later",
    "again": "rebuild, nothing changed",
    "marked": "1 %, nothing happened",
    "changed": "1 %, other data",
    "shown": "1 %, each shown something",
}


def work(side: str, folder: Path, at: int, contact_count: int) -> None:
    """The other end of `apart`."""
    if side == "duckdb":
        print(json.dumps(by_duckdb(folder, at)))
    elif side in ("rebuild", "again"):
        print(json.dumps(asyncio.run(by_askwell(folder, at))))
    else:
        print(json.dumps(asyncio.run(by_and_by(folder, at, contact_count, HAPPENS[side]))))


def main(folder: Path, contact_count: int, rounds: int, as_json: bool) -> None:
    """Measure both sides in turn and print the medians and their ratios."""
    asyncio.run(prepare(folder, contact_count))
    copy_to_duckdb(folder)
    began = last_built(folder)
    first = apart("rebuild", folder, AT, contact_count) if began is None else None
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    for turn in range(1, rounds + 1):
        at = (began or AT) + turn * DAY_MS
        # The rebuild comes before what is to find everything built.
        for side in sorted(SIDES, key=lambda side: side == "duckdb") if turn % 2 else SIDES:
            found[side].append(apart(side, folder, at + (side == "again"), contact_count))
        if not found["rebuild"][-1]["counts"] == found["duckdb"][-1]["counts"]:
            raise SystemExit(f"the counts differ: {found['rebuild'][-1]} {found['duckdb'][-1]}")

    def median(side: str, what: str) -> float:
        return statistics.median(each[what] for each in found[side])

    print(f"{contact_count:,} contacts, {contact_count * 10:,} touchpoints, {rounds} rounds")
    print(f"{'':28}{'clock s':>10}{'processor s':>13}{'peak MiB':>10}")
    if first is not None:
        times = f"{first['clock_s']:10.2f}{first['processor_s']:13.2f}"
        print(f"{'first build':28}{times}{first['peak_mib']:10.0f}")
    for side, name in SIDES.items():
        times = f"{median(side, 'clock_s'):10.2f}{median(side, 'processor_s'):13.2f}"
        print(f"{name:28}{times}{median(side, 'peak_mib'):10.0f}")
    ratios = {
        f"{one}_to_{other}_{what}": median(one, f"{what}_s") / median(other, f"{what}_s")
        for one, other in (
            ("rebuild", "duckdb"),
            ("again", "duckdb"),
            ("marked", "rebuild"),
            ("changed", "rebuild"),
            ("shown", "rebuild"),
        )
        for what in ("clock", "processor")
    }
    ratios["peak_mib"] = max(each["peak_mib"] for each in [*found["rebuild"], *found["again"]])
    print("counts equal: yes")
    for name, value in ratios.items():
        print(f"{name.replace('_', ' ')}: {value:.3f}")
    if as_json:
        print(json.dumps({name: round(value, 4) for name, value in ratios.items()}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("--at", type=int, help=argparse.SUPPRESS)
    typed = parser.parse_args()
    if typed.side:
        work(typed.side, typed.data, typed.at, typed.contacts)
    else:
        with tempfile.TemporaryDirectory(prefix="askwell-bench-") as made:
            chosen = typed.data or Path(made)
            chosen.mkdir(parents=True, exist_ok=True)
            main(chosen, typed.contacts, typed.rounds, typed.json)

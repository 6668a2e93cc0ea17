"""Makes a directory to measure with: contacts with embedded data, lists, ten touchpoints each.

The same seed gives the same rows. `python bench/directory_data.py --data DIR [--contacts N]`
writes a store that an edge can open; `--database-url postgresql://…` fills that one instead.
"""

import argparse
import asyncio
import json
import random
import string
import sys
import time
from collections.abc import Iterator
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateIndex, DropIndex

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "edge"), str(ROOT / "runtime")]

from askwell_edge.directory.contacts.identity import set_rules
from askwell_edge.directory.directories import create_directory
from askwell_edge.directory.lists.lists import create_list
from askwell_edge.settings import Settings, read_settings
from askwell_edge.store.engine import Store, open_store
from askwell_edge.store.tables import contacts, directories, list_members, touchpoints

SEED = 20
AT = 1_800_000_000_000  # the instant at which everything has just happened
DAY_MS = 86_400_000
YEARS_MS = 2 * 365 * DAY_MS
TOUCHES_EACH = 10
LISTS = {"CG_news": 0.4, "CG_trial": 0.15, "CG_partners": 0.05}
SURVEYS = ("SV_nps", "SV_checkout", "SV_support")
FIRST = ("Ada", "Grace", "Alan", "Barbara", "Edsger", "Frances", "Donald", "Margaret", "Ken")
LAST = ("Hopper", "Lovelace", "Turing", "Liskov", "Dijkstra", "Allen", "Knuth", "Hamilton")
DOMAINS = ("mail.example", "post.example", "work.example", "school.example")
# Type, channel, weight.
TYPES = (
    ("intercept_displayed", "web", 34),
    ("email_sent", "email", 34),
    ("intercept_dismissed", "web", 14),
    ("intercept_clicked", "web", 8),
    ("survey_finished", "web", 6),
    ("sms_sent", "sms", 2),
    ("session_recorded", "web", 2),
)
CONTACT = [
    *("contact_id", "directory_id", "directory_key"),
    *("external_reference", "first_name", "last_name", "email"),
    *("language", "embedded_data", "email_key", "first_name_key", "last_name_key"),
    *("unsubscribed", "unsubscribed_at", "created_at", "modified_at"),
]
MEMBER = ["list_id", "contact_id", "unsubscribed", "unsubscribed_at"]
TOUCHPOINT = [
    *("touchpoint_id", "contact_id", "directory_id", "at", "type", "channel", "project_id"),
    *("intercept_id", "survey_id", "counts_toward_caps"),
]
Rows = Iterator[tuple[Any, ...]]


def contact_ids(count: int) -> list[str]:
    """Ids like the edge's, in the order in which they were made, from the seed."""
    chance = random.Random(SEED)
    alphabet = string.digits + string.ascii_letters
    return [f"CID_{n:07}{''.join(chance.choices(alphabet, k=8))}" for n in range(count)]


def contact_rows(pool: str, ids: list[str]) -> Rows:
    """Contacts of the first directory, spread over two years."""
    chance = random.Random(SEED + 1)
    pick = chance.random
    for n, contact_id in enumerate(ids):
        first, last = chance.choice(FIRST), f"{chance.choice(LAST)}{n % 5000}"
        address = f"{first}.{last}.{n}@{chance.choice(DOMAINS)}"
        pairs = {
            "tier": ("bronze", "silver", "gold", "platinum")[int(pick() ** 2 * 4)],
            "country": ("DE", "US", "FR", "IN", "BR", "JP")[int(pick() * 6)],
            "score": str(int(pick() * 100)),
            "plan": "trial" if pick() < 0.2 else "paid",
        }
        language = ("en", "de", "fr", "pt-BR")[int(pick() * 4)]
        created_at = AT - int(pick() * YEARS_MS)
        opted_out = pick() < 0.06
        yield (
            *(contact_id, pool, 1, f"U-{n:07}", first, last, address, language),
            *(json.dumps(pairs), address.lower(), first.lower(), last.lower()),
            *(opted_out, created_at if opted_out else None, created_at, created_at),
        )


def list_rows(ids: list[str]) -> Rows:
    """Who is on which list, and opted out of it."""
    chance = random.Random(SEED + 2)
    for list_id, share in LISTS.items():
        for contact_id in ids:
            if chance.random() < share:
                opted_out = chance.random() < 0.05
                yield list_id, contact_id, opted_out, AT - DAY_MS if opted_out else None


def touchpoint_rows(pool: str, ids: list[str]) -> Rows:
    """Rows as time brings them, so that one contact's lie far apart."""
    chance = random.Random(SEED + 3)
    count = len(ids) * TOUCHES_EACH
    weights = list(accumulate(weight for _, _, weight in TYPES))
    step = YEARS_MS / count
    for start in range(0, count, 10_000):
        size = min(10_000, count - start)
        whom = chance.choices(ids, k=size)
        what = chance.choices(TYPES, cum_weights=weights, k=size)
        about = chance.choices(SURVEYS, k=size)
        for n, contact_id, (type, channel, _), survey in zip(
            range(start, start + size), whom, what, about, strict=True
        ):
            web = channel == "web"
            yield (
                *(f"TP_{n:015}", contact_id, pool),
                *(AT - YEARS_MS + int(n * step), type, channel),
                *("ZN_shop" if web else None, "SI_ask" if web else None, survey),
                type in ("intercept_displayed", "email_sent", "sms_sent"),
            )


async def fill(store: Store, contact_count: int) -> str:
    """Fill an empty store; the directory's id. Indexes are made when the rows are there."""
    pool = await store.writer.submit(
        lambda conn: create_directory(conn, "Customers", AT, membership_mode="live")
    )
    await store.writer.submit(
        lambda conn: set_rules(conn, pool, [(["external_reference"], True), (["email"], True)])
    )
    for list_id in LISTS:
        await store.writer.submit(
            lambda conn, list_id=list_id: create_list(conn, pool, list_id, AT, list_id=list_id)
        )
    ids = contact_ids(contact_count)
    await load(store, contacts, CONTACT, contact_rows(pool, ids))
    await load(store, list_members, MEMBER, list_rows(ids))
    await load(store, touchpoints, TOUCHPOINT, touchpoint_rows(pool, ids))
    return str(pool)


async def load(store: Store, table: Table, names: list[str], rows: Rows) -> None:
    """Bulk-load these columns of one table."""
    async with store.engine.begin() as conn:
        for index in table.indexes:
            await conn.execute(DropIndex(index))
        put = _copy if store.engine.dialect.name == "postgresql" else _insert
        await put(conn, table.name, names, rows)
        for index in table.indexes:
            await conn.execute(CreateIndex(index))
    if store.engine.dialect.name == "postgresql":
        async with store.engine.connect() as conn:
            await conn.execution_options(isolation_level="AUTOCOMMIT")
            await conn.exec_driver_sql(f"VACUUM ANALYZE {table.name}")


async def _insert(conn: AsyncConnection, table: str, names: list[str], rows: Rows) -> None:
    connection = (await conn.get_raw_connection()).driver_connection
    await connection.execute("PRAGMA cache_size = -1000000")
    places = ", ".join("?" * len(names))
    statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"
    while batch := list(islice(rows, 20_000)):
        await connection.executemany(statement, batch)


async def _copy(conn: AsyncConnection, table: str, names: list[str], rows: Rows) -> None:
    connection = (await conn.get_raw_connection()).driver_connection
    while batch := list(islice(rows, 20_000)):
        await connection.copy_records_to_table(table, columns=names, records=batch)


def settings_of(folder: Path, url: str = "") -> Settings:
    """The settings of an edge over this data, with upkeep as good as off."""
    return read_settings(
        {
            "ASKWELL_DATA_DIR": str(folder),
            "ASKWELL_DATABASE_URL": url,
            "ASKWELL_UPKEEP_S": "3600",
            **{f"ASKWELL_{limit}_BURST": "100000000" for limit in ("ADDRESS", "PROJECT")},
        }
    )


async def directory_in(store: Store, contact_count: int) -> str:
    """The directory's id; the store is filled first if it is empty."""
    async with store.read() as conn:
        known = await conn.scalar(select(directories.c.directory_id))
    if known is not None:
        return str(known)
    began = time.perf_counter()
    pool = await fill(store, contact_count)
    took = time.perf_counter() - began
    print(f"made {contact_count:,} contacts in {took:.0f} s", file=sys.stderr)
    return pool


async def main(folder: Path, contact_count: int, url: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    store = await open_store(settings_of(folder, url))
    try:
        print(await directory_in(store, contact_count))
    finally:
        await store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--database-url", default="")
    typed = parser.parse_args()
    asyncio.run(main(typed.data, typed.contacts, typed.database_url))

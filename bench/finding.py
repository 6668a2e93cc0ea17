"""What it takes to find contacts while somebody types, by the API's `startsWith`, and by kind.

`python bench/finding.py [--contacts 1000000] [--data DIR] [--database-url …] [--json]`. Names
are as unevenly spread as people's; the last line is what it takes to read every contact. Processor
time on SQLite, whose work is done here; on PostgreSQL the clock.
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

from directory_data import AT, SEED, Rows, contact_ids, load, settings_of
from sqlalchemy import func, or_, select

from askwell_edge.directory.contacts.fields import search_key
from askwell_edge.directory.contacts.finding import find_as_typed
from askwell_edge.directory.contacts.search import search_contacts
from askwell_edge.directory.directories import create_directory
from askwell_edge.sample.names import CULTURES
from askwell_edge.store.directory_keys import within
from askwell_edge.store.engine import Store, open_store
from askwell_edge.store.tables import contacts, directories

ROUNDS = 5
COLUMNS = [
    *("contact_id", "directory_id", "directory_key"),
    *("external_reference", "first_name", "last_name", "email"),
    *("embedded_data", "email_key", "first_name_key", "last_name_key", "created_at", "modified_at"),
]
FIRST = [name.partition("|")[0] for each in CULTURES for name in each.given]
LAST = [name.partition("|")[0] for each in CULTURES for name in each.family]
TYPED = ("m", "maria", "maria g", "muller", "garc", "zyxw", "anna zyxw", "u-0000012", "olivia b")
KINDS: dict[str, dict[str, Any]] = {
    "nobody opted out": {"opted_out_since": 0},
    "mail reaches everybody": {"bounced": True},
    "nobody without a reference": {"without_reference": True},
}
STARTS = (("lastName", "m"), ("lastName", "garc"), ("lastName", "zyxw"), ("extRef", "U-00000"))


def rows_of(pool: str, ids: list[str]) -> Rows:
    """Contacts of whom a few first names and very many last names are shared."""
    chance = random.Random(SEED)
    endings = ["", *(f"{a}{b}" for a in ("son", "sen", "ez", "ski", "er") for b in range(600))]
    lasts = [name + ending for ending in endings for name in LAST]
    shares = list(accumulate(1 / (n + 20) for n in range(len(lasts))))
    heard = list(accumulate(1 / (n + 5) for n in range(len(FIRST))))
    chosen_last = chance.choices(lasts, cum_weights=shares, k=len(ids))
    chosen_first = chance.choices(FIRST, cum_weights=heard, k=len(ids))
    for n, contact_id in enumerate(ids):
        first, last = chosen_first[n], chosen_last[n]
        address = f"contact.{n}@mail.example"
        yield (
            *(contact_id, pool, 1, f"U-{n:07}", first, last, address),
            *('{"tier": "gold", "country": "DE"}', address, search_key(first), search_key(last)),
            *(AT - n, AT - n),
        )


async def directory_in(store: Store, count: int) -> str:
    """The directory's id; the store is filled first if it is empty."""
    async with store.read() as conn:
        known = await conn.scalar(select(directories.c.directory_id))
    if known is not None:
        return str(known)
    pool = await store.writer.submit(lambda conn: create_directory(conn, "Customers", AT))
    await load(store, contacts, COLUMNS, rows_of(str(pool), contact_ids(count)))
    return str(pool)


async def measured(clock: Callable[[], float], work: Callable[[], Awaitable[Any]]) -> Any:
    """The answer, and the median of its milliseconds."""
    took, answer = [], None
    for _ in range(ROUNDS):
        began = clock()
        answer = await work()
        took.append((clock() - began) * 1000)
    return answer, round(median(took), 2)


async def measure(store: Store, pool: str) -> list[dict[str, Any]]:
    here = within(pool)
    clock = time.process_time if store.engine.dialect.name == "sqlite" else time.perf_counter
    lines = []
    async with store.read() as conn:
        for words in TYPED:
            found, took = await measured(clock, lambda w=words: find_as_typed(conn, pool, w, 50))
            lines.append({"typed": words, "found": len(found), "ms": took})
        for kind, words in STARTS:
            rule = {"filterType": kind, "comparison": "startsWith", "value": words}
            (found, _), took = await measured(
                clock, lambda r=rule: search_contacts(conn, pool, filter=r)
            )
            lines.append({"typed": f"{kind} startsWith {words}", "found": len(found), "ms": took})
        for kind, only in KINDS.items():
            (found, _), took = await measured(
                clock, lambda o=only: search_contacts(conn, pool, **o)
            )
            lines.append({"typed": kind, "found": len(found), "ms": took})
        names = (contacts.c.first_name, contacts.c.last_name)
        scan = select(func.count()).where(here, or_(*(n.startswith("Zyxw") for n in names)))
        found, took = await measured(clock, lambda: conn.scalar(scan))
        lines.append({"typed": "every contact read, for zyxw", "found": found, "ms": took})
    return lines


async def main(typed: argparse.Namespace, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    store = await open_store(settings_of(folder, typed.database_url))
    try:
        lines = await measure(store, await directory_in(store, typed.contacts))
    finally:
        await store.close()
    if typed.json:
        print(json.dumps(lines))
        return
    for line in lines:
        print(f"{line['typed']:<32}{line['found']:>6} found {line['ms']:>10} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--database-url", default="")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="askwell-finding-") as made:
        asyncio.run(main(given, given.data or Path(made)))

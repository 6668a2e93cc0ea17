"""SQLite's log goes home beside the writer: it stays short, and a reader only puts it off."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.settings import read_settings
from askwell_edge.store import checkpoints
from askwell_edge.store.checkpoints import written
from askwell_edge.store.engine import Store, open_store
from askwell_edge.store.sqlite import LOG_KEPT_BYTES, open_connection
from askwell_edge.store.tables import bundles, projects

BODY = bytes(1 << 20)
BEGIN_BYTES = 32 << 20
LONG_BYTES = 3 * BEGIN_BYTES


@pytest.fixture(autouse=True)
def sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs are long sooner than they are for all others, for less to be written here."""
    monkeypatch.setattr(checkpoints, "BEGIN_BYTES", BEGIN_BYTES)
    monkeypatch.setattr(checkpoints, "LONG_BYTES", LONG_BYTES)


def play(folder: Path, story: Callable[[Store], Awaitable[None]]) -> None:
    async def playing() -> None:
        store = await open_store(read_settings({"ASKWELL_DATA_DIR": str(folder)}))
        try:
            await story(store)
        finally:
            await store.close()

    asyncio.run(playing())


async def write(store: Store, mebibytes: range) -> None:
    """Each in a transaction of its own, as large as one of an import."""

    async def add(conn: AsyncConnection, n: int) -> None:
        if n == 0:
            row = {"project_id": "ZN_a", "name": "Shop", "origins": [], "settings": {}}
            await conn.execute(insert(projects).values(created_at=1, **row))
        row = {"hash": f"{n}", "project_id": "ZN_a", "body": BODY, "prefilter": {}, "reads": {}}
        await conn.execute(insert(bundles).values(created_at=1, **row))

    for n in mebibytes:
        await store.writer.submit(lambda conn, n=n: add(conn, n), lasting=False)  # type: ignore[misc]


def sizes(folder: Path) -> tuple[int, int]:
    """Bytes of the log, and of the database itself."""
    [log] = folder.rglob("*-wal")
    return log.stat().st_size, log.with_name(log.name.removesuffix("-wal")).stat().st_size


def test_the_log_stays_short_however_much_is_written(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        longest = 0
        for begin in range(0, 240, 4):
            await write(store, range(begin, begin + 4))
            longest = max(longest, sizes(tmp_path)[0])
        assert BEGIN_BYTES < longest < LONG_BYTES + BEGIN_BYTES
        assert sizes(tmp_path)[1] > 240 * len(BODY) - LONG_BYTES, "most of it is home"
        async with store.read() as conn:
            assert await conn.scalar(select(func.count()).select_from(bundles)) == 240

    play(tmp_path, story)


def test_a_reader_keeps_its_picture_and_puts_the_log_off_until_it_goes(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        await write(store, range(2))
        async with store.read() as conn:
            count = select(func.count()).select_from(bundles)
            assert await conn.scalar(count) == 2
            await write(store, range(2, 150))
            assert sizes(tmp_path)[0] > 148 * len(BODY), "nothing it may still read is written over"
            assert await conn.scalar(count) == 2
        await write(store, range(150, 300))
        [log] = tmp_path.rglob("*-wal")
        assert written(log)[1] < LONG_BYTES + BEGIN_BYTES, "the log began anew"

    play(tmp_path, story)


def test_a_log_that_begins_anew_is_written_over(tmp_path: Path) -> None:
    """How much of it is new is as SQLite itself says; a write that lasts makes it short again."""

    async def story(store: Store) -> None:
        await write(store, range(120))
        [log] = tmp_path.rglob("*-wal")
        longest = log.stat().st_size
        assert longest > BEGIN_BYTES
        asker = open_connection(str(log).removesuffix("-wal"), 1, read_only=False)

        def bring_home() -> int:
            while True:
                busy, pages, home = asker.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if not busy and pages == home:
                    return int(pages)

        bring_home()
        for n in range(120, 124):
            await write(store, range(n, n + 1))
            pages = bring_home()
            assert 0 < pages < 2 * len(BODY) // 4096
            assert written(log)[1] == 32 + pages * (24 + 4096)
            assert log.stat().st_size == longest
        asker.close()
        await store.writer.submit(lambda conn: conn.execute(update(projects).values(name="Store")))
        assert log.stat().st_size == LOG_KEPT_BYTES

    play(tmp_path, story)

"""Glances on SQLite: a new picture each time, whatever became of the one before."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ResourceClosedError
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.errors import StoreError
from askwell_edge.settings import read_settings
from askwell_edge.store.engine import Store, open_store

COUNT = text("SELECT count(*) FROM seen")


def with_store(folder: Path, check: Callable[[Store], Awaitable[None]]) -> None:
    """Run `check` with a store that has a table of one row."""

    async def run() -> None:
        store = await open_store(read_settings({"ASKWELL_DATA_DIR": str(folder)}))
        try:
            await write(store, "CREATE TABLE seen (n INTEGER)")
            await write(store, "INSERT INTO seen VALUES (1), (2), (3)")
            await check(store)
        finally:
            await store.close()

    asyncio.run(run())


async def write(store: Store, statement: str) -> None:
    await store.writer.submit(lambda conn: conn.execute(text(statement)))


async def add_row(store: Store) -> None:
    await write(store, "INSERT INTO seen VALUES (0)")


async def count(conn: AsyncConnection) -> int:
    found: int = await conn.scalar(COUNT)
    return found


async def count_now(store: Store) -> int:
    async with store.glance() as conn:
        return await count(conn)


def test_a_glance_is_one_picture_and_the_next_one_another(tmp_path: Path) -> None:
    async def check(store: Store) -> None:
        for rows in range(3, 8):
            async with store.glance() as conn:
                assert await count(conn) == rows
                await add_row(store)
                assert await count(conn) == rows

    with_store(tmp_path, check)


@pytest.mark.parametrize("scalars", [False, True])
def test_a_result_that_is_half_read_keeps_no_picture(tmp_path: Path, scalars: bool) -> None:
    async def check(store: Store) -> None:
        async with store.glance() as conn:
            asked = text("SELECT n FROM seen")
            rows = await (conn.scalars if scalars else conn.execute)(asked)
            assert next(iter(rows)) is not None
        await add_row(store)
        assert await count_now(store) == 4
        with pytest.raises(ResourceClosedError):
            rows.all()

    with_store(tmp_path, check)


def test_glances_at_once_have_each_their_own_picture(tmp_path: Path) -> None:
    async def check(store: Store) -> None:
        async def glance_at(counts: range) -> int:
            async with AsyncExitStack() as stack:
                conns = []
                for rows in counts:
                    conn = await stack.enter_async_context(store.glance())
                    assert await count(conn) == rows
                    conns.append(conn)
                    await add_row(store)
                assert [await count(conn) for conn in conns] == list(counts)
            return opened(tmp_path)

        left = await glance_at(range(3, 8))
        assert await glance_at(range(8, 13)) == left, "those that were too many are closed"
        assert await count_now(store) == 13

    with_store(tmp_path, check)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("INSERT INTO seen VALUES (9)", StoreError),  # it can only read
        ("SELECT n FROM seen", ZeroDivisionError),  # whoever asks fails half way
        ("SELECT n FROM seen", asyncio.CancelledError),
    ],
)
def test_after_a_glance_that_failed_the_next_is_as_any(
    tmp_path: Path, statement: str, problem: type[BaseException]
) -> None:
    async def fail(store: Store) -> None:
        async with store.glance() as conn:
            await conn.execute(text(statement))
            raise problem

    async def check(store: Store) -> None:
        opened_before = opened(tmp_path)
        for rows in range(3, 8):
            with pytest.raises(problem):
                await fail(store)
            assert await count_now(store) == rows
            await add_row(store)
        assert opened(tmp_path) == opened_before

    with_store(tmp_path, check)


def test_a_request_that_is_cancelled_during_its_glance_leaves_nothing_open(tmp_path: Path) -> None:
    async def check(store: Store) -> None:
        began = asyncio.Event()

        async def wait() -> None:
            async with store.glance() as conn:
                await count(conn)
                began.set()
                await asyncio.Event().wait()

        left = set()
        for rows in range(3, 13, 2):
            began.clear()
            waiting = asyncio.create_task(wait())
            await began.wait()
            await add_row(store)
            assert await count_now(store) == rows + 1, "another glance beside it"
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            assert waiting.cancelled()
            await add_row(store)
            assert await count_now(store) == rows + 2
            left.add(opened(tmp_path))
        assert len(left) == 1

    with_store(tmp_path, check)


def opened(folder: Path) -> int:
    """How often the files of the store are opened, where that can be asked."""
    if sys.platform != "linux":
        return 0
    links = (Path("/proc/self/fd") / each for each in os.listdir("/proc/self/fd"))
    return sum(os.path.realpath(each).startswith(f"{folder}/") for each in links)

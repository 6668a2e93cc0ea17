"""Threads on SQLite: long statements give way to visitors, and none waits for another's memory."""

import _sqlite3
import asyncio
import ctypes
import os
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from askwell_edge.settings import read_settings
from askwell_edge.store.engine import open_store

MEMORY_USED = 0  # as sqlite3.h has it


@pytest.mark.skipif(sys.platform != "linux", reason="a thread's priority is Linux's alone")
def test_sweeps_run_in_threads_that_give_way_to_all_others(tmp_path: Path) -> None:
    before = _least_urgent()

    async def sweep() -> tuple[int, int]:
        store = await open_store(read_settings({"ASKWELL_DATA_DIR": str(tmp_path)}))
        try:
            async with store.read() as conn:
                await conn.execute(text("SELECT 1"))
            reading = _least_urgent()
            async with store.sweep() as conn:
                await conn.execute(text("SELECT 1"))
                return reading, _least_urgent()
        finally:
            await store.close()

    reading, sweeping = asyncio.run(sweep())
    assert reading == before < sweeping == 19


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere SQLite is left as it is")
def test_no_account_of_memory_makes_threads_wait_for_each_other(tmp_path: Path) -> None:
    async def opened() -> int:
        store = await open_store(read_settings({"ASKWELL_DATA_DIR": str(tmp_path)}))
        try:
            now, most = ctypes.c_int(-1), ctypes.c_int(-1)
            library = ctypes.CDLL(_sqlite3.__file__)
            used = ctypes.byref(now), ctypes.byref(most)
            assert library.sqlite3_status(MEMORY_USED, *used, 0) == 0
            return now.value
        finally:
            await store.close()

    assert asyncio.run(opened()) == 0


def _least_urgent() -> int:
    threads = (int(each.name) for each in Path("/proc/self/task").iterdir())
    return max(os.getpriority(os.PRIO_PROCESS, each) for each in threads)

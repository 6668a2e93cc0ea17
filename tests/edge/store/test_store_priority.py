"""Threads on SQLite: long statements give way to visitors, and none waits for another's memory."""

import _sqlite3
import asyncio
import ctypes
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.settings import read_settings
from askwell_edge.store.engine import open_store

MEMORY_USED = 0  # as sqlite3.h has it


@pytest.mark.skipif(sys.platform != "linux", reason="a thread's priority is Linux's alone")
def test_sweeps_run_in_threads_that_give_way_to_all_others(tmp_path: Path) -> None:
    async def urgencies() -> list[int]:
        store = await open_store(read_settings({"ASKWELL_DATA_DIR": str(tmp_path)}))
        try:
            async with store.read() as reading, store.sweep() as sweeping:
                return [await _urgency(reading), await _urgency(sweeping)]
        finally:
            await store.close()

    assert asyncio.run(urgencies()) == [_own_urgency(), 19]


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


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere SQLite is left as it is")
@pytest.mark.parametrize(
    "before",
    [
        "opened = sqlite3.connect(':memory:')",  # which must not be shut down
        "import _sqlite3; del _sqlite3.__file__",  # as one that is built in has none
        "import ctypes; ctypes.CDLL = lambda name: object()",  # without the functions
    ],
)
def test_sqlite_is_left_as_it_is_where_it_cannot_be_told(before: str) -> None:
    text = "\n".join(
        [
            "import sqlite3",
            "opened, connect = None, lambda: sqlite3.connect(':memory:')",
            before,
            "import askwell_edge.store.sqlite",
            "print((opened or connect()).execute('SELECT 7').fetchone())",
        ]
    )
    said = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert said.stdout == "(7,)\n"


async def _urgency(conn: AsyncConnection) -> int:
    """The priority of the thread that works for a connection."""
    connection = (await conn.get_raw_connection()).driver_connection
    found: list[int] = []
    await connection.run(lambda: found.append(_own_urgency()))
    return found[0]


def _own_urgency() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

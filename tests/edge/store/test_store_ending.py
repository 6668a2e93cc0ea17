"""The edge ends while something goes on in its background: no connection is left behind."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from api_place import opened_place
from sqlalchemy import text


@pytest.mark.parametrize("going_on", ["imports", "merges"])
@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_what_still_reads_ends_before_the_store_does(
    store_url: str, tmp_path: Path, going_on: str
) -> None:
    """A store that is closed keeps what is given back to it later, open until it is forgotten."""
    read_from: list[Any] = []

    with opened_place(store_url, tmp_path) as place:

        async def reading(begun: asyncio.Event) -> None:
            async with place.store.read() as conn:
                await conn.execute(text("SELECT 1"))
                read_from.append((await conn.get_raw_connection()).driver_connection)
                begun.set()
                await asyncio.Event().wait()

        async def begin() -> None:
            begun = asyncio.Event()
            getattr(place.state, going_on).add(asyncio.create_task(reading(begun)))
            await begun.wait()

        place.in_loop(begin)
        assert not read_from[0].is_closed()
    assert read_from[0].is_closed()

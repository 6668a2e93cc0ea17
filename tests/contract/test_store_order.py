"""Who goes first of those that wait for the store's writer, on every database."""

import asyncio
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.settings import read_settings
from askwell_edge.store.engine import open_store


def test_what_need_not_last_goes_by_turns_with_those_that_must(
    store_url: str, tmp_path: Path
) -> None:
    came: list[asyncio.Task[None]] = []
    order: list[str] = []

    async def story() -> None:
        store = await open_store(
            read_settings({"ASKWELL_DATA_DIR": str(tmp_path), "ASKWELL_DATABASE_URL": store_url})
        )

        def come(name: str, *, lasting: bool = True, while_it_runs: str = "") -> None:
            async def write(_: AsyncConnection) -> None:
                order.append(name)
                if while_it_runs:
                    come(while_it_runs)
                    await asyncio.sleep(0)  # it waits by now

            came.append(asyncio.create_task(store.writer.submit(write, lasting=lasting)))

        come("long", lasting=False)
        come("longer", lasting=False)
        come("a")
        come("b", while_it_runs="c")
        while len(came) < 5:
            await asyncio.gather(*came)
        await asyncio.gather(*came)
        await store.close()

    asyncio.run(story())
    assert order == ["a", "b", "long", "c", "longer"]

"""A served edge ends in mid-work, killed or told to: whatever it acknowledged is there."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select
from visitor_site import SHOP, Site, fresh, opened

from askwell_edge.settings import read_settings
from askwell_edge.store.engine import open_store
from askwell_edge.store.tables import touchpoints

WITHOUT_LIMITS = {"ASKWELL_ADDRESS_BURST": "1000000", "ASKWELL_PROJECT_BURST": "1000000"}


@asynccontextmanager
async def served(store_url: str, folder: Path) -> AsyncIterator[tuple[int, str]]:
    """A real process that serves the store: its number and its address."""
    environ = {
        **os.environ,
        **WITHOUT_LIMITS,
        "ASKWELL_DATABASE_URL": store_url,
        "ASKWELL_DATA_DIR": str(folder),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "askwell_edge.cli", "serve", "--port", "0"),
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        address = ""
        while not address:
            line = (await process.stdout.readline()).decode()
            assert line, "the edge ended before it was ready"
            if line.startswith("ready "):
                address = line.removeprefix("ready ").strip().rstrip("/")
        yield process.pid, address
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def batch(site: Site, intercept: str) -> list[dict[str, object]]:
    return [
        {
            "id": fresh("beacon"),
            "kind": "displayed",
            "at": site.now,
            "page_view_id": fresh("page-view"),
            "intercept": intercept,
            "reference": "U-1",
        }
        for _ in range(4)
    ]


async def send_until_ended(
    site: Site,
    store_url: str,
    folder: Path,
    batches: list[list[dict[str, object]]],
    enough: int = 0,
    ending: signal.Signals = signal.SIGKILL,
) -> set[object]:
    """Send from 16 pages at once, end the edge when `enough` ids are acknowledged."""
    acknowledged: set[object] = set()
    left = list(batches)
    async with served(store_url, folder) as (pid, address):

        async def page(client: httpx2.AsyncClient) -> None:
            while left:
                sent = left.pop()
                try:
                    answer = await client.post(
                        f"/p/{site.project_id}/beacons",
                        json={"beacons": sent},
                        headers={"Origin": SHOP},
                    )
                except httpx2.TransportError:
                    return
                if answer.status_code == 200:
                    acknowledged.update(answer.json()["recorded"])
                    if len(acknowledged) >= enough and enough:
                        with suppress(ProcessLookupError):
                            os.kill(pid, ending)

        async with httpx2.AsyncClient(base_url=address, timeout=30) as client:
            await asyncio.gather(*(page(client) for _ in range(16)))
    return acknowledged


@pytest.mark.scenario("G5")
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_every_acknowledged_beacon_survives_the_end_of_its_edge(
    store_url: str, tmp_path: Path, ending: signal.Signals
) -> None:
    with opened(store_url, tmp_path, **WITHOUT_LIMITS) as site:
        site.contact("U-1")
        intercept = site.intercept()
    batches = [batch(site, intercept) for _ in range(300)]
    every = {each["id"] for sent in batches for each in sent}
    enough = 400
    acknowledged = asyncio.run(send_until_ended(site, store_url, tmp_path, batches, enough, ending))
    assert enough <= len(acknowledged) < len(every), "it ended in the middle"
    asyncio.run(check(site, store_url, tmp_path, acknowledged, every))
    # Pages send again what they are not sure of: then everything is there, once.
    again = asyncio.run(send_until_ended(site, store_url, tmp_path, batches))
    assert again == every
    asyncio.run(check(site, store_url, tmp_path, every, every))


async def check(
    site: Site, store_url: str, folder: Path, wanted: set[object], possible: set[object]
) -> None:
    """What is acknowledged is kept, and nothing is kept that nobody sent."""
    settings = read_settings({"ASKWELL_DATA_DIR": str(folder), "ASKWELL_DATABASE_URL": store_url})
    store = await open_store(settings)
    async with store.read() as conn:
        kept = set(await conn.scalars(select(touchpoints.c.touchpoint_id)))
    await store.close()
    assert wanted <= kept <= possible

"""The store as a command needs it: opened for one piece of work, closed after it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from askwell_edge.settings import Settings
from askwell_edge.store.engine import Store, open_store


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The store of these settings; what is waiting is written before it closes."""
    prepare_folder(settings.data_dir)
    store = await open_store(settings)
    try:
        yield store
    finally:
        await store.close()


def prepare_folder(data_dir: Path) -> None:
    """The data folder, readable for its owner alone when it is new."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)

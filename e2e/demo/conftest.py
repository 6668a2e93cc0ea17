"""One running demo for all journeys, and a new visitor for each."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).parent))

from demo_shop import Demo, Visit, start, visiting


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all journeys; each begins by starting over."""
    made = start(tmp_path_factory.mktemp("demo"))
    yield made
    made.process.terminate()
    made.process.communicate(timeout=20)


@pytest.fixture
def visit(chromium: Browser, demo: Demo) -> Iterator[Visit]:
    """A new visitor of the shop, on whose page nothing of ours may leave a trace."""
    with visiting(chromium, demo) as made:
        made.page.request.post(f"{demo.origin}/demo/forget?ref=U-1", max_redirects=0)
        yield made

"""Lets the tests of the edge share the site that they visit."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from visitor_site import Site, opened


@pytest.fixture
def site(store_url: str, tmp_path: Path) -> Iterator[Site]:
    """A shop's site, its directory and the edge, over SQLite and over PostgreSQL."""
    with opened(store_url, tmp_path) as made:
        yield made

"""What tests of the edge share: the site that visitors see, the API's place; over both stores."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from api_place import Place, opened_place
from visitor_site import Site, opened


@pytest.fixture
def site(store_url: str, tmp_path: Path) -> Iterator[Site]:
    """A shop's site, its directory and the edge."""
    with opened(store_url, tmp_path) as made:
        yield made


@pytest.fixture
def place(store_url: str, tmp_path: Path) -> Iterator[Place]:
    """An edge with one directory, and an administrator's API token."""
    with opened_place(store_url, tmp_path) as made:
        yield made

"""An edge with its API, an administrator's token and one directory, over both stores."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from api_place import Place, opened_place


@pytest.fixture
def place(store_url: str, tmp_path: Path) -> Iterator[Place]:
    """The edge as an operator's programs meet it."""
    with opened_place(store_url, tmp_path) as made:
        yield made

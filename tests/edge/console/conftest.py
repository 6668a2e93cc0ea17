"""The console as its operators meet it, over both stores."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "directory"))
sys.path.insert(0, str(Path(__file__).parent))

from api_place import Place, opened_place
from desk import Desk


@pytest.fixture
def place(store_url: str, tmp_path: Path) -> Iterator[Place]:
    """An edge with one directory, and an administrator's API token."""
    with opened_place(store_url, tmp_path) as made:
        yield made


@pytest.fixture
def desk(place: Place) -> Desk:
    """A brand administrator who is signed in."""
    return Desk(place).sign_in_new("boss", administrator=True)

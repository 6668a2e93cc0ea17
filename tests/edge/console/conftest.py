"""The console as its operators meet it, over both stores."""

import sys
from pathlib import Path

import pytest
from api_place import Place

sys.path.insert(0, str(Path(__file__).parent))

from desk import Desk


@pytest.fixture
def desk(place: Place) -> Desk:
    """A brand administrator who is signed in."""
    return Desk(place).sign_in_new("boss", administrator=True)

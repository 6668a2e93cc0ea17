"""Lets these tests import the generator that they hold."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

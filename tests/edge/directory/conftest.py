"""Lets the tests of the directory share how they import tables."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

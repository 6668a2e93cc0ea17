"""Lets the tests of the core import the corpus's driver and what they draw their worlds from."""

import sys
from pathlib import Path

from hypothesis import settings

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "decisions")]

# The same examples in every run, and no opinion about how fast the machine is.
settings.register_profile("core", derandomize=True, deadline=None)
settings.load_profile("core")

"""Lets the tests of the core import the corpus's driver and what they draw their worlds from."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "decisions")]

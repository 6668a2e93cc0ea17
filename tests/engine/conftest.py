"""The engine's tests: their modules, and the fixtures of `browsing.py`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from browsing import built, chromium, edge, site, visit

__all__ = ["built", "chromium", "edge", "site", "visit"]

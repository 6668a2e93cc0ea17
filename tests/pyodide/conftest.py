"""The corpus in Pyodide: with the helpers and fixtures of the engine's tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from browsing import built, chromium, edge, site, visit

__all__ = ["built", "chromium", "edge", "site", "visit"]

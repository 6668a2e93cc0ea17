"""The edge's clock. Everything else takes the instant as an argument."""

import time
from collections.abc import Callable

Clock = Callable[[], int]


def now_ms() -> int:
    """This instant in UTC milliseconds."""
    return time.time_ns() // 1_000_000

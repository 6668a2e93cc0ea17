"""Ids: a prefix that says of what, and 15 letters and digits: a moment, then chance.

Ids of one moment lie close together, so that rows made together are found together on the disk.
"""

import os
from functools import lru_cache

from askwell_edge.store.clock import now_ms

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 15
PAIRS = [one + two for one in ALPHABET for two in ALPHABET]
COUNT = len(PAIRS)
CHANCES = COUNT**5
MOMENTS = len(ALPHABET) ** 5  # seconds: 29 years, then they begin again
BEGAN_AT = 1_767_225_600_000  # 2026


def new_id(prefix: str) -> str:
    """`new_id("CID")` is `"CID_"` and 15 of `[A-Za-z0-9]`: never used before, not to be guessed."""
    # So many bits that no letter comes more often than another by more than 2 ** -60.
    number = int.from_bytes(os.urandom(15), "big") % CHANCES
    characters = [prefix, "_", _moment((now_ms() - BEGAN_AT) // 1000)]
    for _ in range(5):
        number, pair = divmod(number, COUNT)
        characters.append(PAIRS[pair])
    return "".join(characters)


@lru_cache(maxsize=1)
def _moment(second: int) -> str:
    moment, low = divmod(second % MOMENTS, COUNT)
    high, middle = divmod(moment, COUNT)
    return ALPHABET[high] + PAIRS[middle] + PAIRS[low]

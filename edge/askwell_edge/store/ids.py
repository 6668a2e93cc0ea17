"""Ids: a prefix that says of what, and 15 letters and digits: a moment, then chance.

Ids of one moment lie close together, so that rows made together are found together on the disk.
"""

import os
from functools import lru_cache

from askwell_edge.store.clock import now_ms

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 15
MOMENT = 5
CHANCE = LENGTH - MOMENT
COUNT = len(ALPHABET)
MOMENTS = COUNT**MOMENT  # seconds: 29 years, then they begin again
BEGAN_AT = 1_767_225_600_000  # 2026

# Each letter stands for as many of a byte's values as any other; the values left over are none's.
_LETTERS = (ALPHABET * 4).encode().ljust(256)
_NO_LETTERS = bytes(range(COUNT * 4, 256))


def new_id(prefix: str) -> str:
    """`new_id("CID")` is `"CID_"` and 15 of `[A-Za-z0-9]`: never used before, not to be guessed."""
    return new_ids(prefix, 1)[0]


def new_ids(prefix: str, count: int) -> list[str]:
    """As many at once, which takes little longer than one."""
    letters, wanted = b"", count * CHANCE
    while len(letters) < wanted:
        letters += os.urandom(wanted + 16).translate(_LETTERS, _NO_LETTERS)
    chances, begin = letters.decode(), f"{prefix}_{_moment((now_ms() - BEGAN_AT) // 1000)}"
    return [begin + chances[n : n + CHANCE] for n in range(0, wanted, CHANCE)]


@lru_cache(maxsize=1)
def _moment(second: int) -> str:
    number, letters = second % MOMENTS, ""
    for _ in range(MOMENT):
        number, place = divmod(number, COUNT)
        letters = ALPHABET[place] + letters
    return letters

"""Ids: a prefix that says of what, and 15 letters and digits: a moment, then chance.

Ids of one moment lie close together, so that rows made together are found together on the disk.
"""

import secrets

from askwell_edge.store.clock import now_ms

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 15
PAIRS = [one + two for one in ALPHABET for two in ALPHABET]
CHANCES = len(PAIRS) ** 5
MOMENTS = len(ALPHABET) ** 5  # seconds: 29 years, then they begin again
BEGAN_AT = 1_767_225_600_000  # 2026


def new_id(prefix: str) -> str:
    """`new_id("CID")` is `"CID_"` and 15 of `[A-Za-z0-9]`: never used before, not to be guessed."""
    moment, number = (now_ms() - BEGAN_AT) // 1000 % MOMENTS, secrets.randbelow(CHANCES)
    moment, low = divmod(moment, len(PAIRS))
    high, middle = divmod(moment, len(PAIRS))
    characters = [ALPHABET[high], PAIRS[middle], PAIRS[low]]
    for _ in range(5):
        number, pair = divmod(number, len(PAIRS))
        characters.append(PAIRS[pair])
    return f"{prefix}_{''.join(characters)}"

"""Limits on how often something may happen: token buckets, kept in bounded memory."""

import math
from collections.abc import Mapping

from cachetools import LRUCache


class TokenBuckets:
    """One bucket per key: `burst` at once, then `rate_per_s`; the least used keys are forgotten."""

    def __init__(self, rate_per_s: float, burst: int, *, key_limit: int = 50_000) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._buckets: LRUCache[str, tuple[float, int]] = LRUCache(maxsize=key_limit)

    def take(self, key: str, now: int, amount: int = 1) -> int:
        """0 when `key` may go on at `now` (ms); otherwise the seconds after which it may."""
        left, at = self._buckets.get(key, (float(self._burst), now))
        left = min(self._burst, left + max(0, now - at) * self._rate_per_s / 1000)
        if left < amount:
            self._buckets[key] = (left, now)
            return max(1, math.ceil((amount - left) / self._rate_per_s))
        self._buckets[key] = (left - amount, now)
        return 0


class Backoff:
    """Failed attempts per key: the first `free` cost nothing, each later one doubles the wait."""

    def __init__(self, *, free: int = 5, longest_s: int = 900, key_limit: int = 10_000) -> None:
        self._free = free
        self._longest_s = longest_s
        self._failures: LRUCache[str, tuple[int, int]] = LRUCache(maxsize=key_limit)

    def wait_s(self, key: str, now: int) -> int:
        """Seconds until `key` may try again; 0 = now."""
        _, blocked_until = self._failures.get(key, (0, 0))
        return max(0, math.ceil((blocked_until - now) / 1000))

    def failed(self, key: str, now: int) -> None:
        """Count one failed attempt."""
        failures = self._failures.get(key, (0, 0))[0] + 1
        over = failures - self._free
        wait_s = min(self._longest_s, 2 ** min(over, 30)) if over >= 0 else 0
        self._failures[key] = (failures, now + wait_s * 1000)

    def succeeded(self, key: str) -> None:
        """Forget the failures of `key`."""
        self._failures.pop(key, None)


class Attempts:
    """Failed attempts by several keys at once, such as a person, a place, and both together.

    `free` says of each kind of key how many cost nothing.
    """

    def __init__(self, free: Mapping[str, int]) -> None:
        self._backoffs = {kind: Backoff(free=count) for kind, count in free.items()}

    def wait_s(self, keys: Mapping[str, str], now: int) -> int:
        """Seconds until these may try again; 0 = now."""
        return max(self._backoffs[kind].wait_s(key, now) for kind, key in keys.items())

    def failed(self, keys: Mapping[str, str], now: int) -> None:
        """Count one failed attempt of each."""
        for kind, key in keys.items():
            self._backoffs[kind].failed(key, now)

    def succeeded(self, keys: Mapping[str, str]) -> None:
        """Forget the failures of these."""
        for kind, key in keys.items():
            self._backoffs[kind].succeeded(key)

"""What commands say: results on stdout, progress and trouble on stderr."""

import sys
import time


class Trouble(Exception):
    """What went wrong and what to do next, in one or two sentences."""


class Progress:
    """A line on a terminal that is written again at most four times a second; the last one stays.

    Where stderr is no terminal that one is all.
    """

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._began = time.monotonic()
        self._shown = 0.0

    def tell(self, done: int, rest: str = "") -> None:
        """`12 500 rows, 3 200 a second …`."""
        now = time.monotonic()
        if now - self._shown >= 0.25 and sys.stderr.isatty():
            self._shown = now
            self._write(done, rest, "\r")

    def done(self, done: int, rest: str = "") -> None:
        """The last line."""
        self._write(done, rest, "\n")

    def _write(self, done: int, rest: str, end: str) -> None:
        per_s = done / max(0.001, time.monotonic() - self._began)
        sys.stderr.write(f"{done:,} {self._noun}, {per_s:,.0f} a second{rest}   {end}")
        sys.stderr.flush()


def say(text: str = "") -> None:
    """One line of the result."""
    print(text, flush=True)


def complain(text: str) -> None:
    """One line of trouble."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()

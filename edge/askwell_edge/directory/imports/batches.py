"""A file's rows made ready for one transaction after the other, by a process of its own or not.

Run as a program it gets the file's bytes, piece by piece, and an empty piece after the last one;
it answers with batches, and an empty answer after the last one, or with why it cannot go on.
Either with its length before it. Both wait when the other does, so little is held at a time.
"""

import fcntl
import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import IO, Any

import msgspec
from msgspec import Struct

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.imports.columns import ReadyTable
from askwell_edge.directory.imports.options import Options
from askwell_edge.directory.imports.rows import Batch, ready_rows
from askwell_edge.directory.imports.tables_in import read_rows, read_table

# Rows of one transaction: what waits for the writer waits for about a tenth of a second.
BATCH = 2000
# So much of a file is one transaction however few rows it has: a row may have a megabyte.
BATCH_BYTES = 8 << 20
LENGTH_BYTES = 4
# What the system holds between the two processes, so that neither waits for each batch.
PIPE_BYTES = 1 << 20


class Task(Struct):
    """What is to be done with the file."""

    options: Options
    done: int


class Refused(Struct):
    """Why the file cannot be read any further, as `Invalid` says it."""

    field: str
    limit: str
    status_code: int


# A batch, or why there is none: neither means that the file has ended.
Answer = tuple[Batch | None, Refused | None]


def ready_batches(chunks: Iterable[bytes], options: Options, done: int) -> Iterator[Batch]:
    """The rows after the first `done`, a batch at a time."""
    size = total = 0

    def sized() -> Iterator[bytes]:
        nonlocal size, total
        for chunk in chunks:
            size += len(chunk)
            total += len(chunk)
            yield chunk

    read: Iterator[Any]
    ready: Callable[[list[Any]], Batch]
    if options.format == "jsonl":
        read = read_rows(sized(), options.format)
        ready = partial(ready_rows, kept=options.transaction_fields)
    else:
        columns, read = read_table(sized(), options.format, options.mapping)
        ready = ReadyTable(columns).ready

    def made() -> Batch:
        batch = ready(taken)
        batch.read = total
        return batch

    taken: list[Any] = []
    for row in islice(read, done, None):
        taken.append(row)
        if len(taken) == BATCH or size > BATCH_BYTES:
            yield made()
            taken, size = [], 0
    if taken:
        yield made()


def framed(piece: bytes) -> bytes:
    """The piece with its length before it."""
    return len(piece).to_bytes(LENGTH_BYTES, "big") + piece


def main(coming: IO[bytes], going: IO[bytes]) -> None:
    """Read one file for the process that started this one."""
    gc.disable()  # rows are no circles, and looking for some takes a tenth of the time
    with suppress(OSError, AttributeError):
        fcntl.fcntl(going, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    encode = msgspec.msgpack.Encoder().encode
    pieces = _pieces(coming)
    task = msgspec.msgpack.decode(next(pieces), type=Task)

    def tell(batch: Batch | None, refused: Refused | None = None) -> None:
        going.write(framed(encode((batch, refused))))
        going.flush()

    try:
        for batch in ready_batches(pieces, task.options, task.done):
            tell(batch)
        tell(None)
    except Invalid as refusal:
        tell(None, Refused(refusal.field, refusal.limit, refusal.status_code))


def _pieces(pipe: IO[bytes]) -> Iterator[bytes]:
    """What was sent; a sender that went away in the middle is no end of the file."""
    while len(length := pipe.read(LENGTH_BYTES)) == LENGTH_BYTES:
        if not any(length):
            return
        yield pipe.read(int.from_bytes(length, "big"))
    sys.exit(1)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)

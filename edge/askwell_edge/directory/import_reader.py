"""A large file is read ahead of the writer by a process of its own: on another core, mostly.

To it go the file's bytes, piece by piece, and an empty piece after the last one; from it come
batches of rows made ready, and an empty batch after the last one, or why it cannot go on. Either
with its length before it. Both wait when the other does, so little is held at a time.
"""

import asyncio
import gc
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import IO

import msgspec
from msgspec import Struct

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.import_options import Options
from askwell_edge.directory.import_rows import Batch, ready_batches
from askwell_edge.errors import StoreError

# A smaller file is imported before a process has started.
SMALL_BYTES = 1 << 15
BUFFER_BYTES = 1 << 21
LENGTH_BYTES = 4


class Task(Struct):
    """What is to be done with the file."""

    options: Options
    done: int


class Refused(Struct):
    """Why the file cannot be read any further, as `Invalid` says it."""

    field: str
    limit: str
    status_code: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Batch | Refused).decode


async def read_ahead(
    chunks: Iterable[bytes], options: Options, done: int
) -> AsyncGenerator[Batch, None]:
    """The file's rows after the first `done`, ready to be kept, batch by batch.

    Where reading `chunks` fails, what was whole before it still comes; then it raises the same.
    """
    chunks = iter(chunks)
    first: list[bytes] = []
    size = 0
    while size < SMALL_BYTES:
        chunk = next(chunks, None)
        if chunk is None:
            for batch in ready_batches(first, options, done):
                yield batch
            return
        first.append(chunk)
        size += len(chunk)
    reader = await _started()
    going, coming = reader.stdin, reader.stdout
    assert going is not None  # noqa: S101  it was started with both
    assert coming is not None  # noqa: S101
    pieces = chain([_encode(Task(options, done))], filter(None, chain(first, chunks)), [b""])
    feeding = asyncio.create_task(_feed(going, pieces))
    receiving = asyncio.create_task(_received(coming, feeding))
    try:
        while batch := await receiving:
            receiving = asyncio.create_task(_received(coming, feeding))
            yield batch
    finally:
        receiving.cancel()
        feeding.cancel()
        with suppress(ProcessLookupError):
            reader.kill()
        await reader.wait()
        await asyncio.gather(feeding, receiving, return_exceptions=True)


async def _started() -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __spec__.name),
        stdin=PIPE,
        stdout=PIPE,
        limit=BUFFER_BYTES,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,  # an interrupt from the terminal is for the importing process
    )


async def _feed(pipe: asyncio.StreamWriter, pieces: Iterable[bytes]) -> None:
    try:
        for piece in pieces:
            pipe.write(_framed(piece))
            await pipe.drain()
    finally:
        pipe.close()


async def _received(pipe: asyncio.StreamReader, feeding: asyncio.Task[None]) -> Batch:
    try:
        length = int.from_bytes(await pipe.readexactly(LENGTH_BYTES), "big")
        answer: Batch | Refused = _decode(await pipe.readexactly(length))
    except asyncio.IncompleteReadError:
        with suppress(ConnectionError):
            await feeding
        raise StoreError("the process that reads the file has ended") from None
    if isinstance(answer, Refused):
        raise Invalid(answer.field, answer.limit, status_code=answer.status_code)
    return answer


def _framed(piece: bytes) -> bytes:
    return len(piece).to_bytes(LENGTH_BYTES, "big") + piece


def _pieces(pipe: IO[bytes]) -> Iterator[bytes]:
    """What was sent; a sender that went away in the middle is no end of the file."""
    while len(length := pipe.read(LENGTH_BYTES)) == LENGTH_BYTES:
        if not any(length):
            return
        yield pipe.read(int.from_bytes(length, "big"))
    sys.exit(1)


def main(coming: IO[bytes], going: IO[bytes]) -> None:
    """Read one file for the process that started this one."""
    gc.disable()  # rows are no circles, and looking for some takes a tenth of the time
    pieces = _pieces(coming)
    task = msgspec.msgpack.decode(next(pieces), type=Task)

    def tell(answer: Batch | Refused) -> None:
        going.write(_framed(_encode(answer)))
        going.flush()

    try:
        for batch in ready_batches(pieces, task.options, task.done):
            tell(batch)
        tell([])
    except Invalid as refusal:
        tell(Refused(refusal.field, refusal.limit, refusal.status_code))


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)

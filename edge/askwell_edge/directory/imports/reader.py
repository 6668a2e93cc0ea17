"""A large file is read ahead of the writer by a process of its own: on another core, mostly.

What goes to and fro is said in `batches`, which that process runs.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from itertools import chain

import msgspec

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.imports import batches
from askwell_edge.directory.imports.batches import (
    LENGTH_BYTES,
    Answer,
    Task,
    framed,
    ready_batches,
)
from askwell_edge.directory.imports.options import Options
from askwell_edge.directory.imports.rows import Batch
from askwell_edge.errors import StoreError

# A smaller file is imported before a process has started.
SMALL_BYTES = 1 << 15
BUFFER_BYTES = 1 << 21

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Answer).decode


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
        while (read := await receiving) is not None:
            receiving = asyncio.create_task(_received(coming, feeding))
            yield read
    finally:
        receiving.cancel()
        feeding.cancel()
        with suppress(ProcessLookupError):
            reader.kill()
        await reader.wait()
        await asyncio.gather(feeding, receiving, return_exceptions=True)


async def _started() -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", batches.__name__),
        stdin=PIPE,
        stdout=PIPE,
        limit=BUFFER_BYTES,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,  # an interrupt from the terminal is for the importing process
    )


async def _feed(pipe: asyncio.StreamWriter, pieces: Iterable[bytes]) -> None:
    try:
        for piece in pieces:
            pipe.write(framed(piece))
            await pipe.drain()
    finally:
        pipe.close()


async def _received(pipe: asyncio.StreamReader, feeding: asyncio.Task[None]) -> Batch | None:
    try:
        length = int.from_bytes(await pipe.readexactly(LENGTH_BYTES), "big")
        answer: Answer = _decode(await pipe.readexactly(length))
    except asyncio.IncompleteReadError:
        with suppress(ConnectionError):
            await feeding
        raise StoreError("the process that reads the file has ended") from None
    batch, refused = answer
    if refused is not None:
        raise Invalid(refused.field, refused.limit, status_code=refused.status_code)
    return batch

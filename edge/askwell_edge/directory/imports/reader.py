"""A large file is read ahead of the writer by a process of its own: on another core, mostly.

What goes to and fro is said in `batches`, which that process runs.
"""

import asyncio
import os
import sys
from asyncio import Queue
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import suppress
from itertools import chain

import msgspec

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.imports import batches
from askwell_edge.directory.imports.batches import (
    BATCH_BYTES,
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
# So many batches are ready at most while some are kept, and so many are kept together: with each
# more of them meet in a page of an index, and the page is written once.
AHEAD = 8

# A batch as it came, or why no more come.
Read = bytes | Exception

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Answer).decode


async def read_ahead(
    chunks: Iterable[bytes], options: Options, done: int
) -> AsyncGenerator[list[Batch], None]:
    """The file's rows after the first `done`, ready to be kept: the batches that are there by now.

    Where reading `chunks` fails, what was whole before it still comes; then it raises the same.
    """
    chunks = iter(chunks)
    first: list[bytes] = []
    size = 0
    while size < SMALL_BYTES:
        chunk = next(chunks, None)
        if chunk is None:
            for batch in ready_batches(first, options, done):
                yield [batch]
            return
        first.append(chunk)
        size += len(chunk)
    reader = await _started()
    going, coming = reader.stdin, reader.stdout
    assert going is not None  # noqa: S101  it was started with both
    assert coming is not None  # noqa: S101
    pieces = chain([_encode(Task(options, done))], filter(None, chain(first, chunks)), [b""])
    feeding = asyncio.create_task(_feed(going, pieces))
    ahead: Queue[Read] = Queue(AHEAD)
    receiving = asyncio.create_task(_receive(coming, feeding, ahead))
    try:
        ending: Exception | None = None
        while ending is None:
            batches, ending = await _opened(await _taken(ahead))
            if batches:
                yield batches
        if not isinstance(ending, _Ended):
            raise ending
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


async def _receive(
    pipe: asyncio.StreamReader, feeding: asyncio.Task[None], ahead: Queue[Read]
) -> None:
    try:
        while True:
            length = int.from_bytes(await pipe.readexactly(LENGTH_BYTES), "big")
            await ahead.put(await pipe.readexactly(length))
    except asyncio.IncompleteReadError:
        [problem] = await asyncio.gather(feeding, return_exceptions=True)
        if not isinstance(problem, Exception) or isinstance(problem, ConnectionError):
            problem = StoreError("the process that reads the file has ended")
        await ahead.put(problem)


async def _taken(ahead: Queue[Read]) -> list[Read]:
    """What has come, at least one and of large ones no more."""
    taken = [await ahead.get()]
    size = 0
    while not ahead.empty() and isinstance(taken[-1], bytes):
        size += len(taken[-1])
        if size > BATCH_BYTES:
            break
        taken.append(ahead.get_nowait())
    return taken


class _Ended(Exception):
    """The file has been read."""


async def _opened(taken: Sequence[Read]) -> tuple[list[Batch], Exception | None]:
    """The batches, and why no more come; others have their turn after each."""
    batches: list[Batch] = []
    for read in taken:
        if isinstance(read, Exception):
            return batches, read
        answer: Answer = _decode(read)
        batch, refused = answer
        if refused is not None:
            return batches, Invalid(refused.field, refused.limit, status_code=refused.status_code)
        if batch is None:
            return batches, _Ended()
        batches.append(batch)
        await asyncio.sleep(0)
    return batches, None

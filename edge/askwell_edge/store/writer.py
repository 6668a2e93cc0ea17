"""Group commit: writes that wait together share one transaction and are answered after it.

Each has a savepoint, so that one that fails takes nothing else with it. SQLite gets one writer
by this, PostgreSQL fewer commits; what is answered is on the disk in both.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from askwell_edge.errors import StoreBusy, StoreError

T = TypeVar("T")
Write = Callable[[AsyncConnection], Awaitable[T]]

GROUP_LIMIT = 256
ATTEMPTS = 4
# What PostgreSQL says to one of two transactions that wait for each other.
LOST_RACE = frozenset({"40P01", "40001"})

log = logging.getLogger(__name__)


class Waiting:
    """One write, and who waits for its outcome."""

    __slots__ = ("answer", "attempts", "outcome", "problem", "write")

    def __init__(self, write: Write[Any], answer: asyncio.Future[Any]) -> None:
        self.write = write
        self.answer = answer
        self.attempts = 0
        self.outcome: Any = None
        self.problem: Exception | None = None

    def settle(self) -> None:
        """Tell the one who waits, if it still does."""
        if self.answer.done():
            return
        if self.problem is None:
            self.answer.set_result(self.outcome)
        else:
            self.answer.set_exception(self.problem)


class Writer:
    """The only way to write. A write may run again if another process got in its way."""

    def __init__(self, engine: AsyncEngine, *, waiting_limit: int = 4096) -> None:
        self._engine = engine
        self._waiting_limit = waiting_limit
        self._waiting: deque[Waiting] = deque()
        self._work = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write in the running event loop."""
        self._task = asyncio.create_task(self._run(), name="store-writer")

    @property
    def waiting(self) -> int:
        """How many writes are waiting."""
        return len(self._waiting)

    async def submit(self, write: Write[T]) -> T:
        """The outcome of `write`, once it is committed; its own exception, if it wrote nothing."""
        if self._closing or self._task is None or len(self._waiting) >= self._waiting_limit:
            raise StoreBusy()
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(write, answer))
        self._work.set()
        return await answer

    async def close(self) -> None:
        """Take no more, write what waits, stop."""
        self._closing = True
        self._work.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            group = self._next_group()
            if group:
                await self._commit(group)
            elif self._closing:
                return
            else:
                self._work.clear()

    def _next_group(self) -> list[Waiting]:
        """The oldest writes whose callers still wait."""
        group: list[Waiting] = []
        while self._waiting and len(group) < GROUP_LIMIT:
            waiting = self._waiting.popleft()
            if not waiting.answer.done():
                group.append(waiting)
        return group

    async def _commit(self, group: list[Waiting]) -> None:
        try:
            async with self._engine.begin() as conn:
                again = [each for each in group if not await _attempt(conn, each)]
        except (SQLAlchemyError, OSError, asyncio.TimeoutError) as problem:
            log.error("group=lost writes=%d problem=%s", len(group), type(problem).__name__)
            for each in group:
                each.problem = each.problem or _store_error(problem)
            again = []
        self._waiting.extendleft(reversed(again))
        for each in group:
            if each not in again:
                each.settle()


async def _attempt(conn: AsyncConnection, waiting: Waiting) -> bool:
    """Run one write within its savepoint; False when it should be tried once more."""
    waiting.attempts += 1
    try:
        async with conn.begin_nested():
            waiting.outcome = await waiting.write(conn)
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is the caller's
        if isinstance(problem, DBAPIError):
            if problem.connection_invalidated:
                raise
            if _lost_race(problem) and waiting.attempts < ATTEMPTS:
                return False
        waiting.problem = problem
    return True


def _lost_race(problem: DBAPIError) -> bool:
    return getattr(problem.orig, "sqlstate", None) in LOST_RACE


def _store_error(problem: Exception) -> StoreError:
    error = StoreError()
    error.__cause__ = problem
    return error

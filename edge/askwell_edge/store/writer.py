"""Group commit: writes that wait together share one transaction and are answered after it.

Each has a savepoint, so that one that fails takes nothing else with it. SQLite gets one writer by
this, PostgreSQL fewer commits; what is answered is on the disk in both, if it is to last. SQLite
copies every page that is changed after a savepoint: there a write that is alone has none.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from askwell_edge.errors import StoreBusy, StoreError
from askwell_edge.store.changes import Changes
from askwell_edge.store.checkpoints import Checkpoints
from askwell_edge.store.lasting import begun
from askwell_edge.store.locks import hold

T = TypeVar("T")
Row = TypeVar("Row")
Write = Callable[[AsyncConnection], Awaitable[T]]
WriteRows = Callable[[AsyncConnection, Sequence[Row]], Awaitable[None]]

GROUP_LIMIT = 256
ATTEMPTS = 4
# What PostgreSQL says to one of two transactions that wait for each other.
LOST_RACE = frozenset({"40P01", "40001"})

log = logging.getLogger(__name__)


class Waiting:
    """One write, and who waits for its outcome."""

    __slots__ = (
        *("answer", "attempts", "lasting", "names", "outcome", "problem", "rows", "was_put_off"),
        "write",
    )

    def __init__(
        self,
        write: Callable[..., Awaitable[Any]],
        rows: Sequence[Any] | None = None,
        names: Iterable[str] = (),
        *,
        lasting: bool = True,
    ) -> None:
        self.write = write
        self.lasting = lasting
        self.was_put_off = False
        self.rows = rows
        self.names = names
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
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

    def __init__(
        self,
        engine: AsyncEngine,
        changes: Changes,
        checkpoints: Checkpoints | None = None,
        *,
        waiting_limit: int = 4096,
    ) -> None:
        self._engine = engine
        self._checkpoints = checkpoints
        self._changes = changes
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

    async def submit(
        self, write: Write[T], *, holding: Iterable[str] = (), lasting: bool = True
    ) -> T:
        """The outcome of `write`, once it is committed; its own exception, if it wrote nothing.

        It runs `holding` these names: no other process's write does so meanwhile. What need not
        be `lasting` may be gone after a power cut, until something later is written that is.
        """
        outcome: T = await self._queue(Waiting(write, names=holding, lasting=lasting))
        return outcome

    async def submit_rows(self, write_rows: WriteRows[Row], rows: Sequence[Row]) -> None:
        """Return once `rows` are committed; those that wait for the same `write_rows` go in one."""
        await self._queue(Waiting(write_rows, rows))

    async def _queue(self, waiting: Waiting) -> Any:
        if self._closing or self._task is None or len(self._waiting) >= self._waiting_limit:
            raise StoreBusy()
        self._waiting.append(waiting)
        self._work.set()
        return await waiting.answer

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
                if self._checkpoints is not None:
                    await self._checkpoints.between(is_waited_for=self._is_waited_for())
            elif self._closing:
                return
            else:
                self._work.clear()

    def _next_group(self) -> list[Waiting]:
        """The oldest writes whose callers still wait; one that need not last goes by itself.

        It is often long: those that must last and wait with it go first, once. So these wait for
        one such write at most, however many there are.
        """
        present = [each for each in self._waiting if not each.answer.done()]
        group = [each for each in present if each.lasting][:GROUP_LIMIT]
        if not group or present[0].was_put_off:
            group = present[:1]
        chosen, put_off = set(group), any(each.lasting for each in group)
        self._waiting = deque(each for each in present if each not in chosen)
        for each in self._waiting:
            each.was_put_off = put_off and not each.lasting
        return group

    def _is_waited_for(self) -> bool:
        return any(each.lasting for each in self._waiting)

    async def _commit(self, group: list[Waiting]) -> None:
        try:
            lasting = any(each.lasting for each in group)
            async with begun(self._engine, lasting=lasting) as conn:
                # All at once, lest two groups each wait for what the other holds already.
                await hold(conn, [name for each in group for name in each.names])
                alone = len(group) == 1 and conn.dialect.name == "sqlite"
                again = await (_alone if alone else _together)(conn, group)
        except _Undone as undone:
            again = undone.again
        except (SQLAlchemyError, OSError, TimeoutError) as problem:
            log.error("group=lost writes=%d problem=%s", len(group), type(problem).__name__)
            for each in group:
                each.problem = each.problem or _store_error(problem)
            again = []
        self._changes.committed()
        self._waiting.extendleft(reversed(again))
        for each in group:
            if each not in again:
                each.settle()


class _Undone(Exception):
    """The only write of a group failed, so that its transaction must not be committed."""

    def __init__(self, again: list[Waiting]) -> None:
        super().__init__()
        self.again = again


async def _alone(conn: AsyncConnection, group: list[Waiting]) -> list[Waiting]:
    """Run the only write of a transaction; nobody is left to be tried once more."""
    [waiting] = group
    if await _attempt(conn, waiting, alone=True) and waiting.problem is None:
        return []
    raise _Undone([] if waiting.problem is not None else [waiting])


async def _together(conn: AsyncConnection, group: list[Waiting]) -> list[Waiting]:
    """Run these writes; those that should be tried once more."""
    return [each for kind in _by_kind(group) for each in await _attempt_kind(conn, kind)]


def _by_kind(group: list[Waiting]) -> list[list[Waiting]]:
    """Each write by itself, except that rows for the same write are one."""
    kinds: dict[object, list[Waiting]] = {}
    for each in group:
        kinds.setdefault(each if each.rows is None else each.write, []).append(each)
    return list(kinds.values())


async def _attempt_kind(conn: AsyncConnection, kind: list[Waiting]) -> list[Waiting]:
    """Run these writes, all at once if they can be; those that should be tried once more."""
    if len(kind) > 1:
        rows = [row for each in kind for row in each.rows or ()]
        together = Waiting(kind[0].write, rows)
        if await _attempt(conn, together) and together.problem is None:
            return []
    return [each for each in kind if not await _attempt(conn, each)]


async def _attempt(conn: AsyncConnection, waiting: Waiting, *, alone: bool = False) -> bool:
    """Run one write, within its savepoint if not `alone`; False when it should be tried again."""
    waiting.attempts += 1
    arguments = () if waiting.rows is None else (waiting.rows,)
    try:
        async with nullcontext() if alone else conn.begin_nested():
            waiting.outcome = await waiting.write(conn, *arguments)
    except Exception as problem:  # whatever it is, it is the caller's
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

"""Duplicates looked for in the background: nobody waits for the end of it to see the first.

Whoever asks waits two seconds at most; asked again, the same search tells how far it is by then.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from askwell_edge.access.refusals import Conflict
from askwell_edge.directory.contacts.identity import IdentityRule, rules_of
from askwell_edge.directory.merges.duplicates import Pair, pairs_in_parts
from askwell_edge.store.engine import Store

PATIENCE_S = 2.0
KEPT_S = 60.0  # after its end, for whoever still asks
SHOWN = 100
LIMIT = 20  # searches at once, of which two are at work


@dataclass(slots=True)
class Search:
    """How many duplicates there are, or so far; the first hundred of them, oldest first."""

    count: int = 0
    pairs: list[Pair] = field(default_factory=list)
    complete: bool = False


Wanted = tuple[str, int | None, tuple[IdentityRule, ...]]


class Searches:
    """The searches that are going on, by what they look for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._going_on: dict[Wanted, tuple[Search, asyncio.Task[None]]] = {}
        self._two = asyncio.Semaphore(2)

    async def look(
        self,
        directory_id: str,
        since: int | None,
        rules: Sequence[IdentityRule] | None = None,
        *,
        patience_s: float = PATIENCE_S,
    ) -> Search:
        """What a merge would merge, as far as it is known when the patience ends.

        By the directory's rules, or by others that are only thought of. What was told once to its
        end is looked up anew the next time.
        """
        if rules is None:
            async with self._store.read() as conn:
                rules = await rules_of(conn, directory_id)
        wanted = (directory_id, since, tuple(rules))
        if wanted not in self._going_on:
            self._begin(wanted)
        search, task = self._going_on[wanted]
        await asyncio.wait([task], timeout=patience_s)
        if task.done():
            self._going_on.pop(wanted, None)
            task.result()
        return search

    async def close(self) -> None:
        """Give up what is going on."""
        tasks = [task for _, task in self._going_on.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, wanted: Wanted) -> None:
        if len(self._going_on) >= LIMIT:
            raise Conflict("searches_running", "duplicates are looked for already; wait a minute")
        search = Search()
        task = asyncio.create_task(self._find(wanted, search))
        self._going_on[wanted] = search, task
        task.add_done_callback(
            lambda _: asyncio.get_running_loop().call_later(KEPT_S, self._forget, wanted, search)
        )

    def _forget(self, wanted: Wanted, search: Search) -> None:
        there = self._going_on.get(wanted)
        if there is not None and there[0] is search:
            del self._going_on[wanted]

    async def _find(self, wanted: Wanted, search: Search) -> None:
        directory_id, since, rules = wanted
        async with (
            self._two,
            self._store.sweep() as conn,
            aclosing(pairs_in_parts(conn, directory_id, rules, since=since)) as parts,
        ):
            async for part in parts:
                search.count += len(part)
                search.pairs += part[: SHOWN - len(search.pairs)]
        search.complete = True

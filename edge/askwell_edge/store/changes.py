"""Which tables have changed since when, so that what is kept in memory is dropped in time."""

from collections import Counter
from typing import Any

from sqlalchemy import Table, UpdateBase, event
from sqlalchemy.ext.asyncio import AsyncEngine


class Changes:
    """Counts the committed groups of writes that touched each table, of this process alone."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._touched: set[str] = set()
        self._counts: Counter[str] = Counter()
        event.listen(engine.sync_engine, "after_execute", self._note)

    def committed(self) -> None:
        """What was touched since the last time is now there for everybody to see."""
        self._counts.update(self._touched)
        self._touched.clear()

    def of(self, *tables: Table) -> tuple[int, ...]:
        """Differs from an earlier answer when one of these tables has changed since."""
        return tuple(self._counts[table.name] for table in tables)

    def _note(self, _conn: object, statement: Any, *_rest: object) -> None:
        if isinstance(statement, UpdateBase) and isinstance(statement.table, Table):
            self._touched.add(statement.table.name)

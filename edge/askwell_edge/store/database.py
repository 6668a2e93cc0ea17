"""How the edge opens a database, so that no acknowledged write is ever lost."""

from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from askwell_edge.store.sqlite import connector


def open_engine(url: str, *, read_only: bool = False, yielding: bool = False) -> AsyncEngine:
    """An engine with what both databases need to keep every acknowledged write.

    A `yielding` one leaves the processor to everybody else; PostgreSQL shares its own out.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(url, read_only)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    return _sqlite(parsed.database or ":memory:", read_only, yielding)


def _postgresql(url: str, read_only: bool) -> AsyncEngine:
    options: dict[str, Any] = {"pool_size": 2, "max_overflow": 4}
    if read_only:
        options = {"pool_size": 8, "max_overflow": 8, "isolation_level": "REPEATABLE READ"}
    # Whatever the server's default is: an answered write is on its disk.
    durable = {"server_settings": {"synchronous_commit": "on"}}
    engine = create_async_engine(url, pool_pre_ping=True, connect_args=durable, **options)
    return engine.execution_options(postgresql_readonly=True) if read_only else engine


def _sqlite(path: str, read_only: bool, yielding: bool) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        async_creator=connector(path, read_only=read_only, yielding=yielding),
        pool_size=4,
        max_overflow=4,
    )

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine

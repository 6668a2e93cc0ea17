"""Brings a store to the newest schema; several processes may try at once."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from askwell_edge.store.database import open_engine

MIGRATIONS = Path(__file__).with_name("migrations")
# Of PostgreSQL's advisory locks, the one that is held while the schema changes.
SCHEMA_LOCK = 0x41736B77656C6C


def upgrade(url: str) -> None:
    """Bring the store at `url` to the newest schema, from outside an event loop."""
    asyncio.run(_upgrade_url(url))


async def upgrade_engine(engine: AsyncEngine) -> None:
    """Bring the store behind `engine` to the newest schema."""
    async with engine.begin() as conn:
        if conn.dialect.name == "postgresql":
            await conn.execute(
                text("SELECT pg_advisory_xact_lock(:number)"), {"number": SCHEMA_LOCK}
            )
        await conn.run_sync(run_migrations)


def run_migrations(conn: Connection) -> None:
    """Run what this store has not seen yet, within the caller's transaction."""
    config = migrations_config()
    newest = ScriptDirectory.from_config(config).get_current_head()
    if MigrationContext.configure(conn).get_current_revision() == newest:
        return
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def migrations_config() -> Config:
    """Alembic's configuration; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


async def _upgrade_url(url: str) -> None:
    engine = open_engine(url)
    try:
        await upgrade_engine(engine)
    finally:
        await engine.dispose()

"""Contacts are found by their directory's number: old ones get it, and each is in one directory."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from api_place import Place
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import IntegrityError

from askwell_edge.settings import driver_url
from askwell_edge.store.database import open_engine
from askwell_edge.store.directory_keys import directory_key_of, within, within_any
from askwell_edge.store.ids import new_id
from askwell_edge.store.migrate import migrations_config, run_migrations
from askwell_edge.store.tables import contacts

BEFORE, AFTER = "0020", "0021"


def test_contacts_of_an_older_store_keep_everything_and_get_their_number(
    store_url: str, tmp_path: Path
) -> None:
    def move(conn: Connection) -> None:
        run_migrations(conn)
        config = migrations_config()
        config.attributes["connection"] = conn
        command.downgrade(config, BEFORE)
        for n, at in enumerate((30, 10, 20)):
            pool = {"id": f"POOL_{n}", "at": at}
            conn.execute(text(DIRECTORY), pool)
            for each in range(n + 2):
                conn.execute(text(CONTACT), {**pool, "contact": f"CID_{n}{each}"})
        rows, hanging = everybody(conn), what_hangs(conn)
        command.upgrade(config, AFTER)
        keyed = [{**row, "directory_key": KEYS[row["directory_id"]]} for row in rows]
        assert everybody(conn) == keyed, "by the age of their directories"
        assert what_hangs(conn) == hanging
        with pytest.raises(IntegrityError), conn.begin_nested():
            conn.execute(text("UPDATE contacts SET directory_key = 9"))
        command.downgrade(config, BEFORE)
        assert (everybody(conn), what_hangs(conn)) == (rows, hanging)
        command.upgrade(config, AFTER)
        assert everybody(conn) == keyed

    async def migrate() -> None:
        engine = open_engine(driver_url(store_url or f"sqlite:///{tmp_path / 'old.sqlite3'}"))
        try:
            async with engine.begin() as conn:
                await conn.run_sync(move)
        finally:
            await engine.dispose()

    asyncio.run(migrate())


KEYS = {"POOL_0": 3, "POOL_1": 1, "POOL_2": 2}
DIRECTORY = "INSERT INTO directories (directory_id, name, created_at) VALUES (:id, 'Any', :at)"
CONTACT = """
    INSERT INTO contacts (contact_id, directory_id, external_reference, last_name, last_name_key,
        embedded_data, unsubscribed, created_at, modified_at)
    VALUES (:contact, :id, 'U-1', 'Ñu', 'nu', '{"tier": "gold"}', '1', :at, :at)
"""


def everybody(conn: Connection) -> list[dict[str, Any]]:
    rows = conn.execute(text("SELECT * FROM contacts ORDER BY contact_id")).mappings()
    return [dict(row) for row in rows]


def what_hangs(conn: Connection) -> Any:
    """The triggers of SQLite's contacts, and by what else their indexes are sorted."""
    triggers: list[str] = []
    if conn.dialect.name == "sqlite":
        made = "SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        triggers = list(conn.scalars(text(made)))
        assert any(" ON contacts " in each for each in triggers)
    return triggers, sorted(
        each["column_names"][1:] for each in inspect(conn).get_indexes("contacts")
    )


def test_each_directory_has_its_own_contacts(place: Place) -> None:
    other = place.ok("POST", "/directories", {"name": "Other"})["id"]
    mine = place.contact(extRef="U-1")
    theirs = place.ok("POST", f"/directories/{other}/contacts", {"extRef": "U-1"})["id"]

    async def look(conn: Any) -> list[list[str]]:
        wanted = select(contacts.c.contact_id).order_by(contacts.c.contact_id)
        where = (
            within(place.pool),
            within(other),
            within(new_id("POOL")),
            within_any([place.pool, other]),
        )
        return [list(await conn.scalars(wanted.where(each))) for each in where]

    assert place.read(look) == [[mine], [theirs], [], sorted([mine, theirs])]

    async def numbers(conn: Any) -> list[int | None]:
        return [await directory_key_of(conn, each) for each in (place.pool, other, "POOL_none")]

    assert place.read(numbers) == [1, 2, None]

"""What every database must do for the edge; each test runs on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.errors import StoreBusy, StoreError
from askwell_edge.settings import read_settings
from askwell_edge.store.engine import Store, open_store
from askwell_edge.store.inserts import insert_new
from askwell_edge.store.locks import hold
from askwell_edge.store.migrate import migrations_config, run_migrations
from askwell_edge.store.tables import contacts, directories, metadata, page_views

Story = Callable[[Store], Awaitable[None]]


def play(store_url: str, folder: Path, story: Story, **environ: str) -> None:
    """Open the store, tell the story, close it."""

    async def playing() -> None:
        settings = read_settings(
            {"ASKWELL_DATA_DIR": str(folder), "ASKWELL_DATABASE_URL": store_url, **environ}
        )
        store = await open_store(settings)
        try:
            await story(store)
        finally:
            await store.close()

    asyncio.run(playing())


def view(name: str) -> dict[str, object]:
    return {"page_view_id": name, "project_id": "ZN_a", "contact_id": None, "at": 1}


async def add(conn: AsyncConnection, name: str) -> str:
    await conn.execute(insert(page_views).values(view(name)))
    return name


async def names(store: Store) -> list[str]:
    async with store.read() as conn:
        rows = await conn.scalars(select(page_views.c.page_view_id).order_by("page_view_id"))
        return list(rows)


# SQLite does not tell of an index by the day what it is by; PostgreSQL compares that one too.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")
def test_migrations_make_what_the_tables_say(store_url: str, tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        async with store.engine.begin() as conn:
            await conn.run_sync(run_migrations)  # once more: nothing left to do
            assert await conn.run_sync(differences) == []
            revision = await conn.scalar(text("SELECT version_num FROM alembic_version"))
            assert revision == ScriptDirectory.from_config(migrations_config()).get_current_head()

    def differences(conn: object) -> list[object]:
        context = MigrationContext.configure(
            conn,  # type: ignore[arg-type]
            opts={"compare_type": True, "compare_server_default": True},
        )
        return list(compare_metadata(context, metadata))

    play(store_url, tmp_path, story)


def test_an_answered_write_is_there_for_everybody(store_url: str, tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        assert await store.writer.submit(lambda conn: add(conn, "a")) == "a"
        assert await names(store) == ["a"]

    async def later(store: Store) -> None:
        assert await names(store) == ["a"]

    play(store_url, tmp_path, story)
    play(store_url, tmp_path, later)


def test_a_commit_waits_for_the_disk(store_url: str, tmp_path: Path) -> None:
    promises = {
        "sqlite": [("PRAGMA synchronous", 2), ("PRAGMA journal_mode", "wal")],
        "postgresql": [("SHOW synchronous_commit", "on")],
    }

    async def story(store: Store) -> None:
        async with store.engine.connect() as conn:
            for asked, wanted in promises[conn.dialect.name]:
                assert await conn.scalar(text(asked)) == wanted

    play(store_url, tmp_path, story)


def test_what_need_not_last_does_not_wait_for_the_disk(store_url: str, tmp_path: Path) -> None:
    asked = {"sqlite": "PRAGMA synchronous", "postgresql": "SHOW synchronous_commit"}
    told: list[object] = []

    async def ask(conn: AsyncConnection) -> None:
        told.append(await conn.scalar(text(asked[conn.dialect.name])))

    async def fail(conn: AsyncConnection) -> None:
        await ask(conn)
        raise ValueError

    async def story(store: Store) -> None:
        await store.writer.submit(ask, lasting=False)
        with pytest.raises(ValueError):  # noqa: PT011
            await store.writer.submit(fail, lasting=False)
        await store.writer.submit(ask)
        await asyncio.gather(store.writer.submit(ask, lasting=False), store.writer.submit(ask))
        await store.writer.submit(lambda conn: add(conn, "a"), lasting=False)
        assert await names(store) == ["a"]

    play(store_url, tmp_path, story)
    no, yes = (1, 2) if told[0] == 1 else ("off", "on")
    assert told == [no, no, yes, yes, no]


def test_one_that_fails_takes_nothing_else_with_it(store_url: str, tmp_path: Path) -> None:
    async def failing(conn: AsyncConnection) -> None:
        await add(conn, "half written")
        raise LookupError("no")

    async def twice(conn: AsyncConnection) -> None:
        await add(conn, "b")
        await add(conn, "b")

    async def story(store: Store) -> None:
        submit = store.writer.submit
        outcomes = await asyncio.gather(
            submit(lambda conn: add(conn, "a")),
            submit(failing),
            submit(twice),
            submit(lambda conn: add(conn, "c")),
            return_exceptions=True,
        )
        assert [type(each) for each in outcomes] == [str, LookupError, IntegrityError, str]
        assert await names(store) == ["a", "c"]

    play(store_url, tmp_path, story)


def test_one_that_fails_alone_leaves_nothing(store_url: str, tmp_path: Path) -> None:
    async def failing(conn: AsyncConnection) -> None:
        await add(conn, "half written")
        raise LookupError("no")

    async def twice(conn: AsyncConnection) -> None:
        await add(conn, "b")
        await add(conn, "b")

    async def story(store: Store) -> None:
        for write, problem in ((failing, LookupError), (twice, IntegrityError)):
            for lasting in (True, False):
                with pytest.raises(problem):
                    await store.writer.submit(write, lasting=lasting)
        assert await names(store) == []
        assert await store.writer.submit(lambda conn: add(conn, "a")) == "a"
        assert await names(store) == ["a"]

    play(store_url, tmp_path, story)


def test_rows_for_one_write_are_written_together(store_url: str, tmp_path: Path) -> None:
    sizes = []

    async def write_rows(conn: AsyncConnection, rows: object) -> None:
        sizes.append(len(list(rows)))  # type: ignore[call-overload]
        await insert_new(conn, page_views, [view(each) for each in rows])  # type: ignore[attr-defined]

    async def story(store: Store) -> None:
        many = [[f"{i:03}-{j}" for j in range(3)] for i in range(50)]
        await asyncio.gather(*(store.writer.submit_rows(write_rows, each) for each in many))
        assert len(await names(store)) == 150
        # A bad row fails those it came with, not those it happened to be written beside.
        outcomes = await asyncio.gather(
            store.writer.submit_rows(write_rows, ["good"]),
            store.writer.submit_rows(write_rows, ["fine", None]),
            return_exceptions=True,
        )
        assert outcomes[0] is None
        assert isinstance(outcomes[1], DBAPIError)
        assert (await names(store))[-1] == "good"

    play(store_url, tmp_path, story)
    assert max(sizes) > 3


def test_the_first_of_two_rows_with_one_key_wins(store_url: str, tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        first, second = view("a"), {**view("a"), "project_id": "ZN_b"}
        for rows in ([first], [second], [second, view("b")]):
            await store.writer.submit(
                lambda conn, rows=rows: insert_new(conn, page_views, rows)  # type: ignore[misc]
            )
        async with store.read() as conn:
            kept = (await conn.execute(select(page_views).order_by("page_view_id"))).all()
        assert [(each.page_view_id, each.project_id) for each in kept] == [
            ("a", "ZN_a"),
            ("b", "ZN_a"),
        ]

    play(store_url, tmp_path, story)


def test_more_than_may_wait_is_refused_and_nothing_is_lost(store_url: str, tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        outcomes = await asyncio.gather(
            *(store.writer.submit(lambda conn, i=i: add(conn, f"{i:03}")) for i in range(40)),
            return_exceptions=True,
        )
        busy = [each for each in outcomes if isinstance(each, StoreBusy)]
        kept = [each for each in outcomes if isinstance(each, str)]
        assert (len(busy), len(kept)) == (32, 8)
        assert busy[0].status_code == 503
        assert busy[0].headers["Retry-After"] == "1"
        assert await names(store) == kept

    play(store_url, tmp_path, story, ASKWELL_WRITES_WAITING_LIMIT="8")


def test_closing_writes_what_waits(store_url: str, tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        waiting = [
            asyncio.create_task(store.writer.submit(lambda conn, i=i: add(conn, f"{i:03}")))
            for i in range(300)
        ]
        await asyncio.sleep(0)
        await store.writer.close()
        assert len(await asyncio.gather(*waiting)) == 300
        assert len(await names(store)) == 300
        with pytest.raises(StoreBusy):
            await store.writer.submit(lambda conn: add(conn, "late"))

    play(store_url, tmp_path, story)


def test_who_went_away_before_the_write_wrote_nothing(store_url: str, tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        gone = asyncio.create_task(store.writer.submit(lambda conn: add(conn, "gone")))
        stays = asyncio.create_task(store.writer.submit(lambda conn: add(conn, "stays")))
        await asyncio.sleep(0)
        gone.cancel()
        await stays
        assert await names(store) == ["stays"]

    play(store_url, tmp_path, story)


def test_a_reading_connection_cannot_write(store_url: str, tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        with pytest.raises((DBAPIError, StoreError)):
            async with store.read() as conn:
                await add(conn, "a")
        assert await names(store) == []

    play(store_url, tmp_path, story)


def test_a_reader_sees_one_moment(store_url: str, tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        count = select(func.count()).select_from(page_views)
        async with store.read() as conn:
            assert await conn.scalar(count) == 0
            await store.writer.submit(lambda other: add(other, "a"))
            assert await conn.scalar(count) == 0
        assert await names(store) == ["a"]

    play(store_url, tmp_path, story)


def test_texts_are_compared_byte_for_byte(store_url: str, tmp_path: Path) -> None:
    references = ["u-1", "U-1", "U-1 ", "ü-1", "u\u0308-1", "😀"]

    async def story(store: Store) -> None:
        await store.writer.submit(lambda conn: fill(conn))
        async with store.read() as conn:
            for each in references:
                found = await conn.scalars(
                    select(contacts.c.contact_id).where(contacts.c.external_reference == each)
                )
                assert list(found) == [f"CID_{references.index(each)}"]

    async def fill(conn: AsyncConnection) -> None:
        directory = {"directory_id": "POOL_a", "name": "A", "created_at": 1}
        await conn.execute(insert(directories).values(directory))
        for i, each in enumerate(references):
            await conn.execute(
                insert(contacts).values(
                    contact_id=f"CID_{i}",
                    directory_id="POOL_a",
                    external_reference=each,
                    embedded_data={},
                    created_at=1,
                    modified_at=1,
                )
            )

    play(store_url, tmp_path, story)


def test_writes_that_wait_for_each_other_both_end_well(store_url: str, tmp_path: Path) -> None:
    """Two stores take two names in opposite order: one of them runs again."""
    ran = []

    async def story(store: Store) -> None:
        settings = read_settings(
            {"ASKWELL_DATA_DIR": str(tmp_path), "ASKWELL_DATABASE_URL": store_url}
        )
        other = await open_store(settings)

        async def both(conn: AsyncConnection, first: str, second: str) -> str:
            ran.append(first)
            await hold(conn, [first])
            await asyncio.sleep(0.2)
            await hold(conn, [second])
            return await add(conn, first)

        written = await asyncio.gather(
            store.writer.submit(lambda conn: both(conn, "a", "b")),
            other.writer.submit(lambda conn: both(conn, "b", "a")),
        )
        await other.close()
        assert written == ["a", "b"]
        assert await names(store) == ["a", "b"]

    play(store_url, tmp_path, story)
    assert set(ran) == {"a", "b"}


def test_a_lost_connection_costs_at_most_what_was_under_way(store_url: str, tmp_path: Path) -> None:
    async def cut(conn: AsyncConnection) -> None:
        if conn.dialect.name == "postgresql":
            await conn.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    async def story(store: Store) -> None:
        for name in ("a", "b"):
            async with store.read() as conn:
                await cut(conn)
            await store.writer.submit(lambda conn, name=name: add(conn, name))  # type: ignore[misc]
            async with store.engine.connect() as conn:
                await cut(conn)
        assert await names(store) == ["a", "b"]

    play(store_url, tmp_path, story)


def test_a_held_name_keeps_others_out(store_url: str, tmp_path: Path) -> None:
    """Two stores count and write under one name: no write is lost between the two."""

    async def count_one(conn: AsyncConnection) -> None:
        await hold(conn, ["counter", "another"])
        seen = await conn.scalar(select(func.count()).select_from(page_views))
        await asyncio.sleep(0.001)
        await add(conn, f"{seen:03}")

    async def story(store: Store) -> None:
        settings = read_settings(
            {"ASKWELL_DATA_DIR": str(tmp_path), "ASKWELL_DATABASE_URL": store_url}
        )
        other = await open_store(settings)
        writers = [store.writer, other.writer] * 10
        await asyncio.gather(*(each.submit(count_one, holding=["counter"]) for each in writers))
        await other.close()
        assert await names(store) == [f"{i:03}" for i in range(20)]

    play(store_url, tmp_path, story)

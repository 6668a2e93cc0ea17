"""Finding contacts: while somebody types, and by the API's filters; names without accents."""

import asyncio
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from api_place import Place
from hypothesis import example, given
from hypothesis import strategies as st
from importing import run
from sqlalchemy import Connection, event, text

from askwell_edge.directory.contacts import looking
from askwell_edge.directory.contacts.contacts import new_row
from askwell_edge.directory.contacts.fields import search_key, text_key
from askwell_edge.directory.contacts.finding import find_as_typed
from askwell_edge.directory.contacts.looking import look_for
from askwell_edge.directory.contacts.search import search_contacts
from askwell_edge.settings import driver_url
from askwell_edge.store.database import open_engine
from askwell_edge.store.migrate import migrations_config
from askwell_edge.store.tables import contacts

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def typed(place: Place, words: str) -> list[str]:
    rows = place.read(find_as_typed, place.pool, words)
    return [" ".join(filter(None, (row["first_name"], row["last_name"]))) for row in rows]


def filtered(place: Place, kind: str, comparison: str, value: str) -> set[str]:
    rule = {"filterType": kind, "comparison": comparison, "value": value}
    body = {"filter": rule}
    found = place.ok("POST", "/directories/{pool}/contacts/search", body)["elements"]
    return {f"{each['firstName']} {each['lastName']}" for each in found}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("maria", "María García"),
        ("MARÍA", "maria garcia"),
        ("maria garc", "María García"),
        ("garcia, mar", "María García"),
        ("strasse", "Anna Straße"),
        ("lukasz", "Łukasz Żuk"),
        ("soren", "Søren Ærø"),
        ("aero", "Søren Ærø"),
        ("jose luis gomez p", "José Luis Gómez Pérez"),
        ("gomez perez jose", "José Luis Gómez Pérez"),
        ("ефим", "Ёфим Йод"),
        ("기", "김 민준"),
    ],
)
def test_names_are_found_however_they_are_typed(place: Place, words: str, name: str) -> None:
    first, _, last = (
        name.rpartition(" ") if "Luis" not in name else ("José Luis", "", "Gómez Pérez")
    )
    place.contact(firstName=first, lastName=last)
    place.contact(firstName="Somebody", lastName="Else")
    assert typed(place, words) == [name]
    assert typed(place, unicodedata.normalize("NFD", words)) == [name]


def test_filters_find_names_without_accents_and_the_reference_exactly(place: Place) -> None:
    place.contact(extRef="Ä-1", firstName="María", lastName="Müller", email="m@example.com")
    place.contact(extRef="ä-1", firstName="Maria", lastName="Muller")
    place.contact(extRef="A-1", firstName="Mario", lastName="Möller")
    both = {"María Müller", "Maria Muller"}
    for comparison, value in (("eq", "MARIA"), ("startsWith", "mariá"), ("contains", "arìa")):
        assert filtered(place, "firstName", comparison, value) == both, comparison
    assert filtered(place, "firstName", "neq", "maria") == {"Mario Möller"}
    assert filtered(place, "lastName", "startsWith", "mü") == both
    assert filtered(place, "lastName", "startsWith", "m") == {*both, "Mario Möller"}
    assert filtered(place, "extRef", "startsWith", "Ä") == {"María Müller"}
    assert filtered(place, "extRef", "startsWith", "_-1") == set()
    assert filtered(place, "email", "startsWith", "M@EX") == {"María Müller"}


@pytest.mark.parametrize(
    "name",
    ["tier", "a.b", "a[0]", "it's", 'a"b', "a\\b", 'a\\"b', "größe", "尺寸", "😀", "0", ":x"],
)
def test_embedded_data_is_found_whatever_its_name(place: Place, name: str) -> None:
    place.contact(firstName="Ana", lastName="Ruiz", embeddedData={name: "größer", "z": "1"})
    place.contact(firstName="Ben", lastName="Ruiz", embeddedData={"z": "größer"})
    kind = f"embeddedData.{name}"
    for comparison, value in (("eq", "größer"), ("contains", "öß"), ("startsWith", "gr")):
        assert filtered(place, kind, comparison, value) == {"Ana Ruiz"}, comparison
    assert filtered(place, kind, "eq", "Größer") == set()
    assert filtered(place, kind, "neq", "größer") == {"Ben Ruiz"}


def test_no_embedded_data_has_a_name_that_no_database_takes(place: Place) -> None:
    rule = {"filterType": "embeddedData.a\x00b", "comparison": "eq", "value": "x"}
    body = {"filter": rule}
    told = place.refused(400, "POST", "/directories/{pool}/contacts/search", body)
    assert "filter.filterType" in told


def test_whom_no_index_knows_is_looked_for_part_by_part(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However short a look is, those who follow it see everybody once, in order."""

    async def fill(conn: Any) -> None:
        rows = [{"embedded_data": {"tier": "gold" if n % 7 == 0 else "tin"}} for n in range(100)]
        made = [new_row(f"CID_{n:03}", place.pool, row, 1) for n, row in enumerate(rows)]
        await conn.execute(contacts.insert(), made)

    place.write(fill)
    gold = [f"CID_{n:03}" for n in range(0, 100, 7)]
    tier = {"filterType": "embeddedData.tier", "comparison": "eq", "value": "gold"}

    def all_of(page_size: int, filter: Any = tier) -> tuple[list[str], list[int | None]]:
        seen: list[str] = []
        examined: list[int | None] = []
        after = None
        while after is not None or not examined:
            found = place.in_loop(
                lambda after=after: look_for(
                    place.store, place.pool, page_size, after, filter=filter
                )
            )
            assert len(found.rows) <= page_size
            seen += [row["contact_id"] for row in found.rows]
            examined.append(found.examined)
            after = found.more
        return seen, examined

    monkeypatch.setattr(looking, "PATIENCE_S", float("inf"))
    assert all_of(50) == (gold, [100])
    assert all_of(4) == (gold, [22, 50, 78, 100])
    monkeypatch.setattr(looking, "SLICE", 30)
    assert all_of(4) == (gold, [22, 50, 78, 100])
    monkeypatch.setattr(looking, "PATIENCE_S", -1)
    assert all_of(50) == (gold, [30, 60, 90, 100])
    assert all_of(5) == (gold, [29, 59, 89, 100])
    few = {"conjunction": "and", "filters": [tier, {**tier, "filterType": "extRef"}]}
    assert all_of(50, few) == ([], [None])


@pytest.mark.scenario("E2")
def test_an_accent_still_makes_somebody_else(place: Place) -> None:
    place.identity_rules(["firstName", "lastName"])
    plain = place.contact(firstName="Maria", lastName="Garcia")
    assert place.contact(firstName="María", lastName="Garcia") != plain
    assert place.contact(firstName=" MARIA", lastName="garcia ") == plain
    assert place.contact(firstName="´", lastName="´") == place.contact(firstName="´", lastName="´")
    _, tally = run(
        place,
        "FirstName,LastName,Tier\nMARIA,GARCIA,1\nMARÍA,garcia,2\nmaria,GARCÍA,3\nmaría,García,4\n",
    )
    assert (tally.created, tally.updated) == (2, 2)
    assert len(place.all_contacts()) == 5
    assert place.ok("POST", "/directories/{pool}/merges/preview", {})["count"] == 0


@given(NAMES, NAMES)
@example("Straße", "STRASSE")
@example("´", " ")
@example("㎒", "mhz")
def test_who_is_the_same_by_a_rule_is_found_together(one: str, two: str) -> None:
    for each in (one, two):
        assert search_key(each.upper()) == search_key(each) or each.upper().lower() != each.lower()
        assert search_key(search_key(each)) == search_key(each)
        assert (search_key(each) is None) == (text_key(each) is None)
    if text_key(one) == text_key(two):
        assert search_key(one) == search_key(two)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_filter_that_few_pass_reads_those_alone(place: Place) -> None:
    """On SQLite: PostgreSQL reads a small table whole, whatever its indexes."""
    place.contact(firstName="María", lastName="García", email="m@example.com", phone="030 123")

    async def watch(conn: Any) -> list[str]:
        plans: list[str] = []
        with recorded(conn) as statements:
            starts = {"filterType": "lastName", "comparison": "startsWith", "value": "zz"}
            either = {"conjunction": "or", "filters": [starts, {**starts, "filterType": "email"}]}
            await search_contacts(conn, place.pool, filter=either)
        for statement, values in statements:
            explained = await conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.append(" / ".join(row[3] for row in explained))
        return plans

    plans = place.read(watch)
    assert len(plans) == 3
    for plan in plans:
        assert plan.startswith("SEARCH contacts USING"), plan
        assert "(directory_key=?)" not in plan, plan


@pytest.mark.parametrize(
    ("only", "odd", "indexes"),
    [
        ({"opted_out_since": 0}, {"unsubscribed": True, "unsubscribed_at": 1}, ["opted_out"]),
        ({"bounced": True}, {"suppressed_at": 1}, ["suppressed"]),
        (
            {"without_reference": True},
            {"external_reference": None},
            ["without_reference", "directory_key_external_reference"],
        ),
    ],
)
def test_those_of_a_kind_are_found_among_themselves(
    place: Place, only: dict[str, Any], odd: dict[str, Any], indexes: list[str]
) -> None:
    """The last three of three thousand: nobody else is read, on both databases."""
    ids = [f"CID_{n:05}" for n in range(3000)]

    async def fill(conn: Any) -> None:
        rows = [{"external_reference": f"R-{n}"} for n in range(len(ids))]
        made = [new_row(each, place.pool, row, 1) for each, row in zip(ids, rows, strict=True)]
        await conn.execute(contacts.insert(), made)
        await conn.execute(
            contacts.update().where(contacts.c.contact_id.in_(ids[-3:])).values(**odd)
        )
        await conn.exec_driver_sql("ANALYZE")

    async def look(conn: Any) -> tuple[list[str], str]:
        with recorded(conn) as statements:
            rows, more = await search_contacts(conn, place.pool, page_size=50, **only)
        assert more is None
        [(statement, values)] = statements
        how = "EXPLAIN QUERY PLAN" if conn.dialect.name == "sqlite" else "EXPLAIN"
        plan = (await conn.exec_driver_sql(f"{how} {statement}", values)).all()
        return [row["contact_id"] for row in rows], " ".join(str(each) for each in plan)

    place.write(fill)
    found, plan = place.read(look)
    assert found == ids[-3:]
    assert any(f"ix_contacts_{each} " in plan for each in indexes), plan


@contextmanager
def recorded(conn: Any) -> Iterator[list[tuple[str, Any]]]:
    """Each statement of the connection with its values."""
    found: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            found.append((statement, values))

    event.listen(conn.sync_connection, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(conn.sync_connection, "before_cursor_execute", note)


def test_contacts_that_are_there_already_lose_their_accents(store_url: str, tmp_path: Path) -> None:
    """The migration makes the keys that new contacts get, and takes them back."""
    names = ["María", "Straße", "Łukasz", "anna  lena", "´", "Ada", None]

    def keys(conn: Connection) -> list[Any]:
        wanted = text("SELECT last_name_key FROM contacts ORDER BY contact_id")
        return list(conn.execute(wanted).scalars())

    def story(conn: Connection) -> None:
        config = migrations_config()
        config.attributes["connection"] = conn
        assert ScriptDirectory.from_config(config).get_revision("0006")
        command.downgrade(config, "0005")
        conn.execute(
            text(
                "INSERT INTO directories (directory_id, name, created_at) VALUES ('POOL_a', 'A', 1)"
            )
        )
        for number, name in enumerate(names):
            conn.execute(
                text(
                    "INSERT INTO contacts (contact_id, directory_id, embedded_data, created_at, "
                    "modified_at, last_name, last_name_key) "
                    "VALUES (:id, 'POOL_a', '{}', 1, 1, :name, :key)"
                ),
                {"id": f"CID_{number}", "name": name, "key": text_key(name)},
            )
        command.upgrade(config, "0006")
        assert keys(conn) == [search_key(name) for name in names]
        command.downgrade(config, "0005")
        assert keys(conn) == [text_key(name) for name in names]

    async def migrate() -> None:
        engine = open_engine(driver_url(store_url))
        async with engine.begin() as conn:
            await conn.run_sync(story)
        await engine.dispose()

    asyncio.run(migrate())

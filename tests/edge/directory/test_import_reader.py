"""Rows made ready ahead of the writer: by another process, and by shorter ways to the same end."""

import asyncio
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from api_place import Place
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import bindparam, select

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.contacts.fields import TEXTS, phone_key, read_fields, read_plain_fields
from askwell_edge.directory.contacts.phones import e164
from askwell_edge.directory.imports import batches
from askwell_edge.directory.imports.batches import BATCH, BATCH_BYTES, ready_batches
from askwell_edge.directory.imports.columns import ReadyTable
from askwell_edge.directory.imports.importing import digest_of, import_contacts
from askwell_edge.directory.imports.options import Options, Tally
from askwell_edge.directory.imports.reader import SMALL_BYTES, read_ahead
from askwell_edge.directory.imports.rows import Batch, fields_of, ready_rows
from askwell_edge.directory.imports.tables_in import HEADERS, Line, Row, read_row
from askwell_edge.errors import StoreError
from askwell_edge.store.directory_keys import within
from askwell_edge.store.many import Texts, one_of
from askwell_edge.store.tables import contacts, import_runs, memberships

ROWS = BATCH * 2 + 7
HEADER = b"ExternalDataReference,FirstName,Email,Phone,Tier\n"


def lines() -> list[bytes]:
    rows = [f"U-{n},Zo\u00eb {n},p{n}@example.com,+4930{n:07},gold\n" for n in range(ROWS)]
    rows[5] = "U-5,,no address,,\n"
    return [HEADER, *(row.encode() for row in rows)]


def rows_alone(batches: Iterable[Batch]) -> list[Batch]:
    """The batches without how far the file was read, which is by the pieces that it came in."""
    return [structs.replace(batch, read=0) for batch in batches]


def taken(chunks: Iterable[bytes], options: Options | None = None, done: int = 0) -> list[Batch]:
    async def take() -> list[Batch]:
        async with aclosing(read_ahead(chunks, options or Options(), done)) as read:
            return [batch async for ready in read for batch in ready]

    return asyncio.run(take())


def test_another_process_makes_the_same_rows_ready() -> None:
    whole = b"".join(lines())
    assert len(whole) > SMALL_BYTES
    pieces = [whole[n : n + 5000] for n in range(0, len(whole), 5000)]
    for done in (0, BATCH + 3):
        ready = list(ready_batches([whole], Options(), done))
        there = taken(pieces, done=done)
        assert rows_alone(there) == rows_alone(ready)
        read = [batch.read for batch in there]
        assert read == sorted(read)
        assert read[-1] == len(whole)
        assert [batch.count for batch in ready[:-1]] == [BATCH] * (len(ready) - 1)
    assert [batch.refused for batch in taken(pieces)] == [
        [(7, "email: is not an e-mail address")],
        *[[]] * (len(ready)),
    ]
    assert taken(pieces)[0].read < len(whole)
    mapping: dict[str, str | None] = {"Tier": None, "FirstName": "Nick"}
    row = taken(pieces, Options(mapping=mapping))[0].rows[0]
    assert fields_of(row)["embedded_data"] == {"Nick": "Zo\u00eb 0"}


def test_what_it_refuses_is_refused_after_the_rows_before() -> None:
    whole = [*lines()[: BATCH + 10], b'U-x,"a\n', *lines()[1:]]
    seen: list[Batch] = []

    async def take() -> None:
        async with aclosing(read_ahead(whole, Options(), 0)) as read:
            async for ready in read:
                seen.extend(ready)

    with pytest.raises(
        Invalid, match=f"a quote that opens in row {BATCH + 11} is not closed"
    ) as it:
        asyncio.run(take())
    assert it.value.field == "file"
    assert [batch.count for batch in seen] == [BATCH]
    with pytest.raises(Invalid, match="is not UTF-8 text"):
        taken([*lines(), b"\xff\xfe\xfa\n"])


def test_large_rows_make_smaller_batches() -> None:
    columns = ["ExternalDataReference", *(f"c{n}" for n in range(199))]
    row = ",".join(["U-1", *["x" * 1000] * 199]).encode() + b"\n"
    chunks = [",".join(columns).encode() + b"\n", *[row] * 100]
    batches = list(ready_batches(chunks, Options(), 0))
    assert all(batch.count * len(row) <= BATCH_BYTES + len(row) for batch in batches)
    assert sum(len(batch.rows) for batch in batches) == 100


def test_a_file_that_breaks_off_leaves_whole_batches_alone() -> None:
    class Cut(Exception):
        """The disk is gone."""

    def cut() -> Iterator[bytes]:
        yield from lines()[: BATCH + 500]
        yield b"U-half,An"
        raise Cut

    seen: list[Batch] = []

    async def take() -> None:
        async with aclosing(read_ahead(cut(), Options(), 0)) as read:
            async for ready in read:
                seen.extend(ready)

    with pytest.raises(Cut):
        asyncio.run(take())
    assert [batch.count for batch in seen] == [BATCH]


def test_a_reader_that_is_killed_leaves_a_run_that_goes_on(place: Place) -> None:
    whole, reader = lines() + lines()[1:], batches.__name__

    def killing() -> Iterator[bytes]:
        yield from whole[: BATCH * 2]
        for pid in _children(reader):
            os.kill(pid, signal.SIGKILL)
        yield from whole[BATCH * 2 :]

    digest = digest_of(whole)

    def work(chunks: Iterable[bytes]) -> tuple[str, Tally]:
        found: tuple[str, Tally] = place.in_loop(
            lambda: import_contacts(
                place.store, place.pool, "p", chunks, digest, lambda: place.now, Options()
            )
        )
        return found

    with pytest.raises(StoreError, match="has ended"):
        work(killing())
    run = place.rows(select(import_runs))[0]
    assert run["state"] == "running"
    assert run["rows_done"] < ROWS
    place.now += 60_000
    import_id, tally = work(whole)
    assert import_id == run["import_id"]
    assert (tally.rows, tally.created, tally.refused) == (2 * ROWS, ROWS - 1, 2)
    assert len(place.rows(select(contacts.c.contact_id))) == ROWS - 1


def test_new_contacts_are_judged_where_the_database_is_in_doubt_too(place: Place) -> None:
    criteria = {"field": "firstName", "cmp": "eq", "value": "zo\u00eb"}
    place.ok("POST", "/directories/{pool}/segments", {"name": "Zo\u00eb", "criteria": criteria})
    place.rebuild()
    names = ["ZO\u00cb", "Ana", "Zo\u00eb", ""] * 25
    rows = "".join(f"U-{n},{name}\n" for n, name in enumerate(names))
    table = [b"ExternalDataReference,FirstName\n", rows.encode(), b"U-0,Ana\n"]
    place.in_loop(
        lambda: import_contacts(
            place.store, place.pool, "p", table, "digest", lambda: place.now, Options()
        )
    )
    wanted = select(contacts.c.first_name, memberships.c.mask).join(
        memberships, memberships.c.contact_id == contacts.c.contact_id
    )
    found = [(row["first_name"], row["mask"]) for row in place.rows(wanted)]
    assert len(found) == len(names)
    assert {mask for name, mask in found if name in ("Ana", None)} == {0}
    assert {mask for name, mask in found if name not in ("Ana", None)} == {1}


def _children(named: str) -> list[int]:
    """Processes of this one that run `named`."""
    children = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command, stat = (process / "cmdline").read_text(), (process / "stat").read_text()
            if named in command and int(stat.rpartition(")")[2].split()[1]) == os.getpid():
                children.append(int(process.name))
    return children


CODES = [str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE]
digits = st.text("0123456789 .-/()x\u0663", max_size=20)
written = st.one_of(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["+", "00", "+0", "", " +"]),
        st.sampled_from(CODES),
        digits,
    ),
    st.builds("+{}".format, digits),
    st.text(max_size=20),
)


def by_the_library(number: str) -> str | None:
    international = "+" + number[2:] if number.startswith("00") else number
    try:
        parsed = phonenumbers.parse(international, None)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@settings(max_examples=3000, deadline=None)
@given(written)
def test_a_number_in_full_is_what_the_library_says(number: str) -> None:
    assert e164(number) == by_the_library(number)


def test_so_are_the_numbers_of_every_country() -> None:
    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in phonenumbers.PhoneNumberType.values():
            example = phonenumbers.example_number_for_type(region, kind)
            for form in range(4) if example else ():
                number = phonenumbers.format_number(example, form)
                assert e164(number) == by_the_library(number)
    assert phone_key("0171 / 234") == "0171234"
    assert phone_key("  ") is None


texts = st.text(max_size=60) | st.sampled_from(
    ["", " ", "Ana", "a@example.com", "A@b.org ", "x" * 255]
)
fields = st.fixed_dictionaries(
    {
        "embedded_data": st.dictionaries(
            texts | st.sampled_from(["Tier", "email"]),
            texts | st.integers() | st.none(),
            max_size=3,
        )
    },
    optional={**dict.fromkeys(TEXTS, texts | st.none()), "unsubscribed": st.booleans() | st.none()},
)


@settings(max_examples=2000, deadline=None)
@given(fields)
def test_plain_fields_are_what_a_closer_look_finds(row: dict[str, Any]) -> None:
    plain = read_plain_fields(row)
    if plain is not None:
        closer = read_fields(row)
        assert {k: v for k, v in plain.items() if v is not None} == {
            k: v for k, v in closer.items() if v is not None
        }


def test_ordinary_rows_need_no_closer_look(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"external_reference": "U-1", "email": "Zo.e@example.com", "first_name": "Zo\u00eb"}
    assert read_plain_fields({**row, "embedded_data": {"Tier": "gold"}}) is not None

    def look(_: Row) -> str:
        return "looked at"

    monkeypatch.setattr("askwell_edge.directory.imports.rows.ready_row", look)
    table = ReadyTable([*HEADERS.values(), "embedded:Tier", None])
    lines: list[Line] = [
        (
            1,
            ["Zo\u00eb", "O'Neil", "Zo.e@example.com", "U-1", "", "+49301234567", "0", "", "\x00"],
            None,
        ),
        (2, ["", " ", "", "U-1"], None),
        (3, ["", " ", "", ""], None),
    ]
    batch = table.ready(lines)
    assert (len(batch.rows), batch.refused) == (2, [(3, "looked at")])


# What a cell may hold that one step for a whole column could take for something else.
BLANKS = ["", " ", "  ", "\u00a0"]
NAMES = ["Ana", " Ana  B ", "O'Neil", "'=1+1", "'", "ZO\u00cb", "\u0130", "a\x00b", "x" * 201]
ADDRESSES = [
    "a@example.com",
    "A.b@B.org",
    "a@b",
    "a@b.org\nc@d.org",
    "\u212a@x.org",
    "\u00eb@x.org",
]
OTHERS = ["true", " FALSE", "1", "maybe", "+49 30 123", "030 123", "x" * 1025, "x" * 10_001]
cells = st.text(max_size=8) | st.sampled_from([*BLANKS, *NAMES, *ADDRESSES, *OTHERS])
headers = st.lists(
    st.sampled_from([*HEADERS.values(), "embedded:Tier", 'embedded:a"b', "embedded:points", None]),
    min_size=1,
    max_size=6,
    unique=True,
)


@settings(max_examples=1500, deadline=None)
@given(headers, st.data())
def test_a_table_by_columns_is_what_it_is_row_by_row(columns: list[str | None], data: Any) -> None:
    rows = data.draw(st.lists(st.lists(cells, min_size=1, max_size=7), min_size=1, max_size=6))
    lines: list[Line] = [(n, row, "is odd" if row == ["'"] else None) for n, row in enumerate(rows)]
    one_by_one = ready_rows(
        Row(n, {}, problem) if problem else read_row(n, columns, row) for n, row, problem in lines
    )
    assert ReadyTable(columns).ready(lines) == one_by_one


def test_one_of_many_texts_is_found_by_an_index(place: Place) -> None:
    for name in ("U-1", "U-2", 'U-"3'):
        place.contact(extRef=name)
    wanted = select(contacts.c.external_reference).where(
        within(place.pool),
        one_of(contacts.c.external_reference, bindparam("these", type_=Texts())),
    )

    async def look(conn: Any, these: list[str]) -> list[str]:
        return sorted((await conn.execute(wanted, {"these": these})).scalars())

    assert place.read(look, ["U-2", 'U-"3', "u-1"]) == ['U-"3', "U-2"]
    assert place.read(look, []) == []
    if place.store.engine.dialect.name == "sqlite":
        compiled = str(wanted.compile(dialect=place.store.engine.dialect))

        async def plan(conn: Any) -> str:
            found = await conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", (place.pool, "[]"))
            return str(found.fetchall())

        assert "directory_key=? AND external_reference=?" in place.read(plan)

"""Imports: files as people have them, row by row, resumed where they stopped."""

import itertools
import json
import random
import socket
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from api_place import DAY_MS, Place
from importing import run, run_chunks
from sqlalchemy import select

from askwell_edge.access.refusals import Conflict, Invalid
from askwell_edge.directory.contacts.arrivals import receive_contact
from askwell_edge.directory.contacts.fields import read_fields
from askwell_edge.directory.imports.importing import BATCH, Work, digest_of, go_on, import_contacts
from askwell_edge.directory.imports.options import Options, Tally
from askwell_edge.directory.imports.refused_rows import errors_of
from askwell_edge.directory.imports.runs import ALIVE_MS
from askwell_edge.directory.imports.tables_in import API_NAMES, TOO_LONG, read_rows
from askwell_edge.directory.imports.waiting import begin_import
from askwell_edge.directory.lists.lists import create_list
from askwell_edge.store.tables import contacts, import_runs


def problems(place: Place, import_id: str) -> dict[int, str]:
    return {row["row"]: row["message"] for row in place.read(errors_of, import_id)}


def by_reference(place: Place) -> dict[str, dict[str, Any]]:
    return {row["external_reference"]: row for row in place.rows(select(contacts))}


@pytest.mark.scenario("E1")
def test_a_table_becomes_contacts_and_comes_again_as_updates(place: Place) -> None:
    _, tally = run(
        place,
        "ExternalDataReference,FirstName,Email,Phone,Tier,Unsubscribed\n"
        "U-1,Ana,ana@example.com,+44 20 7946 0018,gold,\n"
        'U-2,"Bob, the ""Rock""",,,,true\n'
        "\n"
        '007,"two\nlines",,,silver,0\n',
    )
    assert tally == Tally(rows=3, created=3)
    rows = by_reference(place)
    assert rows["U-1"]["embedded_data"] == {"Tier": "gold"}
    assert rows["U-2"]["first_name"] == 'Bob, the "Rock"'
    assert rows["U-2"]["unsubscribed"] is True
    assert rows["007"]["first_name"] == "two\nlines"
    place.now += DAY_MS
    _, tally = run(
        place, "FirstName,ExternalDataReference,Tier\n,U-1,platinum\nBob,U-9,\nAna,U-1,platinum\n"
    )
    assert tally == Tally(rows=3, created=1, updated=1, unchanged=1)
    row = by_reference(place)["U-1"]
    assert (row["first_name"], row["embedded_data"]) == ("Ana", {"Tier": "platinum"})
    assert row["modified_at"] == place.now


def test_refused_rows_are_numbered_and_the_others_kept(place: Place) -> None:
    import_id, tally = run(
        place,
        "ExternalDataReference,Email,Tier,Unsubscribed\n"
        "U-1,no address,,\n"
        "U-2,b@example.com,,\n"
        f"{'x' * 101},,,\n"
        ",,,\n"
        f"U-3,,{'x' * 1025},\n"
        "U-4,,,perhaps\n"
        "U-5,,,,,,\n"
        "U-6,c@example.com,,1\n",
    )
    assert problems(place, import_id) == {
        2: "email: is not an e-mail address",
        4: "extRef: has 101 characters; at most 100 are allowed",
        6: "embeddedData.Tier: has 1025 characters; at most 1024 are allowed",
        7: "Unsubscribed must be true or false",
        8: "has 7 cells, but the header has 4",
    }
    assert set(by_reference(place)) == {"U-2", "U-6"}
    assert (tally.rows, tally.created, tally.refused) == (7, 2, 5)


@pytest.mark.parametrize(
    "encoded",
    [
        "ExternalDataReference,FirstName\r\nU-1,Zoë 陽菜\r\n".encode("utf-8-sig"),
        "ExternalDataReference,FirstName\nU-1,Zoë 陽菜".encode("utf-16"),
        "ExternalDataReference,FirstName\rU-1,Zoë 陽菜\r".encode(),
    ],
)
def test_marks_and_line_ends_of_other_machines_are_read(place: Place, encoded: bytes) -> None:
    run(place, encoded)
    assert by_reference(place)["U-1"]["first_name"] == "Zoë 陽菜"


def test_tabs_and_json_lines(place: Place) -> None:
    run(place, "ExternalDataReference\tFirstName\nU-1\tA,B\n", format="tsv")
    import_id, tally = run(
        place,
        '{"extRef": "U-2", "embeddedData": {"tier": "gold", "n": 3}}\n'
        "\n"
        '{"extRef": 7}\n'
        '{"shoe": "x"}\n'
        "[1]\n"
        '{"extRef": "U-3", "firstName": "\u2028"}\n',
        format="jsonl",
    )
    rows = by_reference(place)
    assert rows["U-1"]["first_name"] == "A,B"
    assert rows["U-2"]["embedded_data"] == {"tier": "gold", "n": "3"}
    assert sorted(problems(place, import_id)) == [3, 4, 5]
    assert (tally.created, tally.refused) == (2, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"ExternalDataReference\n\xff\xfe\xfa\n", "is not UTF-8 text"),
        (b"ExternalDataReference,,x\n", "header, column 2: must have a name"),
        (b"Email,Tier,Email\n", "header, column 3: Email is there twice"),
        (b"Email,Points\n", "header, column 2: Points is a reserved name: give it another"),
        (b"email,Tier\n", "header, column 1: email is a reserved name: write Email"),
        (b"Tier,tier,Email\n", "header, column 2: tier is there twice"),
        (b"Name,Colour\n", "header: names none of FirstName"),
        (b",".join(b"c%d" % n for n in range(201)) + b"\n", "more than 200 columns"),
    ],
)
def test_a_file_that_is_no_table_is_refused_and_its_run_failed(
    place: Place, text: bytes, said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        run_chunks(place, [text])
    assert [row["state"] for row in place.rows(select(import_runs))] == ["failed"]
    assert by_reference(place) == {}


def test_a_quote_that_never_closes_is_not_taken_for_one_bad_row(place: Place) -> None:
    table = 'ExternalDataReference,FirstName\nU-1,Ana\nU-2,"Bob\nU-3,Cem\n'
    with pytest.raises(Invalid, match="a quote that opens in row 3 is not closed"):
        run(place, table)
    assert set(by_reference(place)) <= {"U-1"}
    found = place.rows(select(import_runs))[0]
    assert found["state"] == "failed"
    lines = [b"ExternalDataReference,FirstName\n", b'U-4,"a\n', *[f"{'x' * 9999}\n".encode()] * 400]
    for after in (b"U-5,Dora\n", b'U-5,"Dora"\n'):
        with pytest.raises(Invalid, match=r"a quote that opens near row \d+ is not closed"):
            run_chunks(place, [*lines, after])
    assert set(by_reference(place)) <= {"U-1"}


BIG = 10 << 20
LONG_ROWS = {
    "plain": (b"x" * BIG, 0),
    "quoted": (b'"' + b"x" * BIG + b'"', 0),
    "of quotes": (b'"' + b'""' * (BIG // 2) + b'"', 0),
    "of quotes, then a separator": (b'"' + b'"",' * (BIG // 3) + b'"', 0),
    "of separators": (b"," * BIG, 0),
    "of lines": (b'"' + (b"x" * 9 + b"\n") * (BIG // 10) + b'"', BIG // 10),
    "of bare line ends": (b'"' + b"\n" * (2 << 20) + b'"', 2 << 20),
    "of wide letters": ("\N{GRINNING FACE}".encode() * (BIG // 4), 0),
}


@pytest.mark.parametrize("what", LONG_ROWS)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_rows_around_one_of_ten_megabytes_are_read(what: str, end: bytes) -> None:
    cell, ends = LONG_ROWS[what]
    lines = [b"ExternalDataReference,FirstName", b"U-1,Ana", b"U-2," + cell, b'U-3,"Cem"', b"U-4,"]
    table = end.join([*lines, b"U-5,,,"])
    chunks = (table[n : n + 65_535] for n in range(0, len(table), 65_535))
    read = [(row.number - ends * (row.number > 3), row.problem) for row in read_rows(chunks, "csv")]
    problems = [None, TOO_LONG, None, None, "has 4 cells, but the header has 2"]
    assert read == list(enumerate(problems, start=2))


@pytest.mark.parametrize("quote", [b"", b'"'])
@pytest.mark.parametrize("before", [0, 1 << 16, 5 << 16])
@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\r\r", b"\r\r\n", b"\n"])
def test_a_line_end_at_a_pieces_end_is_one(quote: bytes, before: int, end: bytes) -> None:
    """A long row is read in pieces; after the first of 2 ** 20 letters they have 2 ** 16."""
    begin = b"U-2," + quote
    for shift in (-2, -1, 0, 1):
        cell = b"x" * ((1 << 20) + before + shift - len(begin))
        inner = end + b"y" if quote else b""
        table = b"\r\n".join([b"ExternalDataReference,FirstName", begin + cell + inner + quote])
        table += (end if not quote else b"\r\n") + b"U-3,Cem"
        read = [(row.number, row.problem is None) for row in read_rows([table], "csv")]
        lines = len(table.splitlines())  # its last line is the last row
        assert read == [(2, False), (lines, True)], shift


def test_a_row_of_ten_megabytes_is_refused_and_the_rest_imported(place: Place) -> None:
    table = b"ExternalDataReference\nU-1\n%s\nU-3\n" % (b"x" * BIG)
    import_id, tally = run_chunks(place, [table])
    assert set(by_reference(place)) == {"U-1", "U-3"}
    assert problems(place, import_id) == {3: TOO_LONG}
    assert (tally.rows, tally.refused) == (3, 1)


def test_a_line_of_ten_megabytes_is_refused_alone(place: Place) -> None:
    lines = [b'{"extRef": "U-1"}', b'{"extRef": "' + b"x" * BIG + b'"}', b'{"extRef": "U-3"}', b"["]
    import_id, _ = run_chunks(place, [b"\n".join(lines)], format="jsonl")
    assert set(by_reference(place)) == {"U-1", "U-3"}
    assert problems(place, import_id).keys() == {2, 4}
    with pytest.raises(Invalid, match="header: has more than 1048576 characters"):
        run_chunks(place, [b"Email," + b"x" * BIG + b"\nana@example.com,"])


def test_reading_a_long_row_takes_little_memory() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"ExternalDataReference,FirstName\nU-1,"
        yield from itertools.repeat(b"x" * (1 << 18), 4 * 64)
        yield b"\nU-2,Bob\n"

    tracemalloc.start()
    read = [row.problem for row in read_rows(chunks(), "csv")]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read == [TOO_LONG, None]
    assert peak < 16 << 20, "of a row of 64 MB"


def test_a_run_belongs_to_one_worker_alone(place: Place) -> None:
    whole = [b"ExternalDataReference\n", *(f"U-{n}\n".encode() for n in range(BATCH * 2))]

    def begin(worker: str) -> Work:
        pool, options = place.pool, Options()
        run = place.write(begin_import, pool, "p", "digest", place.now, options, worker=worker)
        return Work(run, worker, options, lambda: place.now)

    def work(mine: Work) -> tuple[str, Tally]:
        found: tuple[str, Tally] = place.in_loop(lambda: go_on(place.store, mine, whole))
        return found

    slow = begin("elsewhere/1/W_slow")
    with pytest.raises(Conflict, match="is being imported"):
        begin("elsewhere/2/W_quick")
    place.now += ALIVE_MS  # it is taken for dead, but lives
    quick = begin("elsewhere/2/W_quick")
    assert quick.run["import_id"] == slow.run["import_id"]
    with pytest.raises(Conflict, match="another worker goes on"):
        work(slow)
    assert by_reference(place) == {}
    assert work(quick)[1] == Tally(rows=BATCH * 2, created=BATCH * 2)
    # One of this machine whose process is gone needs not be waited for.
    begin(f"{socket.gethostname()}/4194305/W_gone")
    begin("elsewhere/3/W_next")


def test_columns_are_given_other_names_or_left_out(place: Place) -> None:
    mapping = {"Kundennummer": "ExternalDataReference", "Stadt": "city", "Notiz": None}
    run(place, "Kundennummer,Stadt,Notiz\nU-1,Köln,geheim\n", mapping=mapping)
    assert by_reference(place)["U-1"]["embedded_data"] == {"city": "Köln"}


def test_modes_may_forbid_to_create_or_to_update(place: Place) -> None:
    place.contact(extRef="U-1", firstName="Ana")
    table = "ExternalDataReference,FirstName\nU-1,New\nU-2,Bob\n"
    _, tally = run(place, table, mode="create_only")
    assert tally == Tally(rows=2, created=1, unchanged=1)
    assert by_reference(place)["U-1"]["first_name"] == "Ana"
    _, tally = run(place, table.replace("U-2", "U-3"), mode="update_only")
    assert tally == Tally(rows=2, updated=1, unchanged=1)
    assert set(by_reference(place)) == {"U-1", "U-2"}


def test_an_import_puts_contacts_on_a_list(place: Place) -> None:
    list_id = place.write(create_list, place.pool, "News", place.now)
    place.contact(extRef="U-1")
    table = "ExternalDataReference,Unsubscribed\nU-1,true\nU-2,\n"
    _, tally = run(place, table, list_id=list_id)
    assert tally == Tally(rows=2, created=1, updated=1)
    shown = place.ok("GET", f"/directories/{{pool}}/mailinglists/{list_id}/contacts")
    state = {each["extRef"]: each["mailingListUnsubscribed"] for each in shown["elements"]}
    assert state == {"U-1": True, "U-2": False}
    assert by_reference(place)["U-1"]["unsubscribed"] is False


def test_an_interrupted_import_goes_on_where_it_stopped(place: Place) -> None:
    lines = [f"U-{n},Person {n}\n" for n in range(BATCH * 3)]
    whole = ["ExternalDataReference,FirstName\n", *lines]
    digest = digest_of(line.encode() for line in whole)

    class Cut(Exception):
        """The machine stopped here."""

    def cut() -> Iterator[bytes]:
        for n, line in enumerate(whole):
            if n == BATCH * 2 + 100:
                raise Cut
            yield line.encode()

    options = Options()

    def work(chunks: Iterable[bytes]) -> tuple[str, Tally]:
        found: tuple[str, Tally] = place.in_loop(
            lambda: import_contacts(
                place.store, place.pool, "people", chunks, digest, lambda: place.now, options
            )
        )
        return found

    with pytest.raises(Cut):
        work(cut())
    started = place.rows(select(import_runs))[0]
    assert started["state"] == "running"
    assert started["rows_done"] == len(by_reference(place)) > 0
    with pytest.raises(Conflict, match="is being imported"):
        run(place, "ExternalDataReference\nX-1\n")
    with pytest.raises(Conflict, match="is being imported"):
        work(line.encode() for line in whole)
    place.now += ALIVE_MS
    import_id, tally = work(line.encode() for line in whole)
    assert import_id == started["import_id"]
    assert tally == Tally(rows=BATCH * 3, created=BATCH * 3)
    assert len(by_reference(place)) == BATCH * 3
    assert place.rows(select(import_runs))[0]["state"] == "finished"


def test_imported_contacts_are_in_their_segments_at_once(place: Place) -> None:
    criteria = {"field": "embeddedData.tier", "cmp": "eq", "value": "gold"}
    path = "/directories/{pool}/segments"
    made = place.ok("POST", path, {"name": "Gold", "criteria": criteria})["id"]
    place.rebuild()
    run(place, "ExternalDataReference,tier\nU-1,gold\nU-2,tin\n")
    assert place.ok("GET", f"{path}/{made}")["memberCount"] == 1


def test_a_batch_does_what_its_rows_would_do_one_by_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ids decide between two that match alike, so both ways get theirs in one order.
    numbers = {"batch": itertools.count(), "row": itertools.count()}

    def one(prefix: str, way: str = "row") -> str:
        return f"{prefix}_{way}{next(numbers[way]):09}"

    def many(prefix: str, count: int) -> list[str]:
        return [one(prefix, "batch") for _ in range(count)]

    monkeypatch.setattr("askwell_edge.directory.imports.gathering.new_ids", many)
    monkeypatch.setattr("askwell_edge.directory.contacts.contacts.new_id", one)
    place.identity_rules(["extRef"], ["email"], ["lastName", "firstName"])
    other = place.ok("POST", "/directories", {"name": "One by one"})["id"]
    rules = place.ok("GET", "/directories/{pool}/identityrules")
    place.ok("PUT", f"/directories/{other}/identityrules", rules)
    chance = random.Random(3)
    for _ in range(6):
        people = [_somebody(chance) for _ in range(60)]
        run(place, "\n".join(json.dumps(each) for each in people), format="jsonl")
        for person in people:
            place.write(receive_contact, other, read_fields(_columns(person)), place.now)
        place.now += 1000
        assert _images(place, place.pool) == _images(place, other)


def _somebody(chance: random.Random) -> dict[str, Any]:
    """Few values, so that rows meet each other in every way."""
    person: dict[str, Any] = {"phone": str(chance.randrange(3))}
    for name, values in (
        ("extRef", ["A", "a", "B", "C", "D"]),
        ("email", ["a@example.com", "A@example.com", "b@example.com", "c@example.com"]),
        ("firstName", ["Ana", "ANA", "Bob"]),
        ("lastName", ["Ruiz", "Roe"]),
    ):
        if chance.random() < 0.5:
            person[name] = chance.choice(values)
    person["embeddedData"] = {chance.choice("xXy"): chance.choice("123")}
    return person


def _columns(person: dict[str, Any]) -> dict[str, Any]:
    names = {**API_NAMES, "embeddedData": "embedded_data"}
    return {names[name]: value for name, value in person.items()}


def _images(place: Place, pool: str) -> list[str]:
    rows = place.rows(select(contacts).where(contacts.c.directory_id == pool))
    left_out = ("contact_id", "directory_id", "directory_key")
    return sorted(str({k: v for k, v in row.items() if k not in left_out}) for row in rows)

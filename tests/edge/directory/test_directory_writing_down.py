"""What a sweep judged is written in few transactions, and not of whom somebody overtook."""

import random
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from api_place import Place
from sqlalchemy import delete, insert, select

from askwell_edge.directory.contacts.contacts import delete_contact
from askwell_edge.directory.criteria.columns import Reader
from askwell_edge.directory.criteria.timelines import Pack
from askwell_edge.directory.segments import left_to_write
from askwell_edge.directory.segments.left_to_write import DEAR, ROWS, LeftToWrite
from askwell_edge.directory.segments.marks import mark_due
from askwell_edge.directory.segments.membership import evaluate_contacts
from askwell_edge.directory.segments.sweeping import Overtaken
from askwell_edge.directory.upkeep import evaluate_due
from askwell_edge.store.tables import due_marks, memberships, segment_moves, touchpoints
from askwell_edge.store.writer import Writer

PEOPLE = 40  # so many that they are judged in lanes


def ids_of(part: LeftToWrite) -> list[str]:
    changed = [each["contact_id"] for each in part.changed]
    rest = [each[0] for rows in (part.packs, part.marks) for each in rows]
    return [*changed, *rest, *part.doubtful]


@pytest.mark.parametrize("seed", range(20))
def test_all_of_a_contact_is_in_one_part_and_parts_are_small(seed: int) -> None:
    chance = random.Random(seed)
    ids = [f"CID_{n:06}" for n in range(chance.choice([0, 1, 2, ROWS // 3, ROWS, 4 * ROWS]))]

    def some() -> list[str]:
        return chance.sample(ids, chance.randrange(len(ids) + 1))

    whole = LeftToWrite(
        changed=[{"contact_id": each} for each in some()],
        packs=[Pack(each, 1, b"", None, None) for each in some()],
        doubtful=some(),
        marks=[(each, 1) for each in some()],
    )
    parts = list(whole.parts())
    for kind, rows in zip(zip(*parts, strict=True), whole, strict=False):
        put_together = [row for part in kind for row in part]
        assert sorted(put_together, key=repr) == sorted(rows, key=repr)
    for before, after in pairwise(parts):
        assert not ids_of(after) or max(ids_of(before)) < min(ids_of(after))
    for part in parts:
        assert len(ids_of(part)) + (DEAR - 1) * len(part.doubtful) <= ROWS + len(whole) + DEAR
        alone = list(part.kinds())
        assert all(sum(map(bool, each)) == 1 for each in alone)
        assert [row for each in alone for kind in each for row in kind] == [
            row for kind in part for row in kind
        ]


@pytest.fixture
def people(place: Place) -> list[str]:
    """Contacts of a directory with a segment that counts displays, built."""
    criteria = {"field": "activity.displayedCount", "cmp": "eq", "value": 1, "surveyId": "SV_1"}
    place.ok("POST", "/directories/{pool}/segments", {"name": "Once", "criteria": criteria})
    found = [place.contact(extRef=f"U-{n}") for n in range(PEOPLE)]
    place.rebuild()
    return found


async def show(conn: Any, place: Place, contact_ids: list[str], turn: str) -> None:
    rows = [
        {
            **{"touchpoint_id": f"TP_{turn}_{each}", "contact_id": each, "at": place.now},
            **{"directory_id": place.pool, "type": "intercept_displayed", "channel": "web"},
            "survey_id": "SV_1",
        }
        for each in contact_ids
    ]
    await conn.execute(insert(touchpoints), rows)
    await mark_due(conn, [(place.pool, each) for each in contact_ids])


def masks(place: Place) -> dict[str, int]:
    rows = place.rows(select(memberships.c.contact_id, memberships.c.mask))
    return {row["contact_id"]: row["mask"] for row in rows}


def keep_up(place: Place) -> int:
    return int(place.in_loop(lambda: evaluate_due(place.store, place.now)))


def after_reading(
    monkeypatch: pytest.MonkeyPatch, place: Place, write: Callable[[Any], Any]
) -> None:
    """Have `write` overtake the first batch between its reading and its writing."""
    read, done = Reader.read, []

    async def read_then_write(*asked: Any) -> Any:
        found = await read(*asked)
        if not done:
            done.append(found)
            await place.store.writer.submit(write)
        return found

    monkeypatch.setattr(Reader, "read", read_then_write)


def submitted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What becomes of the writes that need not last: those of sweeps."""
    submit, said = Writer.submit, list[str]()

    async def listen(self: Writer, write: Any, **how: Any) -> Any:
        try:
            outcome = await submit(self, write, **how)
        except Overtaken:
            said.append("overtaken")
            raise
        if not how.get("lasting", True):
            said.append("written")
        return outcome

    monkeypatch.setattr(Writer, "submit", listen)
    return said


@pytest.mark.scenario("D15")
def test_a_batch_that_is_overtaken_is_written_without_whom_it_was_overtaken_by(
    place: Place, people: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moved, gone, removed, *others = people
    place.write(show, place, people, "one")

    async def overtake(conn: Any) -> None:
        await show(conn, place, [moved], "two")
        await evaluate_contacts(conn, place.pool, [moved], place.now + 1)
        await show(conn, place, [others[0]], "two")  # and is marked anew, no more
        await delete_contact(conn, place.pool, gone)
        await conn.execute(delete(memberships).where(memberships.c.contact_id == removed))

    with monkeypatch.context() as patched:
        after_reading(patched, place, overtake)
        said = submitted(patched)
        assert keep_up(place) == len(people)
    on_sqlite = place.store.engine.dialect.name == "sqlite"
    assert said.count("overtaken") == on_sqlite, "elsewhere it is looked up first"
    if on_sqlite:
        assert said == ["written", "overtaken", "written"], "the turn, and one transaction"
    assert gone not in masks(place)
    marked = {row["contact_id"] for row in place.rows(select(due_marks))}
    assert marked == {moved, others[0]}, "what came later is to be judged, and nothing else"
    assert keep_up(place) == 2
    expected = dict.fromkeys([removed, *others], 1) | {moved: 0, others[0]: 0}
    assert masks(place) == expected
    place.rebuild()
    assert masks(place) == expected
    moves = place.rows(select(segment_moves).where(segment_moves.c.contact_id == moved))
    assert moves == [], "it was never in, nor is it said that it was"


@pytest.mark.scenario("D15")
def test_what_is_written_in_many_parts_is_the_same(
    place: Place, people: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left_to_write, "ROWS", 7)
    place.write(show, place, people, "one")
    some = people[::3]
    with monkeypatch.context() as patched:
        after_reading(patched, place, partial(show, place=place, contact_ids=some, turn="two"))
        assert keep_up(place) == len(people)
    assert keep_up(place) == len(some)
    expected = {each: int(each not in some) for each in people}
    assert masks(place) == expected
    assert place.rows(select(due_marks)) == []
    place.rebuild()
    assert masks(place) == expected

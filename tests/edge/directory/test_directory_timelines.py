"""Packed timelines say what touchpoints say, whatever becomes of contacts and of the edge."""

import random
import re
from functools import partial
from typing import Any

import pytest
from api_place import DAY_MS, Place
from sqlalchemy import delete, insert, select, text, update

from askwell_edge.directory.criteria.choosing import between
from askwell_edge.directory.criteria.columns import Reader
from askwell_edge.directory.criteria.facts import COUNTED_TYPES
from askwell_edge.directory.criteria.later import DIGITS, MANY
from askwell_edge.directory.criteria.packs import keep_packs
from askwell_edge.directory.criteria.reading import read_timelines
from askwell_edge.directory.criteria.timelines import (
    END_OF_TIME,
    KIND_BITS,
    KIND_MASK,
    Kind,
    Kinds,
    Timelines,
    known_kinds,
)
from askwell_edge.directory.segments import rebuild as rebuilding
from askwell_edge.directory.segments.lanes import evaluate_listed
from askwell_edge.directory.segments.marks import mark_due
from askwell_edge.directory.segments.membership import due_contacts, evaluate_contacts
from askwell_edge.directory.segments.rebuild import rebuild
from askwell_edge.directory.upkeep import evaluate_due
from askwell_edge.store.tables import (
    contacts,
    memberships,
    timelines,
    touchpoint_kinds,
    touchpoints,
)

EVERYBODY = {"low": "", "high": "~"}
MOST_NOTED = 64  # beside one pack
SURVEYS = (None, "SV_1", "SV_2")

Told = dict[str, list[tuple[int, Kind]]]


async def evaluate_in_lanes(place: Place, expected: set[str]) -> None:
    """What upkeep does with many, done with these, who are due."""
    async with place.store.read() as conn:
        due = await due_contacts(conn, place.pool, place.now, len(expected))
    assert due.keys() == expected
    await evaluate_listed(place.store, place.pool, due, place.now)


def told(found: Timelines) -> Told:
    """By contact what its numbers say."""
    said: Told = {}
    numbers = found.entries.tolist()
    for contact_id, length in zip(found.contact_ids, found.lengths.tolist(), strict=True):
        mine, numbers = numbers[:length], numbers[length:]
        said[contact_id] = sorted(
            ((n >> KIND_BITS, found.kinds[n & KIND_MASK]) for n in mine), key=repr
        )
    assert numbers == []
    return said


def packed_now(place: Place) -> Told:
    async def look(conn: Any) -> Timelines:
        return await read_timelines(conn, between, EVERYBODY, await known_kinds(conn))

    return told(place.read(look))


def touched(place: Place) -> Told:
    """The same from the touchpoints themselves."""
    said: Told = {}
    for row in place.rows(select(touchpoints).where(touchpoints.c.type.in_(COUNTED_TYPES))):
        if not row["test"]:
            kind = Kind(row["type"], row["survey_id"], row["intercept_id"])
            said.setdefault(row["contact_id"], []).append((row["at"], kind))
    return {contact_id: sorted(entries, key=repr) for contact_id, entries in said.items()}


async def touch(
    conn: Any, place: Place, contact_id: str, number: int, at: int, **more: Any
) -> None:
    row = {
        "touchpoint_id": f"TP_{number:06}",
        "contact_id": contact_id,
        "directory_id": place.pool,
        "at": at,
        "type": "email_sent",
        "channel": "email",
    }
    await conn.execute(insert(touchpoints).values({**row, **more}))
    await mark_due(conn, [(place.pool, contact_id)])


def keep_up(place: Place) -> int:
    return int(place.in_loop(lambda: evaluate_due(place.store, place.now)))


def unpacked(place: Place) -> int:
    there = select(contacts).join(timelines, timelines.c.contact_id == contacts.c.contact_id)
    return len(place.rows(there.where(timelines.c.entries.is_(None))))


def segment(place: Place, name: str, **more: Any) -> None:
    criteria = {"field": f"activity.{name}", **more}
    place.ok("POST", "/directories/{pool}/segments", {"name": str(more), "criteria": criteria})


def on_sqlite(place: Place) -> bool:
    return bool(place.store.engine.dialect.name == "sqlite")


@pytest.fixture
def watched(place: Place) -> Place:
    """A place with segments that count touchpoints."""
    segment(place, "inviteCount", cmp="gte", value=2, withinDays=10)
    segment(place, "displayedCount", cmp="eq", value=1, surveyId="SV_1")
    segment(place, "lastResponseAt", cmp="before", value=place.now - 5 * DAY_MS)
    segment(place, "responseRate", cmp="gte", value=50, withinDays=30)
    return place


def masks(place: Place) -> dict[str, int]:
    rows = place.rows(select(memberships.c.contact_id, memberships.c.mask))
    return {row["contact_id"]: row["mask"] for row in rows}


def settled(place: Place) -> None:
    """A rebuild packs everything, and finds what the reference finds contact by contact."""
    place.rebuild()
    assert unpacked(place) == 0
    assert packed_now(place) == touched(place)
    found = masks(place)
    for contact_id in found:  # few at a time are judged by the reference
        place.write(evaluate_contacts, place.pool, [contact_id], place.now)
    assert masks(place) == found


@pytest.mark.scenario("D15")
def test_whatever_befalls_a_timeline_packs_say_it_too(watched: Place) -> None:
    place, chance = watched, random.Random(11)
    place.identity_rules(["extRef"])
    people = [place.contact(extRef=f"U-{n}") for n in range(8)]
    for number in range(120):
        more = {
            "type": chance.choice([*COUNTED_TYPES, "opted_in"]),
            "survey_id": chance.choice(SURVEYS),
            "intercept_id": chance.choice((None, "SI_1")),
            "test": chance.random() < 0.1,
        }
        late = place.now - chance.randrange(40) * DAY_MS
        place.write(touch, place, chance.choice(people), number, late, **more)
        assert packed_now(place) == touched(place)
        if number % 20 == 19:
            settled(place)
    one = touchpoints.c.touchpoint_id == "TP_000007"
    place.write(lambda conn: conn.execute(update(touchpoints).where(one).values(at=1)))
    assert packed_now(place) == touched(place)
    place.write(lambda conn: conn.execute(delete(touchpoints).where(one)))
    assert packed_now(place) == touched(place)
    settled(place)


def test_a_new_touchpoint_is_noted_beside_the_pack_until_there_are_many(watched: Place) -> None:
    place = watched
    if not on_sqlite(place):
        return
    who, other = place.contact(extRef="U-1"), place.contact(extRef="U-2")
    place.write(touch, place, who, 0, place.now)
    settled(place)
    [packed] = pack_of(place, who)
    for number in range(1, MANY):
        place.write(touch, place, who, number, place.now - number)
        assert keep_up(place) == 1
        [now] = pack_of(place, who)
        assert now["entries"] == packed["entries"], "nothing is packed anew for one touchpoint"
        assert len(now["later"]) == number * DIGITS
        assert packed_now(place) == touched(place)
    place.write(touch, place, who, MANY, place.now + 1)
    place.write(touch, place, other, MANY + 1, place.now, test=True)
    place.in_loop(lambda: evaluate_in_lanes(place, {who, other}))
    [now] = pack_of(place, who)
    assert (len(now["entries"]), now["later"]) == ((MANY + 1) * 8, None)
    assert packed_now(place) == touched(place)
    place.write(touch, place, who, MANY + 2, place.now, type="sms_sent")  # of no known kind
    assert unpacked(place) == 1
    place.write(touch, place, who, MANY + 3, place.now)
    assert packed_now(place) == touched(place)
    settled(place)
    for number in range(MOST_NOTED + 1):
        assert unpacked(place) == 0
        place.write(touch, place, who, 100 + number, place.now)
    assert unpacked(place) == 1
    settled(place)


def pack_of(place: Place, who: str) -> list[dict[str, Any]]:
    return place.rows(select(timelines).where(timelines.c.contact_id == who))


def test_a_touchpoint_that_has_no_number_leaves_its_contact_to_the_reference(
    watched: Place,
) -> None:
    place = watched
    one, other = place.contact(extRef="U-1"), place.contact(extRef="U-2")
    for number, at in enumerate((place.now, 0, END_OF_TIME)):
        place.write(touch, place, one, number, at)
        place.write(touch, place, other, 10 + number, place.now)
    place.rebuild()
    assert unpacked(place) == on_sqlite(place)
    assert packed_now(place).keys() == {other}
    found = masks(place)
    for contact_id in (one, other):
        place.write(evaluate_contacts, place.pool, [contact_id], place.now)
    assert masks(place) == found == {one: 1, other: 1}


def test_merge_undo_and_deletion_take_packs_along(watched: Place) -> None:
    place = watched
    old = place.contact(email="a@b.example")
    place.now += DAY_MS
    new = place.contact(email="c@d.example")
    for number, who in enumerate((old, new, new)):
        place.write(touch, place, who, number, place.now - number)
    settled(place)
    pair = {"pairs": [{"survivorId": old, "mergedId": new}]}
    place.ok("POST", "/directories/{pool}/merges", pair)
    assert {who: len(each) for who, each in packed_now(place).items()} == {old: 3}
    settled(place)
    merge = place.ok("GET", "/directories/{pool}/merges")["elements"][0]["mergeId"]
    place.ok("POST", f"/directories/{{pool}}/merges/{merge}/undo")
    assert {who: len(each) for who, each in packed_now(place).items()} == {old: 1, new: 2}
    settled(place)
    place.ok("POST", "/directories/{pool}/merges", pair)
    place.ok("DELETE", f"/directories/{{pool}}/contacts/{old}")
    assert place.rows(select(timelines)) == []
    settled(place)


def test_a_rebuild_that_breaks_off_goes_on_later(
    watched: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = watched
    monkeypatch.setattr(rebuilding, "RANGE", 2)
    people = [place.contact(extRef=f"U-{n}") for n in range(9)]
    for number, who in enumerate(people * 2):
        place.write(touch, place, who, number, place.now)

    def break_off(done: int) -> None:
        if done >= 4:
            raise RuntimeError("off")

    with pytest.raises(ExceptionGroup):
        place.in_loop(lambda: rebuild(place.store, place.pool, place.now, progress=break_off))
    assert not on_sqlite(place) or 0 < unpacked(place) < len(people)
    assert packed_now(place) == touched(place)
    settled(place)


def test_what_comes_while_a_contact_that_is_due_is_judged_is_not_missed(
    watched: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = watched
    who = place.contact(extRef="U-1")
    place.rebuild()
    place.write(touch, place, who, 1, place.now)

    read = Reader.read

    async def read_early(*asked: Any) -> Any:
        found = await read(*asked)
        await place.store.writer.submit(lambda conn: touch(conn, place, who, 2, place.now))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Reader, "read", read_early)
        place.in_loop(lambda: evaluate_in_lanes(place, {who}))
    assert keep_up(place) == 1, "what came later is marked still"
    assert keep_up(place) == 0
    assert masks(place) == {who: 1}  # two invites
    settled(place)


@pytest.mark.scenario("D15")
def test_a_sweep_that_others_overtook_writes_nothing_out_of_date(
    watched: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = watched
    who = place.contact(extRef="U-1")
    place.rebuild()
    shown = {"type": "intercept_displayed", "survey_id": "SV_1"}
    place.write(partial(touch, **shown), place, who, 1, place.now)
    read = Reader.read

    async def be_overtaken(*asked: Any) -> Any:
        found = await read(*asked)
        if not overtaken:
            overtaken.append(who)
            await place.store.writer.submit(
                lambda conn: touch(conn, place, who, 2, place.now, **shown)
            )
            # Seen twice is as good as not seen: nothing to write but that it was judged.
            await evaluate_in_lanes(place, {who})
        return found

    overtaken: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(Reader, "read", be_overtaken)
        place.rebuild()
    assert overtaken
    assert keep_up(place) == 0
    assert masks(place) == {who: 0}
    settled(place)


def test_a_pack_is_not_kept_when_the_timeline_has_moved_on(watched: Place) -> None:
    place = watched
    if not on_sqlite(place):
        return
    who = place.contact(extRef="U-1")
    place.write(touch, place, who, 1, place.now)

    async def read(conn: Any, kinds: Kinds) -> Timelines:
        return await read_timelines(conn, between, EVERYBODY, kinds)

    kinds = Kinds()
    early = place.read(read, kinds)
    place.write(touch, place, who, 2, place.now)
    place.write(keep_packs, early.packs, kinds)
    assert unpacked(place) == 1
    now = place.read(read, kinds)
    foreign = Kinds([Kind("sms_sent", None, None)])
    place.write(keep_packs, now.packs, foreign)
    assert unpacked(place) == 1, "the numbers are other kinds' already"
    place.write(keep_packs, now.packs, kinds)
    assert unpacked(place) == 0
    assert packed_now(place) == touched(place)
    assert [row["type"] for row in place.rows(select(touchpoint_kinds))] == ["email_sent"]


def test_the_triggers_know_every_type_that_criteria_count(place: Place) -> None:
    if not on_sqlite(place):
        return
    there = "FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'touchpoints'"
    rows = place.rows(text(f"SELECT name, sql {there}"))
    assert {row["name"].rpartition("_")[2] for row in rows} == {"insert", "update", "delete"}
    for row in rows:
        for types in re.findall(r"type IN \((.*?)\)", row["sql"]):
            assert sorted(re.findall(r"'(\w+)'", types)) == COUNTED_TYPES

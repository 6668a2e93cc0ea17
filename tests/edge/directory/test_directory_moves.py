"""Who joined and left which segment: a part of the timeline, whatever becomes of the contact."""

from typing import Any

import pytest
from alembic import command
from api_place import Place
from sqlalchemy import Connection, insert, select

from askwell_edge.directory.segments.marks import mark_due
from askwell_edge.directory.segments.membership import MANY
from askwell_edge.directory.segments.rebuild import DAY_MS
from askwell_edge.directory.upkeep import evaluate_due
from askwell_edge.store.migrate import migrations_config
from askwell_edge.store.tables import segment_move_log, segment_moves, touchpoints

CONTACTS = "/directories/{pool}/contacts"
SEGMENTS = "/directories/{pool}/segments"


def segment(place: Place, field: str, value: str) -> str:
    criteria = {"field": field, "cmp": "eq", "value": value}
    made = str(place.ok("POST", SEGMENTS, {"name": value, "criteria": criteria})["id"])
    place.rebuild()
    return made


def told(place: Place, contact_id: str, size: int = 100) -> list[tuple[Any, ...]]:
    """The timeline, read so many touchpoints at a time."""
    seen, query = [], f"?pageSize={size}"
    while query:
        page = place.ok("GET", f"{CONTACTS}/{contact_id}/timeline{query}")
        assert len(page["elements"]) <= size
        seen += page["elements"]
        query = "?" + page["nextPage"].partition("?")[2] if page["nextPage"] else ""
    assert len({each["id"] for each in seen}) == len(seen)
    return [
        (each["date"], each["id"], each["type"], (each["details"] or {}).get("segment_id"))
        for each in seen
    ]


def stored(place: Place) -> int:
    """How many moves there are: on SQLite, which appends them, all in the log."""
    in_order, appended = (place.rows(select(each)) for each in (segment_moves, segment_move_log))
    on_sqlite = place.store.engine.dialect.name == "sqlite"
    assert not (in_order if on_sqlite else appended)
    return len(in_order) + len(appended)


async def show(conn: Any, place: Place, contact_ids: list[str], turn: str) -> None:
    rows = [
        {
            **{"touchpoint_id": f"TP_{turn}_{each}", "contact_id": each, "at": place.now},
            **{"directory_id": place.pool, "type": "intercept_displayed", "channel": "web"},
        }
        for each in contact_ids
    ]
    await conn.execute(insert(touchpoints), rows)
    await mark_due(conn, [(place.pool, each) for each in contact_ids])


@pytest.fixture
def moved(place: Place) -> tuple[str, str, str]:
    """A contact that joined one segment, then left it for another."""
    gold, tin = (segment(place, "embeddedData.tier", tier) for tier in ("gold", "tin"))
    contact_id = place.contact(email="ana@example.com")
    for tier in ("gold", "tin"):
        place.now += 10
        place.ok("PUT", f"{CONTACTS}/{contact_id}", {"embeddedData": {"tier": tier}})
    return contact_id, gold, tin


def test_the_timeline_has_moves_between_other_touchpoints(
    place: Place, moved: tuple[str, str, str]
) -> None:
    contact_id, gold, tin = moved
    place.now += 10
    place.ok("PUT", f"{CONTACTS}/{contact_id}", {"unsubscribed": True})
    entries = told(place, contact_id)
    assert entries == sorted(entries, reverse=True)
    last = place.now
    assert {(at, type, where) for at, _, type, where in entries} == {
        (last, "opted_out", None),
        (last - 10, "segment_joined", tin),
        (last - 10, "segment_left", gold),
        (last - 20, "segment_joined", gold),
        (last - 30, "contact_created", None),
    }
    for size in (1, 2, 3):
        assert told(place, contact_id, size) == entries
    shown = place.ok("GET", f"{CONTACTS}/{contact_id}/timeline")["elements"][1]
    assert (shown["channel"], shown["countsTowardCaps"], shown["test"]) == ("api", False, False)
    assert place.ok("GET", f"{CONTACTS}/{contact_id}/history?type=email")["elements"] == []


def test_moves_go_with_their_contact(place: Place, moved: tuple[str, str, str]) -> None:
    place.ok("DELETE", f"{CONTACTS}/{moved[0]}")
    assert stored(place) == 0


def test_many_who_move_again_and_again_are_each_told_all_of_it(place: Place) -> None:
    names = {}
    for days in (1, 2):
        criteria = {"field": "activity.displayedCount", "cmp": "gte", "value": 1}
        body = {"name": f"{days} days", "criteria": {**criteria, "withinDays": days}}
        names[days] = place.ok("POST", SEGMENTS, body)["id"]
    people = [place.contact(extRef=f"U-{n}") for n in range(MANY + 1)]
    place.rebuild()
    expected = []
    for turn in ("one", "two"):
        place.write(show, place, people, turn)
        began = place.now
        for days, step in ((0, "segment_joined"), (1, "segment_left"), (2, "segment_left")):
            place.now = began + days * DAY_MS + 1
            assert place.in_loop(lambda: evaluate_due(place.store, place.now)) == len(people)
            expected += [(place.now, step, names[each]) for each in names if days in (0, each)]
        assert stored(place) == len(expected) * len(people)
    gone, *left = people
    for each in people:
        found = [(at, type, where) for at, _, type, where in told(place, each) if where]
        assert sorted(found) == sorted(expected)
    place.ok("DELETE", f"{CONTACTS}/{gone}")
    assert stored(place) == len(expected) * len(left)
    assert {each for at, _, _, each in told(place, left[0], size=2) if each} == {*names.values()}


def test_moves_come_along_in_a_merge_and_go_back(place: Place, moved: tuple[str, str, str]) -> None:
    elder, *_ = moved
    place.now += 10
    place.identity_rules()
    younger = place.contact(email="ana@example.com")
    place.now += 10
    place.ok("PUT", f"{CONTACTS}/{younger}", {"embeddedData": {"tier": "gold"}})
    before = told(place, elder), told(place, younger)
    place.identity_rules(["email"])
    place.now += 10
    assert place.ok("POST", "/directories/{pool}/merges", {})["merged"] == 1
    assert {*before[0], *before[1]} <= set(told(place, elder))
    [merge] = place.ok("GET", "/directories/{pool}/merges")["elements"]
    place.ok("POST", f"/directories/{{pool}}/merges/{merge['mergeId']}/undo")
    assert set(before[0]) <= set(told(place, elder))
    assert not set(before[1]) & set(told(place, elder))
    assert set(before[1]) <= set(told(place, younger))


def test_moves_outlive_a_change_of_the_schema_both_ways(
    place: Place, moved: tuple[str, str, str]
) -> None:
    before = told(place, moved[0])

    def change_schema(conn: Connection) -> None:
        config = migrations_config()
        config.attributes["connection"] = conn
        command.downgrade(config, "0016")
        command.upgrade(config, "head")

    place.write(lambda conn: conn.run_sync(change_schema))
    assert told(place, moved[0]) == before
    assert {row["directory_id"] for row in place.rows(select(touchpoints))} == {place.pool}

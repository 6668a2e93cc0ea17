"""Who joined and left which segment: a part of the timeline, whatever becomes of the contact."""

from typing import Any

import pytest
from alembic import command
from api_place import Place
from sqlalchemy import Connection, select

from askwell_edge.store.migrate import migrations_config
from askwell_edge.store.tables import segment_moves, touchpoints

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
    assert place.rows(select(segment_moves)) == []


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

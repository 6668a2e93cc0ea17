"""What is kept of contacts for rebuilds says what they are like, whatever becomes of them."""

from typing import Any

import pytest
from api_place import DAY_MS, Place
from sqlalchemy import delete, insert, select, update

from askwell_edge.directory.criteria.sql_criteria import FIELDS, INSTANTS
from askwell_edge.directory.segments.membership import evaluate_contacts
from askwell_edge.store.tables import contacts, list_members, memberships, timelines

Leaf = dict[str, Any]


def leaf(field: str, cmp: str, value: Any = None) -> Leaf:
    return {"field": field, "cmp": cmp, **({} if value is None else {"value": value})}


def segment(place: Place, criteria: Leaf) -> str:
    body = {"name": str(criteria), "criteria": criteria}
    return str(place.ok("POST", "/directories/{pool}/segments", body)["id"])


def masks(place: Place) -> dict[str, int]:
    rows = place.rows(select(memberships.c.contact_id, memberships.c.mask))
    return {row["contact_id"]: row["mask"] for row in rows}


def settled(place: Place) -> dict[str, int]:
    """What a rebuild finds, which is what the reference finds contact by contact."""
    place.rebuild()
    found = masks(place)
    for contact_id in found:  # few at a time are judged by the reference
        place.write(evaluate_contacts, place.pool, [contact_id], place.now)
    assert masks(place) == found
    return found


def kept(place: Place) -> set[str]:
    there = select(timelines.c.contact_id).where(timelines.c.answers.is_not(None))
    return {row["contact_id"] for row in place.rows(there)}


def on_sqlite(place: Place) -> bool:
    return bool(place.store.engine.dialect.name == "sqlite")


def packed(place: Place) -> set[str]:
    """Rebuild until everything is kept: the first time gives contacts a version."""
    settled(place)
    settled(place)
    return kept(place)


@pytest.fixture
def asked(place: Place) -> Place:
    """A directory that waits for rebuilds, with segments that ask about contacts themselves."""
    place.ok("PUT", "/directories/{pool}", {"membershipMode": "daily"})
    place.list_id = place.ok(  # type: ignore[attr-defined]
        "POST", "/directories/{pool}/mailinglists", {"name": "News"}
    )["id"]
    segment(place, leaf("embeddedData.tier", "eq", "gold"))
    segment(place, leaf("firstName", "eq", "ÉVA"))  # no database's to say
    segment(place, leaf(f"list.{place.list_id}", "is", True))  # type: ignore[attr-defined]
    segment(place, leaf(f"listUnsubscribed.{place.list_id}", "is", True))  # type: ignore[attr-defined]
    segment(place, leaf("embeddedData.since", "before", "2026-01-15"))  # the reference's alone
    return place


@pytest.mark.scenario("D15")
def test_a_contact_that_changes_is_asked_again(asked: Place) -> None:
    place = asked
    one = place.contact(extRef="U-1", embeddedData={"tier": "gold", "since": "2026-01-01"})
    other = place.contact(extRef="U-2", firstName="éva")
    assert packed(place) == ({one, other} if on_sqlite(place) else set())
    assert masks(place) == {one: 0b10001, other: 0b10}
    path = f"/directories/{{pool}}/contacts/{one}"
    place.ok("PUT", path, {"firstName": "Éva", "embeddedData": {"tier": "silver"}})
    assert one not in kept(place)
    assert settled(place) == {one: 0b10010, other: 0b10}
    listed = {"list_id": place.list_id, "contact_id": other}  # type: ignore[attr-defined]
    member = list_members.c.contact_id == other
    for change, mask in (
        (insert(list_members).values(listed), 0b110),
        (update(list_members).where(member).values(unsubscribed=True), 0b1110),
        (delete(list_members).where(member), 0b10),
    ):
        place.write(lambda conn, change=change: conn.execute(change))
        assert other not in kept(place)
        assert settled(place) == {one: 0b10010, other: mask}
    place.ok("DELETE", path)
    assert settled(place) == {other: 0b10}


def test_every_field_that_criteria_know_takes_the_answers_back(asked: Place) -> None:
    place = asked
    if not on_sqlite(place):
        return
    who = place.contact(extRef="U-1")
    fields = [*FIELDS.values(), *INSTANTS.values(), contacts.c.unsubscribed]
    for column in [*fields, contacts.c.embedded_data]:
        assert packed(place) == {who}
        text = {"n": "1"} if column.name == "embedded_data" else "x"
        value = text if column.type.python_type in (str, dict) else 1
        change = update(contacts).values({column.name: value})
        place.write(lambda conn, change=change: conn.execute(change))
        assert kept(place) == set(), column.name


def test_other_criteria_are_answered_anew(asked: Place) -> None:
    place = asked
    who = place.contact(extRef="U-1", embeddedData={"tier": "gold"})
    place.now += DAY_MS
    packed(place)
    segment_id = segment(place, leaf("embeddedData.tier", "notEmpty"))
    assert settled(place) == {who: 0b100001}
    path = f"/directories/{{pool}}/segments/{segment_id}"
    place.ok("PUT", path, {"criteria": leaf("embeddedData.tier", "neq", "gold")})
    assert settled(place) == {who: 1}
    place.ok("PUT", path, {"criteria": leaf("createdAt", "withinLastDays", 2)})
    assert settled(place) == {who: 0b100001}
    place.now += DAY_MS
    assert settled(place) == {who: 1}


def test_an_undone_merge_is_asked_again(asked: Place) -> None:
    place = asked
    old = place.contact(email="a@b.example", embeddedData={"tier": "gold"})
    place.now += DAY_MS
    new = place.contact(email="c@d.example", embeddedData={"tier": "silver"})
    packed(place)
    place.ok(
        "POST", "/directories/{pool}/merges", {"pairs": [{"survivorId": old, "mergedId": new}]}
    )
    assert settled(place) == {old: 0}  # the newest value wins
    merge = place.ok("GET", "/directories/{pool}/merges")["elements"][0]["mergeId"]
    place.ok("POST", f"/directories/{{pool}}/merges/{merge}/undo")
    assert settled(place) == {old: 1, new: 0}

"""Segments by the API: who is in, how fresh that is, and what is refused."""

import json
from typing import Any

import pytest
from api_place import DAY_MS, Place
from sqlalchemy import select

from askwell_edge.access.roles import Role
from askwell_edge.directory.segments.membership import standing_of
from askwell_edge.directory.segments.segments import create_segment
from askwell_edge.directory.upkeep import build_due
from askwell_edge.store.tables import segments

HERE = "/directories/{pool}/segments"


def gold(name: str = "Gold") -> dict[str, Any]:
    return {"name": name, "criteria": leaf("embeddedData.tier", "eq", "gold")}


def leaf(field: str, cmp: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"field": field, "cmp": cmp, "value": value, **more}


def make(place: Place, criteria: dict[str, Any], name: str = "S") -> str:
    return str(place.ok("POST", HERE, {"name": name, "criteria": criteria})["id"])


def standing(place: Place, contact_id: str, *wanted: str) -> Any:
    return place.read(standing_of, place.pool, contact_id, frozenset(wanted))


def members(place: Place, segment_id: str, *contact_ids: str) -> set[str]:
    return {c for c in contact_ids if segment_id in standing(place, c, segment_id).members}


@pytest.mark.scenario("D3", "D12")
def test_membership_is_pending_until_the_segment_was_built(place: Place) -> None:
    contact_id = place.contact(extRef="U-1", embeddedData={"tier": "GOLD"})
    segment_id = place.write(_unbuilt, place.pool, gold()["criteria"])
    found = standing(place, contact_id, segment_id)
    assert (found.members, found.pending) == (frozenset(), {segment_id})
    place.rebuild()
    found = standing(place, contact_id, segment_id)
    assert (found.members, found.pending) == ({segment_id}, frozenset())
    assert found.built_at == place.now
    shown = place.ok("GET", f"{HERE}/{segment_id}")
    assert (shown["status"], shown["memberCount"]) == ("ready", 1)
    assert shown["nextBuildDate"] == place.now + DAY_MS


async def _unbuilt(conn: Any, pool: str, criteria: dict[str, Any]) -> str:

    return await create_segment(conn, pool, "S", criteria, 1)


def test_a_change_counts_at_once_in_a_live_directory(place: Place) -> None:
    segment_id = make(place, gold()["criteria"])
    contact_id = place.contact(extRef="U-1")
    place.rebuild()
    assert members(place, segment_id, contact_id) == set()
    place.now += 1
    path = f"/directories/{{pool}}/contacts/{contact_id}"
    place.ok("PUT", path, {"embeddedData": {"tier": "gold"}})
    assert members(place, segment_id, contact_id) == {contact_id}
    place.ok("PUT", path, {"embeddedData": {"tier": None}})
    assert members(place, segment_id, contact_id) == set()
    types = [each["type"] for each in place.ok("GET", f"{path}/timeline")["elements"]]
    assert sorted(types) == ["contact_created", "segment_joined", "segment_left"]


@pytest.mark.scenario("D2")
def test_a_change_waits_for_the_rebuild_in_a_daily_directory(place: Place) -> None:
    place.ok("PUT", "/directories/{pool}", {"membershipMode": "daily"})
    segment_id = make(place, gold()["criteria"])
    contact_id = place.contact(extRef="U-1")
    place.rebuild()
    body = {"embeddedData": {"tier": "gold"}}
    place.ok("PUT", f"/directories/{{pool}}/contacts/{contact_id}", body)
    assert members(place, segment_id, contact_id) == set()
    place.rebuild()
    assert members(place, segment_id, contact_id) == {contact_id}


@pytest.mark.scenario("D4")
def test_every_segment_is_built_within_a_day(place: Place) -> None:
    make(place, gold()["criteria"])
    place.rebuild()
    place.now += DAY_MS - 1
    assert place.in_loop(lambda: build_due(place.store, place.now)) == []
    place.now += 1
    assert place.in_loop(lambda: build_due(place.store, place.now)) == [place.pool]
    assert place.rows(select(segments))[0]["built_at"] == place.now


@pytest.mark.scenario("D6", "D7")
def test_nested_criteria_select_as_a_person_reads_them(place: Place) -> None:
    a, b = leaf("firstName", "eq", "A"), leaf("lastName", "eq", "B")
    c, d = leaf("language", "eq", "C"), leaf("phone", "eq", "4")
    nested = {
        "op": "and",
        "items": [a, {"op": "or", "items": [b, {"op": "and", "items": [c, d]}]}],
    }
    people = {}
    for n in range(16):
        person = {
            "extRef": f"P-{n}",
            "firstName": "A" if n & 1 else "x",
            "lastName": "B" if n & 2 else "x",
            "language": "C" if n & 4 else "xx",
            "phone": "4" if n & 8 else "5",
        }
        people[n] = place.contact(**person)
    deep = make(place, nested)
    every = make(place, {"op": "and", "items": [a, b]})
    some = make(place, {"op": "or", "items": [a, b]})
    place.rebuild()
    assert members(place, deep, *people.values()) == {
        people[n] for n in people if n & 1 and (n & 2 or (n & 4 and n & 8))
    }
    assert members(place, every, *people.values()) == {people[n] for n in people if n & 3 == 3}
    assert members(place, some, *people.values()) == {people[n] for n in people if n & 3}


@pytest.mark.scenario("D15")
def test_the_fifth_support_transaction_joins(place: Place) -> None:
    criteria = leaf("transactions.count", "gte", 5, where={"type": "support"}, withinDays=30)
    segment_id = make(place, criteria)
    contact_id = place.contact(extRef="U-1")
    place.rebuild()
    for n in range(5):
        assert members(place, segment_id, contact_id) == set(), n
        place.now += 1000
        place.contact(extRef="U-1", transactionData={"type": "Support", "call": n})
    assert members(place, segment_id, contact_id) == {contact_id}
    place.now += 30 * DAY_MS
    place.rebuild()
    assert members(place, segment_id, contact_id) == set()


@pytest.mark.scenario("D9")
def test_opting_out_leaves_a_segment_of_those_who_did_not(place: Place) -> None:
    segment_id = make(place, leaf("unsubscribed", "is", False))
    contact_id = place.contact(extRef="U-1")
    place.rebuild()
    assert members(place, segment_id, contact_id) == {contact_id}
    place.ok("PUT", f"/directories/{{pool}}/contacts/{contact_id}", {"unsubscribed": True})
    assert members(place, segment_id, contact_id) == set()


@pytest.mark.scenario("D10")
def test_the_twenty_first_segment_is_refused(place: Place) -> None:
    for n in range(20):
        make(place, gold()["criteria"], f"S{n}")
    assert "segment_limit at most 20" in place.refused(409, "POST", HERE, gold())
    assert len(place.ok("GET", HERE)["elements"]) == 20


@pytest.mark.scenario("D16")
def test_a_large_definition_and_a_flood_of_them_are_refused(place: Place) -> None:
    names = [leaf("firstName", "eq", "x" * 900) for _ in range(10)]
    body = {"name": "S", "description": "", "criteria": {"op": "or", "items": names}}
    room = 10_240 - len(json.dumps(body))
    place.ok("POST", HERE, {**body, "description": "x" * room})
    said = place.refused(413, "POST", HERE, {**body, "description": "x" * (room + 1)})
    assert "body: at most 10240 bytes" in said
    for _ in range(58):
        place.refused(400, "POST", HERE, {"name": "S", "criteria": {}})
    answer = place.call("POST", HERE, gold())
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.scenario("D5")
def test_access_alone_may_use_a_segment_but_not_change_it(place: Place) -> None:
    segment_id = make(place, gold()["criteria"])
    token = place.operator("reader", {place.pool: Role(True, False)})
    assert place.ok("GET", f"{HERE}/{segment_id}", token=token)["name"] == "S"
    tries = (
        ("POST", HERE, gold()),
        ("PUT", f"{HERE}/{segment_id}", {"name": "other"}),
        ("POST", f"{HERE}/{segment_id}/rebuild", None),
        ("DELETE", f"{HERE}/{segment_id}", None),
    )
    for method, path, body in tries:
        said = place.refused(403, method, path, body, token=token)
        assert "permission Manage Directory" in said
    assert place.ok("GET", f"{HERE}/{segment_id}")["name"] == "S"


def test_malformed_criteria_are_refused_with_their_path(place: Place) -> None:
    deep: dict[str, Any] = leaf("firstName", "eq", "A")
    for _ in range(9):
        deep = {"op": "and", "items": [deep]}
    bad: list[tuple[Any, str]] = [
        ({"op": "xor", "items": []}, "criteria.op"),
        ({"op": "and", "items": []}, "criteria.items"),
        (leaf("shoe", "eq", "1"), "criteria.field"),
        ({"op": "or", "items": [leaf("firstName", "like", "1")]}, "criteria.items[0].cmp"),
        (leaf("createdAt", "before", "soon"), "criteria.value"),
        (deep, "nested more than 8 deep"),
        ({"op": "or", "items": [leaf("firstName", "eq", "A")] * 101}, "criteria"),
        (
            leaf("list.CG_nowhere", "is", True),
            "criteria.field: the directory has no mailing list CG_nowhere",
        ),
        (
            {"op": "or", "items": [leaf("email", "empty", None), leaf("list.CG_2", "is", True)]},
            "criteria.items[1].field: the directory has no mailing list CG_2",
        ),
    ]
    for criteria, said in bad:
        assert said in place.refused(400, "POST", HERE, {"name": "S", "criteria": criteria})
    assert place.ok("GET", HERE)["elements"] == []


def test_changed_criteria_are_pending_again_until_built(place: Place) -> None:
    segment_id = make(place, gold()["criteria"])
    contact_id = place.contact(extRef="U-1", embeddedData={"tier": "gold"})
    place.rebuild()
    place.ok("PUT", f"{HERE}/{segment_id}", {"criteria": leaf("extRef", "eq", "U-2")})
    place.rebuild()
    assert members(place, segment_id, contact_id) == set()
    assert place.ok("GET", f"{HERE}/{segment_id}")["memberCount"] == 0


def test_a_new_segment_in_a_freed_place_knows_nothing_of_the_old_one(place: Place) -> None:
    old = make(place, gold()["criteria"])
    contact_id = place.contact(extRef="U-1", embeddedData={"tier": "gold"})
    place.rebuild()
    place.ok("DELETE", f"{HERE}/{old}")
    new = make(place, leaf("embeddedData.tier", "eq", "silver"))
    place.rebuild()
    assert members(place, new, contact_id) == set()
    assert standing(place, contact_id, old).members == frozenset()

"""What a segment would hold before it is saved, how its size went, and what it shares."""

from pathlib import Path
from typing import Any

import pytest
from api_place import DAY_MS, Place, opened_place

from askwell_edge.access.roles import Role

HERE = "/directories/{pool}/segments"


def tier(value: str) -> dict[str, Any]:
    return {"field": "embeddedData.tier", "cmp": "eq", "value": value}


def test_a_preview_counts_and_shows_members_and_saves_nothing(place: Place) -> None:
    ids = [
        place.contact(extRef=f"U-{n}", embeddedData={"tier": "gold" if n % 2 else "É"})
        for n in range(30)
    ]
    found = place.ok("POST", f"{HERE}/preview", {"criteria": tier("GOLD")})
    assert (found["memberCount"], found["examined"], found["contactCount"]) == (15, 30, 30)
    odd = {ids[n] for n in range(1, 30, 2)}
    sample = [each["contactId"] for each in found["sample"]]
    assert len(set(sample)) == 10
    assert set(sample) <= odd
    # Whom the database is in doubt about, the core judges.
    assert place.ok("POST", f"{HERE}/preview", {"criteria": tier("é")})["memberCount"] == 15
    # And what the database does not know at all.
    strange = {"field": "activity.frustrationCount", "cmp": "eq", "value": 0}
    assert place.ok("POST", f"{HERE}/preview", {"criteria": strange})["memberCount"] == 30
    assert place.ok("GET", HERE)["elements"] == []


def test_a_preview_refuses_what_a_segment_would(place: Place) -> None:
    deep: Any = tier("x")
    for _ in range(9):
        deep = {"op": "and", "items": [deep]}
    wide = {"op": "or", "items": [{"op": "or", "items": [tier("x")] * 51}] * 2}
    for path in (HERE, f"{HERE}/preview"):
        name = {"name": "N"} if path == HERE else {}
        said = place.refused(400, "POST", path, {**name, "criteria": deep})
        assert "nested more than 8 deep" in said
        said = place.refused(400, "POST", path, {**name, "criteria": wide})
        assert "more than 100 comparisons" in said
    token = place.operator("Lea", {place.pool: Role(access_contacts=True, manage_directory=False)})
    body = {"criteria": tier("x")}
    assert "Manage Directory" in place.refused(403, "POST", f"{HERE}/preview", body, token=token)


def test_history_overlap_and_what_is_told_of_a_segment(place: Place) -> None:
    for n in range(4):
        place.contact(extRef=f"U-{n}", embeddedData={"tier": "gold", "n": str(n)})
    body = {"name": "Gold", "description": "Of the best", "criteria": tier("gold")}
    gold = place.ok("POST", HERE, body)["id"]
    few = {"op": "or", "items": [{"field": "embeddedData.n", "cmp": "lt", "value": 2}]}
    other = place.ok("POST", HERE, {"name": "Few", "criteria": few})["id"]
    place.rebuild()
    place.now += DAY_MS
    place.contact(extRef="U-9", embeddedData={"tier": "gold"})
    place.rebuild()
    sizes = place.ok("GET", f"{HERE}/{gold}/history")["elements"]
    assert sizes == [
        {"date": place.now, "memberCount": 5},
        {"date": place.now - DAY_MS, "memberCount": 4},
    ]
    shared = place.ok("GET", f"{HERE}/overlap")["elements"]
    assert [(set(each["segmentIds"]), each["memberCount"]) for each in shared] == [
        ({gold, other}, 2)
    ]
    shown = place.ok("GET", f"{HERE}/{gold}")
    assert (shown["description"], shown["matchMode"]) == ("Of the best", "all")
    assert (shown["directoryId"], shown["createdBy"][:3]) == (place.pool, "OP_")
    assert place.ok("GET", f"{HERE}/{other}")["matchMode"] == "any"
    place.ok("PUT", f"{HERE}/{gold}", {"description": ""})
    shown = place.ok("GET", f"{HERE}/{gold}")
    assert (shown["description"], shown["status"]) == (None, "ready")


@pytest.mark.scenario("D10")
def test_the_limit_of_segments_can_be_raised_to_fifty(store_url: str, tmp_path: Path) -> None:
    with opened_place(store_url, tmp_path, ASKWELL_SEGMENT_LIMIT="50") as place:
        for n in range(50):
            place.ok("POST", HERE, {"name": f"S {n}", "criteria": tier("x")})
            place.now += 1000
        body = {"name": "One too many", "criteria": tier("x")}
        assert "at most 50 segments" in place.refused(409, "POST", HERE, body)

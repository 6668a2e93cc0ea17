"""Audiences: who of a list, a segment or a directory may be written to at an instant."""

from typing import Any

import pytest
from api_place import DAY_MS, SHOP, Place

from askwell_edge.access.roles import Role
from askwell_edge.directory.upkeep import evaluate_due

HERE = "/directories/{pool}/audience"


def reach(place: Place, query: str = "") -> dict[str, Any]:
    """Counts, which must agree with the members page by page."""
    counts: dict[str, Any] = place.ok("GET", f"{HERE}{query}")
    reasons = [each["reason"] for each in everybody(place, query)]
    assert counts["members"] == len(reasons)
    assert counts["reachable"] == reasons.count(None)
    assert counts["silent"] == {why: reasons.count(why) for why in reasons if why is not None}
    return counts


def everybody(place: Place, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        more = f"{query}{'&' if query else '?'}pageSize=2{token}"
        answer = place.ok("GET", f"{HERE}/contacts{more}")
        found += answer["elements"]
        if answer["nextPage"] is None:
            return found
        token = f"&skipToken={answer['nextPage'].rpartition('skipToken=')[2]}"


def written_to(place: Place, query: str = "") -> set[str]:
    """External references of those who may be written to."""
    return {each["extRef"] for each in everybody(place, query) if each["reason"] is None}


def segment(place: Place, criteria: dict[str, Any]) -> str:
    body = {"name": "S", "criteria": criteria}
    made: str = place.ok("POST", "/directories/{pool}/segments", body)["id"]
    place.rebuild()
    return f"?segmentId={made}"


def opt_out(place: Place, contact_id: str, **body: Any) -> None:
    path = f"/directories/{{pool}}/contacts/{contact_id}/optout"
    place.ok("PUT", path, {"scope": "directory", "unsubscribed": True, **body})


def shop(place: Place) -> tuple[str, str]:
    """A published project, linked with the directory, and its live intercept."""
    zone = place.ok("POST", "/projects", {"name": "Shop", "origins": [SHOP]})["id"]
    place.ok("POST", f"/projects/{zone}/link", {"directoryId": place.pool})
    creative = {"name": "C", "definition": {"title": "Hello"}}
    shown = place.ok("POST", f"/projects/{zone}/creatives", creative)["id"]
    draft = {"linked": True, "frequency_control": True, "actions": [{"creative_id": shown}]}
    made = place.ok("POST", f"/projects/{zone}/intercepts", {"name": "I", "draft": draft})["id"]
    place.ok("POST", f"/projects/{zone}/intercepts/{made}/publish")
    place.ok("POST", f"/projects/{zone}/intercepts/{made}/activate")
    return zone, made


def decided(place: Place, zone: str, reference: str) -> Any:
    body = {"now": place.now, "draw": "0" * 32, "page": {"url": SHOP}, "reference": reference}
    answer = place.client.post(f"/p/{zone}/decide", json=body, headers={"Origin": SHOP})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.scenario("D8", "L4")
def test_who_opted_out_of_the_directory_gets_no_mail_but_still_the_intercept(place: Place) -> None:
    zone, shown = shop(place)
    news = place.ok("POST", "/directories/{pool}/mailinglists", {"name": "News"})["id"]
    for name in ("U-1", "U-2"):
        body = {"extRef": name, "email": f"{name}@example.com", "embeddedData": {"tier": "gold"}}
        place.ok("POST", f"/directories/{{pool}}/mailinglists/{news}/contacts", body)
    [contact_id] = [each["contactId"] for each in everybody(place) if each["extRef"] == "U-1"]
    gold = segment(place, {"field": "embeddedData.tier", "cmp": "eq", "value": "gold"})
    audiences = ("", f"?mailingListId={news}", gold, f"{gold}&mailingListId={news}")
    for each in audiences:
        assert written_to(place, each) == {"U-1", "U-2"}
    opt_out(place, contact_id)
    for each in audiences:
        assert written_to(place, each) == {"U-2"}
        assert reach(place, each)["silent"] == {"opted_out_directory": 1}
    answer = decided(place, zone, "U-1")
    assert [each["intercept"] for each in answer["show"]] == [shown]


@pytest.mark.scenario("D11")
@pytest.mark.parametrize("how", ["changed", "time", "deleted"])
def test_who_left_the_segment_is_not_in_the_audience_of_its_reminder(
    place: Place, how: str
) -> None:
    criteria: dict[str, Any] = {"field": "embeddedData.tier", "cmp": "eq", "value": "gold"}
    if how == "time":
        criteria = {"field": "createdAt", "cmp": "withinLastDays", "value": 7}
    first = place.contact(extRef="C1", email="c1@example.com", embeddedData={"tier": "gold"})
    place.now += DAY_MS
    place.contact(extRef="C2", email="c2@example.com", embeddedData={"tier": "gold"})
    query = segment(place, criteria)
    assert written_to(place, query) == {"C1", "C2"}, "invited"
    match how:
        case "changed":
            path = f"/directories/{{pool}}/contacts/{first}"
            place.ok("PUT", path, {"embeddedData": {"tier": "silver"}})
        case "time":
            place.now += 6 * DAY_MS + 1
            place.in_loop(lambda: evaluate_due(place.store, place.now))
        case "deleted":
            place.ok("DELETE", f"/directories/{{pool}}/contacts/{first}")
    assert written_to(place, query) == {"C2"}, "reminded"
    assert reach(place, query)["members"] == 1
    assert written_to(place) == ({"C2"} if how == "deleted" else {"C1", "C2"})


def test_everybody_who_is_held_back_is_counted_once_by_the_first_reason(place: Place) -> None:
    news = place.ok("POST", "/directories/{pool}/mailinglists", {"name": "News"})["id"]
    ids = {}
    for name in ("free", "mute", "list", "pool", "all", "bounced", "two"):
        body = {"extRef": name, "email": None if name == "mute" else f"{name}@example.com"}
        ids[name] = place.ok("POST", f"/directories/{{pool}}/mailinglists/{news}/contacts", body)[
            "id"
        ]
    place.contact(extRef="elsewhere", phone="+44 20 7946 0018")
    opt_out(place, ids["list"], scope="list", mailingListId=news)
    opt_out(place, ids["pool"])
    opt_out(place, ids["two"])
    opt_out(place, ids["all"], scope="all")
    for name in ("bounced", "two"):
        path = f"/directories/{{pool}}/contacts/{ids[name]}/suppression"
        place.ok("PUT", path, {"suppressed": True})
    assert reach(place, f"?mailingListId={news}") == {
        "members": 7,
        "reachable": 1,
        "silent": {
            "no_address": 1,
            "opted_out_everywhere": 1,
            "opted_out_directory": 2,
            "opted_out_list": 1,
            "suppressed": 1,
        },
        "builtDate": None,
    }
    assert written_to(place) == {"free", "list"}
    assert written_to(place, "?channel=sms") == {"elsewhere"}


def test_an_audience_is_asked_for_by_who_may_see_it_and_by_what_is_there(place: Place) -> None:
    other = place.ok("POST", "/directories", {"name": "Other"})["id"]
    token = place.operator("reader", {other: Role(access_contacts=True, manage_directory=False)})
    place.refused(404, "GET", HERE, token=token)
    assert place.ok("GET", f"/directories/{other}/audience", token=token)["members"] == 0
    for query in ("?mailingListId=CG_none", "?segmentId=SG_none"):
        place.refused(404, "GET", f"{HERE}{query}")
    assert "channel: must be one of" in place.refused(400, "GET", f"{HERE}?channel=letter")
    body = {"name": "S", "criteria": {"field": "firstName", "cmp": "eq", "value": "Ana"}}
    made = place.ok("POST", "/directories/{pool}/segments", body)["id"]
    told = place.refused(409, "GET", f"{HERE}?segmentId={made}")
    assert "segment_not_built" in told

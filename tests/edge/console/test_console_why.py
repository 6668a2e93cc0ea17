"""Why?: the core's own answer for a contact and an address, and not a word written for it."""

from typing import Any

import pytest
from api_place import DAY_S, SHOP
from desk import ACCESS, Desk, text_of
from test_console_projects import intercept, shown_to

from askwell_edge.store.tables import metadata


@pytest.fixture
def shop(desk: Desk) -> str:
    """A linked project with a capped intercept for gold customers that is live."""
    place = desk.place
    limits = {"limits": [{"max": 1, "windowSeconds": DAY_S}]}
    place.ok("POST", "/directories/{pool}/frequencyrules", limits)
    criteria = {"field": "embeddedData.tier", "cmp": "eq", "value": "gold"}
    body = {"name": "Gold customers", "criteria": criteria}
    segment_id = place.ok("POST", "/directories/{pool}/segments", body)["id"]
    place.contact(firstName="Ana", extRef="U-1", embeddedData={"tier": "gold"})
    place.contact(firstName="Ben", extRef="U-2", embeddedData={"tier": "basic"})
    place.rebuild()
    project = str(place.ok("POST", "/projects", {"name": "Shop", "origins": [SHOP]})["id"])
    place.ok("POST", f"/projects/{project}/link", {"directoryId": place.pool})
    condition = [
        {"kind": "url", "cmp": "starts_with", "value": SHOP},
        "and",
        {"kind": "segment", "cmp": "is", "value": [segment_id]},
    ]
    capped: dict[str, Any] = {"linked": True, "frequency_control": True}
    intercept_id = intercept(place, project, "Gold", condition=condition, **capped)
    for action in ("publish", "activate"):
        place.ok("POST", f"/projects/{project}/intercepts/{intercept_id}/{action}")
    intercept(place, project, "Still a draft")
    return project


def ask(desk: Desk, project: str, **asked: str) -> str:
    return desk.shows("/why", params={"project": project, "url": f"{SHOP}/", **asked})


def test_each_visitor_gets_a_reason_and_every_condition(desk: Desk, shop: str) -> None:
    said = ask(desk, shop, reference="U-1")
    assert "Ana is known" in said
    assert "shows Gold" in said
    assert "the contact is in the segment Gold customers Gold customers yes" in said
    assert "Drafts are not asked: Still a draft" in said
    said = ask(desk, shop, reference="U-2")
    assert "not targeted Gold" in said
    assert "the contact is in the segment Gold customers not a member no" in said
    assert f"the page's address starts with {SHOP} {SHOP}/ yes" in said
    said = ask(desk, shop, reference="X-9")
    assert "does not know this reference" in said
    assert "unknown reference Gold" in said
    said = ask(desk, shop)
    assert "anonymous" in said
    assert "not targeted Gold" in said
    said = ask(desk, shop, reference="undefined")
    assert "anonymous" in said


def test_the_reason_is_the_one_that_pages_get(desk: Desk, shop: str) -> None:
    place = desk.place
    assert len(shown_to(place, shop, "U-1")) == 1
    claim = {
        "page_view_id": "a-page-view-of-16",
        "intercept": shown_to(place, shop, "U-1")[0],
        "action": place.ok("GET", f"/projects/{shop}/intercepts")["elements"][0]["draft"][
            "actions"
        ][0]["id"],
        "reference": "U-1",
    }
    answer = place.client.post(f"/p/{shop}/claim", json=claim, headers={"Origin": SHOP})
    assert answer.json()["granted"] is True
    assert shown_to(place, shop, "U-1") == []
    said = ask(desk, shop, reference="U-1")
    assert "frequency rule Gold" in said
    assert "At most 1 message in 24 hours for every contact." in said
    assert "It allows again" in said


def test_asking_writes_nothing(desk: Desk, shop: str) -> None:
    place = desk.place
    place.ok("PUT", f"/projects/{shop}", {"settings": {"create_contacts": True}})
    place.ok("POST", f"/projects/{shop}/publish")

    def everything() -> dict[str, Any]:
        return {table.name: place.rows(table.select()) for table in metadata.sorted_tables}

    before = everything()
    for reference in ("U-1", "U-2", "N-new", "", "undefined"):
        ask(desk, shop, reference=reference)
    assert everything() == before
    assert "would add a contact" in ask(desk, shop, reference="N-new")


def test_a_contact_is_asked_about_by_its_page(desk: Desk, shop: str) -> None:
    contact_id = desk.place.contact(firstName="Without", lastName="Reference")
    said = ask(desk, shop, contact=contact_id)
    assert "Without Reference is known" in said
    answer = desk.get("/why", params={"project": shop, "contact": "CID_Nobody00000000"})
    assert answer.status_code == 404


def test_chance_is_shown_and_taken_in_favour(desk: Desk, shop: str) -> None:
    place = desk.place
    here = f"/projects/{shop}/intercepts"
    intercept_id = place.ok("GET", here)["elements"][0]["interceptId"]
    place.ok("PUT", f"{here}/{intercept_id}", {"draft": {"sample_rate": 500}})
    place.ok("POST", f"{here}/{intercept_id}/publish")
    said = ask(desk, shop, reference="U-1")
    assert (
        "By chance 5 % of visitors are asked at all; here chance is taken to be in favour" in said
    )
    assert "shows Gold" in said
    place.ok("PUT", f"{here}/{intercept_id}", {"draft": {"sample_rate": 0}})
    place.ok("POST", f"{here}/{intercept_id}/publish")
    assert "sampled out Gold" in ask(desk, shop, reference="U-1")


def test_bad_questions_are_answered_in_words(desk: Desk, shop: str) -> None:
    said = ask(desk, shop, values="no equals sign")
    assert "write each as name=value" in said
    assert desk.get("/why", params={"project": "ZN_Nowhere0000000"}).status_code == 404
    for odd in ("x" * 5000, "<script>alert(1)</script>", "U-1\ud7ff"):
        page = desk.get("/why", params={"project": shop, "url": odd, "reference": odd})
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "Why?" in text_of(page.text)


def test_who_has_access_to_contacts_may_ask(desk: Desk, shop: str) -> None:
    clerk = Desk(desk.place).sign_in_new("clerk", {desk.place.pool: ACCESS})
    assert "Ana is known" in ask(clerk, shop, reference="U-1")

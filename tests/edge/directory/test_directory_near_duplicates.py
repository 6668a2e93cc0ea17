"""Contacts that look alike are shown to people, and merged by people alone."""

import pytest
from api_place import Place

from askwell_edge.directory.merges.near_duplicates import LIKELY, likeness
from askwell_edge.store.tables import contacts

HERE = "/directories/{pool}"
KEYS = ("first_name_key", "last_name_key", "email_key", "phone_key", "external_reference")


def test_look_alikes_are_shown_with_their_likeness_and_merged_by_hand_alone(place: Place) -> None:
    first = place.contact(
        extRef="U-1", firstName="Katherine", lastName="Ruiz", email="katherine.ruiz@example.com"
    )
    place.now += 1
    second = place.contact(
        firstName="Katharine", lastName="RUIZ", email="katharine.ruiz@example.com", phone="5550100"
    )
    place.contact(extRef="U-3", firstName="Bob", lastName="Ruiz", email="bob@other.example")
    for _ in range(2):  # rebuilt or not, shown or not: nothing merges by itself
        found = place.ok("GET", f"{HERE}/duplicates")
        assert (found["count"], found["pairs"]) == (0, [])
        assert [{c["contactId"] for c in each["contacts"]} for each in found["near"]] == [
            {first, second}
        ]
        place.rebuild()
    assert LIKELY <= found["near"][0]["score"] < 100
    assert set(found["near"][0]["scores"]) == {"name", "email"}
    similar = place.ok("GET", f"{HERE}/contacts/{second}/similar")["elements"]
    assert [each["score"] for each in similar] == [found["near"][0]["score"]]
    body = {"pairs": [{"survivorId": second, "mergedId": first}]}
    made = place.ok("POST", f"{HERE}/merges", body)["ids"]
    shown = place.get(first)  # the older one stays, whichever was named first
    assert place.get(second)["contactId"] == first
    assert (shown["firstName"], shown["phone"], shown["extRef"]) == ("Katharine", "5550100", "U-1")
    assert place.ok("GET", f"{HERE}/merges/{made[0]}")["rule"] == 0
    assert "one contact already" in place.refused(400, "POST", f"{HERE}/merges", body)
    place.ok("POST", f"{HERE}/merges/{made[0]}/undo")
    assert place.get(second)["firstName"] == "Katharine"


@pytest.mark.scenario("B14")
def test_contacts_with_one_reference_are_reported_to_who_manages(place: Place) -> None:
    place.identity_rules()
    first, second = place.contact(extRef="U-1"), place.contact(extRef="U-1")
    place.identity_rules(["extRef"])
    found = place.ok("GET", f"{HERE}/duplicates")
    assert found["count"] == 1
    assert {found["pairs"][0]["survivorId"], found["pairs"][0]["mergedId"]} == {first, second}


def test_the_score_needs_two_likenesses_and_doubts_two_references() -> None:
    def row(*values: str | None) -> dict[str, str | None]:
        return dict(zip(KEYS, values, strict=True))

    alone = row("ana", "ruiz", None, None, None)
    assert likeness(alone, alone)[0] == 0
    whole = row("ana", "ruiz", "ana@example.com", "+4955501", None)
    assert likeness(whole, whole) == (100, {"name": 100, "email": 100, "phone": 100})
    one, two = {**whole, "external_reference": "1"}, {**whole, "external_reference": "2"}
    assert likeness(one, two)[0] < likeness(one, whole)[0] == 100
    assert {c.name for c in contacts.c} >= set(KEYS)

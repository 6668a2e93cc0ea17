"""Opt-outs of a list, a directory and everything, and suppression beside them."""

from typing import Any

import pytest
from api_place import Place

from askwell_edge.access.roles import Role


def here(contact_id: str, pool: str = "{pool}") -> str:
    return f"/directories/{pool}/contacts/{contact_id}"


def reason(place: Place, contact_id: str, list_id: str = "") -> Any:
    query = f"?mailingListId={list_id}" if list_id else ""
    return place.ok("GET", f"{here(contact_id)}/optout{query}")["reason"]


def on_list(place: Place, name: str, **contact: Any) -> tuple[str, str]:
    made = place.ok("POST", "/directories/{pool}/mailinglists", {"name": name})["id"]
    path = f"/directories/{{pool}}/mailinglists/{made}/contacts"
    return made, place.ok("POST", path, contact)["id"]


@pytest.mark.scenario("L4")
def test_who_opted_out_of_the_directory_may_be_sent_nothing_of_any_list(place: Place) -> None:
    news, contact_id = on_list(place, "News", extRef="U-1", email="ana@example.com")
    other, _ = on_list(place, "Other", extRef="U-1")
    path = f"{here(contact_id)}/optout"
    assert [reason(place, contact_id, each) for each in (news, other, "")] == [None] * 3
    place.ok("PUT", path, {"scope": "list", "mailingListId": news, "unsubscribed": True})
    assert reason(place, contact_id, news) == "opted_out_list"
    assert reason(place, contact_id, other) is None
    place.ok("PUT", path, {"scope": "directory", "unsubscribed": True})
    for each in (news, other, ""):
        assert reason(place, contact_id, each) == "opted_out_directory"
    place.ok("PUT", path, {"scope": "directory", "unsubscribed": False})
    assert reason(place, contact_id, news) == "opted_out_list"
    changes = [
        (each["type"], each["mailingListId"])
        for each in place.ok("GET", f"{here(contact_id)}/timeline")["elements"]
        if each["type"].startswith("opted")
    ]
    assert sorted(changes, key=str) == [
        ("opted_in", None),
        ("opted_out", news),
        ("opted_out", None),
    ]


@pytest.mark.scenario("L5")
def test_a_segment_has_no_opt_out(place: Place) -> None:
    contact_id = place.contact(extRef="U-1")
    body = {"scope": "segment", "unsubscribed": True}
    assert "scope: Invalid enum value" in place.refused(
        400, "PUT", f"{here(contact_id)}/optout", body
    )
    assert reason(place, contact_id) is None


def test_an_opt_out_of_everything_reaches_every_directory_and_who_comes_later(
    place: Place,
) -> None:
    first = place.contact(extRef="U-1", email="Ana@Example.com")
    other = place.ok("POST", "/directories", {"name": "Other"})["id"]
    path = f"/directories/{other}/contacts"
    second = place.ok("POST", path, {"extRef": "X", "email": "ana@example.com"})["id"]
    stranger = place.contact(extRef="U-2", email="bob@example.com")
    body = {"scope": "all", "unsubscribed": True}
    token = place.operator("Lea", {place.pool: Role(access_contacts=True, manage_directory=True)})
    said = place.refused(403, "PUT", f"{here(first)}/optout", body, token=token)
    assert "Brand Administrator" in said
    place.ok("PUT", f"{here(first)}/optout", body)
    assert reason(place, first) == "opted_out_everywhere"
    assert place.ok("GET", here(second, other))["directoryUnsubscribed"] is True
    later = place.contact(extRef="U-3", email="ANA@example.com")
    assert reason(place, later) == "opted_out_everywhere"
    assert reason(place, stranger) is None
    place.ok("PUT", f"{here(first)}/optout", {"scope": "all", "unsubscribed": False})
    assert [reason(place, each) for each in (first, later)] == [None, None]
    assert place.ok("GET", here(second, other))["directoryUnsubscribed"] is False


def test_suppressed_is_no_opt_out(place: Place) -> None:
    news, contact_id = on_list(place, "News", extRef="U-1")
    place.ok("PUT", f"{here(contact_id)}/suppression", {"suppressed": True})
    assert reason(place, contact_id) == "suppressed"
    shown = place.get(contact_id)
    assert (shown["directoryUnsubscribed"], shown["suppressedDate"]) == (False, place.now)
    assert place.ok("GET", "/directories/{pool}/contacts/optedOutContacts")["elements"] == []
    path = f"/directories/{{pool}}/mailinglists/{news}/bouncedContacts"
    assert [each["contactId"] for each in place.ok("GET", path)["elements"]] == [contact_id]
    place.ok("PUT", f"{here(contact_id)}/suppression", {"suppressed": False})
    assert reason(place, contact_id) is None

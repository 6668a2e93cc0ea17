"""Merging contacts that are there already: what wins, what is joined, and the way back."""

from typing import Any

import pytest
from api_place import DAY_MS, DAY_S, Place
from sqlalchemy import insert, select

from askwell_edge.ledger.rules import allowances, rules_of
from askwell_edge.store.tables import audit, contacts, merges, touchpoints

HERE = "/directories/{pool}/merges"
RUNS = "/directories/{pool}/mergeruns"
CONTACTS = "/directories/{pool}/contacts"


def duplicates(place: Place, *people: dict[str, Any], rule: str = "email") -> list[str]:
    """Contacts made while no rule saw them, and then the rule."""
    place.identity_rules()
    made = []
    for person in people:
        made.append(place.contact(**person))
        place.now += DAY_MS
    place.identity_rules([rule])
    return made


ANA = {
    "extRef": "U-1",
    "firstName": "Ana",
    "email": "ana@example.com",
    "embeddedData": {"tier": "tin", "city": "Bonn"},
}
ANA_TOO = {
    "email": "ANA@example.com",
    "phone": "5",
    "lastName": "Ruiz",
    "embeddedData": {"Tier": "gold"},
}


def merge(place: Place, **body: Any) -> list[str]:
    """The merges that a run made, oldest first."""
    before = {each["mergeId"] for each in place.ok("GET", HERE)["elements"]}
    run = place.ok("POST", HERE, body)
    assert run["state"] == "finished"
    after = [each["mergeId"] for each in reversed(place.ok("GET", HERE)["elements"])]
    made = [each for each in after if each not in before]
    assert run["found"] == run["merged"] == len(made)
    assert place.ok("GET", f"{RUNS}/{run['id']}") == run
    return made


@pytest.mark.scenario("E8")
def test_duplicates_become_the_oldest_and_old_ids_lead_to_it(place: Place) -> None:
    first, second, third, other = duplicates(
        place, ANA, ANA_TOO, {"email": "ana@example.com"}, {"email": "bob@example.com"}
    )
    shown = place.ok("POST", f"{HERE}/preview", {})
    assert shown["count"] == 2
    assert shown["pairs"][0]["survivorId"] == first
    assert shown["pairs"][0]["fields"]["lastName"] == {
        "survivor": None,
        "merged": "Ruiz",
        "kept": "Ruiz",
    }
    assert len(place.all_contacts()) == 4, "a preview changes nothing"
    assert len(merge(place)) == 2
    assert {each["contactId"] for each in place.all_contacts()} == {first, other}
    for old in (first, second, third):
        found = place.get(old)
        assert found["contactId"] == first
        assert (found["extRef"], found["firstName"], found["lastName"]) == ("U-1", "Ana", "Ruiz")
        assert found["phone"] == "5"
        assert found["embeddedData"] == {"tier": "gold", "city": "Bonn"}
    assert place.ok("POST", f"{HERE}/preview", {})["count"] == 0
    kept = place.rows(select(audit).where(audit.c.action == "contact.merge"))
    assert {each["before"]["merged"]["contact_id"] for each in kept} == {second, third}


@pytest.mark.scenario("E10")
def test_opting_out_survives_a_merge_with_its_earliest_date(place: Place) -> None:
    first, second = duplicates(place, ANA, {**ANA_TOO, "unsubscribed": True})
    opted_out_at = place.get(second)["directoryUnsubscribeDate"]
    merge(place)
    found = place.get(first)
    assert (found["directoryUnsubscribed"], found["directoryUnsubscribeDate"]) == (
        True,
        opted_out_at,
    )


@pytest.mark.scenario("C23")
def test_caps_see_the_touches_of_both(place: Place) -> None:
    rule = {"limits": [{"max": 2, "windowSeconds": 7 * DAY_S}]}
    place.ok("POST", "/directories/{pool}/frequencyrules", rule)
    first, second = duplicates(place, ANA, ANA_TOO)
    for contact_id in (first, second):
        place.write(touch, place, contact_id)
    assert held_until(place, first) == 0
    merge_id = merge(place)[0]
    assert held_until(place, first) > place.now
    place.ok("POST", f"{HERE}/{merge_id}/undo")
    assert held_until(place, first) == held_until(place, second) == 0


async def touch(conn: Any, place: Place, contact_id: str) -> None:
    await conn.execute(
        insert(touchpoints).values(
            touchpoint_id=f"TP_{contact_id}",
            contact_id=contact_id,
            directory_id=place.pool,
            at=place.now,
            type="email_sent",
            channel="email",
            counts_toward_caps=True,
        )
    )


def held_until(place: Place, contact_id: str) -> int:
    async def look(conn: Any) -> int:
        rules = await rules_of(conn, place.pool)
        return max((await allowances(conn, rules, contact_id, place.now)).values())

    return int(place.read(look))


def test_lists_are_joined_and_list_opt_outs_stay(place: Place) -> None:
    one, two = (
        place.ok("POST", "/directories/{pool}/mailinglists", {"name": name})["id"]
        for name in ("One", "Two")
    )
    first, second = duplicates(place, ANA, ANA_TOO)
    path = "/directories/{pool}/mailinglists"
    place.identity_rules(["phone"], ["extRef"])
    place.ok("POST", f"{path}/{one}/contacts", {"extRef": "U-1"})
    for made in (one, two):
        place.ok("POST", f"{path}/{made}/contacts", {"phone": "5", "unsubscribed": made == one})
    place.identity_rules(["email"])
    merge_id = merge(place)[0]
    lists = place.get(first)["mailingListMembership"]
    assert {made: each["unsubscribed"] for made, each in lists.items()} == {one: True, two: False}
    place.ok("POST", f"{HERE}/{merge_id}/undo")
    lists = place.get(first)["mailingListMembership"]
    assert {made: each["unsubscribed"] for made, each in lists.items()} == {one: False}
    lists = place.get(second)["mailingListMembership"]
    assert {made: each["unsubscribed"] for made, each in lists.items()} == {one: True, two: False}


def test_an_undone_merge_leaves_two_contacts_as_they_were(place: Place) -> None:
    first, second = duplicates(place, ANA, ANA_TOO)
    before = place.get(first), place.get(second)
    merge_id = merge(place)[0]
    place.now += DAY_MS
    place.ok("POST", f"{HERE}/{merge_id}/undo")
    for was, contact_id in zip(before, (first, second), strict=True):
        now = place.get(contact_id)
        assert now["lastModified"] == place.now
        assert {**now, "lastModified": 0} == {**was, "lastModified": 0}
    said = place.refused(409, "POST", f"{HERE}/{merge_id}/undo")
    assert "merge_undone" in said
    types = {r["type"] for r in place.rows(select(touchpoints).where(_of(second)))}
    assert types == {"contact_created", "contact_unmerged"}


def _of(contact_id: str) -> Any:
    return touchpoints.c.contact_id == contact_id


def test_an_undo_keeps_what_was_changed_since(place: Place) -> None:
    first, second = duplicates(place, ANA, ANA_TOO)
    merge_id = merge(place)[0]
    change = {"firstName": "Anna", "embeddedData": {"tier": "platinum", "new": "1"}}
    place.ok("PUT", f"{CONTACTS}/{first}", change)
    place.ok("POST", f"{HERE}/{merge_id}/undo")
    found = place.get(first)
    assert (found["firstName"], found["lastName"], found["phone"]) == ("Anna", None, None)
    assert found["embeddedData"] == {"tier": "platinum", "new": "1", "city": "Bonn"}
    assert place.get(second)["embeddedData"] == {"Tier": "gold"}


def test_merges_into_one_contact_are_undone_newest_first(place: Place) -> None:
    first, second, third = duplicates(place, ANA, ANA_TOO, {"email": "ana@example.com"})
    early, late = merge(place)
    assert late in place.refused(409, "POST", f"{HERE}/{early}/undo")
    place.ok("POST", f"{HERE}/{late}/undo")
    place.ok("POST", f"{HERE}/{early}/undo")
    assert {each["contactId"] for each in place.all_contacts()} == {first, second, third}


def test_only_newly_added_ones_are_merged_when_asked(place: Place) -> None:
    first, second, third = duplicates(place, ANA, ANA_TOO, {"email": "ana@example.com"})
    since = place.get(third)["creationDate"]
    assert len(merge(place, since=since)) == 1
    assert {each["contactId"] for each in place.all_contacts()} == {first, second}


def test_a_contact_that_matches_two_is_merged_by_the_first_rule_alone(place: Place) -> None:
    place.identity_rules()
    a = place.contact(extRef="A", email="a@example.com")
    b = place.contact(extRef="B", email="b@example.com")
    before = place.get(b)
    place.now += DAY_MS
    place.contact(extRef="A", email="b@example.com")
    place.identity_rules(["extRef"], ["email"])
    shown = place.ok("POST", f"{HERE}/preview", {})["pairs"]
    assert [(each["survivorId"], each["rule"]) for each in shown] == [(a, 1)]
    merge(place)
    assert place.get(b) == before


def test_a_deleted_contact_leaves_no_image_behind(place: Place) -> None:
    first, _ = duplicates(place, ANA, ANA_TOO)
    merge(place)
    place.ok("DELETE", f"{CONTACTS}/{first}")
    assert place.rows(select(merges)) == []
    assert place.rows(select(contacts)) == []
    assert "ana@example.com" not in str(place.rows(select(audit))).lower()


def test_nor_does_one_who_had_taken_in_another_before(place: Place) -> None:
    first, second, third = duplicates(place, ANA, ANA_TOO, {"email": "ana@example.com"})
    for one, other in ((second, third), (first, second)):
        place.ok("POST", HERE, {"pairs": [{"survivorId": one, "mergedId": other}]})
    place.ok("DELETE", f"{CONTACTS}/{first}")
    assert place.rows(select(merges)) == []

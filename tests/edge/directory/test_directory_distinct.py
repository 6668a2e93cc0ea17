"""Contacts that somebody said are two people: no rule makes them one, nothing suggests it."""

from itertools import combinations
from typing import Any

import pytest
from api_place import ALL_SCOPES, DAY_MS, Place
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from askwell_edge.access.roles import Role
from askwell_edge.directory.contacts.identity import set_rules
from askwell_edge.directory.merges.duplicates import find_pairs
from askwell_edge.directory.merges.runs import begin_merges, merge_part
from askwell_edge.store.tables import audit, contacts, distinct_contacts

HERE = "/directories/{pool}/distinctcontacts"
MERGES = "/directories/{pool}/merges"


def namesakes(place: Place, count: int) -> list[str]:
    """So many contacts with one address, made while no rule saw them, and then the rule."""
    place.identity_rules()
    made = []
    for n in range(count):
        made.append(place.contact(firstName=f"Ana{n}", lastName="Ruiz", email="ana@example.com"))
        place.now += DAY_MS
    place.identity_rules(["email"])
    return made


def apart(place: Place, *ids: str) -> None:
    place.ok("POST", HERE, {"contactIds": list(ids)})


def would_merge(place: Place) -> list[tuple[str, str]]:
    shown = place.ok("POST", f"{MERGES}/preview", {})["pairs"]
    return [(each["survivorId"], each["mergedId"]) for each in shown]


@pytest.mark.scenario("E8")
def test_no_run_merges_whoever_is_told_apart(place: Place) -> None:
    one, two, three = namesakes(place, 3)
    apart(place, three, two)
    assert would_merge(place) == [(one, two)], "nor with the one whom the other becomes"
    assert place.ok("POST", MERGES, {})["merged"] == 1
    assert would_merge(place) == [], "an old id is told apart as its survivor"
    assert place.get(two)["contactId"] == one
    assert place.get(three)["contactId"] == three
    place.ok("POST", f"{HERE}/takeback", {"contactIds": [two, three]})
    assert would_merge(place) == [(one, three)]


@pytest.mark.scenario("E8")
def test_who_is_told_apart_while_a_run_is_under_way_is_not_merged(place: Place) -> None:
    """The run found them all before, and has come to its next part."""
    one, two, three, four = namesakes(place, 4)
    run = place.write(begin_merges, place.pool, None, None, place.now, worker="w")
    pairs = place.read(find_pairs, place.pool)
    assert {each.merged_id for each in pairs} == {two, three, four}
    apart(place, three, two)  # two becomes one in this part
    apart(place, four, one)
    place.write(merge_part, run, "w", pairs, place.now)
    became = [place.get(each)["contactId"] for each in (two, three, four)]
    assert became == [one, three, four]
    (kept,) = place.ok("GET", "/directories/{pool}/mergeruns")["elements"]
    assert kept["merged"] == 1


@pytest.mark.scenario("E8")
def test_an_undone_merge_is_remembered_until_somebody_merges_them_by_hand(place: Place) -> None:
    one, two = namesakes(place, 2)
    place.ok("POST", MERGES, {})
    (made,) = place.ok("GET", MERGES)["elements"]
    place.ok("POST", f"{MERGES}/{made['mergeId']}/undo")
    assert would_merge(place) == []
    (said,) = place.ok("GET", HERE)["elements"]
    assert set(said["contactIds"]) == {one, two}
    place.ok("POST", MERGES, {"pairs": [{"survivorId": two, "mergedId": one}]})
    assert place.get(two)["contactId"] == one
    assert place.ok("GET", HERE)["elements"] == []
    assert place.rows(select(distinct_contacts)) == []


def test_who_is_told_apart_is_not_suggested(place: Place) -> None:
    one, two = namesakes(place, 2)
    place.identity_rules(["extRef"])
    similar = f"/directories/{{pool}}/contacts/{one}/similar"
    assert len(place.ok("GET", "/directories/{pool}/duplicates")["near"]) == 1
    assert len(place.ok("GET", similar)["elements"]) == 1
    apart(place, one, two)
    assert place.ok("GET", "/directories/{pool}/duplicates")["near"] == []
    assert place.ok("GET", similar)["elements"] == []


def test_it_is_said_once_and_the_audit_knows_by_whom(place: Place) -> None:
    one, two = sorted(namesakes(place, 2))
    for ids in ((one, two), (two, one)):
        apart(place, *ids)
    for _ in range(2):
        place.ok("POST", f"{HERE}/takeback", {"contactIds": [two, one]})
    logged = place.rows(select(audit).where(audit.c.action == "contact.tell_apart"))
    assert [(row["object_id"], row["before"], row["after"]) for row in logged] == [
        (one, None, {"other": two}),
        (one, {"other": two}, None),
    ]
    assert all(row["operator_id"] for row in logged)


def test_all_who_are_told_apart_are_listed_page_by_page(place: Place) -> None:
    """Newest first, none twice and none left out, also of those that were said in one moment."""
    ids = namesakes(place, 6)
    pairs = list(combinations(sorted(ids), 2))
    for n, pair in enumerate(pairs):
        place.now += DAY_MS if n % 4 == 0 else 0
        apart(place, *pair)
    found, address = [], f"{HERE}?pageSize=4"
    while True:
        page = place.ok("GET", address)
        found += page["elements"]
        assert (page["nextPage"] is None) == (page["skipToken"] is None)
        if page["skipToken"] is None:
            break
        assert len(page["elements"]) == 4
        assert page["skipToken"] in page["nextPage"]
        address = f"{HERE}?pageSize=4&skipToken={page['skipToken']}"
    assert sorted(tuple(sorted(each["contactIds"])) for each in found) == sorted(pairs)
    dates = [each["date"] for each in found]
    assert dates == sorted(dates, reverse=True)
    assert all(each["operatorId"].startswith("OP_") for each in found)
    assert len(place.ok("GET", f"{HERE}?pageSize=15")["elements"]) == 15
    assert place.ok("GET", f"{HERE}?pageSize=15")["skipToken"] is None
    for bad in ("skipToken=x", "pageSize=0", "pageSize=1001"):
        place.refused(400, "GET", f"{HERE}?{bad}")


def test_who_was_merged_since_is_listed_as_whom_they_became(place: Place) -> None:
    """Else nobody could take back what still holds."""
    one, two, three = namesakes(place, 3)
    apart(place, two, three)
    place.ok("POST", MERGES, {})
    assert place.get(two)["contactId"] == one
    (said,) = place.ok("GET", HERE)["elements"]
    assert set(said["contactIds"]) == {one, three}
    place.ok("POST", f"{HERE}/takeback", {"contactIds": said["contactIds"]})
    assert place.ok("GET", HERE)["elements"] == []
    assert would_merge(place) == [(one, three)]


def test_bad_pairs_say_why_and_change_nothing(place: Place) -> None:
    one, two = namesakes(place, 2)
    place.ok("POST", MERGES, {})
    assert "contactIds" in place.refused(400, "POST", HERE, {"contactIds": [one, two]})
    assert "contactIds" in place.refused(400, "POST", HERE, {"contactIds": [one]})
    place.refused(404, "POST", HERE, {"contactIds": [one, "CID_nobody"]})
    token = place.operator(
        "reader", {place.pool: Role(access_contacts=True, manage_directory=False)}, ALL_SCOPES
    )
    for path in (HERE, f"{HERE}/takeback"):
        place.refused(403, "POST", path, {"contactIds": [one, two]}, token=token)
    assert place.rows(select(distinct_contacts)) == []


def test_a_deleted_contact_is_told_apart_from_nobody(place: Place) -> None:
    one, two = namesakes(place, 2)
    apart(place, one, two)
    place.ok("DELETE", f"/directories/{{pool}}/contacts/{two}")
    assert place.rows(select(distinct_contacts)) == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=8),
    st.sets(st.sampled_from(list(combinations(range(8), 2))), max_size=8),
)
def test_no_group_that_would_merge_holds_two_who_are_told_apart(
    place: Place, people: list[tuple[str, str]], said: set[tuple[int, int]]
) -> None:
    ids = [f"CID_{n:015}" for n in range(len(people))]
    pairs = [(ids[a], ids[b]) for a, b in said if b < len(ids)]

    async def fill(conn: Any) -> None:
        for table in (distinct_contacts, contacts):
            await conn.execute(delete(table))
        for n, (first, last) in enumerate(people):
            names = {"first_name_key": first, "last_name_key": last}
            row = {"first_name": first, "last_name": last, "contact_id": ids[n], **names}
            when = {"created_at": n, "modified_at": n, "embedded_data": {}}
            await conn.execute(insert(contacts).values(directory_id=place.pool, **row, **when))
        for one, other in pairs:
            row = {"one_id": one, "other_id": other, "at": 1}
            await conn.execute(insert(distinct_contacts).values(directory_id=place.pool, **row))

    place.write(fill)
    place.write(set_rules, place.pool, [(["first_name"], True), (["last_name"], True)])
    found = place.read(find_pairs, place.pool)
    became = {each.merged_id: each.survivor_id for each in found}
    assert not any(became.get(one, one) == became.get(other, other) for one, other in pairs)
    if not pairs:
        assert len(found) == len(people) - len({became.get(each, each) for each in ids})

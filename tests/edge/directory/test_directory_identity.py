"""Identity rules: which contact an arrival is, and that nobody else is touched."""

import asyncio
from typing import Any

import pytest
from api_place import Place
from sqlalchemy import update

from askwell_edge.directory.contacts.arrivals import receive_contact
from askwell_edge.directory.contacts.contacts import find_by_reference
from askwell_edge.directory.contacts.identity import matching_rule
from askwell_edge.store.tables import contacts

HERE = "/directories/{pool}/identityrules"


@pytest.mark.scenario("E1", "A14")
def test_an_arrival_with_a_known_reference_updates_that_contact(place: Place) -> None:
    first = place.contact(extRef="U-1", firstName="Ana", phone="1")
    place.now += 1
    again = place.contact(extRef="U-1", phone="+44 20 7946 0018", firstName="")
    assert again == first
    assert len(place.all_contacts()) == 1
    found = place.get(first)
    assert found["phone"] == "+44 20 7946 0018"
    assert found["firstName"] == "Ana", "a blank does not overwrite"


@pytest.mark.scenario("E2")
def test_all_fields_of_a_rule_must_match(place: Place) -> None:
    place.identity_rules(["firstName", "lastName"])
    smith = place.contact(firstName="Jane", lastName="Smith")
    doe = place.contact(firstName="Jane", lastName="Doe")
    assert smith != doe
    assert place.contact(firstName=" JANE ", lastName="smith", phone="5") == smith


@pytest.mark.scenario("E3")
def test_the_first_rule_that_matches_is_the_only_one_used(place: Place) -> None:
    place.identity_rules(["extRef"], ["email"])
    a = place.contact(extRef="A", email="a@example.com")
    b = place.contact(extRef="B", email="b@example.com")
    before = place.get(b)
    assert place.contact(extRef="A", email="b@example.com", firstName="New") == a
    assert place.get(a)["firstName"] == "New"
    assert place.get(b) == before


@pytest.mark.scenario("E4", "E5")
def test_a_rule_without_a_value_is_passed_over(place: Place) -> None:
    place.identity_rules(["extRef"], ["email"])
    b = place.contact(extRef="B", email="b@example.com")
    assert place.contact(email="B@Example.com", firstName="Bea") == b
    assert place.get(b)["extRef"] == "B"
    other = place.contact(email="c@example.com")
    assert other != b
    assert place.contact(firstName="nobody") not in (b, other)


@pytest.mark.scenario("E7", "B2")
def test_email_ignores_case_and_the_reference_does_not(place: Place) -> None:
    place.identity_rules(["email"])
    first = place.contact(email="BARN@example.com")
    assert place.contact(email="barn@example.com") == first
    assert place.get(first)["email"] == "barn@example.com", "the newest spelling is kept"
    place.identity_rules(["extRef"])
    upper, lower = place.contact(extRef="U-1"), place.contact(extRef="u-1")
    assert upper != lower
    assert place.contact(extRef="U-1 ") not in (upper, lower), "not even blanks are trimmed"


def test_phones_are_the_same_number_however_they_are_written(place: Place) -> None:
    place.identity_rules(["phone"])
    first = place.contact(phone="+44 (0)20 7946 0018")
    assert place.contact(phone="0044 20 7946 0018") == first
    assert place.contact(phone="+442079460018", firstName="Al") == first
    assert place.contact(phone="+442079460019") != first


def test_a_rule_may_use_embedded_data_and_language(place: Place) -> None:
    place.identity_rules(["embeddedData.member", "language"])
    first = place.contact(embeddedData={"member": "M-7"}, language="de")
    assert place.contact(embeddedData={"Member": "m-7"}, language="DE", phone="1") == first
    assert place.contact(embeddedData={"member": "M-7"}, language="fr") != first


@pytest.mark.scenario("E6")
def test_a_fourth_rule_is_refused_and_the_three_stay(place: Place) -> None:
    place.identity_rules(["extRef"], ["email"], ["phone"])
    before = place.ok("GET", HERE)
    body = {"rules": [{"fields": [f]} for f in ("extRef", "email", "phone", "lastName")]}
    assert "identity_rule_limit" in place.refused(409, "PUT", HERE, body)
    assert place.ok("GET", HERE) == before


def test_malformed_rules_are_refused_by_name(place: Place) -> None:
    bad: list[tuple[Any, str]] = [
        ([{"fields": []}], "rules[0].fields: must name 1 to 6"),
        ([{"fields": ["shoe"]}], "rules[0].fields[0]: must be one of extRef"),
        ([{"fields": ["email", "email"]}], "rules[0].fields[1]: email is there twice"),
        ([{"fields": ["embeddedData."]}], "rules[0].fields[0]"),
        ([{"fields": ["email"]}, {"fields": ["email"]}], "two rules have the same fields"),
    ]
    before = place.ok("GET", HERE)
    for rules, said in bad:
        assert said in place.refused(400, "PUT", HERE, {"rules": rules})
    assert place.ok("GET", HERE) == before


@pytest.mark.scenario("E11")
def test_rules_of_one_directory_have_no_effect_in_another(place: Place) -> None:
    place.contact(extRef="U-1")
    other = place.ok("POST", "/directories", {"name": "Other"})["id"]
    first = place.ok("POST", f"/directories/{other}/contacts", {"extRef": "U-1"})["id"]
    second = place.ok("POST", f"/directories/{other}/contacts", {"extRef": "U-1"})["id"]
    assert first != second, "that directory has no rule"
    assert len(place.all_contacts()) == 1


@pytest.mark.scenario("E9")
def test_a_changed_rule_counts_for_later_arrivals_alone(place: Place) -> None:
    a = place.contact(extRef="A", email="same@example.com")
    b = place.contact(extRef="B", email="same@example.com")
    place.identity_rules(["email"])
    assert len(place.all_contacts()) == 2, "contacts that are there stay as they are"
    place.now += 10
    place.ok("PUT", f"/directories/{{pool}}/contacts/{b}", {"firstName": "newest"})
    assert place.contact(email="same@example.com") == b
    assert place.get(a)["firstName"] is None


@pytest.mark.scenario("B14")
def test_of_two_with_one_reference_the_newest_modified_is_found(place: Place) -> None:
    place.identity_rules(["email"])
    first = place.contact(extRef="U-1", email="1@example.com")
    second = place.contact(extRef="U-1", email="2@example.com")

    async def newest(conn: Any) -> str:
        row = await find_by_reference(conn, place.pool, "U-1")
        assert row is not None
        return str(row["contact_id"])

    for later, contact_id in ((5, first), (9, second), (12, first)):
        where = contacts.c.contact_id == contact_id
        place.write(_set_modified, where, place.now + later)
        assert place.read(newest) == contact_id


async def _set_modified(conn: Any, where: Any, at: int) -> None:
    await conn.execute(update(contacts).where(where).values(modified_at=at))


def test_an_opt_out_is_never_taken_back_by_an_arrival(place: Place) -> None:
    contact_id = place.contact(extRef="U-1", unsubscribed=True)
    assert place.contact(extRef="U-1", unsubscribed=False) == contact_id
    assert place.get(contact_id)["directoryUnsubscribed"] is True


def test_a_rule_that_is_off_matches_nobody(place: Place) -> None:
    place.ok("PUT", HERE, {"rules": [{"fields": ["extRef"], "enabled": False}]})
    assert place.contact(extRef="U-1") != place.contact(extRef="U-1")


def test_many_arrivals_at_once_are_one_contact(place: Place) -> None:
    async def arrive(conn: Any) -> str:
        arrival = await receive_contact(conn, place.pool, {"external_reference": "U-1"}, 1)
        return str(arrival.contact_id)

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(place.store.writer.submit(arrive) for _ in range(20)))

    assert len(set(place.in_loop(all_at_once))) == 1
    fields = {"external_reference": "U-1"}
    assert place.read(matching_rule, place.pool, fields) is not None

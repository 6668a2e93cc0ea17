"""Contacts that page views add by themselves: created once, never changed, never half written."""

import pytest
from sqlalchemy import select
from visitor_site import Site, opened

from askwell_edge.directory.contacts.identity import set_rules
from askwell_edge.projects.projects import change_project
from askwell_edge.store.tables import contacts, page_views


def known(site: Site) -> list[dict[str, object]]:
    return site.rows(select(contacts).order_by(contacts.c.created_at))


@pytest.mark.scenario("F1", "F17", "A11")
def test_a_page_view_creates_its_contact_and_may_show_at_once(site: Site) -> None:
    capped, free = site.intercept(frequency_control=True), site.intercept(linked=False)
    site.apply(create_contacts=True, single_active=False)
    found = site.decide("N-1")
    assert (found[capped], found[free]) == ("shown", "shown")
    (contact,) = known(site)
    assert contact["external_reference"] == "N-1"
    assert [each["type"] for each in site.timeline(str(contact["contact_id"]))] == [
        "contact_created"
    ]
    assert site.claim(capped, "N-1")["granted"] is True


@pytest.mark.scenario("F2")
def test_a_page_view_that_shows_nothing_creates_all_the_same(site: Site) -> None:
    site.apply(create_contacts=True)
    site.beacon("page_view", reference="N-1", contact={"firstName": "Ana"})
    (contact,) = known(site)
    (view,) = site.rows(select(page_views))
    assert contact["first_name"] == "Ana"
    assert view["contact_id"] == contact["contact_id"]


@pytest.mark.scenario("F3", "F4")
def test_all_fields_are_stored(site: Site) -> None:
    site.apply(create_contacts=True)
    about = {
        "firstName": "Ana",
        "lastName": "Ruíz 😀",
        "email": "a@x.test",
        "phone": "+34600123123",
        "language": "ES",
        "attributes": {"Location": "Seattle", "Gender": "Female"},
    }
    found = site.snapshot("N-1", contact=about)
    assert (found["creation"], found["visitor"], found["notes"]) == ("created", "known", [])
    (contact,) = known(site)
    assert (contact["first_name"], contact["last_name"]) == ("Ana", "Ruíz 😀")
    assert (contact["email"], contact["language"]) == ("a@x.test", "ES")
    assert contact["phone"] == "+34600123123"
    assert contact["embedded_data"] == {"Location": "Seattle", "Gender": "Female"}


@pytest.mark.scenario("F5", "F6")
def test_pairs_that_do_not_fit_are_dropped_and_noted(site: Site) -> None:
    site.apply(create_contacts=True)
    full = {f"k{i}": "v" * 48 for i in range(8)}
    found = site.snapshot("N-1", contact={"attributes": {"Long": "v" * 47, **full, "one": "more"}})
    assert found["creation"] == "created"
    assert found["notes"] == ["attribute_too_long:Long", "attributes_too_long:one"]
    assert known(site)[0]["embedded_data"] == full


@pytest.mark.scenario("F7")
def test_a_contact_that_exists_is_left_as_it_is(site: Site) -> None:
    site.contact("U-1", phone="+34600000000")
    site.apply(create_contacts=True)
    before = known(site)
    assert site.snapshot("U-1", contact={"phone": "+34699999999"})["creation"] == "exists"
    site.beacon("page_view", reference="U-1", contact={"phone": "+34699999999"})
    assert known(site) == before


@pytest.mark.scenario("F8")
def test_a_new_contact_must_be_unique_under_every_rule(site: Site) -> None:
    site.write(set_rules, site.directory_id, [(["external_reference"], True), (["email"], True)])
    site.contact("U-1", email="a@x.test")
    linked = site.intercept()
    site.apply(create_contacts=True)
    before = known(site)
    found = site.snapshot("N-1", contact={"email": "A@x.test"})
    assert (found["creation"], found["visitor"]) == ("conflict_rule:2", "unknown")
    assert site.decide("N-1", contact={"email": "A@x.test"})[linked] == "unknown_reference"
    assert known(site) == before


@pytest.mark.scenario("F9")
def test_an_app_brings_its_reference_alone(site: Site) -> None:
    site.apply(create_contacts=True)
    about = {"firstName": "Ana", "attributes": {"tier": "gold"}}
    assert site.snapshot("N-1", contact=about, channel="app")["creation"] == "created"
    (contact,) = known(site)
    assert (contact["first_name"], contact["embedded_data"]) == (None, {})


@pytest.mark.scenario("F10")
def test_a_setting_that_is_not_applied_creates_nobody(site: Site) -> None:
    site.write(change_project, site.project_id, settings={"create_contacts": True})
    assert site.snapshot("N-1")["creation"] == "disabled"
    assert known(site) == []
    site.apply()
    assert site.snapshot("N-1")["creation"] == "created"


@pytest.mark.scenario("F11")
def test_a_project_without_a_link_creates_nobody(site: Site) -> None:
    site.project_id = site.new_project()
    assert site.snapshot("N-1")["creation"] is None
    assert known(site) == []


@pytest.mark.scenario("F12")
def test_two_tabs_with_one_new_reference_make_one_contact(site: Site) -> None:
    site.apply(create_contacts=True)
    bodies = [{"reference": "N-1", "page_view_id": f"page-view-{i:016}"} for i in range(12)]
    answers = site.post_at_once("snapshot", bodies)
    assert [each.status_code for each in answers] == [200] * 12
    assert len(known(site)) == 1


@pytest.mark.scenario("F14")
def test_without_a_reference_nobody_is_created(site: Site) -> None:
    site.apply(create_contacts=True)
    found = site.snapshot(None, contact={"firstName": "Ana", "email": "a@x.test"})
    assert found["creation"] == "no_reference"
    assert known(site) == []


@pytest.mark.scenario("F15")
def test_without_consent_nobody_is_created(site: Site) -> None:
    site.apply(create_contacts=True)
    assert site.snapshot("N-1", consent=False)["creation"] == "consent"
    site.beacon("page_view", reference="N-1", consent=False)
    assert known(site) == []


@pytest.mark.scenario("F16")
def test_a_flood_of_new_contacts_is_held_back_and_counted(store_url: str, tmp_path: object) -> None:
    with opened(store_url, tmp_path, ASKWELL_CREATION_BURST="3") as site:  # type: ignore[arg-type]
        site.apply(create_contacts=True)
        results = [site.snapshot(f"N-{i}")["creation"] for i in range(5)]
        assert results == ["created"] * 3 + ["rate_limited"] * 2
        assert len(known(site)) == 3
        restricted = site.client.app.state.traffic.restricted()
        assert restricted == {(site.project_id, "creation"): 2}


@pytest.mark.parametrize("contact", [7, "Ana", ["Ana"], {"firstName": {"a": 1}}, {"email": "no"}])
def test_a_malformed_contact_is_dropped_not_refused(site: Site, contact: object) -> None:
    site.apply(create_contacts=True)
    found = site.snapshot("N-1", contact=contact)
    assert found["creation"] == "created"
    assert len(found["notes"]) == 1

"""Who is on a list or in a segment: paged, found, taken away as a file; a new contact on a list."""

import csv
import re
from html import unescape

import pytest
from desk import ACCESS, Desk, text_of
from sqlalchemy import update

from askwell_edge.store.tables import contacts

LISTS = "/directories/{pool}/mailinglists"
PEOPLE = (
    ("Ana", "Ruiz", "U-1"),
    ("Ana", "Sanz", "u-2"),
    ("María", "García", "U-3"),
    ("Ben", "Ruiz", "U-4"),
)


def names_on(page: str) -> set[str]:
    """The people of a page's results."""
    return set(re.findall(r'<span class="name">([^<]+)</span>', page))


def listed(desk: Desk) -> str:
    """A list of the directory with everybody but Ben on it; its id."""
    list_id = str(desk.place.ok("POST", LISTS, {"name": "News"})["id"])
    for first, last, reference in PEOPLE:
        fields = {"firstName": first, "lastName": last, "extRef": reference}
        if first == "Ben":
            desk.place.contact(**fields)
        else:
            desk.place.ok("POST", f"{LISTS}/{list_id}/contacts", fields)
    return list_id


def test_people_of_a_list_are_found_by_their_beginnings(desk: Desk) -> None:
    here = f"/directories/{{pool}}/lists/{listed(desk)}"
    for typed, found in (
        ("", {"Ana Ruiz", "Ana Sanz", "María García"}),
        ("ru", {"Ana Ruiz"}),
        ("ana sa", {"Ana Sanz"}),
        ("gar maria", {"María García"}),
        ("U-", {"Ana Ruiz", "María García"}),
        ("ben", set()),
        ("na", set()),
        ("ana ana ana xyz", {"Ana Ruiz", "Ana Sanz"}),
    ):
        page = desk.get(here, params={"q": typed}).text
        assert names_on(page) == found, typed
        assert ("Nobody on this list begins like that" in page) == (not found)


def test_what_was_typed_stays_from_page_to_page(desk: Desk) -> None:
    place = desk.place
    list_id = place.ok("POST", LISTS, {"name": "News"})["id"]
    for n in range(53):
        fields = {"firstName": f"R&D {n}", "extRef": f"U-{n}"}
        place.ok("POST", f"{LISTS}/{list_id}/contacts", fields)
    place.ok("POST", f"{LISTS}/{list_id}/contacts", {"firstName": "Ben"})
    first = desk.get(f"/directories/{{pool}}/lists/{list_id}", params={"q": "r&d"}).text
    more = re.search(r'href="/console([^"]+after=[^"]+)"', first)
    assert more
    second = desk.get(more[1].replace("&amp;", "&")).text
    assert len(names_on(first)) == 50
    assert len(names_on(second)) == 3
    back = re.search(r'href="/console([^"]+)">To the first', second)
    assert back
    assert names_on(desk.get(back[1].replace("&amp;", "&")).text) == names_on(first)


def test_the_members_of_a_segment_are_seen_by_who_manages(desk: Desk) -> None:
    place = desk.place
    listed(desk)
    criteria = {"field": "lastName", "cmp": "eq", "value": "Ruiz"}
    made = place.ok("POST", "/directories/{pool}/segments", {"name": "R", "criteria": criteria})
    here = f"/directories/{{pool}}/segments/{made['id']}/members"
    assert "Not built yet" in desk.shows(here)
    place.rebuild()
    page = desk.get(here).text
    assert names_on(page) == {"Ana Ruiz", "Ben Ruiz"}
    assert "2 members of R, built just now" in text_of(page)
    assert names_on(desk.get(here, params={"q": "be"}).text) == {"Ben Ruiz"}
    assert "Nobody in this segment begins" in desk.shows(here, params={"q": "maria"})
    assert f'href="/console{here.replace("{pool}", place.pool)}"' in desk.get(here[:-8]).text
    clerk = Desk(place).sign_in_new("clerk", {place.pool: ACCESS})
    assert clerk.get(here).status_code == 403
    assert desk.get(here, params={"after": "x"}).status_code == 400


def test_contacts_are_exported_whole_by_list_or_by_segment(desk: Desk) -> None:
    place = desk.place
    list_id = listed(desk)
    criteria = {"field": "lastName", "cmp": "eq", "value": "Ruiz"}
    made = place.ok("POST", "/directories/{pool}/segments", {"name": "R", "criteria": criteria})
    place.rebuild()
    here = "/directories/{pool}/contacts.csv"
    for asked, references in (
        ({}, {"U-1", "u-2", "U-3", "U-4"}),
        ({"list": list_id}, {"U-1", "u-2", "U-3"}),
        ({"segment": made["id"]}, {"U-1", "U-4"}),
    ):
        answer = desk.get(here, params=asked)
        assert answer.headers["Content-Disposition"] == 'attachment; filename="contacts.csv"'
        header, *rows = answer.text.splitlines()
        assert "ExternalDataReference" in header
        assert set(re.findall(r"U-\d", "\n".join(rows), flags=re.I)) == references
        assert len(rows) == len(references)
    assert len(desk.audited("contacts.export")) == 3
    for page, asked in (
        ("contacts", {}),
        (f"lists/{list_id}", {"list": list_id}),
        (f"segments/{made['id']}/members", {"segment": made["id"]}),
    ):
        shown = desk.get(f"/directories/{{pool}}/{page}").text
        links = re.findall(r'href="/console([^"]+/contacts\.csv[^"]*)"', shown)
        plain, full = (desk.get(unescape(link)).text.splitlines() for link in links)
        with_stats = next(csv.DictReader(full))
        assert {"EmailCount", "ResponseRate", "AverageResponseTime"} <= with_stats.keys()
        assert "EmailCount" not in plain[0]
        assert plain == desk.get(here, params=asked).text.splitlines()
        assert len(full) == len(plain)
    clerk = Desk(place).sign_in_new("clerk", {place.pool: ACCESS})
    assert clerk.get(here).status_code == 403
    assert "contacts.csv" not in clerk.get(f"/directories/{{pool}}/lists/{list_id}").text
    assert desk.get(here, params={"list": "CG_other"}).status_code == 404
    told = [each["after"]["includeStats"] for each in desk.audited("contacts.export")]
    assert (told.count("true"), told.count("false")) == (3, 9)


def test_contacts_of_one_kind_alone_are_seen_page_by_page(desk: Desk) -> None:
    place = desk.place
    here = "/directories/{pool}/contacts"
    for n in range(52):
        place.contact(firstName=f"Out{n}", extRef=f"U-{n}", unsubscribed=True)
    place.contact(firstName="Ana", extRef="A-1")
    lost = place.contact(firstName="Ben")
    where = contacts.c.contact_id == lost
    place.write(lambda conn: conn.execute(update(contacts).where(where).values(suppressed_at=1)))
    first = desk.get(here, params={"only": "opted-out"}).text
    more = re.search(r'href="/console([^"]+after=[^"]+)">More', first)
    assert more
    rest = desk.get(more[1].replace("&amp;", "&")).text
    assert len(names_on(first)) == 50
    assert len(names_on(rest)) == 2
    assert not names_on(first) & names_on(rest)
    assert 'only=opted-out" aria-current="true">Opted out' in first
    assert 'contacts?only=opted-out">To the first' in rest
    for only in ("bounced", "no-reference"):
        assert names_on(desk.get(here, params={"only": only}).text) == {"Ben"}
    assert "1 without an external reference" in desk.shows(here)
    assert len(names_on(desk.get(here, params={"only": "odd"}).text)) == 50, "all"
    assert names_on(desk.get(here, params={"only": "bounced", "q": "an"}).text) == {"Ana"}
    place.write(lambda conn: conn.execute(update(contacts).where(where).values(suppressed_at=None)))
    assert "No contact of the directory is like that." in desk.shows(f"{here}?only=bounced")


@pytest.mark.scenario("F18")
def test_a_new_contact_is_put_on_the_list_it_was_made_from(desk: Desk) -> None:
    place = desk.place
    list_id = place.ok("POST", LISTS, {"name": "News"})["id"]
    clerk = Desk(place).sign_in_new("clerk", {place.pool: ACCESS})
    new = f"/directories/{{pool}}/contacts/new?list={list_id}"
    assert (
        new.replace("{pool}", place.pool)
        in clerk.get(f"/directories/{{pool}}/lists/{list_id}").text
    )
    assert "It is put on the mailing list News." in clerk.shows(new)
    sent = {"list_id": list_id, "firstName": "Ana", "email": "nobody"}
    page = clerk.refused(400, "/directories/{pool}/contacts/new", sent)
    assert "It is put on the mailing list News." in page, "also when it is asked again"
    leads = clerk.does("/directories/{pool}/contacts/new", {**sent, "email": "ana@example.com"})
    contact_id = leads.rpartition("/")[2].partition("?")[0]
    assert list_id in place.get(contact_id)["mailingListMembership"]
    assert "Put on the list." in clerk.shows(leads.removeprefix("/console"))
    assert len(clerk.audited("contact.create")) == len(clerk.audited("mailing_list.add")) == 1
    assert clerk.get(f"{new}x").status_code == 404

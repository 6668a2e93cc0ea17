"""Contacts by the API: the published shapes, limits named in refusals, nothing half written."""

from typing import Any

import pytest
from api_place import Place
from sqlalchemy import select

from askwell_edge.access.paging import pack_token
from askwell_edge.directory.history import change_row
from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.tables import audit, contacts, touchpoints

HERE = "/directories/{pool}/contacts"
FULL: dict[str, Any] = {
    "firstName": "Ana",
    "lastName": "Núñez",
    "email": "Ana.Nunez@Example.com",
    "phone": "+44 20 7946 0018",
    "extRef": "U-1",
    "language": "es",
    "embeddedData": {"tier": "gold", "visits": 3, "member": True},
}


@pytest.mark.scenario("F18")
def test_a_contact_is_created_and_read_in_the_published_shape(place: Place) -> None:
    contact_id = place.contact(**FULL)
    assert contact_id.startswith("CID_")
    assert len(contact_id) == 19
    found = place.get(contact_id)
    assert {name: found[name] for name in FULL if name != "embeddedData"} == {
        name: value for name, value in FULL.items() if name != "embeddedData"
    }
    assert found["embeddedData"] == {"tier": "gold", "visits": "3", "member": "true"}
    assert found["contactId"] == contact_id
    assert found["creationDate"] == found["lastModified"] == place.now
    assert found["emailDomain"] == "Example.com"
    assert found["directoryUnsubscribed"] is False
    assert found["directoryUnsubscribeDate"] is None
    assert found["mailingListMembership"] == {}
    types = [row["type"] for row in place.rows(select(touchpoints))]
    assert types == ["contact_created"]


def test_an_update_changes_what_is_sent_and_null_empties(place: Place) -> None:
    contact_id = place.contact(**FULL)
    place.now += 5
    body = {"phone": None, "embeddedData": {"TIER": "silver", "visits": None, "new": "x"}}
    place.ok("PUT", f"{HERE}/{contact_id}", body)
    found = place.get(contact_id)
    assert found["phone"] is None
    assert found["firstName"] == "Ana"
    assert found["embeddedData"] == {"tier": "silver", "member": "true", "new": "x"}
    assert found["lastModified"] == place.now
    kept = place.rows(select(audit).where(audit.c.action == "contact.update"))
    assert kept[0]["before"]["phone"] == FULL["phone"]
    assert kept[0]["after"]["phone"] is None
    assert kept[0]["operator_id"] is not None


def test_a_deleted_contact_is_gone_with_its_timeline(place: Place) -> None:
    contact_id = place.contact(**FULL)
    place.ok("DELETE", f"{HERE}/{contact_id}")
    assert "unknown_contact" in place.refused(404, "GET", f"{HERE}/{contact_id}")
    assert place.rows(select(touchpoints)) == []
    left = place.rows(select(audit).where(audit.c.action == "contact.delete"))
    assert left[0]["before"] is None


BAD: list[tuple[Any, str]] = [
    ({"extRef": "x" * 101}, "extRef: has 101 characters; at most 100"),
    ({"extRef": "U-\u0000"}, "extRef: must not contain control characters"),
    ({"firstName": "x" * 201}, "firstName: has 201 characters"),
    ({"email": "nobody"}, "email: is not an e-mail address"),
    ({"email": 7}, "email: Expected `str | null`"),
    ({"embeddedData": {"x" * 201: "1"}}, "the name must have 1 to 200"),
    ({"embeddedData": {"a": "x" * 1025}}, "embeddedData.a: has 1025 characters; at most 1024"),
    ({"embeddedData": {"Points": "1"}}, "embeddedData.Points: the name is reserved"),
    ({"embeddedData": {"a": ["1"]}}, "embeddedData"),
    ({"embeddedData": {str(n): "1" for n in range(201)}}, "more than 200 pairs"),
    ({"contactId": "CID_1"}, "contactId: is unknown or read only"),
    ({"mailingListUnsubscribed": True}, "mailingListUnsubscribed: is unknown or read only"),
    ({"unsubscribed": "yes"}, "unsubscribed: Expected `bool | null`"),
    (b"{", "body: is not JSON"),
    (b'{"firstName": "\xff"}', "body: is not JSON"),
    (b'{"embeddedData": ' + b'{"a": ' * 40_000, "embeddedData[...]: Expected"),
    (b"[]", "body: Expected `object`"),
]


def test_bad_input_names_field_and_limit_and_changes_nothing(place: Place) -> None:
    for body, said in BAD:
        assert said in place.refused(400, "POST", HERE, body)
    assert place.rows(select(contacts)) == []
    contact_id = place.contact(**FULL)
    before = place.get(contact_id)
    for body, said in BAD:
        assert said in place.refused(400, "PUT", f"{HERE}/{contact_id}", body)
    assert place.get(contact_id) == before


def test_a_body_that_is_too_large_is_refused(place: Place) -> None:
    body = b'{"firstName": "' + b"x" * 300_000 + b'"}'
    assert "body: at most" in place.refused(413, "POST", HERE, body)


def test_search_finds_by_filters_and_goes_on_by_token(place: Place) -> None:
    for number in range(25):
        domain = "one.example" if number % 2 else "two.example"
        place.contact(extRef=f"R-{number}", lastName="Ruiz", email=f"p{number}@{domain}")
    found = place.ok(
        "POST",
        f"{HERE}/search",
        {"filter": {"filterType": "extRef", "comparison": "eq", "value": "R-7"}},
    )
    assert [each["extRef"] for each in found["elements"]] == ["R-7"]
    assert found["nextPage"] is None
    seen: list[str] = []
    body = {"filter": {"filterType": "lastName", "comparison": "eq", "value": "RUIZ"}}
    query = "?pageSize=10"
    while True:
        page = place.ok("POST", f"{HERE}/search{query}", body)
        seen += [each["extRef"] for each in page["elements"]]
        if page["nextPage"] is None:
            break
        assert len(page["elements"]) == 10
        query = "?" + page["nextPage"].partition("?")[2]
    assert sorted(seen) == sorted(f"R-{n}" for n in range(25))
    deep = pack_token("", 10_000)  # who lists everybody may go on for ever
    assert len(place.ok("GET", f"{HERE}?skipToken={deep}")["elements"]) == 25
    assert len(place.ok("GET", f"/{HERE}//?pageSize=1000")["elements"]) == 25
    odd = {"filterType": "email", "comparison": "contains", "value": "ONE.example"}
    early = {"filterType": "extRef", "comparison": "startsWith", "value": "R-1"}
    both = {"filter": {"conjunction": "and", "filters": [odd, early]}}
    found = place.ok("POST", f"{HERE}/search?includeEmbedded=false", both)
    refs = sorted(each["extRef"] for each in found["elements"])
    assert refs == ["R-1", "R-11", "R-13", "R-15", "R-17", "R-19"]
    assert "embeddedData" not in found["elements"][0]


MALFORMED: list[tuple[str, Any, str]] = [
    ("?pageSize=1001", {}, "pageSize: must be a whole number from 1 to 1000"),
    (f"?skipToken={pack_token('CID_0', 10_000)}", {}, "no deeper than 10000 contacts; use an"),
    ("?pageSize=x", {}, "pageSize"),
    ("?skipToken=%%%", {}, "skipToken: is not a token"),
    (f"?skipToken={pack_token('CID_0', True)}", {}, "skipToken: is not a token"),
    ("", {"filter": {"filterType": "nope", "comparison": "eq", "value": "x"}}, "filterType"),
    ("", {"filter": {"filterType": "email", "comparison": "like", "value": "x"}}, "comparison"),
    ("", {"filter": {"filterType": "email", "comparison": "eq", "value": 5}}, "filter.value"),
    ("", {"filter": {"filters": [], "conjunction": "and"}}, "filter.filters"),
]


def test_a_malformed_search_is_refused(place: Place) -> None:
    for query, body, said in MALFORMED:
        assert said in place.refused(400, "POST", f"{HERE}/search{query}", body)


def test_a_percent_sign_in_a_search_is_a_percent_sign(place: Place) -> None:
    place.contact(extRef="100%", lastName="a")
    place.contact(extRef="100x", lastName="b")
    body = {"filter": {"filterType": "extRef", "comparison": "startsWith", "value": "100%"}}
    found = place.ok("POST", f"{HERE}/search", body)
    assert [each["extRef"] for each in found["elements"]] == ["100%"]


@pytest.mark.scenario("B2")
def test_search_by_reference_minds_letter_case(place: Place) -> None:
    place.contact(extRef="u-1")
    body = {"filter": {"filterType": "extRef", "comparison": "eq", "value": "U-1"}}
    assert place.ok("POST", f"{HERE}/search", body)["elements"] == []


def test_opted_out_contacts_are_listed_since_an_instant(place: Place) -> None:
    early = place.contact(extRef="A", unsubscribed=True)
    place.now += 1000
    late = place.contact(extRef="B")
    place.ok("PUT", f"{HERE}/{late}", {"unsubscribed": True})
    place.contact(extRef="C")
    found = place.ok("GET", f"{HERE}/optedOutContacts")
    assert {each["contactId"] for each in found["elements"]} == {early, late}
    assert found["nextPage"] is None
    found = place.ok("GET", f"{HERE}/optedOutContacts?since={place.now}")
    assert [each["contactId"] for each in found["elements"]] == [late]
    assert place.get(late)["directoryUnsubscribeDate"] == place.now
    place.ok("PUT", f"{HERE}/{late}", {"unsubscribed": False})
    assert place.get(late)["directoryUnsubscribeDate"] is None


def test_statistics_count_messages_and_completed_answers(place: Place) -> None:
    contact = place.contact(extRef="U-1")
    unknown = dict.fromkeys(
        ("lastInviteDate", "lastResponseDate", "responseRate", "averageResponseTime")
    )
    none = {"emailCount": 0, "inviteCount": 0, "responseCount": 0, **unknown}
    assert place.get(contact)["stats"] == none
    befell = ["email_sent", "sms_sent", "reminder_sent", "email_sent", "survey_started"]
    befell += ["survey_finished", "email_skipped", "email_sent"]
    rows = [
        change_row(place.pool, contact, type, place.now + n, "email")
        for n, type in enumerate(befell)
    ]
    rows[-1]["test"] = True
    place.write(insert_rows, touchpoints, rows)
    assert place.get(contact)["stats"] == {
        "emailCount": 3,
        "inviteCount": 3,
        "lastInviteDate": place.now + 3,
        "responseCount": 1,
        "lastResponseDate": place.now + 5,
        "responseRate": 33.33,
        "averageResponseTime": None,
    }


def test_answers_take_as_long_as_since_the_last_invitation_to_their_survey(place: Place) -> None:
    contact = place.contact(extRef="U-1")
    befell = [
        ("email_sent", "SV_1", 0, False),
        ("email_sent", "SV_2", 900, False),
        ("sms_sent", "SV_1", 1000, False),
        ("email_sent", "SV_1", 1200, True),
        ("survey_finished", "SV_1", 1500, False),
        ("survey_finished", "SV_2", 2001, False),
        ("email_sent", "SV_2", 3000, False),
        ("survey_finished", "SV_3", 4000, False),
        ("survey_finished", None, 4000, False),
    ]
    rows = [
        {
            **change_row(place.pool, contact, type, place.now + after, "email"),
            "survey_id": survey,
            "test": test,
        }
        for type, survey, after, test in befell
    ]
    place.write(insert_rows, touchpoints, rows)
    assert place.get(contact)["stats"]["averageResponseTime"] == 800  # of 500 and 1101

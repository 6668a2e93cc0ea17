"""Frequency rules, mailing lists and opt-outs by the API."""

from typing import Any

import pytest
from api_place import DAY_S, Place
from sqlalchemy import select

from askwell_edge.store.tables import list_members, touchpoints

RULES = "/directories/{pool}/frequencyrules"
LISTS = "/directories/{pool}/mailinglists"


def survey_rule(name: str = "SV_1") -> dict[str, Any]:
    return {"scope": "survey", "surveyId": name, "limits": [{"max": 1, "windowSeconds": DAY_S}]}


@pytest.mark.scenario("C14")
def test_twenty_rules_are_the_limit_and_the_directory_pair_is_one(place: Place) -> None:
    place.ok("POST", RULES, {"limits": [{"max": 1, "windowSeconds": DAY_S}]})
    place.ok("POST", RULES, {"minGapSeconds": 14 * DAY_S})
    for n in range(19):
        place.ok("POST", RULES, survey_rule(f"SV_{n}"))
    assert len(place.ok("GET", RULES)["elements"]) == 21
    said = place.refused(409, "POST", RULES, survey_rule("SV_more"))
    assert said.startswith("frequency_rule_limit ")
    assert len(place.ok("GET", RULES)["elements"]) == 21


def test_a_second_rule_of_the_same_kind_for_everybody_is_refused(place: Place) -> None:
    place.ok("POST", RULES, {"limits": [{"max": 1, "windowSeconds": DAY_S}]})
    more = {"limits": [{"max": 2, "windowSeconds": 7 * DAY_S}]}
    assert "directory_rule_exists" in place.refused(409, "POST", RULES, more)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            {"limits": [{"max": 1, "windowSeconds": DAY_S}]},
            "At most 1 message in 24 hours for every contact.",
        ),
        (
            {"limits": [{"max": 2, "windowSeconds": 7 * DAY_S}], "minGapSeconds": 3 * DAY_S},
            "At most 2 messages in 7 days and at least 3 days between two messages "
            "for every contact.",
        ),
        (
            {**survey_rule(), "messages": "invites", "ignoreDirectory": True},
            "At most 1 invitation in 24 hours of the survey SV_1; "
            "the directory's rules are ignored.",
        ),
        (
            {"scope": "survey", "surveyId": "SV_1", "ignoreDirectory": True},
            "Always allow messages of the survey SV_1, whatever the directory's rules say.",
        ),
    ],
)
def test_a_rule_is_told_in_words(place: Place, rule: dict[str, Any], words: str) -> None:
    made = place.ok("POST", RULES, rule)["id"]
    assert place.ok("GET", f"{RULES}/{made}")["inWords"] == words


def test_malformed_rules_are_refused_by_name(place: Place) -> None:
    bad: list[tuple[dict[str, Any], str]] = [
        ({}, "limits: a rule needs a limit, a gap"),
        ({"limits": [{"max": 0, "windowSeconds": DAY_S}]}, "limits[0].max"),
        ({"limits": [{"max": 1, "windowSeconds": 1}]}, "limits[0].windowSeconds"),
        ({"limits": [{"max": 1}]}, "limits[0].windowSeconds: is missing"),
        ({"minGapSeconds": -1}, "minGapSeconds"),
        ({"minGapSeconds": DAY_S, "scope": "list"}, "mailingListId: must name a mailing list"),
        ({"minGapSeconds": DAY_S, "scope": "survey"}, "surveyId: must name the survey"),
        ({"minGapSeconds": DAY_S, "ignoreDirectory": True}, "ignoreDirectory"),
        ({"minGapSeconds": DAY_S, "scope": "planet"}, "scope"),
    ]
    for rule, said in bad:
        assert said in place.refused(400, "POST", RULES, rule), rule
    assert place.ok("GET", RULES)["elements"] == []


def test_a_rule_is_changed_and_deleted(place: Place) -> None:
    made = place.ok("POST", RULES, survey_rule())["id"]
    place.ok("PUT", f"{RULES}/{made}", {"minGapSeconds": 7 * DAY_S, "limits": []})
    found = place.ok("GET", f"{RULES}/{made}")
    assert (found["limits"], found["minGapSeconds"], found["surveyId"]) == ([], 604_800, "SV_1")
    place.ok("DELETE", f"{RULES}/{made}")
    assert "unknown_frequency_rule" in place.refused(404, "GET", f"{RULES}/{made}")


@pytest.mark.scenario("F18")
def test_a_contact_posted_to_a_list_is_in_the_directory_and_on_the_list(place: Place) -> None:
    made = place.ok("POST", LISTS, {"name": "Newsletter"})["id"]
    contacts = f"{LISTS}/{made}/contacts"
    contact_id = place.ok("POST", contacts, {"extRef": "U-1", "firstName": "Ana"})["id"]
    assert place.contact(extRef="U-1") == contact_id
    shown = place.ok("GET", contacts)["elements"]
    assert [each["contactId"] for each in shown] == [contact_id]
    assert shown[0]["mailingListUnsubscribed"] is False
    assert shown[0]["contactLookupId"].startswith("CGC_")
    member = place.get(contact_id)["mailingListMembership"][made]
    assert member["contactLookupId"] == shown[0]["contactLookupId"]
    assert place.ok("POST", contacts, {"extRef": "U-1"})["id"] == contact_id
    assert place.ok("GET", f"{LISTS}/{made}")["contactCount"] == 1
    place.ok("DELETE", f"{contacts}/{contact_id}")
    assert place.ok("GET", contacts)["elements"] == []
    assert place.get(contact_id)["firstName"] == "Ana"


@pytest.mark.scenario("L3", "L5")
def test_an_opt_out_of_a_list_leaves_list_two_and_the_directory_alone(place: Place) -> None:
    one, two = (place.ok("POST", LISTS, {"name": name})["id"] for name in ("One", "Two"))
    contact_id = place.contact(extRef="U-1")
    for made in (one, two):
        place.ok("POST", f"{LISTS}/{made}/contacts", {"extRef": "U-1"})
    path = f"{LISTS}/{one}/contacts/{contact_id}"
    place.ok("PUT", path, {"unsubscribed": True})
    shown = place.get(contact_id)
    lists = shown["mailingListMembership"]
    assert (lists[one]["unsubscribed"], lists[one]["unsubscribeDate"]) == (True, place.now)
    assert (lists[two]["unsubscribed"], shown["directoryUnsubscribed"]) == (False, False)
    place.ok("POST", f"{LISTS}/{one}/contacts", {"extRef": "U-1", "unsubscribed": False})
    assert place.ok("GET", path)["mailingListUnsubscribed"] is True, "an arrival does not opt in"
    place.ok("PUT", path, {"unsubscribed": False})
    assert place.ok("GET", path)["mailingListUnsubscribeDate"] is None
    types = [row["type"] for row in place.rows(select(touchpoints)) if row["list_id"] == one]
    assert sorted(types) == ["list_added", "opted_in", "opted_out"]
    # A segment offers nothing to opt out of: it has no address for it (R11).
    criteria = {"field": "extRef", "cmp": "eq", "value": "U-1"}
    segments = "/directories/{pool}/segments"
    segment = place.ok("POST", segments, {"name": "S", "criteria": criteria})["id"]
    path = f"{segments}/{segment}/contacts/{contact_id}"
    assert place.call("PUT", path, {"unsubscribed": True}).status_code == 404
    said = place.refused(400, "PUT", f"{segments}/{segment}", {"unsubscribed": True})
    assert "unsubscribed: is unknown or read only" in said


def test_a_deleted_list_leaves_its_contacts_and_one_with_a_rule_stays(place: Place) -> None:
    made = place.ok("POST", LISTS, {"name": "Newsletter"})["id"]
    contact_id = place.ok("POST", f"{LISTS}/{made}/contacts", {"extRef": "U-1"})["id"]
    rule = {"scope": "list", "mailingListId": made, "minGapSeconds": DAY_S}
    rule_id = place.ok("POST", RULES, rule)["id"]
    said = place.refused(409, "DELETE", f"{LISTS}/{made}")
    assert rule_id in said
    place.ok("DELETE", f"{RULES}/{rule_id}")
    place.ok("PUT", f"{LISTS}/{made}", {"name": "News"})
    place.ok("DELETE", f"{LISTS}/{made}")
    assert place.rows(select(list_members)) == []
    assert place.get(contact_id)["mailingListMembership"] == {}


def test_a_list_of_another_directory_is_not_there(place: Place) -> None:
    other = place.ok("POST", "/directories", {"name": "Other"})["id"]
    made = place.ok("POST", f"/directories/{other}/mailinglists", {"name": "N"})["id"]
    for method, path in (
        ("GET", f"{LISTS}/{made}"),
        ("GET", f"{LISTS}/{made}/contacts"),
        ("DELETE", f"{LISTS}/{made}"),
    ):
        assert "unknown_mailing_list" in place.refused(404, method, path)
    place.refused(404, "POST", f"{LISTS}/{made}/contacts", {"extRef": "U-1"})
    assert place.all_contacts() == []

"""The directory's own pages: frequency rules, lists."""

import pytest
from api_place import DAY_S
from desk import ACCESS, Desk, text_of


@pytest.mark.scenario("C14")
def test_frequency_rules_are_sentences_and_at_most_twenty(desk: Desk) -> None:
    here = "/directories/{pool}/frequency"
    rule = {
        "scope": "directory",
        "messages": "all",
        "limits[0].max": "2",
        "limits[0].windowSeconds": "1",
        "window_unit": "weeks",
        "minGapSeconds": "",
        "gap_unit": "days",
    }
    desk.does(here, rule)
    assert "At most 2 messages in 7 days for every contact." in desk.shows(here)
    assert "change it instead" in desk.refused(409, here, rule)
    gap = {"limits[0].max": "", "limits[0].windowSeconds": "", "minGapSeconds": "14"}
    desk.does(here, {**rule, **gap})
    for n in range(19):
        desk.does(here, {**rule, "scope": "survey", "surveyId": f"SV_{n}"})
    said = desk.refused(409, here, {**rule, "scope": "survey", "surveyId": "SV_x"})
    assert "at most 20" in said
    kept = desk.place.ok("GET", "/directories/{pool}/frequencyrules")["elements"]
    whole = next(each for each in kept if each["scope"] == "directory" and each["limits"])
    one = f"{here}/{whole['frequencyRuleId']}"
    assert 'value="2"' in desk.get(one).text
    desk.does(one, {**rule, "limits[0].windowSeconds": "36", "window_unit": "hours"})
    kept = desk.place.ok("GET", f"/directories/{{pool}}/frequencyrules/{whole['frequencyRuleId']}")
    assert kept["limits"] == [{"max": 2, "windowSeconds": DAY_S * 3 // 2}]
    desk.does(f"{one}/delete")
    assert len(desk.place.ok("GET", "/directories/{pool}/frequencyrules")["elements"]) == 20


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"limits[0].max": "many"}, "limits[0].max"),
        ({"limits[0].max": "0"}, "limits[0].max"),
        ({"limits[0].windowSeconds": ""}, "limits[0].windowSeconds"),
        ({"limits[0].windowSeconds": "9999"}, "limits[0].windowSeconds"),
        ({"scope": "survey", "surveyId": ""}, "surveyId"),
        ({"scope": "list", "mailingListId": ""}, "mailingListId"),
        ({"limits[0].max": "", "limits[0].windowSeconds": ""}, "limits"),
    ],
)
def test_a_rule_that_says_nothing_is_refused_beside_its_field(
    desk: Desk, change: dict[str, str], field: str
) -> None:
    rule = {
        "scope": "directory",
        "messages": "all",
        "limits[0].max": "1",
        "limits[0].windowSeconds": "1",
        "window_unit": "days",
    }
    answer = desk.post("/directories/{pool}/frequency", {**rule, **change})
    assert answer.status_code == 400, text_of(answer.text)
    assert f'id="wrong-{field}"' in answer.text
    assert desk.place.ok("GET", "/directories/{pool}/frequencyrules")["elements"] == []


def test_lists_are_made_renamed_and_deleted(desk: Desk) -> None:
    here = desk.does("/directories/{pool}/lists", {"name": "News"}).removeprefix("/console")
    here = here.partition("?")[0]
    contact_id = desk.place.contact(firstName="Ana")
    desk.does(f"/directories/{{pool}}/contacts/{contact_id}/lists", {"list_id": here[-18:]})
    assert "Ana" in desk.shows(here)
    desk.does(f"{here}/rename", {"name": "Letters"})
    assert "Letters 1" in desk.shows("/directories/{pool}/lists")
    desk.does(f"{here}/delete")
    assert desk.get(here).status_code == 404
    assert desk.place.get(contact_id)
    answer = desk.post("/directories/{pool}/lists", {"name": " "})
    assert answer.status_code == 400
    assert 'id="wrong-name"' in answer.text


def test_directories_are_for_brand_administrators(desk: Desk) -> None:
    clerk = Desk(desk.place).sign_in_new("clerk", {desk.place.pool: ACCESS})
    assert clerk.get("/directories").status_code == 403
    assert clerk.post("/directories", {"name": "Mine"}).status_code == 403
    desk.does("/directories/{pool}/settings", {"name": "People", "membership_mode": "daily"})
    found = desk.place.ok("GET", "/directories/{pool}")
    assert (found["name"], found["membershipMode"]) == ("People", "daily")


def test_a_list_and_a_segment_say_how_many_can_be_written_to(desk: Desk) -> None:
    place = desk.place
    list_id = place.ok("POST", "/directories/{pool}/mailinglists", {"name": "News"})["id"]
    members = f"/directories/{{pool}}/mailinglists/{list_id}/contacts"
    for name in ("ana", "bob"):
        made = place.ok("POST", members, {"email": f"{name}@example.com", "firstName": name})["id"]
    place.ok("POST", members, {"extRef": "U-3"})
    opted_out = {"scope": "list", "mailingListId": list_id, "unsubscribed": True}
    place.ok("PUT", f"/directories/{{pool}}/contacts/{made}/optout", opted_out)
    here = f"/directories/{{pool}}/audience?list={list_id}"
    assert f"audience?list={list_id}" in desk.get(f"/directories/{{pool}}/lists/{list_id}").text
    said = text_of(desk.get(here).text)
    assert "1 of 3 members can be written to" in said
    assert "no e-mail address 1" in said
    assert "opted out of this list 1" in said
    criteria = {"field": "email", "cmp": "notEmpty"}
    segment = {"name": "Mail", "criteria": criteria}
    made = place.ok("POST", "/directories/{pool}/segments", segment)["id"]
    assert "audience?" not in desk.get(f"/directories/{{pool}}/segments/{made}").text
    place.rebuild()
    assert f"audience?segment={made}" in desk.get(f"/directories/{{pool}}/segments/{made}").text
    assert "2 of 2 members" in desk.shows(f"/directories/{{pool}}/audience?segment={made}")

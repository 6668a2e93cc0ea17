"""Segments in the console: built line by line, counted before they are saved, and their age."""

from html import escape, unescape
from typing import Any

import pytest
from desk import ACCESS, Desk, text_of
from forms import form_of, wrong_of
from test_console_projects import intercept

from askwell_edge.console.criteria import criteria_of, in_words, rows_of, typed
from askwell_edge.sample.shop import SEGMENTS

ALL = "/directories/{pool}/segments"
HX = {"HX-Request": "true"}


def flat(group: dict[str, Any]) -> list[tuple[str, str]]:
    """A group as the form sends it."""
    pairs = [("group", group["op"])]
    for each in group["items"]:
        pairs += flat(each) if "op" in each else each.items()
    return [*pairs, ("end", "")]


NESTED = {
    "op": "or",
    "items": [
        {"field": "firstName", "cmp": "eq", "value": "Ana"},
        {
            "op": "and",
            "items": [
                {"field": "embeddedData.tier", "cmp": "in", "value": ["gold", "platinum"]},
                {
                    "op": "or",
                    "items": [
                        {"field": "unsubscribed", "cmp": "is", "value": False},
                        {"field": "createdAt", "cmp": "withinLastDays", "value": 30},
                    ],
                },
            ],
        },
    ],
}
OTHERS = [
    {"field": "activity.inviteCount", "cmp": "gte", "value": 2, "withinDays": 30},
    {"field": "transactions.sum", "cmp": "between", "value": [10, 20.5], "of": "amount"},
    {"field": "lastModified", "cmp": "before", "value": "2026-11-25"},
    {"field": "email", "cmp": "empty"},
    {"field": "list.CG_1", "cmp": "is", "value": True},
]


@pytest.mark.parametrize("criteria", [NESTED, *OTHERS, *(each[2] for each in SEGMENTS)])
def test_what_the_form_shows_is_what_it_sends_back(criteria: dict[str, Any]) -> None:
    assert criteria_of(typed(flat(rows_of(criteria)))) == criteria
    assert in_words(criteria, {"CG_1": "News"})


def send(tree: dict[str, Any]) -> list[tuple[str, str]]:
    return flat(rows_of(tree))


def posted(desk: Desk, path: str, pairs: list[tuple[str, str]], **more: Any) -> Any:
    """Repeated fields keep their order, as browsers send them."""
    from urllib.parse import urlencode

    kind = {"Content-Type": "application/x-www-form-urlencoded", **more.pop("headers", {})}
    body = urlencode([("csrf", desk.csrf), *pairs]).encode()
    return desk.client.post(desk.at(path), content=body, headers=kind, **more)


def test_a_nested_segment_is_counted_before_it_is_saved_and_then_built(desk: Desk) -> None:
    place = desk.place
    place.contact(firstName="Ana")
    place.contact(firstName="Ben", embeddedData={"tier": "gold"})
    place.contact(firstName="Cleo", embeddedData={"tier": "basic"})
    answer = posted(desk, f"{ALL}/preview", send(NESTED), headers=HX)
    said = text_of(answer.text)
    assert "2 contacts of 3" in said
    assert "Ana" in said
    assert "Cleo" not in said
    assert place.ok("GET", "/directories/{pool}/segments")["elements"] == []
    pairs = [("name", "Who to ask"), *send(NESTED)]
    answer = posted(desk, f"{ALL}/new", pairs)
    assert answer.status_code == 303, text_of(answer.text)
    here = answer.headers["Location"].removeprefix("/console").partition("?")[0]
    [kept] = place.ok("GET", "/directories/{pool}/segments")["elements"]
    assert kept["criteria"] == NESTED
    assert kept["name"] == "Who to ask"
    assert "building" in desk.shows(here)
    place.rebuild()
    page = desk.shows(here)
    assert "ready 2 members" in page
    assert "Built just now" in page
    assert "Drawn once it was built twice" in page
    place.now += 3_600_000
    place.contact(firstName="Ana")
    place.rebuild()
    page = desk.get(here).text
    assert "<polyline points=" in page
    assert "3 members" in text_of(page)


def test_lines_and_groups_can_be_added_without_script(desk: Desk) -> None:
    start = [("name", "N"), ("group", "and"), ("field", "firstName"), ("value", "Ana"), ("end", "")]
    page = posted(desk, f"{ALL}/new", [*start, ("do", "line:")]).text
    assert page.count("data-line>") == 2
    assert 'value="Ana"' in page
    page = posted(desk, f"{ALL}/new", [*start, ("do", "group:")]).text
    assert page.count("data-group>") == 2
    page = posted(desk, f"{ALL}/new", [*start, ("do", "drop:0")]).text
    assert page.count("data-line>") == 0
    for odd in ("drop:9.9:9", "x", "ungroup:", "line:a.b", "group:5"):
        assert posted(desk, f"{ALL}/new", [*start, ("do", odd)]).status_code == 200
    assert desk.place.ok("GET", "/directories/{pool}/segments")["elements"] == []


@pytest.mark.parametrize(
    ("line", "part", "said"),
    [
        ([("field", "embeddedData.NAME")], "part", "say which"),
        (
            [("field", "activity.inviteCount"), ("cmp", "gte"), ("value", "many")],
            "value",
            "not a number",
        ),
        (
            [("field", "activity.inviteCount"), ("cmp", "gte"), ("value", "1"), ("days", "0")],
            "days",
            "whole number from 1",
        ),
        (
            [("field", "transactions.sum"), ("cmp", "between"), ("value", "1"), ("to", "x")],
            "to",
            "not a number",
        ),
        ([("field", "lastName"), ("cmp", "in")], "values", "Last name: "),
        ([("field", "list.NAME")], "list", "On the mailing list: say which"),
        ([("field", "list.NAME"), ("list", "CG_Nowhere")], "list", "no mailing list CG_Nowhere"),
        ([("field", "firstName"), ("cmp", "gte"), ("value", "3")], "cmp", "First name: 'gte'"),
        ([("field", "nonsense"), ("cmp", "eq"), ("value", "3")], "field", "no field"),
        (
            [("field", "transactions.count"), ("cmp", "gt"), ("value", "1"), ("where", "x")],
            "where",
            "name=value",
        ),
    ],
)
def test_criteria_that_say_nothing_are_refused_at_their_line(
    desk: Desk, line: list[tuple[str, str]], part: str, said: str
) -> None:
    """Counted or saved: the third of three lines in a group, and the first says nothing."""
    fine = [("field", "email"), ("cmp", "notEmpty")]
    lines = [("field", ""), *fine, ("group", "or"), *line, ("end", "")]
    pairs = [("name", "N"), ("group", "and"), *lines, ("end", "")]
    for path, headers in ((f"{ALL}/preview", HX), (f"{ALL}/new", {})):
        answer = posted(desk, path, pairs, headers=headers)
        assert answer.status_code == 400
        [(name, text)] = wrong_of(answer.text)
        assert name == part
        assert said in unescape(text)
        assert answer.text.index('id="field-line"') > answer.text.index('value="notEmpty" selected')
        assert answer.headers.get("HX-Retarget") == ("#field-criteria" if headers else None)
        assert ("<h1" in answer.text) != bool(headers)
    assert desk.place.ok("GET", "/directories/{pool}/segments")["elements"] == []


def test_what_no_line_is_to_blame_for_is_said_above_all(desk: Desk) -> None:
    deep = [("group", "and")] * 9
    ends = [("end", "")] * 9
    many = [("field", "email"), ("cmp", "empty")] * 101
    for lines, said in (
        ([], "choose a field"),
        ([*deep, ("field", "email"), ("cmp", "empty"), *ends], "nested more than 8 deep"),
        (many, "more than 100 comparisons"),
    ):
        pairs = [("name", "N"), ("group", "and"), *lines, ("end", "")]
        for path, headers in ((f"{ALL}/preview", HX), (f"{ALL}/new", {})):
            answer = posted(desk, path, pairs, headers=headers)
            assert answer.status_code == 400
            assert said in text_of(answer.text)
            assert wrong_of(answer.text) == []
    assert desk.place.ok("GET", "/directories/{pool}/segments")["elements"] == []


@pytest.mark.scenario("D5")
def test_with_access_contacts_alone_segments_can_be_seen_not_changed(desk: Desk) -> None:
    place = desk.place
    body = {"name": "Anas", "criteria": {"field": "firstName", "cmp": "eq", "value": "Ana"}}
    segment_id = place.ok("POST", "/directories/{pool}/segments", body)["id"]
    clerk = Desk(place).sign_in_new("clerk", {place.pool: ACCESS})
    page = clerk.get(f"{ALL}/{segment_id}").text
    assert "Anas" in page
    assert "Build again" not in page
    assert "/edit" not in page
    pairs = [("name", "N"), *send(NESTED)]
    for path in ("new", "preview", f"{segment_id}/edit", f"{segment_id}/rebuild"):
        assert posted(clerk, f"{ALL}/{path}", pairs).status_code == 403, path
    assert posted(clerk, f"{ALL}/{segment_id}/delete", []).status_code == 403
    assert clerk.get(f"{ALL}/new").status_code == 403
    assert len(place.ok("GET", "/directories/{pool}/segments")["elements"]) == 1


@pytest.mark.scenario("D14")
def test_a_segment_in_use_says_by_what_and_stays(desk: Desk) -> None:
    place = desk.place
    body = {"name": "Anas", "criteria": {"field": "firstName", "cmp": "eq", "value": "Ana"}}
    segment_id = place.ok("POST", "/directories/{pool}/segments", body)["id"]
    project = place.ok("POST", "/projects", {"name": "Shop", "origins": []})["id"]
    place.ok("POST", f"/projects/{project}/link", {"directoryId": place.pool})
    condition = [{"kind": "segment", "cmp": "is", "value": [segment_id]}]
    intercept_id = intercept(place, project, "Uses it", condition=condition, linked=True)
    assert "Uses it" in desk.shows(f"{ALL}/{segment_id}")
    assert "Uses it" in desk.shows(f"{ALL}/{segment_id}/delete")
    assert intercept_id in desk.refused(409, f"{ALL}/{segment_id}/delete")
    place.ok(
        "PUT", f"/projects/{project}/intercepts/{intercept_id}", {"draft": {"condition": None}}
    )
    desk.does(f"{ALL}/{segment_id}/delete")
    assert place.ok("GET", "/directories/{pool}/segments")["elements"] == []


def test_two_segments_show_what_they_share(desk: Desk) -> None:
    place = desk.place
    for name, tier in (("Ana", "gold"), ("Ana", "basic"), ("Ben", "gold")):
        place.contact(firstName=name, embeddedData={"tier": tier})
    for title, field, value in (
        ("Anas", "firstName", "Ana"),
        ("Gold", "embeddedData.tier", "gold"),
    ):
        body = {"name": title, "criteria": {"field": field, "cmp": "eq", "value": value}}
        place.ok("POST", "/directories/{pool}/segments", body)
    place.rebuild()
    page = desk.shows(ALL)
    assert "1 50 %" in page


def test_a_copy_begins_with_what_the_segment_says_and_a_name_of_its_own(desk: Desk) -> None:
    place = desk.place
    body = {"name": "Gold" * 25, "description": "Who pays", "criteria": NESTED}
    made = place.ok("POST", ALL, body)["id"]
    new = f"/console/directories/{place.pool}/segments/new"
    assert f'href="{new}?from={made}"' in desk.get(f"{ALL}/{made}").text
    for ending in (" (copy)", " (copy 2)"):
        sent = form_of(desk.get(f"{ALL}/new", params={"from": made}).text, new)
        assert dict(sent)["name"] == body["name"][: 100 - len(ending)] + ending
        assert posted(desk, f"{ALL}/new", sent[1:]).status_code == 303
    _, *copies = place.ok("GET", ALL)["elements"]
    assert [(each["description"], each["criteria"]) for each in copies] == [
        ("Who pays", NESTED)
    ] * 2
    other = place.ok("POST", "/directories", {"name": "Other"})["id"]
    assert desk.get(f"/directories/{other}/segments/new?from={made}").status_code == 404
    clerk = Desk(place).sign_in_new("clerk", {place.pool: ACCESS})
    assert clerk.get(f"{ALL}/new", params={"from": made}).status_code == 403
    assert "/new?from=" not in clerk.get(f"{ALL}/{made}").text


def test_a_list_is_chosen_by_its_name(desk: Desk) -> None:
    """One that is gone stays chosen under its id, so that saving the rest loses nothing."""
    place, name = desk.place, "News & <more>"
    list_id = place.ok("POST", "/directories/{pool}/mailinglists", {"name": name})["id"]
    leaf = {"field": f"listUnsubscribed.{list_id}", "cmp": "is", "value": True}
    made = place.ok("POST", ALL, {"name": "N", "criteria": leaf})["id"]
    assert "Opted out of the mailing list News & <more>" in text_of(desk.get(f"{ALL}/{made}").text)
    chosen = f'<option value="{list_id}" selected>'
    assert f"{chosen}{escape(name)}</option>" in desk.get(f"{ALL}/{made}/edit").text
    desk.place.ok("DELETE", f"/directories/{{pool}}/mailinglists/{list_id}")
    assert f"{chosen}{list_id}</option>" in desk.get(f"{ALL}/{made}/edit").text

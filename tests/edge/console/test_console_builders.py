"""The builders of conditions and criteria: everything that the core knows, there and back."""

from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from desk import Desk, text_of
from forms import changed, form_of, wrong_of
from hypothesis import given
from hypothesis import strategies as st
from test_console_projects import intercept

from askwell_edge.console import criteria, criteria_fields, targeting
from askwell_runtime.activity import COUNTED, LAST
from askwell_runtime.condition import compile_condition
from askwell_runtime.kinds import KINDS
from askwell_runtime.number import NUMBER
from askwell_runtime.request import request_from
from askwell_runtime.segment import PLAIN_FIELDS, TEXT_FIELDS, compile_criteria
from askwell_runtime.wire import pack_snapshot, read_snapshot

ODD = 'a, b = "c" & d'
NAMES = {
    "query": {"name": ODD},
    "cookie": {"name": ODD},
    "value": {"path": "cart.items[0].price"},
    "tracked": {"name": "added"},
    "displayed": {"intercept_id": "any", "within": "session"},
    "action_taken": {"action_id": "AS_1", "within": "ever"},
    "survey_taken": {"survey_id": "SV_1"},
}
ZONE = {"zone": "Europe/Berlin"}


def leaf_of(kind: str, cmp: str) -> dict[str, Any]:
    """A comparison of this kind that the core takes."""
    leaf = {"kind": kind, "cmp": cmp, **NAMES.get(kind, {})}
    if cmp in targeting.VALUELESS or kind in ("displayed", "action_taken", "survey_taken"):
        return leaf
    if kind == "segment":
        return {**leaf, "value": ["SG_1", "SG_2"]}
    if kind == "weekday":
        return {**leaf, "value": [1, 5, 7], **ZONE}
    if kind in ("device", "browser", "os", "language"):
        return {**leaf, "value": ["mobile", "tablet"] if kind == "device" else ["a, b", "c"]}
    if kind in ("date", "time"):
        first, last = ("2026-11-01", "2026-11-24") if kind == "date" else ("22:00", "06:30")
        return {**leaf, "value": [first, last] if cmp == "between" else first, **ZONE}
    if cmp not in NUMBER:
        return {**leaf, "value": ODD}
    return {**leaf, "value": [0.5, 20] if cmp == "between" else 2}


LEAVES = [leaf_of(kind, cmp) for kind, (_, table) in KINDS.items() for cmp in table]


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: f"{leaf['kind']} {leaf['cmp']}")
def test_every_comparison_of_a_condition_can_be_written_with_the_controls(
    leaf: dict[str, Any],
) -> None:
    compile_condition(leaf)
    assert targeting.leaf_of(targeting.tidy(targeting.row_of(leaf))) == leaf
    assert leaf["cmp"] in targeting.comparisons()[leaf["kind"]]
    assert leaf["kind"] in targeting.TITLES


def fields() -> list[tuple[str, str]]:
    """Field and kind of everything that criteria may ask, from the core's own tables."""
    exact = {"extRef", "emailDomain", *TEXT_FIELDS}
    measures = [*(f"activity.{name}" for name in (*COUNTED, "frustrationCount", "responseRate"))]
    return [
        *((field, "text") for field in sorted(exact)),
        *((field, "date") for field in PLAIN_FIELDS if field.endswith(("At", "Modified"))),
        *((f"activity.{name}", "date") for name in LAST),
        ("transactions.lastAt", "date"),
        *((field, "number") for field in [*measures, "transactions.count", "transactions.sum"]),
        *((field, "truth") for field in ("unsubscribed", "list.CG_1", "listUnsubscribed.CG_1")),
        ("embeddedData.tier, = x", "any"),
    ]


def criterion(field: str, kind: str, cmp: str) -> dict[str, Any]:
    leaf: dict[str, Any] = {"field": field, "cmp": cmp.removesuffix("#")}
    match cmp:
        case "empty" | "notEmpty":
            pass
        case "is":
            leaf["value"] = False
        case "in":
            leaf["value"] = ["gold, or so", "a=b"]
        case "before" | "after":
            leaf["value"] = "2026-11-24"
        case "between":
            leaf["value"] = ["2026-01-01", "2026-11-24"] if kind == "date" else [1, 2.5]
        case "withinLastDays" | "notWithinLastDays" | "eq#" | "neq#" | "lt" | "lte" | "gt" | "gte":
            leaf["value"] = 30
        case _:
            leaf["value"] = 5 if kind == "number" else ODD
    if field.startswith(("activity.", "transactions.")):
        leaf["withinDays"] = 90
    if field.startswith("activity."):
        leaf |= {"surveyId": "SV_1", "interceptId": "SI_1"}
    if field.startswith("transactions."):
        leaf["where"] = {"type": "order, web", "b": "c=d"}
    return leaf | ({"of": "amount"} if field == "transactions.sum" else {})


CRITERIA = [
    criterion(field, kind, cmp) for field, kind in fields() for cmp in criteria_fields.KINDS[kind]
]


@pytest.mark.parametrize("leaf", CRITERIA, ids=lambda leaf: f"{leaf['field']} {leaf['cmp']}")
def test_every_criterion_can_be_written_with_the_controls(leaf: dict[str, Any]) -> None:
    compile_criteria(leaf)
    assert criteria.leaf_of(criteria.tidy(criteria.row_of(leaf))) == leaf
    assert criteria.split_field(leaf["field"])[0] in {each[0] for each in criteria_fields.FIELDS}
    assert criteria.in_words(leaf, {})


COOKIES = [{"kind": "cookie", "name": name, "cmp": "set"} for name in "abc"]
NODES = st.recursive(
    st.sampled_from(COOKIES) | st.just([]),
    lambda inner: st.lists(inner, min_size=1, max_size=3).flatmap(
        lambda nodes: st.lists(
            st.sampled_from(["and", "or"]), min_size=len(nodes) - 1, max_size=len(nodes) - 1
        ).map(
            lambda joints: [
                part
                for node, joint in zip(nodes, [*joints, ""], strict=True)
                for part in (node, joint)
            ][:-1]
        )
    ),
    max_leaves=8,
).map(lambda node: node if isinstance(node, list) else [node])
KNOWN = read_snapshot(pack_snapshot({"v": 1, "visitor": "anonymous"}))


@given(NODES)
def test_a_condition_written_anew_passes_where_it_did(node: list[Any]) -> None:
    assert targeting.condition_of(targeting.rows_of(node), node) == node, "kept to the byte"
    anew = targeting.condition_of(targeting.rows_of(node))
    for world in range(8):
        cookies = {name: "1" for bit, name in enumerate("abc") if world >> bit & 1}
        asked = request_from({"now": 5, "draw": "0" * 32, "page": {"cookies": cookies}})
        was, now = (compile_condition(each).judge(KNOWN, asked) for each in (node, anew))
        assert was == now


def post(desk: Desk, path: str, pairs: list[tuple[str, str]]) -> Any:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return desk.client.post(desk.at(path), content=urlencode(pairs).encode(), headers=kind)


@pytest.fixture
def project(desk: Desk) -> str:
    made = desk.place.ok("POST", "/projects", {"name": "Shop", "origins": []})
    desk.place.ok("POST", f"/projects/{made['id']}/link", {"directoryId": desk.place.pool})
    return str(made["id"])


# What the form alone would write otherwise: one text in a list, numbers as texts, odd blanks.
STRANGE = [
    {"kind": "device", "cmp": "is", "value": ["mobile"]},
    {"kind": "url", "cmp": "contains", "value": " two\nrows "},
    {"kind": "language", "cmp": "is", "value": ["en\nde"]},
    {"kind": "browser", "cmp": "is_not", "value": "Firefox"},
    {"kind": "time", "cmp": "before", "value": "09:30", "zone": None},
]


def test_whatever_the_api_saves_is_still_there_after_the_console_saved_it(
    desk: Desk, project: str
) -> None:
    place = desk.place
    body = {"name": "Anas", "criteria": {"field": "firstName", "cmp": "eq", "value": "Ana"}}
    segment_id = place.ok("POST", "/directories/{pool}/segments", body)["id"]
    leaves = [
        {**each, "value": [segment_id]} if each["kind"] == "segment" else each for each in LEAVES
    ]
    few = [*leaves[::2], *STRANGE][-90:]
    rest = [each for each in leaves if each not in few]
    condition: list[Any] = [few[0], "and", [few[1], "or", []]]
    for n, each in enumerate(few[2:]):
        condition += ["or" if n % 3 else "and", each if n % 5 else [each]]
    other = [part for each in rest for part in (each, "and")][:-1]
    target = {"kind": "url", "url": "https://a.example", "open": "frame"}
    intercept_id = intercept(place, project, condition=condition, linked=True, randomise=True)
    here = f"/projects/{project}/intercepts/{intercept_id}"
    creative_id = place.ok("GET", here)["draft"]["actions"][0]["creative_id"]
    actions = [
        {"creative_id": creative_id, "condition": other, "target": target, "sample_rate": 1234},
        {"creative_id": creative_id, "condition": None},
    ]
    place.ok("PUT", here, {"draft": {"actions": actions}})
    was = place.ok("GET", here)["draft"]
    page = desk.get(f"{here}/edit").text
    answer = post(desk, f"{here}/edit", form_of(page, f"/console{here}/edit"))
    assert answer.status_code == 303, text_of(answer.text)
    assert place.ok("GET", here)["draft"] == was
    for action in was["actions"]:
        there = f"{here}/actions/{action['id']}"
        page = desk.get(there).text
        answer = post(desk, there, form_of(page, f"/console{there}"))
        assert answer.status_code == 303, text_of(answer.text)
    assert place.ok("GET", here)["draft"] == was
    # One more comparison changes nothing of the others.
    more = [("field", "page_count"), ("cmp", "gte"), ("value", "3")]
    sent = form_of(desk.get(f"{here}/edit").text, f"/console{here}/edit")
    last = max(n for n, (name, _) in enumerate(sent) if name == "end")
    answer = post(desk, f"{here}/edit", [*sent[:last], *more, *sent[last:]])
    assert answer.status_code == 303, text_of(answer.text)
    now = place.ok("GET", here)["draft"]["condition"]
    assert {"kind": "page_count", "cmp": "gte", "value": 3} in now
    text = repr(now)
    assert [each for each in few[2:] if repr(each) not in text] == []


def test_a_segment_of_the_api_is_still_there_after_the_console_saved_it(desk: Desk) -> None:
    place = desk.place
    place.ok("POST", "/directories/{pool}/mailinglists", {"name": "News"})
    [news] = place.ok("GET", "/directories/{pool}/mailinglists")["elements"]
    leaves: list[dict[str, Any]] = [
        {"field": "embeddedData.score", "cmp": "eq", "value": 5},
        {"field": "embeddedData.score", "cmp": "eq", "value": "5"},
        {"field": "embeddedData.score", "cmp": "in", "value": ["a, b", "c\nd"]},
        {"field": "createdAt", "cmp": "between", "value": [1, 1_800_000_000_000]},
        {"field": "transactions.count", "cmp": "gt", "value": 1, "where": {"n": 5, "x": True}},
        {"field": "activity.inviteCount", "cmp": "gte", "value": 2, "surveyId": "SV_1"},
        {"field": "firstName", "cmp": "contains", "value": " x "},
        {"field": f"list.{news['mailingListId']}", "cmp": "is", "value": False},
    ]
    tree = {
        "op": "or",
        "items": [
            {"op": "and", "items": [{"op": "and", "items": leaves[:1]}, *leaves[1:4]]},
            leaves[4],
            {"op": "and", "items": leaves[5:]},
        ],
    }
    body = {"name": "All", "criteria": tree}
    segment_id = place.ok("POST", "/directories/{pool}/segments", body)["id"]
    here = f"/directories/{place.pool}/segments/{segment_id}"
    sent = form_of(desk.get(f"{here}/edit").text, f"/console{here}/edit")
    assert post(desk, f"{here}/edit", sent).status_code == 303
    assert place.ok("GET", here)["criteria"] == tree
    # Another name for the first comparison's field leaves the rest as it was.
    first = next(n for n, pair in enumerate(sent) if pair == ("part", "score"))
    sent[first] = ("part", "points")
    assert post(desk, f"{here}/edit", changed(sent, name="Some")).status_code == 303
    kept = place.ok("GET", here)["criteria"]
    assert kept["items"][0]["items"] == [
        {**leaves[0], "field": "embeddedData.points"},
        *leaves[1:4],
    ]
    assert kept["items"][1:] == tree["items"][1:]


@pytest.mark.parametrize(
    ("line", "part", "said"),
    [
        ([("field", "cookie"), ("cmp", "set")], "part", "the cookie: say which"),
        (
            [("field", "page_count"), ("cmp", "gt"), ("value", "many")],
            "value",
            "'many' is not a number",
        ),
        ([("field", "weekday"), ("cmp", "is")], "pick", "the day of the week: a list of days"),
        ([("field", "language"), ("cmp", "is")], "values", "the browser's language: "),
        ([("field", "time"), ("cmp", "before"), ("value", "noon")], "value", "the time of day: "),
        (
            [("field", "weekday"), ("cmp", "is"), ("pick", "1"), ("zone", "Mars/North")],
            "zone",
            "the day of the week: 'Mars/North' is not a time zone",
        ),
        ([("field", "nonsense"), ("cmp", "is")], "", "nonsense: 'nonsense' is none of"),
    ],
)
def test_a_comparison_that_says_nothing_is_named(
    desk: Desk, project: str, line: list[tuple[str, str]], part: str, said: str
) -> None:
    """And marked, second of three lines of which the first says nothing at all."""
    intercept_id = intercept(desk.place, project)
    here = f"/projects/{project}/intercepts/{intercept_id}"
    sent = form_of(desk.get(f"{here}/edit").text, f"/console{here}/edit")
    first = next(n for n, (name, _) in enumerate(sent) if name == "field")
    typed = [*sent[:first], ("field", ""), ("field", "url"), ("value", "/"), *line, *sent[first:]]
    answer = post(desk, f"{here}/edit", typed)
    assert answer.status_code == 400
    assert said in text_of(answer.text)
    assert [name for name, _ in wrong_of(answer.text)] == ([part] if part else [])
    assert answer.text.index('id="wrong-line"') > answer.text.index('value="/"')
    assert desk.place.ok("GET", here)["draft"]["condition"] is None


@pytest.mark.parametrize("form", ["edit", "actions/new"])
@pytest.mark.parametrize(
    ("line", "part", "said"),
    [
        ([("pick", "SG_gone")], "pick", "a segment of the contact: the project's directory has no"),
        (
            [("intercept", "SI_gone")],
            "intercept",
            "an invitation, in this browser: the project",
        ),
    ],
)
def test_what_is_gone_is_marked_at_its_line(
    desk: Desk, project: str, form: str, line: list[tuple[str, str]], part: str, said: str
) -> None:
    """It was there when the page was opened; second of two lines."""
    intercept_id = intercept(desk.place, project)
    here = f"/projects/{project}/intercepts/{intercept_id}"
    draft = desk.place.ok("GET", here)["draft"]
    sent = form_of(desk.get(f"{here}/{form}").text, f"/console{here}/{form}")
    sent = changed(sent, creative_id=draft["actions"][0]["creative_id"])
    first = next(n for n, (name, _) in enumerate(sent) if name == "field")
    kind = "segment" if part == "pick" else "displayed"
    typed = [("field", "url"), ("value", "/"), ("field", kind), ("cmp", "is"), *line]
    answer = post(desk, f"{here}/{form}", [*sent[:first], *typed, *sent[first:]])
    assert answer.status_code == 400
    [(name, text)] = wrong_of(answer.text)
    assert name == part
    assert unescape(text).startswith(said)
    assert answer.text.index('id="wrong-line"') > answer.text.index('value="/"')
    assert desk.place.ok("GET", here)["draft"] == draft


def test_action_sets_are_added_ordered_and_taken_out(desk: Desk, project: str) -> None:
    intercept_id = intercept(desk.place, project)
    here = f"/projects/{project}/intercepts/{intercept_id}"
    [first] = desk.place.ok("GET", here)["draft"]["actions"]
    sent = form_of(desk.get(f"{here}/actions/new").text, f"/console{here}/actions/new")
    answer = post(desk, f"{here}/actions/new", sent)
    assert answer.status_code == 400
    assert "choose what they see" in text_of(answer.text)
    more = changed(
        sent, creative_id=first["creative_id"], field="device", cmp="is", sample_rate="50"
    )
    assert post(desk, f"{here}/actions/new", [*more, ("do", "group:")]).status_code == 200
    at = next(n for n, (name, _) in enumerate(more) if name == "cmp")
    answer = post(
        desk, f"{here}/actions/new", [*more[: at + 1], ("pick", "mobile"), *more[at + 1 :]]
    )
    assert answer.status_code == 303, text_of(answer.text)
    kept, added = desk.place.ok("GET", here)["draft"]["actions"]
    assert kept == first
    assert added["condition"] == [{"kind": "device", "cmp": "is", "value": "mobile"}]
    assert added["sample_rate"] == 5000
    assert "Action set 2" in desk.shows(here)
    desk.does(f"{here}/actions/{added['id']}/earlier")
    assert desk.place.ok("GET", here)["draft"]["actions"] == [added, first]
    desk.does(f"{here}/actions/{added['id']}/remove")
    assert desk.place.ok("GET", here)["draft"]["actions"] == [first]
    assert desk.get(f"{here}/actions/{added['id']}").status_code == 404

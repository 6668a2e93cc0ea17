"""Who the visitor is, what the snapshot says, and what the edge's core decides from it."""

import pytest
from visitor_site import DAY_S, SHOP, Site

from askwell_edge.directory.contacts.contacts import update_contact
from askwell_edge.directory.segments.segments import create_segment
from askwell_edge.projects.keys import live_keys
from askwell_edge.projects.projects import create_project


@pytest.mark.scenario("B1", "B3", "B4")
def test_known_unknown_and_anonymous_are_told_apart(site: Site) -> None:
    site.contact("U-1")
    linked, free = site.intercept(), site.intercept(linked=False)
    assert site.snapshot("U-1")["visitor"] == "known"
    assert site.snapshot("X-9")["visitor"] == "unknown"
    assert site.snapshot(None)["visitor"] == "anonymous"
    assert site.decide("U-1")[linked] == "shown"
    unknown = site.decide("X-9")
    assert (unknown[linked], unknown[free]) == ("unknown_reference", "shown")
    assert site.decide(None)[linked] == "shown"


@pytest.mark.scenario("B2")
def test_a_reference_is_matched_byte_for_byte(site: Site) -> None:
    site.contact("u-1")
    assert site.snapshot("U-1")["visitor"] == "unknown"
    assert site.snapshot("u-1 ")["visitor"] == "unknown"
    assert site.snapshot("u-1")["visitor"] == "known"


@pytest.mark.scenario("B8")
@pytest.mark.parametrize("placeholder", ["undefined", "null", "guest", "", " Unknown ", "NaN"])
def test_a_placeholder_is_no_reference(site: Site, placeholder: str) -> None:
    site.apply(create_contacts=True)
    site.contact(placeholder)
    found = site.snapshot(placeholder)
    assert (found["visitor"], found["creation"]) == ("anonymous", "no_reference")
    assert found["notes"] == ([] if placeholder == "" else ["reference_placeholder"])


@pytest.mark.scenario("B9")
def test_a_number_is_matched_as_its_digits(site: Site) -> None:
    site.contact("42")
    assert site.snapshot(42)["visitor"] == "known"
    assert site.snapshot("42")["visitor"] == "known"


@pytest.mark.parametrize(
    ("reference", "note"),
    [
        ("r" * 101, "reference_too_long"),
        ("a\x00b", "reference_control_character"),
        ("\ud83d", "reference_control_character"),
        (["U-1"], "reference_not_text"),
        (True, "reference_not_text"),
        (2**60, "reference_not_exact"),
    ],
)
def test_a_reference_that_cannot_be_one_is_noted(site: Site, reference: object, note: str) -> None:
    site.apply(create_contacts=True)
    found = site.snapshot(reference)
    assert (found["visitor"], found["notes"]) == ("anonymous", [note])
    assert site.beacon("page_view", reference=reference)["refused"] == []


def test_an_emoji_and_100_characters_are_a_reference(site: Site) -> None:
    for reference in ("😀", "r" * 100, "O'Neil; DROP TABLE contacts"):
        site.contact(reference)
        assert site.snapshot(reference)["visitor"] == "known"


@pytest.mark.scenario("B13")
def test_where_tokens_are_required_an_unsigned_reference_is_none(site: Site) -> None:
    site.contact("U-1")
    linked = site.intercept()
    site.apply(require_token=True, create_contacts=True)
    key = site.read(live_keys, site.project_id)[0]["secret"]
    assert site.snapshot("U-1")["visitor"] == "unsigned"
    assert site.decide("U-1")[linked] == "unsigned_reference"
    assert site.snapshot("U-1", token=site.token(key, "U-2"))["visitor"] == "unsigned"
    assert site.snapshot("U-1", token=site.token(b"another" * 6, "U-1"))["visitor"] == "unsigned"
    token = site.token(key, "U-1")
    assert site.snapshot("U-1", token=token)["visitor"] == "known"
    assert site.snapshot("N-1", token=token)["creation"] == "no_reference"
    site.now += 10 * 60_000
    assert site.snapshot("U-1", token=token)["visitor"] == "unsigned"
    assert site.claim(linked, "U-1")["granted"] is False


@pytest.mark.scenario("B14")
def test_of_two_contacts_with_one_reference_the_newest_counts(site: Site) -> None:
    old = site.contact("U-1")
    site.now += 1
    new = site.contact("U-1")
    site.beacon("displayed", reference="U-1", intercept=site.intercept())
    assert len(site.timeline(new, "intercept_displayed")) == 1
    site.now += 1
    site.write(update_contact, site.directory_id, old, {"phone": "+34600"}, site.now)
    site.beacon("displayed", reference="U-1", intercept=site.intercept())
    assert len(site.timeline(old, "intercept_displayed")) == 1


@pytest.mark.scenario("B15", "H3")
def test_no_answer_holds_a_contact_field_or_a_name(site: Site) -> None:
    contact_id = site.contact("U-1", email="zoe@zoes.example", embedded_data={"tier": "golden"})
    criteria = {"field": "embeddedData.tier", "cmp": "eq", "value": "golden"}
    segment = site.write(create_segment, site.directory_id, "Secret name", criteria, site.now)
    site.rebuild()
    condition = {"kind": "segment", "cmp": "is", "value": [segment]}
    intercept = site.intercept(condition=condition, frequency_control=True)
    site.rule(limits=[{"max": 1, "window_s": DAY_S}])
    answers = [
        site.post("snapshot", {"reference": "U-1"}),
        site.client.get(f"/p/{site.project_id}/start.json"),
        site.client.get(
            f"/b/{site.client.get(f'/p/{site.project_id}/start.json').json()['bundle']}"
        ),
        site.post("decide", {"now": site.now, "draw": "0" * 32, "reference": "U-1", "debug": True}),
        site.post("claim", {"page_view_id": "p" * 16, "intercept": intercept, "reference": "U-1"}),
    ]
    for answer in answers:
        assert answer.status_code == 200
        for hidden in (b"zoe", b"golden", b"Secret", b"Customers", contact_id.encode(), b"U-1"):
            assert hidden not in answer.content, hidden
    assert segment.encode() in answers[0].content


@pytest.mark.scenario("D1", "D2", "F17")
def test_segments_decide_and_only_those_that_are_named_travel(site: Site) -> None:
    site.contact("U-1", embedded_data={"tier": "gold"})
    site.contact("U-2", embedded_data={"tier": "tin"})
    criteria = {"field": "embeddedData.tier", "cmp": "eq", "value": "gold"}
    named = site.write(create_segment, site.directory_id, "Gold", criteria, site.now)
    other = site.write(create_segment, site.directory_id, "Same", criteria, site.now)
    within = site.intercept(condition={"kind": "segment", "cmp": "is", "value": [named]})
    without = site.intercept(condition={"kind": "segment", "cmp": "is_not", "value": [named]})
    waiting = site.snapshot("U-1")
    assert (waiting["pending"], waiting["segments"]) == ([named], [])
    assert site.decide("U-1")[within] == "membership_pending"
    site.rebuild()
    found = site.snapshot("U-1")
    assert found["segments"] == [named]
    assert other not in str(found)
    assert found["segments_at"] == site.now
    gold, tin = site.decide("U-1"), site.decide("U-2")
    assert (gold[within], gold[without]) == ("shown", "not_targeted")
    assert (tin[within], tin[without]) == ("not_targeted", "shown")
    nobody = site.decide(None)
    assert (nobody[within], nobody[without]) == ("not_targeted", "shown")


def test_known_and_unknown_get_the_same_shape(site: Site) -> None:
    site.contact("U-1")
    site.rule(limits=[{"max": 1, "window_s": DAY_S}])
    site.intercept(frequency_control=True)
    known, unknown = site.snapshot("U-1"), site.snapshot("X-9")
    assert known.keys() == unknown.keys() == site.snapshot(None).keys()
    assert known["allows_at"] == unknown["allows_at"]
    assert abs(len(str(known)) - len(str(unknown))) < 8


@pytest.mark.scenario("H2")
def test_debugging_explains_with_what_was_found(site: Site) -> None:
    condition = {"kind": "url", "cmp": "contains", "value": "/cart"}
    intercept = site.intercept(condition=condition)
    row = site.decide("U-9", debug=True)[""]["explain"][0]["rows"][0]
    assert (row["expected"], row["passed"]) == ("/cart", False)
    assert row["actual"] == f"{SHOP}/"
    assert site.decide(None, page={"url": f"{SHOP}/cart"})[intercept] == "shown"


def test_without_a_publication_nothing_shows(site: Site) -> None:
    site.project_id = site.write(create_project, "New", [SHOP], site.now)
    assert site.decide("U-1")[""] == {"bundle": None, "decisions": [], "show": []}
    assert site.snapshot("U-1")["visitor"] == "unknown"
    assert site.client.get(f"/p/{site.project_id}/start.json").json()["bundle"] is None

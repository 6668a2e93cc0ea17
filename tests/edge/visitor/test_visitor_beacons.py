"""Beacons: written once, answered after the commit, and silent about who is in the directory."""

import pytest
from sqlalchemy import select
from visitor_site import DAY_MS, Site, fresh

from askwell_edge.store.tables import page_views, touchpoints


def a_beacon(site: Site, **fields: object) -> dict[str, object]:
    return {
        "id": fresh("beacon"),
        "kind": "displayed",
        "at": site.now,
        "page_view_id": fresh("page-view"),
        **fields,
    }


@pytest.mark.scenario("G5")
def test_one_beacon_sent_twice_is_one_touchpoint(site: Site) -> None:
    site.contact("U-1")
    beacon = a_beacon(site, intercept=site.intercept(), reference="U-1")
    for batch in ([beacon], [beacon, beacon], [beacon]):
        answer = site.post("beacons", {"beacons": batch})
        assert answer.json() == {"recorded": [beacon["id"]] * len(batch), "refused": []}
    assert len(site.rows(select(touchpoints))) == 1


def test_of_two_beacons_with_one_id_the_first_wins(site: Site) -> None:
    first, second = site.contact("U-1"), site.contact("U-2")
    beacon = a_beacon(site, intercept=site.intercept(), reference="U-1")
    site.post("beacons", {"beacons": [beacon]})
    site.post("beacons", {"beacons": [{**beacon, "reference": "U-2", "kind": "clicked"}]})
    assert [each["type"] for each in site.timeline(first)] == ["intercept_displayed"]
    assert site.timeline(second) == []


def test_many_at_once_are_all_kept(site: Site) -> None:
    site.contact("U-1")
    intercept = site.intercept()
    batches = [
        [a_beacon(site, intercept=intercept, reference="U-1") for _ in range(8)] for _ in range(20)
    ]
    answers = site.post_at_once("beacons", [{"beacons": each} for each in batches])
    recorded = [each for answer in answers for each in answer.json()["recorded"]]
    kept = {each["touchpoint_id"] for each in site.rows(select(touchpoints))}
    assert len(recorded) == 160
    assert kept == set(recorded)


@pytest.mark.scenario("G6")
@pytest.mark.parametrize("reference", [None, "X-9", "undefined", "u-1"])
def test_nobody_has_no_timeline_and_the_answer_does_not_tell(
    site: Site, reference: str | None
) -> None:
    site.contact("U-1")
    intercept = site.intercept()
    for kind in ("displayed", "clicked", "dismissed", "cancelled"):
        answer = site.beacon(kind, intercept=intercept, reference=reference)
        assert answer["refused"] == []
        assert len(answer["recorded"]) == 1
    assert site.rows(select(touchpoints)) == []


@pytest.mark.scenario("G4")
def test_displays_clicks_and_dismissals_stand_on_the_timeline(site: Site) -> None:
    contact_id = site.contact("U-1")
    intercept = site.intercept(survey_id="SV_a")
    for kind in ("displayed", "clicked", "dismissed"):
        site.now += 1000
        site.beacon(kind, intercept=intercept, reference="U-1", action="AS_one")
    types = [each["type"] for each in site.timeline(contact_id)]
    assert types == ["intercept_dismissed", "intercept_clicked", "intercept_displayed"]
    latest = site.timeline(contact_id)[0]
    assert (latest["channel"], latest["survey_id"]) == ("web", "SV_a")
    assert latest["details"]["action_id"] == "AS_one"


def test_what_is_linked_nowhere_is_not_recorded(site: Site) -> None:
    contact_id = site.contact("U-1")
    linked_by_project = site.intercept(linked=False)
    site.beacon("displayed", intercept=linked_by_project, reference="U-1")
    assert len(site.timeline(contact_id)) == 1
    site.project_id = site.new_project()
    assert site.beacon("page_view", reference="U-1")["refused"] == []
    assert len(site.rows(select(page_views))) == 1
    assert len(site.timeline(contact_id)) == 1


def test_a_bad_beacon_is_refused_by_itself(site: Site) -> None:
    site.contact("U-1")
    good = a_beacon(site, intercept=site.intercept(), reference="U-1")
    bad = [
        {**good, "id": "short"},
        {**good, "id": "with a space in it 1"},
        {**good, "id": fresh("beacon"), "kind": "hovered"},
        {**good, "id": fresh("beacon"), "at": -1},
        {**good, "id": fresh("beacon"), "at": "now"},
        {**good, "id": fresh("beacon"), "intercept": "SI_elsewhere"},
        {**good, "id": fresh("beacon"), "page_view_id": "x" * 65},
        "not a beacon",
        None,
    ]
    answer = site.post("beacons", {"beacons": [*bad, good]}).json()
    assert answer["recorded"] == [good["id"]]
    assert [each["id"] for each in answer["refused"]][:2] == ["short", "with a space in it 1"]
    assert [each["code"] for each in answer["refused"]] == ["bad_body"] * 5 + [
        "unknown_intercept"
    ] + ["bad_body"] * 3
    assert "kind" in answer["refused"][2]["message"]
    assert len(site.rows(select(touchpoints))) == 1


def test_a_pages_clock_is_believed_for_a_day(site: Site) -> None:
    contact_id = site.contact("U-1")
    intercept = site.intercept()
    for said_at in (site.now - DAY_MS, site.now - DAY_MS - 1, site.now + 1, 0):
        site.beacon("displayed", intercept=intercept, reference="U-1", at=said_at)
    shown = sorted(each["at"] for each in site.timeline(contact_id))
    assert shown == [site.now - DAY_MS, site.now, site.now, site.now]


def test_page_views_are_counted_once(site: Site) -> None:
    contact_id = site.contact("U-1")
    page_view_id = fresh("page-view")
    for reference in ("U-1", "U-1", None):
        site.beacon("page_view", page_view_id=page_view_id, reference=reference)
    (view,) = site.rows(select(page_views))
    assert (view["project_id"], view["contact_id"]) == (site.project_id, contact_id)
    assert site.timeline(contact_id) == []

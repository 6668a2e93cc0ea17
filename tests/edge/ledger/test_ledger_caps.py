"""Frequency rules over the ledger: rolling windows, gaps, surveys, and what counts at all."""

import pytest
from sqlalchemy import insert
from visitor_site import DAY_MS, DAY_S, Site

from askwell_edge.directory.lists.lists import add_to_list, create_list
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import touchpoints


async def email_sent(conn: object, site: Site, contact_id: str, **more: object) -> None:
    """What a mail's sender writes into the ledger."""
    row = {
        "touchpoint_id": new_id("TP"),
        "contact_id": contact_id,
        "directory_id": site.directory_id,
        "at": site.now,
        "type": "email_sent",
        "channel": "email",
        "counts_toward_caps": True,
        "test": False,
        **more,
    }
    await conn.execute(insert(touchpoints).values(row))  # type: ignore[attr-defined]


def allowed(site: Site, intercept: str, reference: str = "U-1") -> bool:
    """Whether core and claim both let it show; they must agree."""
    reason = site.decide(reference)[intercept]
    granted = site.claim(intercept, reference, test=True)
    assert granted["granted"] is (reason == "shown"), (reason, granted)
    return reason == "shown"


@pytest.mark.scenario("C1", "C5")
def test_one_a_day_is_a_rolling_day_on_all_devices(site: Site) -> None:
    site.contact("U-1")
    rule = site.rule(limits=[{"max": 1, "window_s": DAY_S}])
    intercept = site.intercept(frequency_control=True)
    shown_at = site.now
    site.display(intercept, "U-1")
    assert site.snapshot("U-1")["allows_at"] == {rule: shown_at + DAY_MS}
    assert site.claim(intercept, "U-1") == {"granted": False, "rule": rule}
    site.now = shown_at + DAY_MS - 1
    assert not allowed(site, intercept)
    site.now = shown_at + DAY_MS
    assert allowed(site, intercept)
    assert site.snapshot("U-1")["allows_at"] == {rule: 0}


@pytest.mark.scenario("C2")
def test_two_a_week(site: Site) -> None:
    site.contact("U-1")
    site.rule(limits=[{"max": 2, "window_s": 7 * DAY_S}])
    intercept = site.intercept(frequency_control=True)
    first_at = site.now
    site.display(intercept, "U-1")
    site.now += 2 * DAY_MS
    site.display(intercept, "U-1")
    site.now = first_at + 6 * DAY_MS
    assert not allowed(site, intercept)
    site.now = first_at + 7 * DAY_MS
    assert allowed(site, intercept)


@pytest.mark.scenario("C3", "C4")
def test_a_gap_holds_back_by_itself(site: Site) -> None:
    site.contact("U-1")
    site.rule(limits=[{"max": 5, "window_s": 30 * DAY_S}])
    gap = site.rule(min_gap_s=14 * DAY_S)
    intercept = site.intercept(frequency_control=True)
    shown_at = site.now
    site.display(intercept, "U-1")
    site.now = shown_at + 14 * DAY_MS - 3_600_000
    assert site.claim(intercept, "U-1") == {"granted": False, "rule": gap}
    assert not allowed(site, intercept)
    site.now = shown_at + 14 * DAY_MS
    assert allowed(site, intercept)


@pytest.mark.scenario("C6", "A10")
def test_a_mail_counts_for_capped_intercepts_alone(site: Site) -> None:
    contact_id = site.contact("U-1")
    site.apply(single_active=False)
    site.rule(limits=[{"max": 1, "window_s": DAY_S}])
    capped, free = site.intercept(frequency_control=True), site.intercept(linked=False)
    site.write(email_sent, site, contact_id)
    found = site.decide("U-1")
    assert (found[capped], found[free]) == ("frequency_rule", "shown")
    assert site.claim(capped, "U-1")["granted"] is False


@pytest.mark.scenario("C10")
def test_a_survey_may_ignore_the_directorys_rules(site: Site) -> None:
    contact_id = site.contact("U-1")
    site.apply(single_active=False)
    site.rule(limits=[{"max": 1, "window_s": DAY_S}])
    site.rule(scope="survey", survey_id="SV_support", ignore_directory=True)
    support = site.intercept(frequency_control=True, survey_id="SV_support")
    other = site.intercept(frequency_control=True, survey_id="SV_other")
    site.write(email_sent, site, contact_id)
    assert allowed(site, support)
    assert not allowed(site, other)


@pytest.mark.scenario("C11")
def test_a_surveys_rule_counts_that_survey_alone(site: Site) -> None:
    site.contact("U-1")
    site.apply(single_active=False)
    site.rule(scope="survey", survey_id="SV_a", limits=[{"max": 1, "window_s": 30 * DAY_S}])
    a = site.intercept(frequency_control=True, survey_id="SV_a")
    b = site.intercept(frequency_control=True, survey_id="SV_b")
    site.display(b, "U-1")
    site.display(a, "U-1")
    site.now += 10 * DAY_MS
    assert not allowed(site, a)
    assert allowed(site, b)


def test_the_action_sets_own_survey_is_the_one_that_counts(site: Site) -> None:
    site.contact("U-1")
    site.rule(scope="survey", survey_id="SV_a", limits=[{"max": 1, "window_s": 30 * DAY_S}])
    actions = [{"id": "AS_a", "creative_id": site.creative_id, "survey_id": "SV_a"}]
    intercept = site.intercept(frequency_control=True, actions=actions)
    assert site.claim(intercept, "U-1", action="AS_a")["granted"] is True
    assert site.claim(intercept, "U-1", action="AS_a")["granted"] is False


@pytest.mark.scenario("C15", "G4")
def test_displays_without_caps_are_recorded_but_do_not_count(site: Site) -> None:
    contact_id = site.contact("U-1")
    site.rule(limits=[{"max": 1, "window_s": DAY_S}])
    free, capped = site.intercept(), site.intercept(frequency_control=True)
    for _ in range(10):
        site.now += 1000
        site.beacon("displayed", intercept=free, reference="U-1")
    shown = site.timeline(contact_id, "intercept_displayed")
    assert len(shown) == 10
    assert [each["at"] for each in shown] == [site.now - i * 1000 for i in range(10)]
    assert {(each["project_id"], each["intercept_id"]) for each in shown} == {
        (site.project_id, free)
    }
    assert not any(each["counts_toward_caps"] for each in shown)
    assert site.claim(capped, "U-1")["granted"] is True


def test_test_displays_never_count(site: Site) -> None:
    contact_id = site.contact("U-1")
    site.rule(limits=[{"max": 1, "window_s": DAY_S}])
    intercept = site.intercept(frequency_control=True)
    page_view_id = "page-view-of-a-test"
    granted = site.claim(intercept, "U-1", page_view_id, test=True)
    about = {"intercept": intercept, "reference": "U-1", "claim": granted["claim"]}
    site.beacon("displayed", page_view_id=page_view_id, test=True, **about)
    assert [each["test"] for each in site.timeline(contact_id)] == [True]
    assert allowed(site, intercept)


@pytest.mark.scenario("C12", "C22")
def test_list_rules_only_break_ties(site: Site) -> None:
    contact_id = site.contact("U-1")
    site.apply(single_active=False)
    list_id = site.write(create_list, site.directory_id, "News", site.now)
    site.write(add_to_list, site.directory_id, list_id, contact_id, site.now)
    site.rule(scope="list", list_id=list_id, limits=[{"max": 1, "window_s": DAY_S}])
    older, newer = site.intercept(frequency_control=True), site.intercept(frequency_control=True)
    site.contact("U-2")
    site.write(email_sent, site, contact_id, list_id=list_id)
    found = site.decide("U-1")
    assert (found[older], found[newer]) == ("shown", "list_rule_tie")
    assert site.claim(older, "U-1")["granted"] is True
    assert site.snapshot("U-2")["list_rules"] is False


@pytest.mark.scenario("C18")
def test_an_intercept_that_is_sampled_out_leaves_no_touch(site: Site) -> None:
    contact_id = site.contact("U-1")
    intercept = site.intercept(frequency_control=True, sample_rate=0)
    for _ in range(100):
        assert site.decide("U-1")[intercept] == "sampled_out"
    assert site.timeline(contact_id) == []


@pytest.mark.scenario("B3")
def test_without_a_reference_no_rule_applies_and_nothing_is_held(site: Site) -> None:
    site.rule(limits=[{"max": 1, "window_s": DAY_S}])
    intercept = site.intercept(frequency_control=True)
    for _ in range(3):
        found = site.decide(None)
        assert found[intercept] == "shown"
        assert [each["claim"] for each in found[""]["show"]] == [False]
    assert site.claim(intercept, None) == {"granted": False, "rule": None}

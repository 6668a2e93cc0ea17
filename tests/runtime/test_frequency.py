"""Frequency rules over touches: the scenarios, and a brute-force model of rolling windows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askwell_runtime.frequency import Touch, allows_at, blocking_rule, eligible
from askwell_runtime.model import Limit, Rule

HOUR = 3_600_000
DAY = 24 * HOUR
DAY_S = 86_400


def rule(scope="directory", *limits, gap_s=None, **more):
    """`rule("survey", (1, DAY_S), survey_id="SV_1")`."""
    given_fields = {"id": "FR_1", "survey_id": None, "list_id": None, "messages": "all"} | more
    return Rule(
        scope=scope,
        limits=tuple(Limit(max=most, window_s=window_s) for most, window_s in limits),
        min_gap_s=gap_s,
        ignore_directory=given_fields.pop("ignore_directory", False),
        **given_fields,
    )


def touch(at, survey_id=None, *lists):
    return Touch(at=at, survey_id=survey_id, list_ids=frozenset(lists))


def mail(rules, touches, now, message_type="invite", survey_id=None, list_id=None, channel="email"):
    return eligible(rules, touches, channel, message_type, survey_id, list_id, now)


@pytest.mark.scenario("C1")
def test_one_per_day_is_a_rolling_day():
    eight = 8 * HOUR
    daily = rule("directory", (1, DAY_S))
    assert allows_at(daily, [touch(eight)]) == eight + DAY
    assert mail([daily], [touch(eight)], eight + DAY - 60_000) == "FR_1"
    assert mail([daily], [touch(eight)], eight + DAY) is None


@pytest.mark.scenario("C2")
def test_two_per_week_open_when_the_first_is_a_week_old():
    weekly = rule("directory", (2, 7 * DAY_S))
    touches = [touch(1 * DAY), touch(3 * DAY)]
    assert mail([weekly], touches, 7 * DAY) == "FR_1"
    assert mail([weekly], touches, 8 * DAY - 1) == "FR_1"
    assert mail([weekly], touches, 8 * DAY) is None


@pytest.mark.scenario("C3")
def test_a_gap_is_counted_from_the_last_touch():
    fortnight = rule(gap_s=14 * DAY_S)
    touches = [touch(0), touch(5 * DAY)]
    assert mail([fortnight], touches, 19 * DAY - HOUR) == "FR_1"
    assert mail([fortnight], touches, 19 * DAY) is None


@pytest.mark.scenario("C4")
def test_of_two_directory_rules_the_broken_one_is_named():
    rules = [rule("directory", (5, DAY_S), id="FR_many"), rule(gap_s=DAY_S, id="FR_gap")]
    assert mail(rules, [touch(0)], HOUR) == "FR_gap"
    assert mail(list(reversed(rules)), [touch(0)], HOUR) == "FR_gap"


@pytest.mark.scenario("C6")
def test_web_and_mail_share_the_caps():
    weekly = rule("directory", (1, 7 * DAY_S))
    invited = [touch(0)]
    assert mail([weekly], invited, DAY) == "FR_1"
    assert mail([weekly], invited, DAY, channel="web") == "FR_1"
    assert blocking_rule([weekly], {"FR_1": allows_at(weekly, invited)}, None, DAY) == "FR_1"


@pytest.mark.parametrize("kind", ["reminder", "thank_you", "sms_reminder"])
def test_reminders_and_thanks_are_not_governed(kind):
    assert mail([rule(gap_s=DAY_S)], [touch(0)], HOUR, message_type=kind) is None


@pytest.mark.scenario("C10")
def test_a_survey_may_ignore_the_directory_and_still_counts_for_others():
    rules = [
        rule("survey", survey_id="SV_support", ignore_directory=True, id="FR_always"),
        rule("directory", (1, DAY_S), id="FR_day"),
    ]
    assert mail(rules, [touch(0)], HOUR, survey_id="SV_support") is None
    assert mail(rules, [touch(0, "SV_support")], HOUR, survey_id="SV_other") == "FR_day"


@pytest.mark.scenario("C11")
def test_a_survey_rule_counts_that_survey_only():
    monthly = rule("survey", (1, 30 * DAY_S), survey_id="SV_nps")
    touches = [touch(0, "SV_nps"), touch(DAY, "SV_csat")]
    assert mail([monthly], touches, 10 * DAY, survey_id="SV_nps") == "FR_1"
    assert mail([monthly], touches, 30 * DAY, survey_id="SV_nps") is None
    assert mail([monthly], touches, 10 * DAY, survey_id="SV_csat") is None


@pytest.mark.scenario("C12", "C13")
def test_a_list_rule_judges_mail_to_that_list_only():
    vip = rule("list", (1, DAY_S), list_id="CG_vip", messages="invites")
    touches = [touch(0, None, "CG_vip")]
    assert mail([vip], touches, HOUR, list_id="CG_vip") == "FR_1"
    assert mail([vip], touches, HOUR, list_id="CG_all") is None
    assert mail([vip], [touch(0, None, "CG_all")], HOUR, list_id="CG_vip") is None
    assert mail([vip], touches, HOUR, list_id="CG_vip", message_type="message") is None
    assert mail([vip], touches, HOUR, list_id="CG_vip", channel="web") is None


def test_touches_of_two_merged_contacts_add_up():
    twice = rule("directory", (2, 7 * DAY_S))
    assert mail([twice], [touch(0)], DAY) is None
    assert mail([twice], [touch(0), touch(HOUR)], DAY) == "FR_1"


def test_a_rule_without_touches_allows_at_once():
    assert allows_at(rule("directory", (1, DAY_S), gap_s=DAY_S), []) == 0


HOURS = st.integers(0, 24 * 20)
touch_lists = st.lists(
    st.builds(
        lambda hour, survey: touch(hour * HOUR, survey, "CG_1" if hour % 2 else "CG_2"),
        HOURS,
        st.sampled_from([None, "SV_1", "SV_2"]),
    ),
    max_size=12,
)
limit_lists = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 240).map(lambda h: h * 3600)), max_size=3
)
some_rules = st.builds(
    lambda scope, limits, gap: rule(scope, *limits, gap_s=gap, survey_id="SV_1", list_id="CG_1"),
    st.sampled_from(["directory", "survey", "list"]),
    limit_lists,
    st.none() | st.integers(1, 240).map(lambda h: h * 3600),
)


def brute_force(one, touches, now):
    """Whether one more touch at `now` keeps every limit, by counting touches one by one."""
    mine = [
        each.at
        for each in touches
        if one.scope == "directory"
        or (one.scope == "survey" and each.survey_id == one.survey_id)
        or (one.scope == "list" and one.list_id in each.list_ids)
    ]
    for limit in one.limits:
        within = 0
        for at in mine:
            if at > now - limit.window_s * 1000:
                within += 1
        if within + 1 > limit.max:
            return False
    return one.min_gap_s is None or all(now - at >= one.min_gap_s * 1000 for at in mine)


@given(some_rules, touch_lists, st.integers(0, 24 * 32))
def test_rolling_windows_agree_with_counting_one_by_one(one, touches, hour):
    now = max([hour * HOUR, *(each.at for each in touches)])
    assert (allows_at(one, touches) <= now) == brute_force(one, touches, now)
    edge = allows_at(one, touches)
    if edge > now:
        assert brute_force(one, touches, edge)
        assert not brute_force(one, touches, edge - 1)


@given(some_rules, touch_lists, touch_lists)
def test_more_touches_never_allow_earlier(one, touches, more):
    assert allows_at(one, touches + more) >= allows_at(one, touches)


@given(
    st.lists(some_rules, max_size=4), touch_lists, HOURS, st.sampled_from([None, "SV_1", "SV_2"])
)
def test_an_intercept_is_judged_like_a_message_on_the_web(rules, touches, hour, survey_id):
    """What the browser decides from instants equals what the ledger decides from touches."""
    rules = [
        Rule(**{n: getattr(r, n) for n in Rule.__slots__} | {"id": f"FR_{i}"})
        for i, r in enumerate(rules)
    ]
    instants = {each.id: allows_at(each, touches) for each in rules}
    now = hour * HOUR
    assert blocking_rule(rules, instants, survey_id, now) == eligible(
        rules, touches, "web", "invite", survey_id, None, now
    )

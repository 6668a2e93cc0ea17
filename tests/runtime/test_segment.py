"""Segment criteria: fields, comparisons, periods, nesting, and refusals with their path."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from worlds import DAY_MS, NOW, anything

from askwell_runtime.activity import Touchpoint, Transaction
from askwell_runtime.errors import CriteriaError
from askwell_runtime.segment import ContactFacts, compile_criteria


def ago(days):
    return NOW - int(days * DAY_MS)


def did(kind, days, survey_id=None, intercept_id=None, signals=0):
    return Touchpoint(
        at=ago(days), type=kind, survey_id=survey_id, intercept_id=intercept_id, signals=signals
    )


def contact(**more):
    fields = {
        "fields": {"first_name": "Ana", "email": "Ana@Mail.Test", "external_reference": "U-1"},
        "embedded_data": {"tier": "Gold", "points": "120", "since": "2026-01-15", "vip": True},
        "created_at": ago(400),
        "modified_at": ago(2),
        "unsubscribed": False,
        "lists": {"CG_news": False, "CG_old": True},
        "touchpoints": [],
        "transactions": [],
    }
    return ContactFacts(**fields | more)


def member(field, cmp, value=None, who=None, **more):
    leaf = {"field": field, "cmp": cmp, **({} if value is None else {"value": value}), **more}
    return compile_criteria(leaf)(who or contact(), NOW)


@pytest.mark.parametrize(
    ("field", "cmp", "value", "expected"),
    [
        ("firstName", "eq", "ANA", True),
        ("firstName", "neq", "ana", False),
        ("lastName", "eq", "Ruiz", False),
        ("lastName", "neq", "Ruiz", True),
        ("lastName", "empty", None, True),
        ("lastName", "notEmpty", None, False),
        ("firstName", "notEmpty", None, True),
        ("email", "contains", "@mail", True),
        ("email", "ncontains", "@mail", False),
        ("phone", "ncontains", "+34", True),
        ("email", "startsWith", "ana@", True),
        ("email", "endsWith", ".TEST", True),
        ("emailDomain", "eq", "mail.test", True),
        ("emailDomain", "in", ["x.test", "MAIL.test"], True),
        ("language", "in", ["en"], False),
        ("extRef", "eq", "U-1", True),
        ("extRef", "eq", "u-1", False),
        ("extRef", "in", ["u-1"], False),
        ("extRef", "neq", "u-1", True),
        ("embeddedData.tier", "eq", "gold", True),
        ("embeddedData.none", "neq", "gold", True),
        ("embeddedData.none", "empty", None, True),
        ("embeddedData.points", "gte", 120, True),
        ("embeddedData.points", "gt", 120, False),
        ("embeddedData.points", "eq", 120.0, True),
        ("embeddedData.points", "eq", "120", True),
        ("embeddedData.points", "between", [100, 200], True),
        ("embeddedData.points", "lt", 9, False),
        ("embeddedData.none", "lt", 9, False),
        ("embeddedData.none", "neq", 9, True),
        ("embeddedData.since", "before", "2026-02-01", True),
        ("embeddedData.since", "between", ["2026-01-15", "2026-01-20"], True),
        ("embeddedData.tier", "before", "2026-02-01", False),
        ("embeddedData.vip", "is", True, True),
        ("embeddedData.tier", "is", True, False),
        ("createdAt", "withinLastDays", 401, True),
        ("createdAt", "withinLastDays", 400, False),
        ("createdAt", "notWithinLastDays", 400, True),
        ("lastModified", "after", NOW - 3 * DAY_MS, True),
        ("lastModified", "before", "2026-11-23", True),
        ("unsubscribed", "is", False, True),
        ("unsubscribed", "is", True, False),
        ("list.CG_news", "is", True, True),
        ("list.CG_none", "is", False, True),
        ("listUnsubscribed.CG_old", "is", True, True),
        ("listUnsubscribed.CG_none", "is", True, False),
        ("activity.inviteCount", "eq", 0, True),
        ("activity.lastInviteAt", "empty", None, True),
        ("activity.lastInviteAt", "withinLastDays", 30, False),
        ("activity.lastInviteAt", "notWithinLastDays", 30, True),
        ("activity.responseRate", "lt", 50, False),
    ],
)
def test_a_criterion(field, cmp, value, expected):
    assert member(field, cmp, value) is expected


@pytest.mark.scenario("D9")
def test_opted_out_contacts_can_be_left_out():
    assert not member("unsubscribed", "is", False, contact(unsubscribed=True))


def test_activity_is_counted_by_kind_period_survey_and_intercept():
    who = contact(
        touchpoints=[
            did("email_sent", 40, "SV_1"),
            did("email_sent", 3, "SV_1"),
            did("sms_sent", 2, "SV_2"),
            did("survey_finished", 1, "SV_1"),
            did("intercept_displayed", 5, "SV_1", "SI_1"),
            did("intercept_clicked", 5, "SV_1", "SI_1"),
            did("session_recorded", 9, signals=3),
            did("session_recorded", 90, signals=4),
            did("reminder_sent", 1, "SV_1"),
        ]
    )
    assert member("activity.inviteCount", "eq", 3, who)
    assert member("activity.inviteCount", "eq", 2, who, withinDays=30)
    assert member("activity.inviteCount", "eq", 1, who, withinDays=3)
    assert member("activity.inviteCount", "eq", 2, who, surveyId="SV_1")
    assert member("activity.responseCount", "eq", 1, who, surveyId="SV_1")
    assert member("activity.responseCount", "eq", 0, who, surveyId="SV_2")
    assert member("activity.responseRate", "between", [33, 34], who)
    assert member("activity.displayedCount", "gte", 1, who, interceptId="SI_1")
    assert member("activity.clickedCount", "eq", 0, who, interceptId="SI_2")
    assert member("activity.sessionCount", "eq", 2, who)
    assert member("activity.frustrationCount", "eq", 3, who, withinDays=30)
    assert member("activity.lastResponseAt", "withinLastDays", 2, who)
    assert member("activity.lastDisplayedAt", "before", ago(4), who)


@pytest.mark.scenario("D15")
def test_five_support_transactions_in_thirty_days():
    calls = [
        Transaction(at=ago(day), fields={"type": "Support", "amount": "2.5"}) for day in range(1, 5)
    ]
    other = [Transaction(at=ago(1), fields={"type": "order", "amount": 100})]
    old = [Transaction(at=ago(30), fields={"type": "support"})]
    fifth = [Transaction(at=ago(29.9), fields={"type": "support"})]
    rule = {"withinDays": 30, "where": {"type": "support"}}
    assert not member(
        "transactions.count", "gte", 5, contact(transactions=calls + other + old), **rule
    )
    assert member("transactions.count", "gte", 5, contact(transactions=calls + fifth), **rule)
    who = contact(transactions=calls + other)
    assert member("transactions.sum", "eq", 10, who, of="amount", where={"type": "support"})
    assert member("transactions.sum", "eq", 0, contact(), of="amount")
    assert member("transactions.lastAt", "withinLastDays", 1.5, who)


TREE = {"A": "tier", "B": "city", "C": "plan", "D": "team"}
outcomes = st.fixed_dictionaries({name: st.booleans() for name in TREE})
trees = st.recursive(
    st.sampled_from(sorted(TREE)),
    lambda inner: st.tuples(
        st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=10,
)


def criteria_of(tree):
    if isinstance(tree, str):
        return {"field": f"embeddedData.{TREE[tree]}", "cmp": "eq", "value": "yes"}
    return {"op": tree[0], "items": [criteria_of(each) for each in tree[1]]}


def brute_force(tree, truth):
    if isinstance(tree, str):
        return truth[tree]
    return eval(f" {tree[0]} ".join(str(brute_force(each, truth)) for each in tree[1]))


@pytest.mark.scenario("D6")
@given(trees, outcomes)
def test_nested_groups_equal_a_brute_force_evaluation(tree, truth):
    assume(_depth(tree) <= 8)
    who = contact(embedded_data={TREE[name]: "yes" for name in truth if truth[name]})
    assert compile_criteria(criteria_of(tree))(who, NOW) is brute_force(tree, truth)


def _depth(tree):
    return 0 if isinstance(tree, str) else 1 + max(_depth(each) for each in tree[1])


@pytest.mark.scenario("D6")
def test_a_and_either_b_or_c_with_d():
    criteria = compile_criteria(criteria_of(("and", ["A", ("or", ["B", ("and", ["C", "D"])])])))
    assert criteria(contact(embedded_data={"tier": "yes", "plan": "yes", "team": "yes"}), NOW)
    assert not criteria(contact(embedded_data={"tier": "yes", "plan": "yes"}), NOW)
    assert not criteria(contact(embedded_data={"city": "yes"}), NOW)


@pytest.mark.scenario("D7")
def test_any_is_the_union_and_all_the_intersection():
    people = [
        contact(embedded_data=each)
        for each in ({}, {"tier": "yes"}, {"city": "yes"}, {"tier": "yes", "city": "yes"})
    ]
    union, both = (compile_criteria(criteria_of((op, ["A", "B"]))) for op in ("or", "and"))
    assert [union(each, NOW) for each in people] == [False, True, True, True]
    assert [both(each, NOW) for each in people] == [False, False, False, True]


def nested(levels):
    node = {"field": "firstName", "cmp": "eq", "value": "x"}
    for _ in range(levels):
        node = {"op": "and", "items": [node]}
    return node


@pytest.mark.parametrize(
    ("criteria", "path"),
    [
        ("gold", "criteria"),
        ({"op": "xor", "items": []}, "criteria.op"),
        ({"op": "and", "items": []}, "criteria.items"),
        ({"op": "and", "items": [{"op": "or", "items": [7]}]}, "criteria.items[0].items[0]"),
        ({"field": "shoeSize", "cmp": "eq", "value": "x"}, "criteria.field"),
        ({"field": "firstName", "cmp": "gt", "value": 5}, "criteria.cmp"),
        ({"field": "firstName", "cmp": "eq"}, "criteria.value"),
        ({"field": "firstName", "cmp": "eq", "value": 5}, "criteria.value"),
        ({"field": "firstName", "cmp": "in", "value": []}, "criteria.value"),
        ({"field": "createdAt", "cmp": "before", "value": "soon"}, "criteria.value"),
        ({"field": "createdAt", "cmp": "withinLastDays", "value": 0}, "criteria.value"),
        ({"field": "unsubscribed", "cmp": "is", "value": "yes"}, "criteria.value"),
        ({"field": "activity.inviteCount", "cmp": "gte", "value": "5"}, "criteria.value"),
        ({"field": "activity.mood", "cmp": "eq", "value": 5}, "criteria.field"),
        ({"field": "transactions.sum", "cmp": "gt", "value": 5}, "criteria.of"),
        ({"field": "transactions.count", "cmp": "gt", "value": 5, "where": {"a": [1]}}, "criteria.where"),
        ({"field": "transactions.count", "cmp": "gt", "value": 5, "withinDays": 0}, "criteria.withinDays"),
        (nested(9), "criteria" + ".items[0]" * 8),
    ],
)  # fmt: skip
def test_malformed_criteria_are_refused_with_their_path(criteria, path):
    with pytest.raises(CriteriaError) as refused:
        compile_criteria(criteria)
    assert refused.value.path == path


def test_the_limits_themselves_are_allowed():
    compile_criteria(nested(8))
    many = [nested(0)] * 50
    compile_criteria(
        {"op": "or", "items": [{"op": "or", "items": many}, {"op": "or", "items": many}]}
    )
    with pytest.raises(CriteriaError):
        compile_criteria({"op": "or", "items": [{"op": "or", "items": many}] * 2 + [nested(0)]})


keys = st.sampled_from(["field", "cmp", "value", "op", "items", "where", "withinDays"])
words = st.sampled_from(
    [
        "firstName",
        "embeddedData.tier",
        "activity.inviteCount",
        "createdAt",
        "eq",
        "gte",
        "between",
        "and",
    ]
)


@given(
    st.recursive(
        words | anything, lambda x: st.lists(x, max_size=3) | st.dictionaries(keys, x, max_size=5)
    )
)
def test_any_criteria_compile_and_judge_or_are_refused(criteria):
    try:
        judge = compile_criteria(criteria)
    except CriteriaError as error:
        assert error.path.startswith("criteria")
    else:
        assert judge(contact(), NOW) in (True, False)

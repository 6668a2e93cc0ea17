"""Draws: exact rates, independent cuts, and what a hundred thousand visitors see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import world

from askwell_runtime.decide import decide
from askwell_runtime.model import Reason
from askwell_runtime.request import request_from
from askwell_runtime.sampling import SPAN, cut, joint_rate, passes


def shop(deployment, intercept, *actions, **more):
    return {
        "v": 1,
        "project_id": "ZN_1",
        "settings": {"sample_rate": deployment},
        "creatives": {"CR_1": {"kind": "dialog"}},
        "intercepts": [
            {
                "id": "SI_1",
                "created_at": 1,
                "sample_rate": intercept,
                "actions": [
                    {"id": f"AS_{i}", "creative_id": "CR_1", "sample_rate": rate}
                    for i, rate in enumerate(actions)
                ],
                **more,
            }
        ],
    }


def visits(bundle, count):
    """The decisions of so many visitors, each with a draw of its own."""
    question = {"now": 5, "draw": "0" * 32, "page": {}}
    _, (compiled, known, _) = world(bundle, {"v": 1, "visitor": "anonymous"}, question)
    for i in range(count):
        draw = f"{cut(str(i), 'test', 'draw'):016x}" * 2
        yield decide(compiled, known, request_from({**question, "draw": draw}))[0]


@pytest.mark.scenario("C19")
def test_half_of_half_of_a_fifth_is_one_in_twenty():
    decisions = visits(shop(5000, 5000, 2000), 100_000)
    shown = sum(each.reason is Reason.SHOWN for each in decisions)
    assert abs(shown / 1000 - 5) <= 0.3


@pytest.mark.scenario("C18")
@pytest.mark.parametrize("rates", [(0, 10_000, 10_000), (10_000, 0, 10_000), (10_000, 10_000, 0)])
def test_a_rate_of_nothing_shows_nobody(rates):
    assert {each.reason for each in visits(shop(*rates), 100)} == {Reason.SAMPLED_OUT}


@pytest.mark.scenario("I3")
def test_randomised_action_sets_run_about_half_each():
    decisions = list(visits(shop(10_000, 10_000, 10_000, 10_000, randomise=True), 10_000))
    first = sum(each.action_id == "AS_0" for each in decisions)
    assert abs(first - 5000) < 250


@pytest.mark.scenario("I3")
def test_randomised_among_three_every_order_occurs_about_equally():
    decisions = list(visits(shop(10_000, 10_000, *[10_000] * 3, randomise=True), 9_000))
    for action in ("AS_0", "AS_1", "AS_2"):
        assert abs(sum(each.action_id == action for each in decisions) - 3000) < 250


@given(st.integers(0, 10_000), st.integers(0, SPAN - 1))
def test_a_rate_is_compared_exactly(rate, number):
    assert passes(rate, number) == (number * 10_000 < rate * SPAN)
    assert not passes(0, number)
    assert passes(10_000, number)


def test_the_smallest_rate_is_one_in_ten_thousand_of_the_range():
    edge = -(-SPAN // 10_000)
    assert passes(1, edge - 1)
    assert not passes(1, edge)


@given(st.text(max_size=4), st.text(max_size=4))
def test_cuts_for_different_names_differ(one, other):
    if one != other:
        assert cut("0" * 32, "intercept", one) != cut("0" * 32, "intercept", other)


def test_the_three_rates_multiply_to_what_the_debugger_shows():
    question = {"now": 1, "draw": "0" * 32}
    bundle = world(shop(5000, 5000, 2000), {"v": 1, "visitor": "anonymous"}, question)[1][0]
    intercept = bundle.intercepts[0]
    assert joint_rate(bundle, intercept, intercept.actions[0]) == 500
    assert joint_rate(bundle, intercept, None) == 2500

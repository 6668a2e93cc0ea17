"""The prefilter never says "nothing" when the core would show something."""

import json

from hypothesis import given, settings
from worlds import bundles, requests, snapshots, world

from askwell_runtime.decide import decide
from askwell_runtime.model import Reason
from askwell_runtime.prefilter import compile_prefilter, may_show


@settings(max_examples=400)
@given(bundles(), snapshots, requests)
def test_what_shows_was_let_through(bundle, snapshot, request):
    for intercept in bundle["intercepts"]:
        intercept["sample_rate"] = 10_000
        for action in intercept["actions"]:
            action["sample_rate"] = 10_000
    shown = {each.reason for each in decide(*world(bundle, snapshot, request)[1])}
    prefilter = json.loads(json.dumps(compile_prefilter(bundle)))
    if Reason.SHOWN in shown:
        assert may_show(prefilter, request["page"]["url"], request["now"])


def one(condition, **more):
    actions = more.pop("actions", [{"id": "AS_1"}])
    return compile_prefilter({"intercepts": [{"condition": condition, "actions": actions, **more}]})


def url(cmp, value):
    return {"kind": "url", "cmp": cmp, "value": value}


def test_it_is_worth_having():
    """It does say "nothing" where an address alone settles it."""
    assert one([url("contains", "/Cart")])[0]["urls"] == [["/cart"]]
    assert one([url("matches", "https://*.test/p?/*")])[0]["urls"] == [["https://", ".test/p", "/"]]
    assert one([url("is", "x"), "and", url("contains", "y"), "or", url("ends_with", "z")])[0][
        "urls"
    ] == [["x", "y"], ["z"]]
    assert one([url("contains", "a"), "and", {"kind": "cookie", "name": "c", "cmp": "set"}])[0][
        "urls"
    ] == [["a"]]
    assert one(None, actions=[{"condition": url("contains", "a")}, {"condition": url("is", "b")}])[
        0
    ]["urls"] == [["a"], ["b"]]
    assert not may_show(one([url("contains", "/cart")]), "https://shop.test/", 0)
    assert may_show(one([url("contains", "/cart")]), "https://shop.test/CART", 0)


def test_where_an_address_does_not_settle_it_any_will_do():
    assert one(None)[0]["urls"] is None
    assert one([url("not_contains", "a")])[0]["urls"] is None
    assert (
        one([url("is", "a"), "or", {"kind": "segment", "cmp": "is", "value": ["SG_1"]}])[0]["urls"]
        is None
    )
    assert one([{"kind": "query", "name": "a", "cmp": "is", "value": "b"}])[0]["urls"] is None
    assert one([url("matches", "*")])[0]["urls"] is None


def test_dates_close_it_and_inactive_intercepts_are_left_out():
    entry = one(None, schedule={"from_at": 10, "until_at": 20})
    assert [may_show(entry, "https://shop.test/", now) for now in (9, 10, 19, 20)] == [
        False,
        True,
        True,
        False,
    ]
    assert one(None, active=False) == []
    assert not may_show([], "https://shop.test/", 0)
    assert one(None, actions=[])[0]["urls"] == []


def test_many_alternatives_are_given_up_rather_than_sent_to_every_page():
    alternatives = [url("contains", "a0")]
    for i in range(1, 30):
        alternatives += ["or", url("contains", f"a{i}")]
    assert one(alternatives)[0]["urls"] is None
    assert one([alternatives[:9], "and", alternatives[:9]])[0]["urls"] == [
        [f"a{i}"] for i in range(5)
    ]

"""The grammar of conditions, wildcards and query parameters against slow, obvious models."""

import re
from fnmatch import translate
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askwell_runtime.condition import compile_condition, reads, segments_named, zones_named
from askwell_runtime.errors import BundleError
from askwell_runtime.fact import ABSENT, as_number, as_text
from askwell_runtime.query import parameter
from askwell_runtime.request import request_from
from askwell_runtime.text import wildcard
from askwell_runtime.wire import pack_bundle, pack_snapshot, read_bundle, read_snapshot

ASKED = request_from({"now": 5, "draw": "0" * 32, "page": {"values": {"yes": True, "no": False}}})
SNAPSHOT = read_snapshot(pack_snapshot({"v": 1, "visitor": "known", "pending": ["SG_wait"]}))
LEAVES = {
    True: {"kind": "value", "path": "yes", "cmp": "is_true"},
    False: {"kind": "value", "path": "no", "cmp": "is_true"},
    None: {"kind": "segment", "cmp": "is", "value": ["SG_wait"]},
}
trees = st.recursive(
    st.sampled_from([True, False, None]),
    lambda inner: st.lists(inner, min_size=1, max_size=4).flatmap(
        lambda nodes: st.lists(
            st.sampled_from(["and", "or"]), min_size=len(nodes) - 1, max_size=len(nodes) - 1
        ).map(lambda joiners: (nodes, joiners))
    ),
    max_leaves=12,
)


def node_of(tree):
    """The condition of a tree of outcomes."""
    if not isinstance(tree, tuple):
        return LEAVES[tree]
    nodes, joiners = tree
    found = [node_of(nodes[0])]
    for joiner, each in zip(joiners, nodes[1:], strict=True):
        found += [joiner, node_of(each)]
    return found


def judged(tree):
    """The outcome by Python's own `and` and `or`, tried for every way the unknown may turn out."""
    worlds = {eval(text_of(tree, unknown)) for unknown in (True, False)}
    return worlds.pop() if len(worlds) == 1 else None


def text_of(tree, unknown):
    if not isinstance(tree, tuple):
        return str(unknown if tree is None else tree)
    nodes, joiners = tree
    parts = [text_of(nodes[0], unknown)]
    for joiner, each in zip(joiners, nodes[1:], strict=True):
        parts += [joiner, text_of(each, unknown)]
    return "(" + " ".join(parts) + ")"


@pytest.mark.scenario("I1")
@given(trees)
def test_and_binds_before_or_as_in_python(tree):
    assert compile_condition(node_of(tree)).judge(SNAPSHOT, ASKED) is judged(tree)


@given(st.text("ab*?é", max_size=6), st.text("abé", max_size=8))
def test_wildcards_agree_with_the_shell_s(pattern, text):
    assert wildcard(pattern)(text) == bool(re.match(translate(pattern), text, re.DOTALL))


def test_a_long_wildcard_over_a_long_address_takes_steps_in_proportion():
    matches = wildcard("*a" * 500 + "b")
    steps = 0

    class Counted(str):
        def __iter__(self):
            nonlocal steps
            for char in super().__iter__():
                steps += 1
                yield char

    assert not matches(Counted("a" * 20_000))
    assert steps == 20_000


safe = st.text(st.characters(exclude_characters="&#;", exclude_categories=["Cs"]), max_size=6)


@given(st.lists(st.tuples(safe, safe), max_size=4), st.sampled_from(["", "#x?a=1"]))
def test_query_parameters_agree_with_the_standard_library(pairs, fragment):
    query = "&".join(f"{name}={value}" for name, value in pairs)
    pairs = parse_qsl(query, keep_blank_values=True)
    for name, _ in [*pairs, ("missing", "")]:
        expected = next((value for other, value in pairs if other == name), ABSENT)
        assert parameter(f"https://shop.test/?{query}{fragment}", name) == expected


@given(st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))
def test_a_number_survives_being_written_as_text(number):
    text = as_text(number)
    if "e" not in text:
        assert as_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "-", ".", "1.2.3", "1e5", "--1", "٣", "½", " 1", "1_000", "nan", "9" * 31]
)
def test_what_is_no_plain_decimal_is_no_number(text):
    assert as_number(text) is None


BUNDLE = {
    "v": 1,
    "project_id": "ZN_1",
    "creatives": {"CR_1": {"kind": "dialog"}},
    "zones": {"Europe/Berlin": [[0, 3600]]},
    "intercepts": [
        {
            "id": "SI_1",
            "created_at": 1,
            "condition": [
                {"kind": "cookie", "name": "b", "cmp": "set"},
                "and",
                [{"kind": "date", "zone": "Europe/Berlin", "cmp": "is", "value": "2026-11-24"}],
            ],
            "actions": [
                {
                    "id": "AS_1",
                    "creative_id": "CR_1",
                    "condition": [
                        {"kind": "value", "path": "cart.total", "cmp": "gt", "value": 5},
                        "or",
                        {"kind": "segment", "cmp": "is_not", "value": ["SG_1", "SG_2"]},
                        "or",
                        {"kind": "tracked", "name": "x", "cmp": "gt", "value": 0},
                        "or",
                        {"kind": "cookie", "name": "a", "cmp": "set"},
                    ],
                }
            ],
        }
    ],
}


def test_what_the_page_must_hand_over_is_collected_from_everywhere():
    assert reads(BUNDLE) == {
        "cookies": ["a", "b"],
        "values": ["cart.total"],
        "tracked": True,
        "history": False,
    }
    assert zones_named(BUNDLE) == {"Europe/Berlin"}
    assert segments_named(read_bundle(pack_bundle(BUNDLE))) == {"SG_1", "SG_2"}


def test_an_intercept_without_logic_asks_for_nothing():
    assert reads({"intercepts": [{"actions": []}]}) == {
        "cookies": [],
        "values": [],
        "tracked": False,
        "history": False,
    }


@given(
    st.recursive(
        st.none() | st.text(max_size=3) | st.integers(),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(st.sampled_from(["kind", "cmp", "value", "name"]), x, max_size=4)
        ),
    )
)
def test_any_node_compiles_or_is_refused_with_a_path(node):
    try:
        compile_condition(node)
    except BundleError as error:
        assert error.path.startswith("condition")

"""Bundles, snapshots and pages to draw from, with words that often meet each other."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from askwell_runtime import wire

NOW = 1_795_521_600_000  # 2026-11-24T12:00:00Z
DAY_MS = 86_400_000
SEGMENTS = ["SG_1", "SG_2", "SG_3"]
INTERCEPTS = ["SI_1", "SI_2", "SI_3"]
RULES = ["FR_1", "FR_2", "FR_3"]

words = st.sampled_from(
    ["cart", "Cart", "/help", "shop", "a", "é", "İ", "K", "ß", "?", "#x", "%20"]
)
texts = st.lists(words, max_size=4).map("".join) | st.text(max_size=8)
some_text = texts.filter(bool)
urls = st.builds("https://shop.test/{}?{}={}".format, texts, words, texts)
patterns = st.lists(words | st.just("*"), min_size=1, max_size=5).map("".join)
numbers = st.integers(-5, 100) | st.floats(-5, 100, allow_nan=False)
instants = st.integers(NOW - 40 * DAY_MS, NOW + 40 * DAY_MS)
draws = st.integers(0, 2**128 - 1).map("{:032x}".format)
chances = st.sampled_from([0, 2500, 5000, 10_000])


def leaf(kind, cmp, value=None, **more):
    made = {"kind": st.just(kind), "cmp": st.sampled_from(cmp)}
    if value is not None:
        made["value"] = value
    return st.fixed_dictionaries(made | more)


POSITIVE = ["is", "contains", "starts_with", "ends_with"]
TEXT = [*POSITIVE, *("not_" + name for name in POSITIVE[1:]), "is_not"]
BOTH = ["is", "is_not"]
NUMBER = ["eq", "neq", "lt", "lte", "gt", "gte"]
zones = st.fixed_dictionaries({}, optional={"zone": st.sampled_from(["Europe/Berlin", "Nowhere"])})
days = st.dates().map(lambda day: day.isoformat())
times = st.times().map(lambda time: time.isoformat("minutes")[:5])
names = st.sampled_from(["a", "b"])
within = st.sampled_from(["session", "ever"])


def zoned(strategy):
    return st.builds(lambda one, zone: one | zone, strategy, zones)


leaves = st.one_of(
    leaf("url", TEXT, some_text),
    leaf("url", ["matches", "not_matches"], patterns),
    leaf("referrer", TEXT, some_text),
    leaf("history", TEXT, some_text),
    leaf("query", TEXT, some_text, name=names),
    leaf("query", ["empty", "not_empty"], name=names),
    leaf("cookie", TEXT, some_text, name=names),
    leaf("cookie", ["set", "not_set"], name=names),
    leaf("value", TEXT, some_text, path=names),
    leaf("value", NUMBER, numbers, path=names),
    leaf("value", ["set", "not_set", "is_true", "is_false"], path=names),
    leaf("language", BOTH, st.sampled_from(["en", "en-GB"]) | st.lists(some_text, min_size=1)),
    leaf("device", BOTH, st.sampled_from(["mobile", ["desktop", "tablet"]])),
    leaf("page_count", NUMBER, st.integers(0, 5)),
    leaf("tracked", NUMBER, st.integers(0, 3), name=names),
    zoned(leaf("date", ["is", "is_not", "before", "after"], days)),
    zoned(leaf("weekday", BOTH, st.lists(st.integers(1, 7), min_size=1))),
    zoned(leaf("time", ["before", "after"], times)),
    leaf("segment", BOTH, st.lists(st.sampled_from(SEGMENTS), min_size=1)),
    leaf("displayed", BOTH, intercept_id=st.sampled_from([*INTERCEPTS, "any"]), within=within),
    leaf("survey_taken", BOTH, survey_id=st.sampled_from(["SV_1", "SV_2"])),
)


@st.composite
def joined(draw, nodes):
    """A list of nodes with "and" or "or" between them."""
    parts = draw(st.lists(nodes, max_size=4))
    found = parts[:1]
    for part in parts[1:]:
        found += [draw(st.sampled_from(["and", "or"])), part]
    return found


conditions = st.none() | joined(leaves | joined(leaves))


@st.composite
def intercepts(draw, intercept_id):
    actions = draw(st.lists(conditions, max_size=3))
    return {
        "id": intercept_id,
        "version": 1,
        "created_at": draw(st.integers(0, 3)),
        "active": draw(st.sampled_from([True, True, True, False])),
        "linked": draw(st.booleans()),
        "frequency_control": draw(st.booleans()),
        "passive": draw(st.booleans()),
        "requires_storage": draw(st.booleans()),
        "randomise": draw(st.booleans()),
        "sample_rate": draw(chances),
        "survey_id": draw(st.sampled_from([None, "SV_1"])),
        "repeat_s": draw(st.sampled_from([None, 86_400])),
        "schedule": {
            "from_at": draw(st.none() | instants),
            "until_at": draw(st.none() | instants),
        },
        "condition": draw(conditions),
        "actions": [
            {
                "id": f"AS_{i}",
                "creative_id": "CR_1",
                "sample_rate": draw(chances),
                "condition": each,
            }
            for i, each in enumerate(actions)
        ],
    }


rules = st.builds(
    lambda scope, survey_id, gap, ignore: {
        "scope": scope,
        "survey_id": survey_id,
        "list_id": "CG_1",
        "min_gap_s": gap,
        "ignore_directory": ignore,
    },
    st.sampled_from(["directory", "survey", "list"]),
    st.sampled_from(["SV_1", "SV_2"]),
    st.none() | st.integers(1, 10**6),
    st.booleans(),
)


@st.composite
def bundles(draw):
    count = draw(st.integers(1, 3))
    return {
        "v": 1,
        "project_id": "ZN_1",
        "directory_id": "POOL_1",
        "settings": {
            "sample_rate": draw(chances.filter(bool)),
            "single_active": draw(st.booleans()),
            "linked": draw(st.booleans()),
        },
        "intercepts": [draw(intercepts(each)) for each in INTERCEPTS[:count]],
        "creatives": {"CR_1": {"kind": "dialog", "title": "?"}},
        "rules": [
            {"id": name, **each}
            for name, each in zip(RULES, draw(st.lists(rules, max_size=3)), strict=False)
        ],
        "zones": {"Europe/Berlin": [[0, 3600], [NOW, 7200]]},
    }


snapshots = st.fixed_dictionaries(
    {
        "v": st.just(1),
        "visitor": st.sampled_from(["anonymous", "unsigned", "unknown", "known", "known"]),
        "as_of": st.just(NOW),
        "segments": st.lists(st.sampled_from(SEGMENTS), unique=True),
        "pending": st.lists(st.sampled_from(SEGMENTS), unique=True),
        "allows_at": st.dictionaries(st.sampled_from(RULES), st.just(0) | instants),
        "list_rules": st.booleans(),
    }
)

seen = st.fixed_dictionaries({"at": instants, "session": st.booleans()})
scalars = st.none() | st.booleans() | numbers | texts
pages = st.fixed_dictionaries(
    {"url": urls},
    optional={
        "referrer": texts,
        "language": st.sampled_from(["en", "en-GB", "de"]),
        "device": st.sampled_from(["mobile", "desktop"]),
        "utc_offset_s": st.integers(-50_000, 50_000),
        "page_count": st.integers(0, 5),
        "history": st.lists(urls, max_size=3),
        "cookies": st.dictionaries(names, texts),
        "values": st.dictionaries(names, scalars),
        "tracked": st.dictionaries(names, st.integers(0, 3)),
        "storage": st.booleans(),
        "displayed": st.dictionaries(st.sampled_from(INTERCEPTS), seen),
        "surveys": st.lists(st.sampled_from(["SV_1", "SV_2"])),
        "active": st.booleans(),
    },
)

requests = st.fixed_dictionaries(
    {"now": instants, "draw": draws, "debug": st.booleans(), "page": pages}
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def world(bundle, snapshot, request):
    """The three as the core reads them from their bytes."""
    body = wire.pack_bundle(bundle)
    read = wire.read_bundle(body), wire.read_snapshot(wire.pack_snapshot(snapshot))
    return body, (*read, wire.read_request(json.dumps(request)))

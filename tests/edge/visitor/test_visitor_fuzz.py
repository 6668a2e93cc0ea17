"""Whatever a page says, it is answered or refused: never a failure, never a row that is half."""

import json
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from visitor_site import DAY_S, opened

from askwell_edge.store.tables import contacts

# Also NUL and halves of characters, which databases and encoders stumble over.
texts = st.text(st.characters(), max_size=12) | st.sampled_from(
    [
        "",
        "U-1",
        "N-1",
        "\x00",
        "a\x00b",
        "\ud83d",
        "😀",
        "null",
        "x" * 101,
        "'; --",
        "[object Object]",
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
people = st.dictionaries(
    st.sampled_from(["firstName", "lastName", "email", "phone", "language", "attributes"]) | texts,
    st.dictionaries(texts, scalars, max_size=6) | values,
    max_size=6,
)
ids = st.sampled_from(["page-view-00000001", "page-view-00000002"]) | texts
who = {
    "reference": scalars | values,
    "contact": people | values,
    "consent": scalars,
    "channel": st.sampled_from(["web", "app"]),
    "token": scalars,
}
page = st.dictionaries(
    st.sampled_from(["url", "referrer", "cookies", "values", "displayed", "surveys", "history"]),
    values,
    max_size=5,
)


def bodies(intercept: str) -> st.SearchStrategy[tuple[str, object]]:
    about = {
        **who,
        "page_view_id": ids,
        "intercept": st.just(intercept) | texts,
        "action": st.just("AS_one") | texts,
    }
    instants = st.integers(0, 2**53) | scalars
    beacon = {
        **about,
        "id": st.from_regex(r"[A-Za-z0-9_-]{16,20}", fullmatch=True) | texts,
        "kind": st.sampled_from(["page_view", "displayed", "clicked", "dismissed", "cancelled"]),
        "at": instants,
        "claim": st.just("CL_one") | texts,
    }
    question = {"now": instants, "draw": st.just("0" * 32) | texts, "page": page, "debug": scalars}
    objects = st.fixed_dictionaries
    return st.one_of(
        st.tuples(st.just("snapshot"), objects({}, optional=who)),
        st.tuples(st.just("decide"), objects({}, optional={**question, **who})),
        st.tuples(st.just("claim"), objects({}, optional=about)),
        st.tuples(
            st.just("beacons"),
            objects({"beacons": st.lists(objects({}, optional=beacon) | values, max_size=4)}),
        ),
        st.tuples(st.sampled_from(["snapshot", "decide", "claim", "beacons"]), values),
    )


def test_whatever_a_page_says_it_is_answered_or_refused(store_url: str, tmp_path: Path) -> None:
    environ = {f"ASKWELL_{name}_BURST": "1000000" for name in ("ADDRESS", "PROJECT", "CREATION")}
    with opened(store_url, tmp_path, **environ) as site:
        site.contact("U-1")
        site.rule(limits=[{"max": 1, "window_s": DAY_S}])
        intercept = site.intercept(
            frequency_control=True, condition={"kind": "url", "cmp": "contains", "value": "shop"}
        )
        site.apply(create_contacts=True)

        @settings(
            max_examples=250,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(bodies(intercept))
        @example(("snapshot", {"\ud800": None}))
        @example(("snapshot", {"channel": "\ud800"}))
        @example(("claim", {"page_view_id": "\ud800" * 16}))
        @example(("beacons", {"beacons": [{"id": "\ud800"}, {"kind": "\ud800"}]}))
        def answered(asked: tuple[str, object]) -> None:
            place, body = asked
            answer = site.post(place, json.dumps(body).encode())
            assert answer.status_code in (200, 400, 413), answer.text
            if answer.status_code != 200:
                assert answer.json()["meta"]["error"]["errorMessage"]
            elif place == "beacons":
                found = answer.json()
                assert len(found["recorded"]) + len(found["refused"]) == len(body["beacons"])  # type: ignore[index,call-overload]

        answered()
        for row in site.rows(select(contacts)):
            reference = row["external_reference"]
            assert 1 <= len(reference) <= 100
            pairs = row["embedded_data"].items()
            assert sum(len(name) + len(text) for name, text in pairs) <= 400

"""Whatever a program sends to the API, it is answered or refused in words: never a failure."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from api_place import Place, opened_place
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

ODD = ["", "\x00", "a\x00b", "\ud83d", "😀", "'; --", "x" * 3000, "-1", "9" * 40, "null", "CID_1"]
texts = st.sampled_from(ODD) | st.text(max_size=6)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
NAMES = [
    *("name", "fields", "rules", "enabled", "membershipMode", "extRef", "firstName", "email"),
    *("phone", "language", "embeddedData", "unsubscribed", "filter", "filterType", "comparison"),
    *("value", "filters", "conjunction", "criteria", "op", "items", "field", "cmp", "scope"),
    *("limits", "max", "windowS", "minGapS", "surveyId", "listId", "origins", "settings", "draft"),
    *("actions", "condition", "definition", "title", "kind", "directoryId", "interceptLinks"),
    *("interceptIds", "transactionData", "description", "matchMode", "messages", "which"),
]
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | texts, inner, max_size=4)
    ),
    max_leaves=10,
)
bodies = st.dictionaries(st.sampled_from(NAMES), values, max_size=5).map(json.dumps) | st.one_of(
    values.map(json.dumps), st.sampled_from(["", "{", "[" * 9000, "nan", '"\\ud800"', "\xff"])
)
queries = st.dictionaries(
    st.sampled_from(["pageSize", "skipToken", "since", "includeEmbedded", "mode", "map"]),
    st.text(max_size=6) | st.integers().map(str) | st.sampled_from(["a\x00b", "x" * 3000]),
    max_size=3,
)


def calls(place: Place, known: dict[str, str]) -> st.SearchStrategy[Any]:
    """Any call of any address, about things that are there and things that are not."""
    routes = [
        (method, route.path)
        for route in place.client.app.routes  # type: ignore[attr-defined]
        if isinstance(route, Route) and route.path.startswith("/API/v3")
        for method in route.methods or ()
    ]

    def about(route: tuple[str, str]) -> st.SearchStrategy[Any]:
        method, path = route
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        ids = {
            name: st.just(known[name]) | texts if name in known else texts | st.just(place.pool)
            for name in names
        }
        return st.tuples(
            st.just(method), st.just(path), st.fixed_dictionaries(ids), queries, bodies
        )

    return st.sampled_from(routes).flatmap(about)


def filled(path: str, ids: dict[str, str]) -> str:
    for name, text in ids.items():
        path = path.replace(f"{{{name}}}", quote(text, safe="", errors="surrogatepass") or "-")
    return path.removeprefix("/API/v3")


def test_any_call_is_answered_or_refused(store_url: str, tmp_path: Path) -> None:
    with opened_place(store_url, tmp_path) as place:
        known = {
            "directory_id": place.pool,
            "contact_id": place.contact(extRef="U-1"),
            "project_id": place.ok(
                "POST", "/projects", {"name": "Shop", "origins": ["https://shop.example"]}
            )["id"],
        }

        @settings(
            max_examples=200,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(calls(place, known))
        def answered(call: Any) -> None:
            method, path, ids, query, body = call
            place.now += 60_000
            answer = place.call(
                method, filled(path, ids), body.encode(errors="replace"), params=query
            )
            assert answer.status_code < 500, answer.text
            if answer.status_code >= 400 and method != "HEAD":
                told = answer.json()
                if path.rstrip("/").endswith("/oauth2/token"):
                    assert told["error_description"]  # as RFC 6749 has it
                else:
                    assert told["meta"]["error"]["errorMessage"]

        answered()


@pytest.mark.parametrize("origin", ["http://[", "null", "://", "http://a:b:c"])
def test_an_odd_origin_is_no_page_of_ours(place: Place, origin: str) -> None:
    answer = place.call("GET", "/directories", headers={"Origin": origin})
    assert answer.status_code == 403

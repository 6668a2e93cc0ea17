"""Whatever is typed into the console's forms, or changed in its addresses: a page answers."""

import re
from html import unescape
from typing import Any
from urllib.parse import quote

from api_place import SHOP
from desk import Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from askwell_edge.console.routes import routes

PAGES = [
    (method, route.path)
    for route in routes
    if isinstance(route, Route)
    for method in sorted((route.methods or set()) & {"GET", "POST"})
    if "sign-out" not in route.path
]
ODD = [
    *("", " ", "a\x00b", "\x85", "😀", "\ud83d", "x" * 3000, "-1", "0", "1e999", "9" * 40, "null"),
    *("{}", "[]", "[" * 500, '{"title": 7}', "<script>", "%", "'; --", "on", "2026-11-24"),
    *("https://shop.example", "SI_1", "POOL_1", "1", "12.5", "and", "embeddedData.x", "eq"),
]
texts = st.sampled_from(ODD) | st.text(max_size=5)
FIELD = re.compile(r'name="([^"]+)"')


def things(desk: Desk) -> dict[str, str]:
    """One of everything that an address can name."""
    place = desk.place
    place.contact(firstName="Ana", extRef="U-2")
    made = {
        "directory_id": place.pool,
        "contact_id": place.contact(firstName="Ana", extRef="U-1", embeddedData={"tier": "gold"}),
        "operator_id": desk.operator_id,
    }
    criteria = {"field": "firstName", "cmp": "eq", "value": "Ana"}
    for kind, path, body in (
        ("list_id", "/directories/{pool}/mailinglists", {"name": "News"}),
        ("segment_id", "/directories/{pool}/segments", {"name": "Anas", "criteria": criteria}),
        ("rule_id", "/directories/{pool}/frequencyrules", {"minGapSeconds": 86_400}),
        ("project_id", "/projects", {"name": "Shop", "origins": [SHOP]}),
    ):
        made[kind] = place.ok("POST", path, body)["id"]
    project = f"/projects/{made['project_id']}"
    creative = {"name": "Hello", "definition": {"title": "Hello"}}
    made["creative_id"] = place.ok("POST", f"{project}/creatives", creative)["id"]
    draft = {"name": "Ask", "draft": {"actions": [{"creative_id": made["creative_id"]}]}}
    made["intercept_id"] = place.ok("POST", f"{project}/intercepts", draft)["id"]
    kept = place.ok("GET", f"{project}/intercepts/{made['intercept_id']}")["draft"]
    made["action_id"] = kept["actions"][0]["id"]
    return made


def test_a_page_answers_whatever_is_typed(desk: Desk) -> None:
    known = things(desk)
    fields: set[str] = {"q", "after", "name"}
    for method, path in PAGES:
        if method == "GET":
            page = desk.client.get(filled(path, known))
            fields |= {unescape(name) for name in FIELD.findall(page.text)}
    seen: set[int] = set()
    names = st.sampled_from(sorted(fields - {"csrf"})) | texts

    @settings(
        max_examples=150,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(PAGES), st.dictionaries(names, texts, max_size=8), st.data())
    def answered(page: tuple[str, str], typed: dict[str, str], data: Any) -> None:
        method, path = page
        ids = dict(known)
        if data.draw(st.integers(0, 4)) == 0:
            for name in re.findall(r"\{(\w+)", path):
                ids[name] = data.draw(texts)
        sent = "&".join(f"{shown(name)}={shown(text)}" for name, text in typed.items())
        if method == "GET":
            answer = desk.client.get(f"{filled(path, ids)}?{sent}")
        else:
            answer = desk.client.post(
                filled(path, ids),
                content=f"csrf={shown(desk.csrf)}&{sent}".encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
        assert answer.status_code < 500, answer.text
        seen.add(answer.status_code)

    answered()
    assert {200, 303, 400, 404} <= seen, "forms were taken, refused and missed"


def filled(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: shown(ids.get(found[1], "none")), path)


def shown(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")

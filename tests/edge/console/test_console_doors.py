"""Every address of the console, taken from its own routes: who gets in, and by what form."""

import re
from typing import Any

import pytest
from api_place import SHOP, Place
from desk import ACCESS, MANAGE, Desk, text_of
from starlette.routing import Route

from askwell_edge.console.routes import routes
from askwell_edge.store.tables import metadata

OPEN = {"/console/sign-in", "/console/{rest:path}"}
INSIDE = [route for route in routes if isinstance(route, Route) and route.path not in OPEN]
GETS = sorted(route.path for route in INSIDE if "GET" in (route.methods or ()))
POSTS = sorted(route.path for route in INSIDE if "POST" in (route.methods or ()))
OF_DIRECTORY = [path for path in GETS if "{directory_id}" in path]


@pytest.fixture
def world(desk: Desk) -> dict[str, str]:
    """One of everything, by the names that addresses have for it."""
    place = desk.place
    pool = place.pool
    contact_id = place.contact(firstName="Ana", extRef="U-1")
    list_id = place.ok("POST", "/directories/{pool}/mailinglists", {"name": "News"})["id"]
    criteria = {"field": "firstName", "cmp": "eq", "value": "Ana"}
    body = {"name": "Anas", "criteria": criteria}
    segment_id = place.ok("POST", "/directories/{pool}/segments", body)["id"]
    limits = {"limits": [{"max": 1, "windowSeconds": 86400}]}
    rule_id = place.ok("POST", "/directories/{pool}/frequencyrules", limits)["id"]
    project_id = place.ok("POST", "/projects", {"name": "Shop", "origins": [SHOP]})["id"]
    place.ok("POST", f"/projects/{project_id}/link", {"directoryId": pool})
    creative = {"name": "Hello", "definition": {"title": "Hello"}}
    creative_id = place.ok("POST", f"/projects/{project_id}/creatives", creative)["id"]
    draft = {"actions": [{"creative_id": creative_id}]}
    intercept = {"name": "Ask", "draft": draft}
    intercept_id = place.ok("POST", f"/projects/{project_id}/intercepts", intercept)["id"]
    kept = place.ok("GET", f"/projects/{project_id}/intercepts/{intercept_id}")["draft"]
    return {
        "directory_id": pool,
        "contact_id": contact_id,
        "list_id": list_id,
        "segment_id": segment_id,
        "rule_id": rule_id,
        "project_id": project_id,
        "creative_id": creative_id,
        "intercept_id": intercept_id,
        "action_id": kept["actions"][0]["id"],
        "operator_id": desk.operator_id,
        "import_id": "IM_none",
        "merge_id": "MG_none",
        "run_id": "MR_none",
        "token_id": "TK_none",
        "client_id": "CL_none",
    }


def address(path: str, world: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: world[found[1]], path)


def test_pages_are_for_people_who_are_signed_in(place: Place) -> None:
    stranger = Desk(place)
    for path in GETS:
        answer = stranger.client.get(re.sub(r"\{\w+\}", "x", path))
        assert answer.status_code == 303, path
        assert answer.headers["Location"].startswith("/console/sign-in"), path
    for path in POSTS:
        answer = stranger.client.post(re.sub(r"\{\w+\}", "x", path))
        assert answer.status_code == 303, path


def test_every_page_opens_with_headers_that_keep_it_safe(desk: Desk, world: Any) -> None:
    opened = 0
    for path in GETS:
        if any(name in path for name in ("{import_id}", "{merge_id}", "{run_id}", "{token_id}")):
            continue
        answer = desk.client.get(address(path, world), follow_redirects=True)
        assert answer.status_code == 200, (path, text_of(answer.text))
        opened += 1
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(
            r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", answer.text
        )
        for form in re.findall(r'(?s)<form[^>]*method="post".*?</form>', answer.text):
            assert 'name="csrf"' in form, path
    assert opened >= 10


def test_no_form_is_taken_without_the_sessions_own_token(desk: Desk, world: Any) -> None:
    before = everything(desk.place)
    for path in POSTS:
        here = address(path, world)
        for headers, sent in (
            ({}, {"other": "field"}),
            ({}, {"csrf": "guessed"}),
            ({"X-CSRF-Token": "guessed"}, {"other": "field"}),
            ({"Sec-Fetch-Site": "cross-site"}, {"csrf": desk.csrf}),
            ({"Origin": "https://evil.example"}, {"csrf": desk.csrf}),
        ):
            kind = {"files": {"file": b"x"}} if path.endswith("/imports/new") else {}
            answer = desk.client.post(here, data=sent, headers=headers, **kind)
            assert answer.status_code == 403, (path, headers, sent, answer.status_code)
    assert everything(desk.place) == before


def everything(place: Place) -> dict[str, int]:
    return {table.name: len(place.rows(table.select())) for table in metadata.sorted_tables}


@pytest.mark.scenario("L2")
def test_a_directory_that_is_not_theirs_does_not_exist(desk: Desk, world: Any) -> None:
    other = desk.place.ok("POST", "/directories", {"name": "Others"})["id"]
    guest = Desk(desk.place).sign_in_new("guest", {other: MANAGE})
    for path in OF_DIRECTORY:
        answer = guest.client.get(address(path, world))
        assert answer.status_code == 404, path
        missing = guest.client.get(address(path, {**world, "directory_id": "POOL_Nowhere000000"}))
        assert text_of(answer.text).replace(world["directory_id"], "") == text_of(
            missing.text
        ).replace("POOL_Nowhere000000", ""), path
    for path in POSTS:
        if "{directory_id}" in path and not path.endswith("/imports/new"):
            assert guest.client.post(
                address(path, world), data={"csrf": guest.csrf}
            ).status_code in (400, 404), path
    for path in ("/", "/projects", "/why"):
        shown = guest.shows(path)
        assert "Customers" not in shown
        assert "Shop" not in shown
    assert guest.get(f"/projects/{world['project_id']}").status_code == 404
    assert guest.get(f"/why?project={world['project_id']}").status_code == 404


@pytest.mark.scenario("L1", "C25")
def test_without_manage_directory_there_are_lists_and_no_settings(desk: Desk, world: Any) -> None:
    clerk = Desk(desk.place).sign_in_new("clerk", {desk.place.pool: ACCESS})
    menu = clerk.shows("/")
    assert "Mailing lists" in menu
    for title in ("Frequency rules", "Identity rules", "Settings", "Audit log"):
        assert title not in menu
    assert clerk.get("/directories/{pool}").headers["Location"].endswith("/lists")
    answer = clerk.get("/directories/{pool}/contacts")
    assert answer.status_code == 403
    assert "Manage Directory" in text_of(answer.text)
    assert "Ana" in clerk.shows(f"/directories/{{pool}}/contacts/{world['contact_id']}")
    path = f"/directories/{{pool}}/contacts/{world['contact_id']}/delete"
    assert clerk.get(path).status_code == 403
    assert clerk.post(path).status_code == 403
    assert desk.place.get(world["contact_id"])


@pytest.mark.scenario("A12")
def test_adding_visitors_as_contacts_needs_manage_directory(desk: Desk, world: Any) -> None:
    clerk = Desk(desk.place).sign_in_new("clerk", {desk.place.pool: ACCESS})
    path = f"/projects/{world['project_id']}/settings"
    assert "needs the permission Manage Directory" in clerk.shows(path)
    sent = {
        "name": "Shop",
        "origins": SHOP,
        "mode": "auto",
        "sampling": "request",
        "sample_rate": "100",
        "create_contacts": "yes",
    }
    assert "Manage Directory" in clerk.refused(403, path, sent)
    settings = desk.place.ok("GET", f"/projects/{world['project_id']}")["settings"]
    assert settings["create_contacts"] is False
    desk.does(path, sent)
    settings = desk.place.ok("GET", f"/projects/{world['project_id']}")["settings"]
    assert settings["create_contacts"] is True


def test_what_is_not_a_form_of_ours_is_refused(desk: Desk) -> None:
    path = "/console/projects/new"
    post = desk.client.post
    kind = {"Content-Type": "application/json"}
    assert post(path, content=b"{}", headers=kind).status_code == 415
    assert post(path, content=b"a" * 600_000, headers=FORM).status_code == 413
    assert post(path, content=b"&".join([b"a=1"] * 4001), headers=FORM).status_code == 400
    assert post(path, content=b"name=%ff%fe", headers=FORM).status_code == 400
    assert post(path, content=b"name=%00", headers=FORM).status_code == 400
    assert desk.get("/directories/%00/contacts").status_code == 404
    assert desk.get("/nowhere/at/all").status_code == 404


FORM = {"Content-Type": "application/x-www-form-urlencoded"}

"""Links between projects, intercepts and directories: what is refused, why, and what stays."""

from pathlib import Path
from typing import Any

import pytest
from api_place import SHOP, Place, opened_place

from askwell_edge.access.roles import Role


def project(place: Place, **body: Any) -> str:
    made = place.ok("POST", "/projects", {"name": "Shop", "origins": [SHOP], **body})
    return str(made["id"])


def intercept(place: Place, zone: str, **draft: Any) -> str:
    creative = place.ok(
        "POST", f"/projects/{zone}/creatives", {"name": "C", "definition": {"title": "Hello"}}
    )["id"]
    body = {"name": "I", "draft": {"actions": [{"creative_id": creative}], **draft}}
    return str(place.ok("POST", f"/projects/{zone}/intercepts", body)["id"])


def link(place: Place, zone: str, pool: str | None = None, **more: Any) -> None:
    place.ok("POST", f"/projects/{zone}/link", {"directoryId": pool or place.pool, **more})


def other_pool(place: Place) -> str:
    pool = place.ok("POST", "/directories", {"name": "Other"})["id"]
    body = {"rules": [{"fields": ["extRef"]}]}
    place.ok("PUT", f"/directories/{pool}/identityrules", body)
    return str(pool)


@pytest.mark.scenario("A1")
def test_without_both_modules_linking_says_which_is_missing(store_url: str, tmp_path: Path) -> None:
    with opened_place(store_url, tmp_path, ASKWELL_MODULES="directory") as place:
        zone = project(place)
        body = {"directoryId": place.pool}
        said = place.refused(409, "POST", f"/projects/{zone}/link", body)
        assert "module_missing" in said
        assert "the module website" in said
        facts = place.ok("GET", f"/projects/{zone}/link?directoryId={place.pool}")
        assert facts["available"] is False
        assert facts["problem"]["code"] == "module_missing"
        assert place.ok("GET", f"/projects/{zone}")["directoryId"] is None


@pytest.mark.scenario("A2")
def test_a_directory_that_does_not_exist_cannot_be_linked(place: Place) -> None:
    zone = project(place)
    body = {"directoryId": "POOL_000000000000000"}
    said = place.refused(404, "POST", f"/projects/{zone}/link", body)
    assert "unknown_directory" in said
    assert place.ok("GET", f"/projects/{zone}")["directoryId"] is None


@pytest.mark.scenario("A3")
def test_without_a_rule_on_the_reference_linking_is_refused(place: Place) -> None:
    zone = project(place)
    for rules in ([], [["email"]], [["extRef", "email"]]):
        place.identity_rules(*rules)
        said = place.refused(409, "POST", f"/projects/{zone}/link", {"directoryId": place.pool})
        assert "identity rule on external reference is required" in said
    place.ok(
        "PUT",
        "/directories/{pool}/identityrules",
        {"rules": [{"fields": ["extRef"], "enabled": False}]},
    )
    place.refused(409, "POST", f"/projects/{zone}/link", {"directoryId": place.pool})
    assert place.ok("GET", f"/projects/{zone}")["directoryId"] is None


@pytest.mark.scenario("A4", "A13")
def test_linking_uses_the_directory_as_it_is_and_shows_who_cannot_be_matched(
    place: Place,
) -> None:
    for fields in ({"extRef": "U-1"}, {"email": "a@example.com"}, {"email": "b@example.com"}):
        place.contact(**fields)
    before = place.all_contacts()
    zone = project(place)
    facts = place.ok("GET", f"/projects/{zone}/link?directoryId={place.pool}")
    assert (facts["available"], facts["problem"]) == (True, None)
    assert (facts["contactCount"], facts["contactCountWithoutExtRef"]) == (3, 2)
    link(place, zone)
    found = place.ok("GET", f"/projects/{zone}")
    assert (found["directoryId"], found["settings"]["linked"]) == (place.pool, True)
    assert place.all_contacts() == before


@pytest.mark.scenario("A5")
def test_an_intercept_cannot_be_linked_before_its_project(place: Place) -> None:
    zone = project(place)
    made = intercept(place, zone)
    path = f"/projects/{zone}/intercepts/{made}"
    body = {"directoryId": place.pool}
    assert "project_not_linked" in place.refused(409, "POST", f"{path}/link", body)
    said = place.refused(409, "PUT", path, {"draft": {"linked": True}})
    assert "project_not_linked" in said
    assert place.ok("GET", path)["draft"]["linked"] is False


@pytest.mark.scenario("A6")
def test_an_intercept_links_with_its_projects_directory_alone(place: Place) -> None:
    zone, other = project(place), other_pool(place)
    made = intercept(place, zone)
    link(place, zone)
    path = f"/projects/{zone}/intercepts/{made}"
    said = place.refused(409, "POST", f"{path}/link", {"directoryId": other})
    assert "directory_mismatch" in said
    assert "match" in said
    assert "unlink" in said
    assert place.ok("GET", path)["draft"]["linked"] is False
    assert place.ok("POST", f"{path}/link", {"directoryId": place.pool})["draft"]["linked"]


@pytest.mark.scenario("A7")
def test_switching_the_project_under_a_linked_intercept_asks_what_becomes_of_it(
    place: Place,
) -> None:
    zone, other = project(place), other_pool(place)
    link(place, zone)
    made = intercept(place, zone, linked=True, frequency_control=True)
    path, here = f"/projects/{zone}/intercepts/{made}", f"/projects/{zone}/link"
    said = place.refused(409, "PUT", here, {"directoryId": other})
    assert "directory_mismatch" in said
    assert place.ok("GET", f"/projects/{zone}")["directoryId"] == place.pool
    place.ok("PUT", here, {"directoryId": other, "interceptLinks": "match"})
    assert place.ok("GET", f"/projects/{zone}")["directoryId"] == other
    assert place.ok("GET", path)["draft"]["linked"] is True
    place.ok("PUT", here, {"directoryId": place.pool, "interceptLinks": "unlink"})
    draft = place.ok("GET", path)["draft"]
    assert (draft["linked"], draft["frequency_control"]) == (False, False)


@pytest.mark.scenario("A8")
def test_a_second_directory_is_refused(place: Place) -> None:
    zone, other = project(place), other_pool(place)
    link(place, zone)
    said = place.refused(409, "POST", f"/projects/{zone}/link", {"directoryId": other})
    assert "one directory per project" in said
    assert place.ok("GET", f"/projects/{zone}")["directoryId"] == place.pool


def test_unlinking_under_linked_intercepts_must_be_meant(place: Place) -> None:
    zone = project(place)
    link(place, zone)
    made = intercept(place, zone, linked=True)
    said = place.refused(409, "POST", f"/projects/{zone}/unlink", {})
    assert "intercepts_linked" in said
    place.ok("POST", f"/projects/{zone}/unlink", {"interceptLinks": "unlink"})
    found = place.ok("GET", f"/projects/{zone}")
    assert (found["directoryId"], found["settings"]["linked"]) == (None, False)
    path = f"/projects/{zone}/intercepts/{made}"
    assert place.ok("GET", path)["draft"]["linked"] is False


@pytest.mark.scenario("A12", "F11")
def test_turning_on_creation_needs_the_link_and_the_right(place: Place) -> None:
    zone = project(place)
    on = {"settings": {"create_contacts": True}}
    assert "project_not_linked" in place.refused(409, "PUT", f"/projects/{zone}", on)
    link(place, zone)
    token = place.operator("reader", {place.pool: Role(True, False)})
    said = place.refused(403, "PUT", f"/projects/{zone}", on, token=token)
    assert "Manage Directory" in said
    assert place.ok("GET", f"/projects/{zone}")["settings"]["create_contacts"] is False
    place.ok("PUT", f"/projects/{zone}", {"name": "Renamed"}, token=token)
    manager = place.operator("manager", {place.pool: Role(True, True)})
    place.ok("PUT", f"/projects/{zone}", on, token=manager)
    assert place.ok("GET", f"/projects/{zone}")["settings"]["create_contacts"] is True


@pytest.mark.scenario("L2")
def test_a_project_of_a_directory_that_is_not_theirs_does_not_exist(place: Place) -> None:
    zone = project(place)
    link(place, zone)
    token = place.operator("stranger", {other_pool(place): Role(True, True)})
    assert place.ok("GET", "/projects", token=token)["elements"] == []
    assert "unknown_project" in place.refused(404, "GET", f"/projects/{zone}", token=token)
    free = project(place)
    body = {"directoryId": place.pool}
    said = place.refused(404, "POST", f"/projects/{free}/link", body, token=token)
    assert "unknown_directory" in said


@pytest.mark.scenario("D13")
def test_a_segment_of_another_directory_cannot_be_targeted(place: Place) -> None:
    other = other_pool(place)
    body = {"name": "S", "criteria": {"field": "extRef", "cmp": "eq", "value": "U-1"}}
    strange = place.ok("POST", f"/directories/{other}/segments", body)["id"]
    own = place.ok("POST", "/directories/{pool}/segments", body)["id"]
    zone = project(place)
    made = intercept(place, zone)
    path = f"/projects/{zone}/intercepts/{made}"
    targeted = {"draft": {"condition": [{"kind": "segment", "cmp": "is", "value": [own]}]}}
    assert "project_not_linked" in place.refused(409, "PUT", path, targeted)
    link(place, zone)
    place.ok("PUT", path, targeted)
    wrong = {"draft": {"condition": [{"kind": "segment", "cmp": "is", "value": [strange]}]}}
    assert f"no segment {strange}" in place.refused(400, "PUT", path, wrong)
    leaf = {"kind": "segment", "cmp": "is", "value": [own, strange]}
    nested = [{"kind": "url", "cmp": "contains", "value": "/"}, "and", [leaf]]
    [action] = place.ok("GET", path)["draft"]["actions"]
    another = {"creative_id": action["creative_id"]}
    displayed = {"kind": "displayed", "cmp": "is", "intercept_id": "SI_gone", "within": "ever"}
    for draft, said in (
        (
            {"condition": nested},
            f"condition[2][0].value[1]: the project's directory has no segment {strange}",
        ),
        (
            {"actions": [action, {**another, "condition": nested}]},
            "actions[1].condition[2][0].value[1]: ",
        ),
        (
            {"condition": [displayed]},
            "condition[0].intercept_id: the project has no intercept SI_gone",
        ),
    ):
        assert said in place.refused(400, "PUT", path, {"draft": draft})


@pytest.mark.scenario("D14")
def test_a_segment_in_use_is_not_deleted(place: Place) -> None:
    body = {"name": "S", "criteria": {"field": "extRef", "cmp": "eq", "value": "U-1"}}
    segment = place.ok("POST", "/directories/{pool}/segments", body)["id"]
    zone = project(place)
    link(place, zone)
    leaf = {"kind": "segment", "cmp": "is", "value": [segment]}
    made = intercept(place, zone, condition=[leaf])
    path = f"/directories/{{pool}}/segments/{segment}"
    said = place.refused(409, "DELETE", path)
    assert "segment_in_use" in said
    assert made in said
    place.ok("PUT", f"/projects/{zone}/intercepts/{made}", {"draft": {"condition": None}})
    place.ok("DELETE", path)

"""Drafts, versions and bundles: what visitors get, from when, and what is refused at save."""

from itertools import pairwise
from typing import Any

import msgpack
import pytest
from api_place import DAY_S, SHOP, Place

from askwell_edge.projects.keys import live_keys
from askwell_edge.projects.preview import debug_link, debug_token, opens_debugger
from askwell_edge.projects.published import Published, published
from askwell_edge.projects.zones import clock_changes


def set_up(place: Place, *, linked: bool = True) -> tuple[str, str]:
    zone = place.ok("POST", "/projects", {"name": "Shop", "origins": [SHOP]})["id"]
    if linked:
        place.ok("POST", f"/projects/{zone}/link", {"directoryId": place.pool})
    creative = place.ok(
        "POST", f"/projects/{zone}/creatives", {"name": "C", "definition": {"title": "Hello"}}
    )["id"]
    return zone, creative


def intercept(place: Place, zone: str, creative: str, **draft: Any) -> str:
    body = {"name": "I", "draft": {"actions": [{"creative_id": creative}], **draft}}
    made = place.ok("POST", f"/projects/{zone}/intercepts", body)["id"]
    return f"/projects/{zone}/intercepts/{made}"


def now_published(place: Place, zone: str) -> Published:
    found: Published = place.read(published, zone)
    return found


def bundle_of(place: Place, zone: str) -> dict[str, Any]:
    publication = now_published(place, zone).publication
    assert publication is not None
    found: dict[str, Any] = msgpack.unpackb(publication.body)
    return found


@pytest.mark.scenario("H10")
def test_publish_makes_eligible_activate_makes_live_deactivate_stops(place: Place) -> None:
    zone, creative = set_up(place)
    path = intercept(place, zone, creative)
    assert place.ok("GET", path)["state"] == "draft"
    assert "intercept_not_published" in place.refused(409, "POST", f"{path}/activate")
    assert now_published(place, zone).bundle_hash is None
    assert place.ok("POST", f"{path}/publish")["state"] == "published"
    assert [each["active"] for each in bundle_of(place, zone)["intercepts"]] == [False]
    assert list(now_published(place, zone).prefilter) == []
    assert place.ok("POST", f"{path}/activate")["state"] == "active"
    assert [each["active"] for each in bundle_of(place, zone)["intercepts"]] == [True]
    assert len(now_published(place, zone).prefilter) == 1
    place.ok("POST", f"{path}/deactivate")
    assert [each["active"] for each in bundle_of(place, zone)["intercepts"]] == [False]


def test_a_changed_draft_is_seen_by_nobody_until_it_is_published(place: Place) -> None:
    zone, creative = set_up(place)
    path = intercept(place, zone, creative)
    place.ok("POST", f"{path}/publish")
    first = bundle_of(place, zone)
    place.ok("PUT", path, {"draft": {"sample_rate": 500}})
    place.ok("PUT", f"/projects/{zone}/creatives/{creative}", {"definition": {"title": "New"}})
    place.ok("POST", f"{path}/activate")
    second = bundle_of(place, zone)
    assert second["intercepts"][0]["sample_rate"] == 10_000
    assert second["creatives"] == first["creatives"]
    place.ok("POST", f"{path}/publish")
    third = bundle_of(place, zone)
    assert third["intercepts"][0]["sample_rate"] == 500
    assert third["intercepts"][0]["version"] == 2
    assert third["creatives"][creative]["title"] == "New"


@pytest.mark.scenario("F10")
def test_settings_count_once_they_are_applied(place: Place) -> None:
    zone, creative = set_up(place)
    path = intercept(place, zone, creative)
    place.ok("POST", f"/projects/{zone}/publish")
    place.ok("PUT", f"/projects/{zone}", {"settings": {"create_contacts": True}})
    assert now_published(place, zone).settings["create_contacts"] is False
    place.ok("POST", f"/projects/{zone}/publish")
    assert now_published(place, zone).settings["create_contacts"] is True
    place.ok("PUT", f"/projects/{zone}", {"settings": {"mode": "edge"}})
    place.ok("POST", f"{path}/publish")
    assert now_published(place, zone).settings["mode"] == "edge"


def test_the_same_publication_has_the_same_name(place: Place) -> None:
    zone, _ = set_up(place)
    first = place.ok("POST", f"/projects/{zone}/publish")["bundle"]
    place.now += 1_000_000
    assert place.ok("POST", f"/projects/{zone}/publish")["bundle"] == first


def test_a_frequency_rule_reaches_the_published_bundle_at_once(place: Place) -> None:
    zone, creative = set_up(place)
    place.ok("POST", f"{intercept(place, zone, creative)}/publish")
    place.ok("PUT", f"/projects/{zone}", {"settings": {"mode": "browser"}})
    assert bundle_of(place, zone)["rules"] == []
    rules = "/directories/{pool}/frequencyrules"
    body = {"limits": [{"max": 1, "windowSeconds": DAY_S}]}
    made = place.ok("POST", rules, body)["id"]
    found = bundle_of(place, zone)
    assert [rule["id"] for rule in found["rules"]] == [made]
    assert found["settings"]["mode"] == "auto", "what was not applied stays so"
    place.ok("DELETE", f"{rules}/{made}")
    assert bundle_of(place, zone)["rules"] == []


def test_a_malformed_draft_is_refused_with_its_path_and_nothing_changes(place: Place) -> None:
    zone, creative = set_up(place)
    path = intercept(place, zone, creative)
    before = place.ok("GET", path)
    url = {"kind": "url", "cmp": "contains", "value": "/cart"}
    bad: list[tuple[dict[str, Any], str]] = [
        ({"condition": [url, "and", {"kind": "url", "cmp": "like", "value": ""}]}, "condition[2]."),
        ({"condition": [url, "nor", url]}, "condition"),
        ({"condition": [{"kind": "moon", "cmp": "is", "value": 1}]}, "condition[0].kind"),
        ({"condition": [{"kind": "time", "cmp": "after", "value": "25:00"}]}, "condition[0].value"),
        (
            {
                "condition": [
                    {"kind": "time", "cmp": "after", "value": "09:00", "zone": "Mars/Base"}
                ]
            },
            "zone: 'Mars/Base' is not a time zone",
        ),
        ({"actions": [{"creative_id": "CR_nowhere"}]}, "actions[0].creative_id"),
        ({"actions": [{"creative_id": creative, "html": "<b>"}]}, "actions[0].html"),
        (
            {
                "actions": [
                    {
                        "creative_id": creative,
                        "target": {"kind": "url", "url": "javascript:alert(1)"},
                    }
                ]
            },
            "actions[0].target.url",
        ),
        ({"sample_rate": 10_001}, "sample_rate"),
        ({"timing": {"on": "soon"}}, "timing.on"),
        ({"version": 3}, "draft.version: must be one of"),
        ({"frequency_control": True}, "draft.frequency_control: needs the intercept to be linked"),
        (
            {
                "condition": [
                    {
                        "kind": "displayed",
                        "intercept_id": "SI_nowhere",
                        "cmp": "is",
                        "within": "ever",
                    }
                ]
            },
            "no intercept SI_nowhere",
        ),
    ]
    for draft, said in bad:
        assert said in place.refused(400, "PUT", path, {"draft": draft}), draft
        body = {"name": "J", "draft": draft}
        place.refused(400, "POST", f"/projects/{zone}/intercepts", body)
    assert place.ok("GET", path) == before
    assert len(place.ok("GET", f"/projects/{zone}/intercepts")["elements"]) == 1


@pytest.mark.scenario("C21")
def test_caps_on_passive_feedback_are_allowed_with_a_warning(place: Place) -> None:
    zone, creative = set_up(place)
    path = intercept(place, zone, creative, linked=True, passive=True, frequency_control=True)
    assert "not advised" in place.ok("GET", path)["warnings"][0]


def test_malformed_projects_and_creatives_are_refused_by_name(place: Place) -> None:
    zone, creative = set_up(place)
    bad: list[tuple[str, str, Any, str]] = [
        ("PUT", f"/projects/{zone}", {"origins": ["shop.example"]}, "origins[0]: must look like"),
        ("PUT", f"/projects/{zone}", {"origins": ["https://*.example"]}, "origins[0]"),
        ("PUT", f"/projects/{zone}", {"origins": ["https://shop.example/cart"]}, "origins[0]"),
        ("PUT", f"/projects/{zone}", {"settings": {"mode": "fast"}}, "settings.mode"),
        ("PUT", f"/projects/{zone}", {"settings": {"sample_rate": 1.5}}, "settings.sample_rate"),
        ("PUT", f"/projects/{zone}", {"settings": {"linked": False}}, "settings.linked"),
        ("PUT", f"/projects/{zone}", {"settings": {"colour": 1}}, "settings.colour"),
        ("PUT", f"/projects/{zone}", {"settings": {"cookie_domain": "a b"}}, "cookie_domain"),
        ("PUT", f"/projects/{zone}", {"name": ""}, "name: Expected `str` of length >= 1"),
    ]
    here = f"/projects/{zone}/creatives/{creative}"
    for definition, said in (
        ({"title": ""}, "definition.title: must have 1 to 120"),
        ({"title": "x" * 121}, "definition.title"),
        ({"html": "<b>"}, "definition.html: must be one of"),
        ({"accent": "red"}, "definition.accent: must be a colour"),
        ({"direction": "up"}, "definition.direction: must be one of auto, ltr, rtl"),
        ({"language": "<en>"}, "definition.language"),
    ):
        bad.append(("PUT", here, {"definition": definition}, said))
    before = place.ok("GET", f"/projects/{zone}"), place.ok("GET", f"/projects/{zone}/creatives")
    for method, path, body, said in bad:
        assert said in place.refused(400, method, path, body), body
    after = place.ok("GET", f"/projects/{zone}"), place.ok("GET", f"/projects/{zone}/creatives")
    assert after == before


def test_two_keys_live_and_a_third_retires_the_oldest(place: Place) -> None:
    zone, _ = set_up(place)
    first = now_published(place, zone).keys
    assert len(first) == 1
    place.now += 1
    second = place.ok("POST", f"/projects/{zone}/signingkeys")["secret"].encode()
    assert now_published(place, zone).keys == (second, first[0])
    place.now += 1
    third = place.ok("POST", f"/projects/{zone}/signingkeys")["secret"].encode()
    assert now_published(place, zone).keys == (third, second)
    assert len(place.read(live_keys, zone)) == 2


def test_a_debug_token_is_of_one_project_and_ends(place: Place) -> None:
    zone, _ = set_up(place)
    made = place.ok("POST", f"/projects/{zone}/debugger")
    keys = now_published(place, zone).keys
    assert opens_debugger(keys, zone, made["token"], place.now)
    assert not opens_debugger(keys, "ZN_000000000000000", made["token"], place.now)
    assert not opens_debugger(
        (b"another key, which is as long as keys should be",), zone, made["token"], place.now
    )
    assert not opens_debugger(keys, zone, made["token"], made["expiresDate"] + 10_000)
    assert not opens_debugger(keys, zone, None, place.now)
    token = debug_token(keys[0], zone, place.now)
    link = debug_link("https://shop.example/a?b=c#d", token)
    assert link == f"https://shop.example/a?b=c&askwell_debug={token}#d"


def test_zones_change_their_clocks_when_they_do() -> None:
    at = 1_796_000_000_000  # 2026-11-29
    berlin = clock_changes("Europe/Berlin", at)
    assert berlin[0] == [1_735_689_600_000, 3600]
    assert [1_743_296_400_000, 7200] in berlin  # 2025-03-30 01:00 UTC
    assert [1_792_890_000_000, 3600] in berlin  # 2026-10-25 01:00 UTC
    assert all(one[0] < two[0] and one[1] != two[1] for one, two in pairwise(berlin))
    assert clock_changes("Asia/Kolkata", at) == [[1_735_689_600_000, 19_800]]

"""Tokens, scopes and roles at the API's border: who is let in, who is told what is missing."""

import pytest
from api_place import Place
from sqlalchemy import select

from askwell_edge.access.roles import Role
from askwell_edge.access.tokens import list_tokens, revoke_token
from askwell_edge.store.tables import api_tokens, contacts

CONTACTS = "/directories/{pool}/contacts"
READER = Role(access_contacts=True, manage_directory=False)
MANAGER = Role(access_contacts=True, manage_directory=True)


@pytest.mark.parametrize("token", ["", "ask_wrong", "x" * 5000, "ask_\u00e9".encode("latin-1")])
def test_without_a_live_token_nothing_is_told(place: Place, token: str) -> None:
    said = place.refused(401, "GET", "/directories", token=token)
    assert "X-API-TOKEN" in said


def test_a_token_is_hashed_at_rest_and_ends_when_revoked(place: Place) -> None:
    token = place.operator("ann", {place.pool: MANAGER})
    assert place.call("GET", CONTACTS, token=token).status_code == 200
    stored = place.rows(select(api_tokens))
    assert all(token not in str(row) for row in stored)
    row = next(row for row in stored if row["name"] == "ann")
    assert row["prefix"] == token[:10]
    assert "token_hash" not in place.read(list_tokens)[0]
    place.write(revoke_token, row["token_id"], place.now)
    place.refused(401, "GET", CONTACTS, token=token)


def test_a_token_in_a_web_page_is_refused(place: Place) -> None:
    said = place.refused(403, "GET", "/directories", headers={"Origin": "https://shop.example"})
    assert "web pages" in said
    own = {"Origin": "http://testserver"}
    assert place.call("GET", "/directories", headers=own).status_code == 200


def test_scopes_narrow_what_the_operator_may_do(place: Place) -> None:
    pools = {place.pool: MANAGER}
    reading = place.operator("reading", pools, ["read:directory_contacts"])
    assert place.call("GET", CONTACTS, token=reading).status_code == 200
    said = place.refused(403, "POST", CONTACTS, {"extRef": "U-1"}, token=reading)
    assert "manage:directory_contacts" in said
    place.refused(403, "GET", "/directories", token=reading)
    managing = place.operator("managing", pools, ["manage:directory_contacts"])
    assert place.call("GET", CONTACTS, token=managing).status_code == 200, "manage includes read"
    assert place.rows(select(contacts)) == []


@pytest.mark.scenario("L1")
def test_without_manage_directory_lists_are_seen_but_not_the_directory(place: Place) -> None:
    made = place.ok("POST", "/directories/{pool}/mailinglists", {"name": "News"})["id"]
    contact_id = place.contact(extRef="U-1")
    token = place.operator("reader", {place.pool: READER})
    lists = place.ok("GET", "/directories/{pool}/mailinglists", token=token)["elements"]
    assert [each["mailingListId"] for each in lists] == [made]
    place.ok("GET", f"/directories/{{pool}}/mailinglists/{made}/contacts", token=token)
    place.ok("GET", f"{CONTACTS}/{contact_id}", token=token)
    tries = (
        ("GET", CONTACTS, None),
        ("POST", f"{CONTACTS}/search", {}),
        ("GET", f"{CONTACTS}/optedOutContacts", None),
        ("DELETE", f"{CONTACTS}/{contact_id}", None),
        ("PUT", "/directories/{pool}", {"name": "Mine"}),
        ("PUT", "/directories/{pool}/identityrules", {"rules": []}),
        ("GET", "/directories/{pool}/frequencyrules", None),
        ("POST", "/directories/{pool}/frequencyrules", {"minGapSeconds": 86_400}),
    )
    for method, path, body in tries:
        said = place.refused(403, method, path, body, token=token)
        assert said.startswith("permission_missing this needs the permission Manage Directory")
    assert place.get(contact_id)["extRef"] == "U-1"


@pytest.mark.scenario("C25")
def test_without_manage_directory_frequency_settings_are_not_available(place: Place) -> None:
    token = place.operator("reader", {place.pool: READER})
    for method, body in (("GET", None), ("POST", {"minGapSeconds": 86_400})):
        place.refused(403, method, "/directories/{pool}/frequencyrules", body, token=token)


@pytest.mark.scenario("L2")
def test_a_directory_without_a_role_does_not_exist(place: Place) -> None:
    other = place.ok("POST", "/directories", {"name": "B"})["id"]
    contact = place.ok("POST", f"/directories/{other}/contacts", {"extRef": "B-1"})["id"]
    token = place.operator("ann", {place.pool: MANAGER})
    seen = place.ok("GET", "/directories", token=token)["elements"]
    assert [each["directoryId"] for each in seen] == [place.pool]
    for method, path, body in (
        ("GET", f"/directories/{other}", None),
        ("GET", f"/directories/{other}/contacts", None),
        ("GET", f"/directories/{other}/contacts/{contact}", None),
        ("POST", f"/directories/{other}/contacts", {"extRef": "X"}),
        ("GET", f"/directories/{other}/mailinglists", None),
        ("GET", f"/directories/{other}/segments", None),
        ("GET", "/directories/POOL_000000000000000", None),
    ):
        assert "unknown_directory" in place.refused(404, method, path, body, token=token)
    # A contact of B is not reached through A either.
    place.refused(404, "GET", f"{CONTACTS}/{contact}", token=token)


def test_only_a_brand_administrator_makes_directories(place: Place) -> None:
    token = place.operator("ann", {place.pool: MANAGER})
    said = place.refused(403, "POST", "/directories", {"name": "Mine"}, token=token)
    assert "Brand Administrator" in said
    assert len(place.ok("GET", "/directories")["elements"]) == 1


def test_more_calls_than_allowed_are_told_when_to_come_back(place: Place) -> None:
    token = place.operator("ann", {place.pool: READER}, ["read:directories"])
    answers = [place.call("GET", "/directories", token=token) for _ in range(501)]
    assert [each.status_code for each in answers[:500]] == [200] * 500
    assert answers[500].status_code == 429
    assert answers[500].headers["Retry-After"] == "1"
    place.now += 1000
    assert place.call("GET", "/directories", token=token).status_code == 200

"""Operators, roles, tokens and the audit log by the API; and nobody gets more than they hold."""

import itertools
from typing import Any

import pytest
from api_place import Place
from described import ADDRESSES
from sqlalchemy import select

from askwell_edge.access.passwords import verify_password
from askwell_edge.access.roles import ALLOWS, ROLES, Permission, Role
from askwell_edge.access.tokens import ALL_SCOPES, NOUNS, SCOPES
from askwell_edge.store.tables import api_tokens, audit, operators

READER, MANAGER = ROLES["access"], ROLES["manage"]
assert READER is not None
assert MANAGER is not None
NEW = {"email": "ann@example.com", "name": "Ann"}
OTHER_SCOPES = [each for each in ALL_SCOPES if each != "manage:segments"]


def narrowed(place: Place, scopes: list[str]) -> str:
    """A token of the brand administrator with these scopes."""
    return str(place.ok("POST", "/tokens", {"name": "narrow", "scopes": scopes})["token"])


def kept(place: Place) -> list[Any]:
    """Who there is, what each may do, and every token: what no refused call may change."""
    found = [place.ok("GET", path)["elements"] for path in ("/operators", "/tokens", "/clients")]
    return [[{**each, "lastUsedDate": None} for each in rows] for rows in found]


def test_an_operator_is_made_named_and_given_a_role(place: Place) -> None:
    made = place.ok("POST", "/operators", NEW)
    assert len(made["password"]) >= 16
    row = next(each for each in place.rows(select(operators)) if each["email"] == NEW["email"])
    assert made["password"] not in str(row)
    assert place.in_loop(lambda: verify_password(row["password_hash"], made["password"]))
    here = f"/operators/{made['id']}"
    assert place.ok("GET", here) == {
        "operatorId": made["id"],
        "email": "ann@example.com",
        "name": "Ann",
        "brandAdministrator": False,
        "disabled": False,
        "roles": {},
        "creationDate": place.now,
    }
    place.ok("PUT", here, {"name": "Ann Lee"})
    place.ok("PUT", f"{here}/roles/{place.pool}", {"role": "manage"})
    shown = place.ok("GET", here)
    assert (shown["name"], shown["roles"]) == ("Ann Lee", {place.pool: "manage"})
    place.ok("PUT", f"{here}/roles/{place.pool}", {"role": "none"})
    assert place.ok("GET", here)["roles"] == {}
    again = place.ok("POST", f"{here}/password")
    assert again["password"] != made["password"]
    assert [each["name"] for each in place.ok("GET", "/operators")["elements"]] == [
        "Admin",
        "Ann Lee",
    ]


def test_what_is_wrong_with_an_operator_is_said(place: Place) -> None:
    made = place.ok("POST", "/operators", NEW)["id"]
    before = kept(place)
    said = place.refused(409, "POST", "/operators", {"email": "ANN@example.com"})
    assert "operator_exists email: " in said
    assert "email: " in place.refused(400, "POST", "/operators", {"email": "nobody"})
    assert "name: " in place.refused(400, "PUT", f"/operators/{made}", {"name": "\u0007"})
    roles = f"/operators/{made}/roles"
    assert "unknown_directory" in place.refused(
        404, "PUT", f"{roles}/POOL_000000000000000", {"role": "access"}
    )
    assert "role: " in place.refused(400, "PUT", f"{roles}/{place.pool}", {"role": "owner"})
    place.refused(404, "GET", "/operators/OP_000000000000000")
    own = place.ok("GET", "/whoami")["operatorId"]
    said = place.refused(409, "PUT", f"/operators/{own}", {"brandAdministrator": False})
    assert "own_permission" in said
    assert kept(place) == before


@pytest.mark.parametrize("role", ["none", "access", "manage"])
def test_what_somebody_may_do_is_told_with_its_reason(place: Place, role: str) -> None:
    made = place.ok("POST", "/operators", NEW)["id"]
    place.ok("PUT", f"/operators/{made}/roles/{place.pool}", {"role": role})
    here = f"/operators/{made}/permissions"
    lines = place.ok("GET", f"{here}?directoryId={place.pool}")["elements"]
    by_name = {each["permission"]: each for each in lines}
    access, manage = by_name["access_contacts"], by_name["manage_directory"]
    assert (access["holds"], manage["holds"]) == (role != "none", role == "manage")
    assert access["allows"] == list(ALLOWS[Permission.ACCESS_CONTACTS])
    reasons = {
        "none": "no role in this directory gives it",
        "access": "by the role Access Contacts in this directory",
        "manage": "by the role Manage Directory, which includes it",
    }
    assert access["reason"] == reasons[role]
    (everywhere,) = place.ok("GET", here)["elements"]
    assert (everywhere["permission"], everywhere["holds"]) == ("brand_administrator", False)


def test_everybody_is_told_about_themselves_and_nobody_else(place: Place) -> None:
    token = place.operator("ann", {place.pool: MANAGER}, ["read:operators", "read:segments"])
    me = place.ok("GET", "/whoami", token=token)
    assert (me["name"], me["brandAdministrator"]) == ("ann", False)
    assert me["scopes"] == ["read:operators", "read:segments"]
    held = {(each["permission"], each["directoryId"]): each["holds"] for each in me["permissions"]}
    assert held == {
        ("brand_administrator", None): False,
        ("access_contacts", place.pool): True,
        ("manage_directory", place.pool): True,
    }
    mine = f"/operators/{me['operatorId']}"
    assert place.ok("GET", mine, token=token)["name"] == "ann"
    place.ok("GET", f"{mine}/permissions?directoryId={place.pool}", token=token)
    admin = place.ok("GET", "/whoami")["operatorId"]
    for path in ("/operators", f"/operators/{admin}", f"/operators/{admin}/permissions", "/audit"):
        said = place.refused(403, "GET", path, token=token)
        assert "Brand Administrator" in said


def test_a_token_is_shown_once_and_ends_when_revoked(place: Place) -> None:
    made = place.ok("POST", "/tokens", {"name": "CRM", "scopes": ["read:segments"]})
    stored = place.rows(select(api_tokens))
    assert all(made["token"] not in str(row) for row in stored)
    shown = place.ok("GET", "/tokens")["elements"]
    assert made["token"] not in str(shown)
    one = next(each for each in shown if each["tokenId"] == made["id"])
    assert (one["prefix"], one["scopes"]) == (made["token"][:10], ["read:segments"])
    place.ok("GET", "/directories/{pool}/segments", token=made["token"])
    place.ok("DELETE", f"/tokens/{made['id']}")
    place.refused(401, "GET", "/directories/{pool}/segments", token=made["token"])
    place.refused(404, "DELETE", f"/tokens/{made['id']}")


def test_a_tokens_scopes_are_checked(place: Place) -> None:
    before = kept(place)
    for scopes in ([], ["read:everything"], ["manage:segments", ""]):
        assert "scopes" in place.refused(400, "POST", "/tokens", {"name": "T", "scopes": scopes})
    assert "name" in place.refused(
        400, "POST", "/tokens", {"name": "", "scopes": ["read:segments"]}
    )
    assert kept(place) == before


def test_ordinary_operators_see_and_end_their_own_tokens_alone(place: Place) -> None:
    token = place.operator("ann", {place.pool: READER})
    own = place.ok("GET", "/tokens", token=token)["elements"]
    assert [each["name"] for each in own] == ["ann"]
    others = [each for each in place.ok("GET", "/tokens")["elements"] if each["name"] != "ann"]
    for each in others:
        place.refused(404, "DELETE", f"/tokens/{each['tokenId']}", token=token)
    place.ok("GET", "/directories")
    place.ok("DELETE", f"/tokens/{own[0]['tokenId']}", token=token)
    place.refused(401, "GET", "/tokens", token=token)


@pytest.mark.parametrize("noun", NOUNS)
def test_a_token_makes_no_token_that_may_more(place: Place, noun: str) -> None:
    token = narrowed(place, [f"read:{noun}", "manage:operators"])
    before = kept(place)
    wanted = [each for each in SCOPES if each not in (f"read:{noun}", *SCOPES[-2:])]
    for scope in wanted:
        body = {"name": "T", "scopes": [f"read:{noun}", scope]}
        said = place.refused(403, "POST", "/tokens", body, token=token)
        assert scope in said
    assert kept(place) == before
    less = place.ok("POST", "/tokens", {"name": "T", "scopes": [f"read:{noun}"]}, token=token)
    assert place.ok("GET", "/whoami", token=less["token"])["scopes"] == [f"read:{noun}"]


def test_a_token_gives_nobody_what_it_does_not_hold(place: Place) -> None:
    made = place.ok("POST", "/operators", NEW)["id"]
    place.ok("PUT", f"/operators/{made}/roles/{place.pool}", {"role": "access"})
    token = narrowed(place, OTHER_SCOPES)
    before = kept(place)
    tries = (
        ("POST", "/operators", {"email": "eve@example.com"}),
        ("POST", "/operators", {"email": "eve@example.com", "brandAdministrator": True}),
        ("PUT", f"/operators/{made}", {"brandAdministrator": True}),
        ("POST", f"/operators/{made}/password", None),
        ("PUT", f"/operators/{made}/roles/{place.pool}", {"role": "manage"}),
    )
    for method, path, body in tries:
        said = place.refused(403, method, path, body, token=token)
        assert "manage:segments" in said, path
    assert kept(place) == before
    # To take away is no more than it holds.
    place.ok("PUT", f"/operators/{made}/roles/{place.pool}", {"role": "none"}, token=token)
    place.ok("PUT", f"/operators/{made}", {"brandAdministrator": False}, token=token)


@pytest.mark.scenario("L1", "L2")
@pytest.mark.parametrize("role", [READER, MANAGER])
def test_no_operator_raises_anybodys_role(place: Place, role: Role) -> None:
    other = place.ok("POST", "/directories", {"name": "B"})["id"]
    token = place.operator("ann", {place.pool: role})
    me = place.ok("GET", "/whoami", token=token)["operatorId"]
    before = kept(place)
    tries: list[tuple[str, str, Any]] = [
        ("POST", "/operators", {"email": "eve@example.com"}),
        ("PUT", f"/operators/{me}", {"brandAdministrator": True}),
        ("PUT", f"/operators/{me}", {"name": "Boss"}),
        ("POST", f"/operators/{me}/password", None),
    ]
    for pool, name in itertools.product((place.pool, other), ROLES):
        tries.append(("PUT", f"/operators/{me}/roles/{pool}", {"role": name}))
    for method, path, body in tries:
        place.refused(403, method, path, body, token=token)
    assert kept(place) == before
    # A token of their own, with every scope, is no more than they are.
    made = place.ok("POST", "/tokens", {"name": "T", "scopes": list(ALL_SCOPES)}, token=token)
    place.refused(404, "GET", f"/directories/{other}/segments", token=made["token"])
    place.refused(403, "GET", "/operators", token=made["token"])


def test_every_call_asks_for_a_token_and_for_its_scope(place: Place) -> None:
    bare = {
        noun: narrowed(place, [each for each in SCOPES if not each.endswith(f":{noun}")])
        for noun in NOUNS
    }
    readers = {noun: narrowed(place, [f"read:{noun}"]) for noun in NOUNS}
    before = len(place.rows(select(audit)))
    for each in ADDRESSES:
        place.now += 1000
        path = each.path_format.removeprefix("/API/v3")
        for name in each.param_convertors:
            path = path.replace(f"{{{name}}}", place.pool)
        place.refused(401, each.method, path, token="")
        if each.scope is None:
            continue
        verb, _, noun = each.scope.partition(":")
        assert each.scope in place.refused(403, each.method, path, token=bare[noun])
        if verb == "manage":
            assert each.scope in place.refused(403, each.method, path, token=readers[noun])
    assert len(place.rows(select(audit))) == before


def test_the_log_tells_who_changed_what_by_object_operator_action_and_time(place: Place) -> None:
    token = place.operator("ann", {place.pool: MANAGER})
    ann = place.ok("GET", "/whoami", token=token)["operatorId"]
    contact = place.contact(extRef="U-1", firstName="Ana")
    place.now += 1000
    noon = place.now
    place.ok("PUT", f"/directories/{{pool}}/contacts/{contact}", {"firstName": "Eva"}, token=token)

    def told(query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = place.ok("GET", f"/audit?{query}")["elements"]
        return found

    (change,) = told(f"operatorId={ann}")
    assert (change["action"], change["objectId"]) == ("contact.update", contact)
    assert change["date"] == noon
    assert (change["before"]["first_name"], change["after"]["first_name"]) == ("Ana", "Eva")
    assert [each["action"] for each in told(f"objectId={contact}")] == [
        "contact.update",
        "contact.create",
    ]
    assert told("action=contact.update") == [change]
    assert told(f"since={noon}") == [change]
    assert change not in told(f"until={noon}")
    assert told(f"since={noon + 1}") == []


def test_the_log_is_read_page_by_page_to_its_end(place: Place) -> None:
    for n in range(5):
        place.contact(extRef=f"U-{n}")
    whole = place.ok("GET", "/audit")["elements"]
    assert len(whole) >= 7
    found, path = [], "/audit?pageSize=3"
    while path:
        page = place.ok("GET", path)
        found += page["elements"]
        path = (page["nextPage"] or "").partition("/API/v3")[2]
    assert found == whole

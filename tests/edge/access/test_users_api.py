"""Operators by the names of existing clients: the same people, and nobody sees more of them."""

from typing import Any

from api_place import Place

from askwell_edge.access.roles import Role


def test_operators_are_told_as_users(place: Place) -> None:
    made = place.ok("POST", "/operators", {"email": "Ann@example.com", "name": "Ann Lee"})["id"]
    listed = place.ok("GET", "/users")
    assert listed["nextPage"] is None
    by_id: dict[str, Any] = {each["id"]: each for each in listed["elements"]}
    assert set(by_id) == {each["operatorId"] for each in place.ok("GET", "/operators")["elements"]}
    ann = {
        "id": made,
        "divisionId": None,
        "username": "ann@example.com",
        "firstName": "Ann Lee",
        "lastName": "",
        "userType": "UT_FULLUSER",
        "email": "ann@example.com",
        "accountStatus": "active",
    }
    assert by_id[made] == ann
    one = place.ok("GET", f"/users/{made}")
    assert one == {**ann, "accountCreationDate": "2027-01-15T08:00:00Z"}
    place.ok("PUT", f"/operators/{made}", {"disabled": True, "brandAdministrator": True})
    shown = place.ok("GET", f"/users/{made}")
    assert (shown["accountStatus"], shown["userType"]) == ("disabled", "UT_BRANDADMIN")


def test_users_are_seen_by_whom_operators_are(place: Place) -> None:
    token = place.operator("ann", {place.pool: Role(True, True)})
    me = place.ok("GET", "/whoami", token=token)
    assert me["userId"] == me["operatorId"]
    assert (me["userName"], me["email"]) == ("ann@example.com", "ann@example.com")
    assert (me["firstName"], me["lastName"]) == ("ann", "")
    assert (me["accountType"], me["brandId"]) == ("UT_FULLUSER", "testserver")
    place.refused(403, "GET", "/users", token=token)
    assert place.ok("GET", f"/users/{me['userId']}", token=token)["id"] == me["userId"]
    admin = place.ok("GET", "/whoami")["userId"]
    place.refused(403, "GET", f"/users/{admin}", token=token)
    narrow = place.operator("bob", {}, ["read:segments"])
    own = place.ok("GET", "/whoami", token=narrow)["userId"]
    assert "read:operators" in place.refused(403, "GET", f"/users/{own}", token=narrow)
    assert "unknown_operator" in place.refused(404, "GET", "/users/OP_000000000000000")

"""OAuth clients: who gets an access token, what it opens, and when it ends."""

import base64
import logging
from typing import Any

import pytest
from api_place import Place
from sqlalchemy import select

from askwell_edge.access.clients import ACCESS_S, CLIENT_LIMIT
from askwell_edge.access.roles import ROLES
from askwell_edge.access.tokens import ALL_SCOPES
from askwell_edge.store.tables import access_tokens, api_clients, api_tokens, audit

READER, MANAGER = ROLES["access"], ROLES["manage"]
assert READER is not None
assert MANAGER is not None
GRANT = {"grant_type": "client_credentials"}
CONTACTS = "/directories/{pool}/contacts"


def made(place: Place, scopes: Any = ALL_SCOPES, token: str = "") -> tuple[str, str]:
    """Id and secret of a new client of whose token it is."""
    body = {"name": "CRM", "scopes": list(scopes)}
    one = place.ok("POST", "/clients", body, token=token or place.token)
    return one["clientId"], one["clientSecret"]


def asked(place: Place, client: tuple[str, str] | None, form: Any = GRANT, **headers: str) -> Any:
    """The answer of `/oauth2/token`."""
    if client is not None:
        pair = base64.b64encode(":".join(client).encode()).decode()
        headers = {"Authorization": f"Basic {pair}", **headers}
    return place.client.post("/oauth2/token", data=form, headers=headers)


def bearer(place: Place, client: tuple[str, str], scope: str = "") -> dict[str, Any]:
    """What a call needs to be made with an access token of this client."""
    answer = asked(place, client, {**GRANT, "scope": scope} if scope else GRANT)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def status(
    place: Place, headers: dict[str, Any], path: str = "/whoami", method: str = "GET"
) -> int:
    address = f"/API/v3{path.replace('{pool}', place.pool)}"
    return int(place.client.request(method, address, headers=headers).status_code)


def refusal(answer: Any, code: int, error: str) -> dict[str, Any]:
    """What a refusal says; it is never kept, and quotes nothing that its grammar forbids."""
    assert (answer.status_code, answer.json()["error"]) == (code, error), answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    said: dict[str, Any] = answer.json()
    assert not set(said["error_description"]) & set('"\\')
    assert said["error_description"].isascii()
    return said


def test_a_client_gets_a_token_that_opens_what_it_asked_for(place: Place) -> None:
    client = made(place, ["manage:directory_contacts", "read:segments"])
    answer = asked(place, client, {**GRANT, "scope": "read:directory_contacts"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    given = answer.json()
    assert set(given) == {"access_token", "token_type", "expires_in", "scope"}
    assert (given["token_type"], given["expires_in"]) == ("Bearer", ACCESS_S)
    assert given["scope"] == "read:directory_contacts"
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    assert status(place, headers, CONTACTS) == 200
    assert status(place, headers, CONTACTS, "POST") == 403
    assert status(place, headers, "/directories/{pool}/segments") == 403
    place.ok("GET", CONTACTS, token=given["access_token"])  # a token is one in either header
    whole = asked(place, client).json()["scope"]
    assert whole == "manage:directory_contacts read:segments"


def test_an_api_token_may_be_sent_as_a_bearer_too_but_never_two(place: Place) -> None:
    headers = {"Authorization": f"Bearer {place.token}"}
    assert status(place, headers) == 200
    assert status(place, {**headers, "X-API-TOKEN": place.token}) == 400
    answer = place.client.get("/API/v3/whoami", headers={"Authorization": "Bearer oat_wrong"})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert "error" not in place.client.get("/API/v3/whoami").headers["WWW-Authenticate"]


def test_nothing_secret_is_kept_or_logged(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client_id, secret = made(place)
    token = asked(place, (client_id, secret)).json()["access_token"]
    asked(place, (client_id, secret + "x"))
    place.ok("GET", "/whoami", token=token)
    kept = [place.rows(select(each)) for each in (api_clients, access_tokens, audit)]
    shown = [place.ok("GET", path) for path in ("/clients", "/audit")]
    for each in (secret, token):
        assert each not in str(kept)
        assert each not in str(shown)
        assert each not in caplog.text
    assert {row["action"] for row in kept[2]} >= {"client.create", "client.token"}


@pytest.mark.parametrize("ends", ["hour", "client", "operator"])
def test_an_access_token_ends(place: Place, ends: str) -> None:
    owner = place.operator("ann", {place.pool: MANAGER})
    client = made(place, token=owner)
    headers = bearer(place, client)
    assert status(place, headers, CONTACTS) == 200
    if ends == "hour":
        place.now += ACCESS_S * 1000 - 1
        assert status(place, headers, CONTACTS) == 200
        place.now += 1
        bearer(place, client)
        assert len(place.rows(select(access_tokens))) == 1, "those that are over are forgotten"
    elif ends == "client":
        place.ok("DELETE", f"/clients/{client[0]}", token=owner)
        place.refused(404, "DELETE", f"/clients/{client[0]}", token=owner)
    else:
        me = place.ok("GET", "/whoami", token=owner)["operatorId"]
        place.ok("PUT", f"/operators/{me}", {"disabled": True})
        place.refused(401, "GET", "/whoami", token=owner)
    assert status(place, headers, CONTACTS) == 401
    if ends != "hour":
        refusal(asked(place, client), 401, "invalid_client")
    if ends == "operator":
        place.ok("PUT", f"/operators/{me}", {"disabled": False})
        assert status(place, headers, CONTACTS) == 401, "the old one ended"
        assert status(place, bearer(place, client), CONTACTS) == 200
        place.ok("GET", "/whoami", token=owner)


def test_a_client_is_never_more_than_its_operator_is_now(place: Place) -> None:
    owner = place.operator("ann", {place.pool: MANAGER})
    headers = bearer(place, made(place, token=owner))
    assert status(place, headers, CONTACTS) == 200
    me = place.ok("GET", "/whoami", token=owner)["operatorId"]
    place.ok("PUT", f"/operators/{me}/roles/{place.pool}", {"role": "access"})
    assert status(place, headers, CONTACTS) == 403
    place.ok("PUT", f"/operators/{me}/roles/{place.pool}", {"role": "none"})
    assert status(place, headers, CONTACTS) == 404
    assert status(place, headers, "/operators") == 403


def test_clients_are_made_with_scopes_that_one_holds_and_make_nothing_lasting(place: Place) -> None:
    narrow = place.operator("ann", {place.pool: MANAGER}, ["manage:operators", "read:segments"])
    body = {"name": "C", "scopes": ["manage:segments"]}
    assert "manage:segments" in place.refused(403, "POST", "/clients", body, token=narrow)
    token = asked(place, made(place)).json()["access_token"]
    for path in ("/tokens", "/clients"):
        said = place.refused(403, "POST", path, body, token=token)
        assert "outlive" in said
    assert len(place.rows(select(api_clients))) == 1
    assert len(place.rows(select(api_tokens))) == 2
    other = made(place)
    place.refused(404, "DELETE", f"/clients/{other[0]}", token=narrow)
    assert place.ok("GET", "/clients", token=narrow)["elements"] == []


def test_an_operator_has_a_bounded_number_of_clients(place: Place) -> None:
    first = made(place, ["read:segments"])
    for _ in range(CLIENT_LIMIT - 1):
        made(place, ["read:segments"])
    body = {"name": "C", "scopes": ["read:segments"]}
    assert "client_limit" in place.refused(409, "POST", "/clients", body)
    place.ok("DELETE", f"/clients/{first[0]}")
    made(place, ["read:segments"])


def test_refusals_have_the_names_of_the_standard(place: Place) -> None:
    client = made(place, ["read:segments"])
    for form, error in (
        ({"scope": "read:segments"}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({**GRANT, "scope": "manage:segments"}, "invalid_scope"),
        ({**GRANT, "scope": 'read:everything"\u0007'}, "invalid_scope"),
        ({"grant_type": ["client_credentials"] * 2}, "invalid_request"),
        ({**GRANT, "scope": "\x00"}, "invalid_request"),
    ):
        refusal(asked(place, client, form), 400, error)
    for wrong in (None, ("", ""), ("CL_\x00", "x"), ("x" * 3000, "y"), (client[0], "")):
        answer = asked(place, wrong, **({"X-Forwarded-For": "1.2.3.4"} if wrong is None else {}))
        refusal(answer, 401, "invalid_client")
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
    for header in ("Basic", "Basic !!!", "Basic Q0w=", "Bearer x"):
        refusal(asked(place, None, Authorization=header), 401, "invalid_client")
    json = place.client.post("/oauth2/token", json=GRANT)
    refusal(json, 415, "invalid_request")
    refusal(asked(place, client, {**GRANT, "x": "y" * 9000}), 413, "invalid_request")
    refusal(asked(place, client, Origin="https://shop.example"), 403, "invalid_request")
    assert place.rows(select(access_tokens)) == []


def test_guessing_gets_slower_and_locks_nobody_else_out(place: Place) -> None:
    client, other = made(place), made(place)
    for _ in range(5):
        refusal(asked(place, (client[0], "acs_guess")), 401, "invalid_client")
    answer = asked(place, client)  # even with the right secret: nothing can be told apart
    refusal(answer, 429, "temporarily_unavailable")
    place.now += int(answer.headers["Retry-After"]) * 1000
    bearer(place, client)
    bearer(place, other)


def test_tokens_are_given_in_measure(place: Place) -> None:
    client = made(place)
    for _ in range(30):
        bearer(place, client)
    answer = asked(place, client)
    refusal(answer, 429, "temporarily_unavailable")
    place.now += int(answer.headers["Retry-After"]) * 1000
    bearer(place, client)
    assert len(place.rows(select(access_tokens))) == 31


def test_the_day_of_a_last_use_is_kept_and_written_once_a_day(place: Place) -> None:
    day = 24 * 60 * 60 * 1000
    owner = place.operator("ann", {place.pool: READER})

    def used() -> Any:
        place.in_loop(place.state.last_use.settle)
        rows = place.rows(select(api_tokens).where(api_tokens.c.name == "ann"))
        return rows[0]["last_used_at"]

    assert used() is None
    today = place.now - place.now % day
    place.call("POST", "/directories", {"name": "X"}, token=owner)  # refused is used all the same
    assert used() == today
    place.now = today + day - 1
    place.ok("GET", "/whoami", token=owner)
    assert used() == today
    place.now += 1
    place.ok("GET", "/whoami", token=owner)
    assert used() == today + day
    shown = place.ok("GET", "/tokens", token=owner)["elements"]
    assert [each["lastUsedDate"] for each in shown] == [today + day]
    client = made(place)
    assert place.ok("GET", "/clients")["elements"][0]["lastUsedDate"] is None
    bearer(place, client)
    assert place.ok("GET", "/clients")["elements"][0]["lastUsedDate"] == today + day


def test_who_is_disabled_holds_nothing_and_nobody_disables_themselves(place: Place) -> None:
    owner = place.operator("ann", {place.pool: MANAGER})
    ann = f"/operators/{place.ok('GET', '/whoami', token=owner)['operatorId']}"
    admin = f"/operators/{place.ok('GET', '/whoami')['operatorId']}"
    place.refused(409, "PUT", admin, {"disabled": True})
    place.refused(403, "PUT", admin, {"disabled": True}, token=owner)
    place.ok("PUT", ann, {"disabled": True})
    assert place.ok("GET", ann)["disabled"] is True
    lines = place.ok("GET", f"{ann}/permissions?directoryId={place.pool}")["elements"]
    assert {(each["holds"], each["reason"]) for each in lines} == {
        (False, "disabled operators may do nothing")
    }
    body = {"name": "T", "scopes": ["manage:operators"]}
    narrow = place.ok("POST", "/tokens", body)["token"]
    said = place.refused(403, "PUT", ann, {"disabled": False}, token=narrow)
    assert "cannot give" in said

"""Operators, their roles, API tokens and the audit log."""

import re
from datetime import UTC, datetime

import pytest
from desk import ACCESS, MANAGE, Desk, text_of
from sqlalchemy import select

from askwell_edge.store.tables import api_clients, api_tokens, operators


def secret(page: str) -> str:
    found = re.search(r'<pre id="secret"[^>]*>([^<]+)</pre>', page)
    assert found
    return found[1]


def test_an_operator_is_made_signs_in_and_gets_a_role(desk: Desk) -> None:
    sent = {"email": "Ben@example.com", "name": "Ben"}
    answer = desk.post("/operators", sent)
    password = secret(answer.text)
    ben = Desk(desk.place)
    assert ben.sign_in("ben@example.com", password).status_code == 303
    assert ben.get("/directories/{pool}").status_code == 404
    [row] = desk.place.rows(select(operators).where(operators.c.email == "ben@example.com"))
    here = f"/operators/{row['operator_id']}"
    desk.does(f"{here}/role", {"directory_id": desk.place.pool, "role": "manage"})
    assert ben.get("/directories/{pool}").status_code == 303
    desk.does(f"{here}/role", {"directory_id": desk.place.pool, "role": "none"})
    assert ben.get("/directories/{pool}").status_code == 404
    assert [each["action"] for each in desk.audited("operator.create")] == ["operator.create"]
    roles = [each["after"]["role"] for each in desk.audited("operator.role")]
    assert sorted(roles) == ["manage", "none"]
    assert password not in str(desk.audited("operator.create"))
    answer = desk.post("/operators", sent)
    assert answer.status_code == 409
    assert "already" in text_of(answer.text)
    assert desk.post("/operators", {"email": "no"}).status_code == 400


def test_a_new_password_ends_the_sessions_of_the_old_one(desk: Desk) -> None:
    ben = Desk(desk.place).sign_in_new("ben")
    answer = desk.post(f"/operators/{ben.operator_id}/password")
    assert ben.get("/").status_code == 303
    assert ben.sign_in("ben@example.com").status_code == 401
    assert ben.sign_in("ben@example.com", secret(answer.text)).status_code == 303


def test_the_page_says_what_somebody_can_do_and_why(desk: Desk) -> None:
    pool = desk.place.pool
    clerk = Desk(desk.place).sign_in_new("clerk", {pool: ACCESS})
    said = desk.shows(f"/operators/{clerk.operator_id}")
    assert "Access Contacts : by the role Access Contacts in this directory" in said
    assert "no Manage Directory : no role in this directory gives it" in said
    assert "cannot create, change, rebuild and delete segments" in said
    manager = Desk(desk.place).sign_in_new("manager", {pool: MANAGE})
    said = desk.shows(f"/operators/{manager.operator_id}")
    assert "by the role Manage Directory, which includes it" in said
    said = desk.shows(f"/operators/{desk.operator_id}")
    assert "as a brand administrator" in said
    assert "create operators and give them roles" in said


def test_the_page_says_which_projects_somebody_opens_and_why(desk: Desk) -> None:
    """And the projects' own pages agree."""
    place = desk.place
    shop, blog = (
        place.ok("POST", "/projects", {"name": name, "origins": ["https://a.test"]})["id"]
        for name in ("Shop", "Blog")
    )
    place.ok("POST", f"/projects/{shop}/link", {"directoryId": place.pool})
    nobody = Desk(place).sign_in_new("nobody")
    clerk = Desk(place).sign_in_new("clerk", {place.pool: ACCESS})
    manager = Desk(place).sign_in_new("manager", {place.pool: MANAGE})
    free = "opens Blog : it is linked with no directory, so everybody may change it"
    for who, said, status in (
        (nobody, "does not see Shop : no role in Customers, its directory, gives Access Co", 404),
        (clerk, "opens Shop : by the role Access Contacts in Customers, its directory", 200),
        (manager, "opens Shop : by the role Manage Directory in Customers, its directory", 200),
        (desk, "opens Shop : as a brand administrator", 200),
    ):
        page = desk.shows(f"/operators/{who.operator_id}")
        assert said in page
        assert free in page
        assert who.get(f"/projects/{shop}").status_code == status
        assert who.get(f"/projects/{blog}").status_code == 200
    desk.does(f"/operators/{clerk.operator_id}/disabled", {"on": "yes"})
    page = desk.shows(f"/operators/{clerk.operator_id}")
    assert "does not see Blog : disabled operators may do nothing" in page


def test_only_brand_administrators_see_people_and_the_log(desk: Desk) -> None:
    manager = Desk(desk.place).sign_in_new("manager", {desk.place.pool: MANAGE})
    here = f"/operators/{manager.operator_id}"
    for path in ("/operators", here, "/audit"):
        assert manager.get(path).status_code == 403, path
    for path in ("/operators", f"{here}/role", f"{here}/administrator", f"{here}/password"):
        sent = {"directory_id": desk.place.pool, "role": "manage", "on": "yes"}
        assert manager.post(path, sent).status_code == 403, path


def test_nobody_takes_brand_administration_from_themselves(desk: Desk) -> None:
    here = f"/operators/{desk.operator_id}/administrator"
    assert "another brand administrator" in desk.refused(409, here, {"on": "no"})
    ben = Desk(desk.place).sign_in_new("ben")
    desk.does(f"/operators/{ben.operator_id}/administrator", {"on": "yes"})
    assert ben.get("/audit").status_code == 200
    ben.does(here, {"on": "no"})
    assert desk.get("/audit").status_code == 403


def test_a_token_is_shown_once_works_and_is_revoked(desk: Desk) -> None:
    answer = desk.post("/tokens", {"name": "nightly", "scope_directories": "read"})
    token = secret(answer.text)
    place = desk.place
    assert place.ok("GET", "/directories", token=token)["elements"]
    assert "scope" in place.refused(403, "GET", "/projects", token=token)
    assert token not in desk.get("/tokens").text
    [row] = place.rows(select(api_tokens).where(api_tokens.c.operator_id == desk.operator_id))
    desk.does(f"/tokens/{row['token_id']}/revoke")
    place.refused(401, "GET", "/directories", token=token)
    assert token not in str(desk.audited("token.create"))
    answer = desk.post("/tokens", {"name": "idle"})
    assert answer.status_code == 400
    assert 'id="wrong-scopes"' in answer.text


def test_a_client_is_shown_once_gets_a_token_and_is_revoked(desk: Desk) -> None:
    answer = desk.post("/clients", {"name": "CRM", "scope_directories": "read"})
    key = secret(answer.text)
    [row] = desk.place.rows(select(api_clients))
    assert row["client_id"] in answer.text
    assert key not in desk.get("/clients").text
    form = {"grant_type": "client_credentials"}
    proof = (row["client_id"], key)
    given = desk.place.client.post("/oauth2/token", data=form, auth=proof).json()
    token = given["access_token"]
    assert desk.place.ok("GET", "/directories", token=token)["elements"]
    said = desk.shows("/clients")
    assert f"{row['client_id']} CRM" in said
    assert "today" in said
    clerk = Desk(desk.place).sign_in_new("clerk", {desk.place.pool: ACCESS})
    assert clerk.post(f"/clients/{row['client_id']}/revoke").status_code == 404
    desk.does(f"/clients/{row['client_id']}/revoke")
    desk.place.refused(401, "GET", "/directories", token=token)
    assert desk.place.client.post("/oauth2/token", data=form, auth=proof).status_code == 401
    assert 'id="wrong-scopes"' in desk.post("/clients", {"name": "idle"}).text


def test_who_is_disabled_is_signed_out_and_stays_out(desk: Desk) -> None:
    ben = Desk(desk.place).sign_in_new("ben")
    here = f"/operators/{ben.operator_id}"
    assert ben.get("/tokens").status_code == 200
    desk.does(f"{here}/disabled", {"on": "yes"})
    assert ben.get("/tokens").status_code == 303
    assert ben.sign_in("ben@example.com").status_code == 401
    assert "cannot sign in" in desk.shows(here)
    assert "disabled" in desk.shows("/operators")
    desk.does(f"{here}/disabled", {"on": "no"})
    assert ben.get("/tokens").status_code == 303, "the session is over all the same"
    assert ben.sign_in("ben@example.com").status_code == 303
    assert "another brand" in desk.refused(
        409, f"/operators/{desk.operator_id}/disabled", {"on": "yes"}
    )


def test_tokens_of_others_are_out_of_reach(desk: Desk) -> None:
    desk.post("/tokens", {"name": "mine", "scope_directories": "read"})
    [row] = desk.place.rows(select(api_tokens).where(api_tokens.c.name == "mine"))
    clerk = Desk(desk.place).sign_in_new("clerk", {desk.place.pool: ACCESS})
    assert "mine" not in clerk.shows("/tokens")
    assert clerk.post(f"/tokens/{row['token_id']}/revoke").status_code == 404


def test_the_log_tells_who_what_before_and_after(desk: Desk) -> None:
    contact_id = desk.place.contact(firstName="Ana")
    here = f"/directories/{{pool}}/contacts/{contact_id}"
    desk.does(f"{here}/edit", {"firstName": "Anna"})
    said = desk.shows("/audit", params={"object": contact_id})
    assert "contact.update Boss" in said
    assert "first_name Ana Anna" in said
    assert "contact.create" in said
    assert "Nothing here" in desk.shows("/audit", params={"object": "CID_other"})
    for n in range(60):
        desk.place.now += 1
        desk.does(f"{here}/edit", {"firstName": f"A{n}"})
    page = desk.get("/audit").text
    assert page.count('class="card"') == 50
    older = re.search(r'href="/console(/audit\?before=[^"]+)"', page)
    assert older
    rest = desk.get(older[1].replace("&amp;", "&")).text
    assert 10 <= rest.count('class="card"') <= 50
    assert desk.get("/audit", params={"before": "x"}).status_code == 400


def test_the_log_is_narrowed_by_whom_what_and_when(desk: Desk) -> None:
    place, day = desk.place, 86_400_000
    first_day = place.now // day * day
    place.now = first_day + day - 3
    desk = Desk(place).sign_in_new("chief", administrator=True)
    contact_id = place.contact(firstName="Ana")
    place.now += 1
    here = f"/directories/{{pool}}/contacts/{contact_id}"
    ben = Desk(place).sign_in_new("ben", {place.pool: MANAGE})
    desk.does(f"{here}/edit", {"firstName": "Anna"})
    place.now += 1
    ben.does(f"{here}/edit", {"firstName": "Anne"})
    place.now += 1
    desk.does(f"{here}/edit", {"firstName": "Ann"})
    first, second = (
        datetime.fromtimestamp(at / 1000, UTC).date().isoformat()
        for at in (first_day, first_day + day)
    )

    def became(**asked: str) -> list[str]:
        said = desk.shows("/audit", params={"object": contact_id, **asked})
        return re.findall(r"first_name (?:Ana|Anna|Anne|–) (\w+)", said)

    assert became() == ["Ann", "Anne", "Anna", "Ana"]
    assert became(who=ben.operator_id) == ["Anne"]
    assert became(action="contact.update") == ["Ann", "Anne", "Anna"]
    assert became(action="contact.delete") == []
    assert became(to=first) == ["Anne", "Anna", "Ana"], "to the last instant of the day"
    assert became(**{"from": second}) == ["Ann"]
    assert became(**{"from": second, "to": first}) == []
    page = desk.get("/audit", params={"who": ben.operator_id, "action": "segment.create"}).text
    assert f'<option value="{ben.operator_id}" selected>Ben</option>' in page
    assert '<option value="segment.create" selected>' in page, "chosen, though nobody did it yet"
    assert "No such change was written down." in page
    for odd in ("2026-13-01", "yesterday"):
        assert desk.get("/audit", params={"from": odd}).status_code == 400


def test_older_entries_are_narrowed_as_the_newer_ones_were(desk: Desk) -> None:
    contact_id = desk.place.contact(firstName="Ana")
    for n in range(55):
        desk.place.now += 1
        edit = f"/directories/{{pool}}/contacts/{contact_id}/edit"
        desk.does(edit, {"firstName": f"A{n}"})
    page = desk.get("/audit", params={"object": contact_id, "action": "contact.update"}).text
    older = re.search(r'href="/console(/audit\?[^"]*before=[^"]+)"', page)
    assert older
    rest = desk.get(older[1].replace("&amp;", "&")).text
    assert (page.count('class="card"'), rest.count('class="card"')) == (50, 5)


@pytest.mark.parametrize("role", ["", "owner"])
def test_there_are_three_roles(desk: Desk, role: str) -> None:
    here = f"/operators/{desk.operator_id}/role"
    answer = desk.post(here, {"directory_id": desk.place.pool, "role": role})
    assert answer.status_code == 400


def test_a_refusal_says_what_to_do_in_words(desk: Desk) -> None:
    sent = {"scope_directories": "read"}
    assert "name: must not be empty" in desk.refused(400, "/tokens", {"name": "", **sent})
    assert "at most 100 characters" in desk.refused(400, "/clients", {"name": "x" * 101, **sent})


def test_what_ends_at_once_is_said_before_it_is_done(desk: Desk) -> None:
    """The first press opens what would happen; the form that does it lies in there."""
    ben = Desk(desk.place).sign_in_new("ben")
    desk.post("/tokens", {"name": "nightly", "scope_directories": "read"})
    desk.post("/clients", {"name": "CRM", "scope_directories": "read"})
    here = f"/operators/{ben.operator_id}"
    for page, ends in (("/tokens", "/revoke"), ("/clients", "/revoke"), (here, "/disabled")):
        text = desk.get(page).text
        asked = re.findall(r'<details class="sure">.*?</details>', text, flags=re.S)
        forms = re.findall(rf'action="[^"]*{ends}"', text)
        assert forms
        assert len(forms) == sum(f'{ends}"' in each for each in asked)

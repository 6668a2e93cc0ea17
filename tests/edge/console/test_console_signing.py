"""Signing in and out: cookies, tokens, wrong passwords, other sites' pages."""

from pathlib import Path

import pytest
from api_place import Place, opened_place
from desk import PASSWORD, Desk, text_of
from sqlalchemy import func, select

from askwell_edge.access.sessions import SESSION_MS
from askwell_edge.store.tables import console_sessions

COOKIE = "askwell_session"


def test_the_way_in_and_out(place: Place) -> None:
    desk = Desk(place)
    assert desk.get("/").headers["Location"].startswith("/console/sign-in?next=")
    desk.sign_in_new("boss", administrator=True)
    assert "Signed in as Boss" in desk.shows("/")
    assert desk.audited("operator.sign_in")
    assert desk.get("/sign-in").headers["Location"] == "/console/"
    cookie = desk.client.cookies[COOKIE]
    assert desk.does("/sign-out").endswith("?done=signed-out")
    assert COOKIE not in desk.client.cookies
    desk.client.cookies.set(COOKIE, cookie)  # somebody kept it
    assert desk.get("/").status_code == 303


def test_cookies_are_out_of_reach_for_scripts_and_other_sites(place: Place) -> None:
    desk = Desk(place)
    desk.new_operator("boss")
    header = desk.sign_in("boss@example.com").headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part in header
    assert "Domain" not in header


def test_behind_https_cookies_have_the_name_that_browsers_guard(tmp_path: Path) -> None:
    url, public = f"sqlite:///{tmp_path}/a.sqlite3", "https://ask.example"
    with opened_place(url, tmp_path, ASKWELL_PUBLIC_URL=public) as place:
        desk = Desk(place)
        desk.client.base_url = public
        desk.new_operator("boss")
        cookies = desk.sign_in("boss@example.com").headers.get_list("Set-Cookie")
        session = next(each for each in cookies if each.startswith("__Host-askwell="))
        assert "Secure" in session
        assert "Path=/" in session


def test_a_session_from_before_signing_in_is_worth_nothing_after(desk: Desk) -> None:
    planted = desk.client.cookies[COOKIE]
    victim = Desk(desk.place)
    victim.new_operator("victim")
    token = victim.token("/console/sign-in")
    victim.client.cookies.set(COOKIE, planted)
    sent = {"csrf": token, "email": "victim@example.com", "password": PASSWORD}
    assert victim.client.post("/console/sign-in", data=sent).status_code == 303
    cookies = {each.value for each in victim.client.cookies.jar if each.name == COOKIE}
    assert len(cookies - {planted}) == 1
    assert desk.get("/").status_code == 303  # the planted session has ended


def test_a_session_ends_by_itself(desk: Desk) -> None:
    desk.place.now += SESSION_MS
    assert desk.get("/").status_code == 303
    headers = {"HX-Request": "true"}
    part = desk.get("/directories/{pool}/contacts", headers=headers)
    assert part.status_code == 401
    assert part.headers["HX-Redirect"] == "/console/sign-in"


def test_nothing_tells_a_wrong_address_from_a_wrong_password(place: Place) -> None:
    desk = Desk(place)
    desk.new_operator("boss")
    wrong = desk.sign_in("boss@example.com", "not it, sorry")
    unknown = desk.sign_in("nobody@example.com", "not it, sorry")
    assert wrong.status_code == unknown.status_code == 401
    assert text_of(wrong.text) == text_of(unknown.text)
    assert COOKIE not in desk.client.cookies


def test_guessing_gets_slower_and_the_right_password_waits_too(place: Place) -> None:
    desk = Desk(place)
    desk.new_operator("boss")
    for _ in range(5):
        assert desk.sign_in("boss@example.com", "a wrong password").status_code == 401
        desk.place.now += 1
    answer = desk.sign_in("boss@example.com")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    desk.place.now += 10_000
    assert desk.sign_in("boss@example.com").status_code == 303


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        ("/console/projects?x=1", "/console/projects?x=1"),
        ("https://evil.example/console/", "/console/"),
        ("//evil.example/console/", "/console/"),
        ("/\\evil.example", "/console/"),
        ("/console/\\..\\", "/console/"),
        ("/API/v3/directories", "/console/"),
        ("javascript:alert(1)", "/console/"),
    ],
)
def test_signing_in_leads_nowhere_else(place: Place, wanted: str, leads: str) -> None:
    desk = Desk(place)
    desk.new_operator("boss")
    assert desk.sign_in("boss@example.com", next=wanted).headers["Location"] == leads


def test_another_sites_form_signs_nobody_in(place: Place) -> None:
    desk = Desk(place)
    desk.new_operator("boss")
    token = desk.token("/console/sign-in")
    right = {"csrf": token, "email": "boss@example.com", "password": PASSWORD}
    post = desk.client.post
    assert post("/console/sign-in", data={**right, "csrf": "guessed"}).status_code == 403
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert post("/console/sign-in", data=right, headers=elsewhere).status_code == 403
    elsewhere = {"Origin": "https://evil.example"}
    assert post("/console/sign-in", data=right, headers=elsewhere).status_code == 403
    desk.client.cookies.clear()
    assert post("/console/sign-in", data=right).status_code == 403
    count = select(func.count().label("n")).select_from(console_sessions)
    assert place.rows(count) == [{"n": 0}]

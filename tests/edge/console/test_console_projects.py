"""Projects and intercepts in the console: links and their refusals, publishing, plain words."""

import re
from pathlib import Path
from typing import Any

import pytest
from api_place import SHOP, Place, opened_place
from desk import ACCESS, Desk, text_of

from askwell_edge.projects.keys import live_keys
from askwell_edge.projects.preview import opens_debugger

GOLD = {"field": "embeddedData.tier", "cmp": "eq", "value": "gold"}


@pytest.fixture
def project(place: Place) -> str:
    """A project that is linked with nothing."""
    return str(place.ok("POST", "/projects", {"name": "Shop", "origins": [SHOP]})["id"])


def intercept(place: Place, project: str, name: str = "Ask", **draft: Any) -> str:
    creative = {"name": "Hello", "definition": {"title": "Hello there"}}
    creative_id = place.ok("POST", f"/projects/{project}/creatives", creative)["id"]
    body = {"name": name, "draft": {"actions": [{"creative_id": creative_id}], **draft}}
    return str(place.ok("POST", f"/projects/{project}/intercepts", body)["id"])


@pytest.mark.scenario("A1")
def test_without_a_module_nothing_can_be_linked_and_the_page_says_which(
    store_url: str, tmp_path: Path
) -> None:
    for missing, has in (("directory", "website"), ("website", "directory")):
        folder = tmp_path / missing
        folder.mkdir()
        with opened_place(store_url, folder, ASKWELL_MODULES=has) as place:
            desk = Desk(place).sign_in_new(f"boss-{missing}", administrator=True)
            body = {"name": "Shop", "origins": [SHOP]}
            here = f"/projects/{place.ok('POST', '/projects', body)['id']}/link"
            page = desk.get(here).text
            assert f"needs the module {missing}" in text_of(page)
            assert re.search(r'<button type="button" disabled>Link</button>', page)
            assert f'action="/console{here}"' not in page
            said = desk.refused(409, here, {"directory_id": place.pool})
            assert f"module {missing}" in said
            break_store(place)


def break_store(place: Place) -> None:
    """Let the next edge make its administrator anew."""
    from askwell_edge.store.tables import api_tokens, audit, console_sessions, operators

    async def clear(conn: Any) -> None:
        for table in (audit, console_sessions, api_tokens, operators):
            await conn.execute(table.delete())

    place.write(clear)


@pytest.mark.scenario("A2")
def test_without_a_directory_the_page_leads_to_making_one(desk: Desk, project: str) -> None:
    from askwell_edge.store.tables import directories, identity_rules

    async def clear(conn: Any) -> None:
        await conn.execute(identity_rules.delete())
        await conn.execute(directories.delete())

    desk.place.write(clear)
    page = desk.get(f"/projects/{project}/link").text
    assert "There is no directory yet" in text_of(page)
    assert 'href="/console/directories"' in page
    said = desk.refused(409, f"/projects/{project}/link", {"directory_id": desk.place.pool})
    assert "create one" in said
    assert desk.place.ok("GET", f"/projects/{project}")["directoryId"] is None
    desk.does("/directories", {"name": "New", "reference_rule": "yes"})
    assert ">Link</button>" in desk.get(f"/projects/{project}/link").text


@pytest.mark.scenario("A3")
def test_a_directory_without_the_reference_rule_is_refused(desk: Desk, project: str) -> None:
    desk.place.identity_rules(["email"])
    here = f"/projects/{project}/link"
    assert "an identity rule on external reference is required" in desk.shows(here)
    said = desk.refused(409, here, {"directory_id": desk.place.pool})
    assert "an identity rule on external reference is required" in said
    assert desk.place.ok("GET", f"/projects/{project}")["directoryId"] is None


@pytest.mark.scenario("A13")
def test_the_link_page_counts_who_cannot_be_matched(desk: Desk, project: str) -> None:
    desk.place.contact(extRef="U-1")
    for n in range(3):
        desk.place.contact(email=f"{n}@example.com")
    page = desk.shows(f"/projects/{project}/link")
    assert "4 contacts; 3 of them have no external reference" in page


@pytest.mark.scenario("A7")
def test_switching_under_linked_intercepts_asks_match_or_unlink(desk: Desk, project: str) -> None:
    place = desk.place
    here = f"/projects/{project}/link"
    desk.does(here, {"directory_id": place.pool})
    intercept_id = intercept(place, project, linked=True)
    other = place.ok("POST", "/directories", {"name": "Others"})["id"]
    rules = {"rules": [{"fields": ["extRef"]}]}
    place.ok("PUT", f"/directories/{other}/identityrules", rules)
    said = desk.refused(409, here, {"directory_id": other})
    for part in ("Match: link them with Others", "Unlink them", "Nothing was changed"):
        assert part in said
    assert place.ok("GET", f"/projects/{project}")["directoryId"] == place.pool
    desk.does(here, {"directory_id": other, "intercept_links": "match"})
    assert place.ok("GET", f"/projects/{project}")["directoryId"] == other
    draft = place.ok("GET", f"/projects/{project}/intercepts/{intercept_id}")["draft"]
    assert draft["linked"] is True
    said = desk.refused(409, f"/projects/{project}/unlink")
    assert "Unlink project and intercepts" in said
    desk.does(f"/projects/{project}/unlink", {"intercept_links": "unlink"})
    assert place.ok("GET", f"/projects/{project}")["directoryId"] is None


@pytest.mark.scenario("A6")
def test_an_intercept_takes_the_projects_directory_alone(desk: Desk, project: str) -> None:
    place = desk.place
    desk.does(f"/projects/{project}/link", {"directory_id": place.pool})
    intercept_id = intercept(place, project)
    other = place.ok("POST", "/directories", {"name": "Others"})["id"]
    here = f"/projects/{project}/intercepts/{intercept_id}"
    before = place.ok("GET", here)
    said = desk.refused(409, f"{here}/link", {"directory_id": other})
    for part in ("Match: link with Customers", "Unlink the intercept", "Nothing was changed"):
        assert part in said
    assert place.ok("GET", here) == before
    desk.does(f"{here}/link", {"directory_id": place.pool})
    assert place.ok("GET", here)["draft"]["linked"] is True


@pytest.mark.scenario("A9")
def test_the_link_is_under_options_and_in_guided_making_under_display_frequency(
    desk: Desk, project: str
) -> None:
    intercept_id = intercept(desk.place, project)
    page = desk.get(f"/projects/{project}/intercepts/{intercept_id}").text
    options = page.split("<h2>Options</h2>")[1].split("</article>")[0]
    assert "Link with directory" in options
    assert "Frequency control" in options
    page = desk.get(f"/projects/{project}/intercepts/new").text
    guided = page.split("<h2>Display frequency and directory</h2>")[1].split("</article>")[0]
    assert "Linking with a directory and frequency rules" in text_of(guided)
    desk.does(f"/projects/{project}/link", {"directory_id": desk.place.pool})
    page = desk.get(f"/projects/{project}/intercepts/new").text
    guided = page.split("<h2>Display frequency and directory</h2>")[1].split("</article>")[0]
    assert 'name="linked"' in guided
    assert 'name="frequency_control"' in guided


def shown_to(place: Place, project: str, reference: str | None = None) -> list[str]:
    """Ids of the intercepts that a page of the shop would show."""
    body = {"now": place.now, "draw": "0" * 32, "page": {"url": f"{SHOP}/"}, "reference": reference}
    answer = place.client.post(f"/p/{project}/decide", json=body, headers={"Origin": SHOP})
    assert answer.status_code == 200, answer.text
    return [each["intercept"] for each in answer.json()["show"]]


@pytest.mark.scenario("H10")
def test_publishing_shows_nothing_activating_does_deactivating_ends_it(
    desk: Desk, project: str
) -> None:
    place = desk.place
    intercept_id = intercept(place, project)
    here = f"/projects/{project}/intercepts/{intercept_id}"
    assert "Publish it, then activate it" in desk.shows(here)
    assert "publish the intercept before" in desk.refused(409, f"{here}/activate")
    assert desk.does(f"{here}/publish") == f"/console{here}?done=published"
    assert shown_to(place, project) == []
    assert "Published, but not live" in desk.shows(here)
    desk.does(f"{here}/activate")
    assert shown_to(place, project) == [intercept_id]
    assert "is live" not in desk.shows(here)
    desk.does(f"{here}/deactivate")
    assert shown_to(place, project) == []
    for action in ("publish", "activate", "deactivate"):
        [entry] = desk.audited(f"intercept.{action}")
        assert entry["object_id"] == intercept_id


def test_a_changed_draft_says_that_visitors_get_the_other(desk: Desk, project: str) -> None:
    intercept_id = intercept(desk.place, project)
    here = f"/projects/{project}/intercepts/{intercept_id}"
    desk.does(f"{here}/publish")
    desk.does(f"{here}/activate")
    assert "The draft differs" not in desk.shows(here)
    desk.place.ok("PUT", here, {"draft": {"repeat_s": 86_400}})
    assert "The draft differs from version 1" in desk.shows(here)
    desk.does(f"{here}/publish")
    assert "The draft differs" not in desk.shows(here)
    [creative] = desk.place.ok("GET", f"/projects/{project}/creatives")["elements"]
    change = {"definition": {"title": "Other words"}}
    desk.place.ok("PUT", f"/projects/{project}/creatives/{creative['creativeId']}", change)
    assert "The draft differs from version 2" in desk.shows(here)


@pytest.mark.scenario("H5")
def test_segments_are_named_to_operators_who_may_see_them(desk: Desk, project: str) -> None:
    place = desk.place
    desk.does(f"/projects/{project}/link", {"directory_id": place.pool})
    body = {"name": "Gold customers", "criteria": GOLD}
    segment_id = place.ok("POST", "/directories/{pool}/segments", body)["id"]
    condition = [
        {"kind": "url", "cmp": "contains", "value": "/cart"},
        "and",
        {"kind": "segment", "cmp": "is", "value": [segment_id]},
        "or",
        {"kind": "cookie", "name": "plan", "cmp": "is", "value": "pro"},
    ]
    intercept_id = intercept(place, project, linked=True, condition=condition)
    here = f"/projects/{project}/intercepts/{intercept_id}"
    said = desk.shows(here)
    assert "the page's address contains /cart" in said
    assert "the contact is in the segment Gold customers" in said
    assert "or the cookie plan is pro" in said
    assert segment_id in desk.get(here).text
    assert "Gold customers" in desk.shows(here + "/edit")
    guest = Desk(place).sign_in_new("guest", {})
    assert guest.get(here).status_code == 404


FORM = {
    "name": "First",
    "group": "and",
    "field": "url",
    "cmp": "contains",
    "value": "/cart",
    "end": "",
    "creative_id": "",
    "definition.title": "How are we doing?",
    "definition.body": "",
    "definition.accept": "Take part",
    "definition.decline": "Not now",
    "definition.close": "Close",
    "definition.language": "en",
    "definition.kind": "slide_in",
    "definition.direction": "auto",
    "definition.position": "end",
    "target_url": "https://survey.example/1",
    "timing": "delay",
    "delay_s": "3",
    "sample_rate": "100",
    "repeat_days": "7",
    "from": "",
    "until": "2030-01-01",
    "linked": "yes",
    "frequency_control": "yes",
}


def test_a_first_invitation_is_launched_without_the_api(desk: Desk, project: str) -> None:
    place = desk.place
    desk.does(f"/projects/{project}/link", {"directory_id": place.pool})
    here = desk.does(f"/projects/{project}/intercepts/new", FORM).removeprefix("/console")
    here = here.partition("?")[0]
    draft = place.ok("GET", here)["draft"]
    assert draft["condition"] == [{"kind": "url", "cmp": "contains", "value": "/cart"}]
    assert draft["timing"] == {"on": "delay", "delay_s": 3}
    assert draft["repeat_s"] == 7 * 86_400
    assert (draft["linked"], draft["frequency_control"]) == (True, True)
    assert draft["actions"][0]["target"]["url"] == "https://survey.example/1"
    page = desk.get(f"{here}/edit").text
    assert 'value="/cart"' in page
    assert 'value="2030-01-01"' in page
    # Saved as it is, nothing changes.
    creative_id = draft["actions"][0]["creative_id"]
    desk.does(f"{here}/edit", {**FORM, "creative_id": creative_id})
    assert place.ok("GET", here)["draft"] == draft
    desk.does(f"{here}/publish")
    desk.does(f"{here}/activate")
    place.contact(extRef="U-1")
    body = {
        "now": place.now,
        "draw": "0" * 32,
        "reference": "U-1",
        "page": {"url": f"{SHOP}/cart", "device": "mobile", "displayed": {}},
    }
    answer = place.client.post(f"/p/{project}/decide", json=body, headers={"Origin": SHOP})
    assert [each["creative"]["title"] for each in answer.json()["show"]] == ["How are we doing?"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"sample_rate": "101"}, "sample_rate"),
        ({"sample_rate": "12.345"}, "sample_rate"),
        ({"delay_s": "soon"}, "delay_s"),
        ({"timing": "click", "selector": ""}, "selector"),
        ({"target_url": "javascript:alert(1)"}, "target_url"),
        ({"until": "tomorrow"}, "until"),
        ({"definition.title": ""}, "definition.title"),
        ({"definition.language": "x y"}, "definition.language"),
    ],
)
def test_a_refused_answer_is_shown_beside_its_question(
    desk: Desk, project: str, change: dict[str, str], field: str
) -> None:
    answer = desk.post(f"/projects/{project}/intercepts/new", {**FORM, "linked": "", **change})
    assert answer.status_code == 400, text_of(answer.text)
    assert f'id="wrong-{field}"' in answer.text
    assert 'value="/cart"' in answer.text
    assert desk.place.ok("GET", f"/projects/{project}/intercepts")["elements"] == []


def test_settings_count_when_they_are_applied_and_origins_at_once(desk: Desk, project: str) -> None:
    sent = {
        "name": "Shop 2",
        "origins": "https://a.example\nhttps://b.example",
        "mode": "edge",
        "sampling": "visitor",
        "sample_rate": "12.5",
        "single_active": "yes",
    }
    desk.does(f"/projects/{project}/settings", sent)
    kept = desk.place.ok("GET", f"/projects/{project}")
    assert kept["origins"] == ["https://a.example", "https://b.example"]
    assert kept["settings"]["sample_rate"] == 1250
    assert "not applied yet" in desk.shows(f"/projects/{project}")
    desk.does(f"/projects/{project}/apply")
    assert "not applied yet" not in desk.shows(f"/projects/{project}")
    answer = desk.post(f"/projects/{project}/settings", {**sent, "origins": "shop.example/path"})
    assert answer.status_code == 400
    assert 'id="wrong-origins"' in answer.text or "origins" in text_of(answer.text)


def test_the_snippets_to_paste_are_the_published_ones(desk: Desk, project: str) -> None:
    page = desk.shows(f"/projects/{project}")
    assert "QSI.config = {externalReference: extRef}" in page
    assert f'<script async src="http://testserver/p/{project}.js"></script>' in page


def test_a_signing_key_is_shown_once(desk: Desk, project: str) -> None:
    answer = desk.post(f"/projects/{project}/keys")
    assert "only time it is shown" in text_of(answer.text)
    secret = re.search(r'<pre id="secret"[^>]*>([^<]+)</pre>', answer.text)
    assert secret
    assert len(secret[1]) >= 40
    assert secret[1] not in desk.get(f"/projects/{project}").text
    [entry] = desk.audited("project.new_key")
    assert secret[1] not in str(entry)


def test_the_debuggers_link_is_signed_for_the_page_asked_about(desk: Desk, project: str) -> None:
    place = desk.place
    desk.does(f"/projects/{project}/apply")
    answer = desk.post(f"/projects/{project}/debugger", {"address": f"{SHOP}/cart?x=1"})
    found = re.search(r'<pre id="address"[^>]*>([^<]+)</pre>', answer.text)
    assert found
    assert found[1].startswith(f"{SHOP}/cart?x=1&amp;askwell_debug=")
    keys = place.read(live_keys, project)
    token = found[1].partition("askwell_debug=")[2]
    assert opens_debugger([bytes(each["secret"]) for each in keys], project, token, place.now)
    answer = desk.post(f"/projects/{project}/debugger", {"address": "javascript:alert(1)"})
    assert answer.status_code == 400
    assert 'id="wrong-address"' in answer.text


def test_linking_needs_only_access_to_the_directory(desk: Desk, project: str) -> None:
    clerk = Desk(desk.place).sign_in_new("clerk", {desk.place.pool: ACCESS})
    clerk.does(f"/projects/{project}/link", {"directory_id": desk.place.pool})
    assert desk.place.ok("GET", f"/projects/{project}")["directoryId"] == desk.place.pool

"""The console's pages of duplicates: rules, previews, merges and their undoing."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partialmethod

import pytest
from desk import Desk, text_of
from forms import form_of
from sqlalchemy import select

from askwell_edge.console import alike
from askwell_edge.directory.merges.duplicates import find_pairs
from askwell_edge.directory.merges.jobs import tell
from askwell_edge.directory.merges.runs import begin_merges, merge_part
from askwell_edge.directory.merges.searching import Searches
from askwell_edge.directory.merges.undos import begin_undo, merges_left, undo_part
from askwell_edge.store.tables import contacts, merge_runs


@pytest.mark.scenario("E8")
def test_a_merge_is_seen_before_it_is_made_and_can_be_undone(desk: Desk) -> None:
    place = desk.place
    place.identity_rules(["extRef"], ["email"])
    older = place.contact(email="ana@example.com", firstName="Ana")
    place.identity_rules(["extRef"])
    place.now += 1000
    newer = place.contact(email="ANA@example.com", firstName="Anna")
    place.identity_rules(["extRef"], ["email"])
    here = "/directories/{pool}/merges"
    page = desk.shows(here, params={"since": "all"})
    assert "1 contact would be merged Nothing is changed until you run it" in page
    assert "Ana ana@example.com, by e-mail address" in page
    assert "First name Ana Anna Anna" in page
    assert "Merge it … 1 contact becomes part of older ones" in page, "asked before it is done"
    assert len(place.rows(select(contacts))) == 2
    assert "No two contacts" not in page
    part = desk.get(here, params={"since": "all"}, headers={"HX-Request": "true"}).text
    assert "1 contact would be merged Nothing is changed" in text_of(part)
    assert "<h1" not in part
    assert "hx-get" not in part, "what is found is not looked for again"
    run = desk.begins(here, {"since": "all"})
    assert "finished 1 of 1 duplicate merged" in desk.shows(run)
    part = desk.get(run, headers={"HX-Request": "true"}).text
    assert "finished" in text_of(part)
    assert "hx-get" not in part, "what is over is not asked for again"
    assert run.rpartition("/")[2] in desk.get(here).text
    assert len(place.rows(select(contacts))) == 1
    assert place.get(newer)["contactId"] == older
    page = desk.get(here).text
    merge = re.search(r"/merges/(MG_\w+)", page)
    assert merge
    page = desk.shows(f"{here}/{merge[1]}")
    assert "Merge of Ana" in page
    assert "First name Ana Anna Anna" in page
    assert "what was merged" in desk.shows(f"/directories/{{pool}}/contacts/{older}")
    desk.does(f"{here}/{merge[1]}/undo")
    assert len(place.rows(select(contacts))) == 2
    assert "undone" in desk.shows(here)
    assert "already" in desk.refused(409, f"{here}/{merge[1]}/undo")
    assert "No two contacts are one person" in desk.shows(here, params={"since": "nonsense"})
    told = desk.shows("/directories/{pool}/merges/told-apart")
    assert re.search("(Ana|Anna) (ana|ANA)@example.com and .*Boss .* Take back", told)
    two = {"one": older, "two": newer}
    assert "rules may merge them again" in desk.shows(
        desk.does("/directories/{pool}/merges/together", two).removeprefix("/console")
    )
    assert "1 contact would be merged" in desk.shows(here, params={"since": "all"})
    told = desk.does("/directories/{pool}/merges/apart", {**two, "since": "all"})
    page = desk.shows(told.removeprefix("/console"))
    assert "they are two people" in page
    assert "No two contacts are one person" in page


@pytest.mark.scenario("E8")
def test_a_run_is_undone_after_a_question_and_its_page_says_by_whom(desk: Desk) -> None:
    place = desk.place
    place.identity_rules()
    ids = []
    for n, name in enumerate(("ana", "ana", "ana", "bo", "bo", "cy")):
        ids.append(place.contact(email=f"{name}@example.com", firstName=f"{name.title()}{n}"))
        place.now += 1000
    place.identity_rules(["email"])
    here = "/directories/{pool}/merges"
    run = desk.begins(here, {"since": "all"})
    [later] = place.ok("POST", here, {"pairs": [{"survivorId": ids[3], "mergedId": ids[5]}]})["ids"]
    assert "Undo all its merges … 3 merges will be undone, the newest first." in desk.shows(run)
    assert len(place.rows(select(contacts))) == 2, "asked before it is done"
    assert "Finished: 3 duplicates merged." in desk.shows(f"{run}?done=begun")
    assert desk.begins(f"{run}/undo") == run
    assert "Finished: 2 merges undone." in desk.shows(f"{run}?done=begun")
    page = desk.shows(run)
    assert re.search("undone 2 of 3 merges undone, begun .* by Boss, ended", page)
    assert "1 merge: a later merge into the same contact stands" in page
    assert "Bo3 a later merge into the same contact stands" in page
    assert len(place.rows(select(contacts))) == 4
    part = desk.get(f"{run}/undo", headers={"HX-Request": "true"}).text
    assert "Finished: 2 merges undone." in text_of(part)
    assert "<h1" not in part
    assert "hx-get" not in part, "what is over is not asked for again"
    desk.does(f"{here}/{later}/undo")
    desk.does(f"{run}/undo")
    page = desk.shows(run)
    assert "3 of 3 merges undone" in page
    assert "Left out" not in page
    assert "Try" not in page
    assert "finished undone" in desk.shows(here)
    made = place.ok("GET", here)["elements"][-1]["mergeId"]
    assert run.rpartition("/")[2] in desk.get(f"{here}/{made}").text
    assert len(desk.audited("merge_run.undo")) == 2


@pytest.mark.scenario("E8")
def test_a_run_and_its_undoing_are_stopped_on_their_page(desk: Desk) -> None:
    place = desk.place
    place.identity_rules()
    for n in range(3):
        for _ in range(2):
            place.contact(firstName=f"Ana{n}", email=f"a{n}@example.com")
            place.now += 1000
    place.identity_rules(["email"])
    begun = place.write(begin_merges, place.pool, None, desk.operator_id, place.now, worker="w")
    pairs = place.read(find_pairs, place.pool)
    place.write(lambda conn: tell(conn, merge_runs, begun, "w", place.now, found=3))
    place.write(merge_part, begun, "w", pairs[:2], place.now)
    run = f"/directories/{{pool}}/merges/runs/{begun['run_id']}"
    page = desk.get(run).text
    assert "Stop merging" in text_of(page)
    assert "Undo this run" not in text_of(page)
    there = desk.does(f"{run}/stop").removeprefix("/console")
    page = desk.shows(there)
    assert "Stopped: what was done until then stays." in page
    assert re.search("stopped 2 of 3 duplicates merged, begun .* by Boss, stopped .* by Boss", page)
    assert "Stop merging" not in page
    assert "What was merged stays, and can be undone below. Another run finds" in page
    assert "2 merges will be undone" in page
    part = desk.get(run, headers={"HX-Request": "true"}).text
    assert "hx-get" not in part
    assert '<div id="stop" hx-swap-oob="true"></div>' in part, "nothing is left to press"
    undo = place.write(begin_undo, place.pool, begun["run_id"], None, place.now, worker="w")
    place.write(undo_part, undo, "w", place.read(merges_left, begun["run_id"])[:1], place.now)
    assert "Stop undoing" in desk.shows(run)
    page = desk.shows(desk.does(f"{run}/undo/stop").removeprefix("/console"))
    assert "Undoing this run was stopped" in page
    assert "What was merged stays" not in page
    assert "1 of 2 merges undone" in page
    part = desk.get(f"{run}/undo", headers={"HX-Request": "true"}).text
    assert "Stopped: 1 merge undone." in text_of(part)
    assert '<div id="stop" hx-swap-oob="true"></div>' in part
    assert "Go on: undo 1 merge more" in page
    assert "undone in part" in desk.shows("/directories/{pool}/merges")
    desk.does(f"{run}/undo")
    assert "2 of 2 merges undone" in desk.shows(run)
    assert "nothing to stop" in desk.refused(409, f"{run}/undo/stop")
    desk.does(f"{run}/stop")  # said again, it is so
    assert len(desk.audited("merge_run.stop")) == len(desk.audited("merge_run.stop_undo")) == 1


def test_what_the_undoing_of_a_run_is_refused_with_is_said_on_its_page(desk: Desk) -> None:
    desk.place.identity_rules(["email"])
    here = "/directories/{pool}/merges"
    run = desk.begins(here, {"since": "all"})
    assert "Undo this run" not in desk.shows(run), "it merged nobody"
    assert "no merge of this run is left to undo" in desk.refused(409, f"{run}/undo")
    desk.refused(404, f"{here}/runs/MR_nothing/undo")


@contextmanager
def hurried_beside_two_others(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody waits for a search, and two others are at work: it cannot have found anything yet."""
    turns = desk.place.state.searches._two
    for _ in range(2):
        desk.place.in_loop(turns.acquire)
    with monkeypatch.context() as hurried:
        hurried.setattr(Searches, "look", partialmethod(Searches.look, patience_s=0))
        yield
    for _ in range(2):
        desk.place.client.portal.call(turns.release)


def test_a_search_that_takes_long_shows_what_it_found_so_far(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.place.identity_rules()
    for _ in range(2):
        desk.place.contact(email="ana@example.com")
    desk.place.identity_rules(["email"])
    here = "/directories/{pool}/merges"
    with hurried_beside_two_others(desk, monkeypatch):
        page = desk.get(here, params={"since": "all"}).text
    assert "0 contacts would be merged, so far" in text_of(page)
    assert 'hx-trigger="load delay:500ms"' in page
    part = page
    while "so far" in part:  # as the page itself asks again
        part = desk.get(here, params={"since": "all"}, headers={"HX-Request": "true"}).text
    assert "1 contact would be merged Nothing is changed" in text_of(part)


def test_rules_are_previewed_before_they_are_saved(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = desk.place
    place.identity_rules()
    for name, email in (
        ("Ana", "ana@example.com"),
        ("Ana", "a@example.com"),
        ("Bo", "a@x.example"),
    ):
        place.contact(firstName=name, email=email)
        place.now += 1000
    place.contact(firstName="Anna", email="ANA@example.com")
    place.identity_rules(["email"])
    here = "/directories/{pool}/identity"
    ticked = {
        "fields_1": ["firstName"],
        "enabled_1": "yes",
        "fields_2": "email",
        "enabled_2": "yes",
    }
    part = desk.post(f"{here}/preview", ticked).text
    assert "2 contacts would be merged By the saved rules: 1 contact." in text_of(part)
    assert "New by these rules 1 Ana ana@example.com, by first name" in text_of(part)
    assert "As by the saved rules 1 Ana ana@example.com, by e-mail address" in text_of(part)
    assert "Not merged any more" not in text_of(part)
    assert "First name Ana Anna Anna" in text_of(part)
    assert "hx-post" not in part, "what is found is not looked for again"
    assert "csrf" not in part
    assert len(place.rows(select(contacts))) == 4
    assert place.ok("GET", "/directories/{pool}/identityrules")["rules"] == [
        {"fields": ["email"], "enabled": True}
    ]
    off = desk.post(f"{here}/preview", {**ticked, "enabled_1": ""}).text
    assert "1 contact would be merged" in text_of(off)
    none = text_of(desk.post(f"{here}/preview", {}).text)
    assert "0 contacts would be merged" in none
    assert "Not merged any more 1 Ana ana@example.com, by e-mail address" in none
    with hurried_beside_two_others(desk, monkeypatch):
        part = desk.post(f"{here}/preview", ticked).text
    assert "so far" in text_of(part)
    assert 'hx-include="#asked"' in part
    assert '<input type="hidden" name="fields_1" value="firstName">' in part


def test_what_is_compared_with_the_saved_rules_goes_as_far_as_both_are_known(desk: Desk) -> None:
    """Of many the oldest hundred are shown: of those that come later nothing is claimed."""
    place = desk.place
    place.identity_rules()
    for n in range(103):
        for _ in range(2):
            place.contact(firstName=f"Ana{n}", email=f"a{n}@example.com")
            place.now += 1000
    for n in range(3):  # the newest ones have a name alone
        place.contact(firstName=f"Ana{n}")
        place.now += 1000
    place.identity_rules(["email"])
    here = "/directories/{pool}/identity/preview"
    part = text_of(desk.post(here, {"fields_1": "firstName", "enabled_1": "yes"}).text)
    assert "106 contacts would be merged By the saved rules: 103 contacts." in part
    assert "As by the saved rules 100" in part
    assert "New by" not in part, "the three stand behind the hundredth"
    place.identity_rules(["firstName", "email"])
    part = text_of(desk.post(here, {"fields_1": "lastName", "enabled_1": "yes"}).text)
    assert "0 contacts would be merged By the saved rules: 103 contacts." in part
    assert "Not merged any more 100" in part
    place.identity_rules()
    part = text_of(desk.post(here, {"fields_1": "email", "enabled_1": "yes"}).text)
    assert "New by these rules 100" in part, "the saved ones merge nobody, so all are new"


def test_a_rule_that_cannot_be_says_so_beside_its_field(desk: Desk) -> None:
    """By the form's own numbers, in which a rule without fields counts too."""
    here = "/directories/{pool}/identity"
    twice = {"fields_1": "email", "fields_3": "email"}
    long = {"fields_2": "email", "others_3": "n" * 300}
    fields: tuple[tuple[dict[str, str], str, str], ...] = (
        (twice, "fields_3", "Rule 3: two rules have the same fields"),
        (long, "others_3", "Rule 3: the name must have 1 to"),
        ({"fields_2": "shoeSize"}, "fields_2", "Rule 2: must be one of extRef"),
    )
    for sent, field, said in fields:
        assert said in desk.refused(400, here, sent)
        page = desk.post(here, sent).text
        wrong = rf'id="field-{field}" aria-invalid="true" aria-describedby="wrong-{field}'
        assert re.search(wrong, page)
        assert f'href="#field-{field}"' in page
        assert f'id="wrong-{field}"' in page
        answer = desk.post(f"{here}/preview", sent, headers={"HX-Request": "true"})
        assert answer.status_code == 400
        assert answer.headers["HX-Retarget"] == "#rules"
        assert re.search(wrong, answer.text)
        assert "<h1" not in answer.text
    assert desk.place.ok("GET", "/directories/{pool}/identityrules")["rules"] == [
        {"fields": ["extRef"], "enabled": True}
    ]


def test_people_alike_are_merged_by_hand_alone(desk: Desk) -> None:
    place = desk.place
    older = place.contact(firstName="Katherine", lastName="Jonson", email="k.jonson@example.com")
    place.now += 1000
    newer = place.contact(firstName="Katharine", lastName="Jonson", email="k.johnson@example.com")
    place.contact(firstName="Bo", lastName="Jonson", email="somebody.else@example.org")
    here = "/directories/{pool}/merges/alike"
    said = desk.shows(here)
    assert said.count("% alike") == 1
    assert "Katherine Jonson" in said
    assert len(place.rows(select(contacts))) == 3
    two = {"one": older, "two": newer}
    there = desk.does("/directories/{pool}/merges/apart", two).removeprefix("/console")
    assert "Nobody is alike" in desk.shows(there)
    apart = "/directories/{pool}/merges/told-apart"
    said = "Kath[ea]rine Jonson .*and Kath[ea]rine Jonson .*Boss"
    assert re.search(said, desk.shows(apart))
    there = desk.does("/directories/{pool}/merges/together", two).removeprefix("/console")
    assert "Taken back" in desk.shows(there)
    assert "Nobody is told apart" in desk.shows(there)
    assert desk.shows(here).count("% alike") == 1
    there = desk.does(here, {"one": newer, "two": older}).removeprefix("/console")
    assert place.get(newer)["contactId"] == older
    assert "See what was kept, or undo it" in desk.shows(there)
    assert "Nobody is alike" in desk.shows(here)
    desk.refused(404, here, {"one": "CID_nobody", "two": older})


def test_who_is_told_apart_is_paged_and_taken_back_from_any_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = desk.place
    ids = [place.contact(firstName=f"Ana{n}") for n in range(4)]
    for n in range(1, 4):
        place.now += 1000
        sent = {"contactIds": [ids[0], ids[n]]}
        place.ok("POST", "/directories/{pool}/distinctcontacts", sent)
    monkeypatch.setattr(alike, "APART_SHOWN", 2)
    here = "/directories/{pool}/merges/told-apart"
    first = desk.get(here).text
    assert [name in text_of(first) for name in ("Ana1", "Ana2", "Ana3")] == [False, True, True]
    older = re.search(r"told-apart\?(after=[\w-]+)", first)
    assert older
    second = desk.get(f"{here}?{older[1]}").text
    assert "Ana1" in text_of(second)
    assert "Ana2" not in text_of(second)
    [form] = [form_of(second, desk.at("/directories/{pool}/merges/together"))]
    there = desk.does("/directories/{pool}/merges/together", dict(form))
    assert older[1] in there
    assert "Nobody else is told apart" in desk.shows(there.removeprefix("/console"))
    assert "To the newest" in desk.shows(there.removeprefix("/console"))
    assert len(desk.audited("contact.tell_apart")) == 1
    assert "is not a token" in text_of(desk.get(f"{here}?after=x").text)


def test_whom_a_rule_calls_one_person_is_no_question_of_likeness(desk: Desk) -> None:
    place = desk.place
    for first in ("Katherine", "Katharine"):
        place.contact(firstName=first, lastName="Jonson", email="k.jonson@example.com")
        place.now += 1000
    here = "/directories/{pool}/merges/alike"
    assert "Katherine Jonson and Katharine Jonson" in desk.shows(here)
    place.identity_rules(["extRef"], ["email"])
    assert "Nobody is alike" in desk.shows(here)
    assert "1 contact would be merged" in desk.shows("/directories/{pool}/merges?since=all")


def test_identity_rules_are_ticked_in_order(desk: Desk) -> None:
    here = "/directories/{pool}/identity"
    sent = {
        "fields_1": ["extRef"],
        "enabled_1": "yes",
        "fields_2": ["firstName", "lastName"],
        "others_2": "member no",
        "enabled_2": "yes",
        "fields_3": [],
    }
    desk.does(here, sent)
    rules = desk.place.ok("GET", "/directories/{pool}/identityrules")["rules"]
    assert rules == [
        {"fields": ["extRef"], "enabled": True},
        {"fields": ["firstName", "lastName", "embeddedData.member no"], "enabled": True},
    ]
    assert 'value="member no"' in desk.get(here).text
    said = desk.refused(400, here, {**sent, "fields_3": ["extRef"], "enabled_3": "yes"})
    assert "same fields" in said
    [entry] = desk.audited("identity_rules.update")
    assert entry["after"]["rules"] == rules

"""One action for several contacts: ticked on a page, or all that it finds."""

import pytest
from desk import ACCESS, Desk, text_of
from sqlalchemy import select

from askwell_edge.console import several
from askwell_edge.store.tables import contacts, touchpoints

HERE = "/directories/{pool}/several"


def people(desk: Desk, *names: str) -> list[str]:
    return [
        desk.place.contact(firstName=name, extRef=f"U-{name}", embeddedData={"tier": name[0]})
        for name in names
    ]


def asked(desk: Desk, **query: object) -> tuple[str, list[str]]:
    """What the question says, and whom it is about."""
    answer = desk.get(HERE, params=query)
    assert answer.status_code == 200, text_of(answer.text)
    form = answer.text.split('<form method="post"')[-1]
    ids = [part.split('"')[0] for part in form.split('name="contact" value="')[1:]]
    return text_of(answer.text.split("<main")[1]), ids


def on_list(desk: Desk, list_id: str) -> dict[str, bool]:
    """Who is on it, and whether they opted out of it."""
    found = desk.place.ok("GET", f"/directories/{{pool}}/mailinglists/{list_id}/contacts")
    return {each["firstName"]: each["mailingListUnsubscribed"] for each in found["elements"]}


def new_list(desk: Desk) -> str:
    made = desk.place.ok("POST", "/directories/{pool}/mailinglists", {"name": "News"})
    return str(made["id"])


def test_those_that_were_ticked_are_put_on_a_list_opted_out_and_taken_off(desk: Desk) -> None:
    ana, ben, _ = people(desk, "Ana", "Ben", "Cleo")
    news = new_list(desk)
    page = desk.get("/directories/{pool}/contacts").text
    assert page.count('type="checkbox" name="contact"') == 3
    said, ids = asked(desk, contact=[ana, ben], doing="put", which="ticked")
    assert "Put 2 contacts on a mailing list?" in said
    assert sorted(ids) == sorted([ana, ben])
    for _ in range(2):  # sent twice it is done once
        leads = desk.does(f"{HERE}?doing=put", {"contact": ids, "to": news})
        assert leads.endswith("/contacts?done=several-put")
        assert on_list(desk, news) == {"Ana": False, "Ben": False}
    kinds = select(touchpoints.c.type).where(touchpoints.c.list_id == news)
    assert [row["type"] for row in desk.place.rows(kinds)] == ["list_added"] * 2
    assert len(desk.audited("mailing_list.add")) == 2
    desk.does(f"{HERE}?doing=list-out&list={news}", {"contact": [ana]})
    assert on_list(desk, news) == {"Ana": True, "Ben": False}
    assert desk.place.get(ana)["directoryUnsubscribed"] is False
    leads = desk.does(f"{HERE}?doing=off&list={news}&q=b", {"contact": [ben, ben]})
    assert leads.partition("?")[0].endswith(f"/lists/{news}")
    assert "q=b" in leads
    assert on_list(desk, news) == {"Ana": True}
    desk.does(f"{HERE}?doing=off&list={news}", {"contact": [ana, ben]})
    assert on_list(desk, news) == {}
    last = desk.audited("contact.several")[-1]["after"]
    assert last == {"done": "off", "contacts": 1, "left_out": 1, "list_id": news}


def test_segments_know_at_once_who_opted_out_or_is_gone(desk: Desk) -> None:
    place = desk.place
    ana, ben, cleo = people(desk, "Ana", "Ben", "Cleo")
    criteria = {"field": "unsubscribed", "cmp": "is", "value": False}
    body = {"name": "Reachable", "criteria": criteria}
    segment_id = place.ok("POST", "/directories/{pool}/segments", body)["id"]
    place.rebuild()
    said, ids = asked(desk, segment=segment_id, doing="out", which="found")
    assert "Opt 3 contacts out of the directory?" in said
    assert sorted(ids) == sorted([ana, ben, cleo])
    leads = desk.does(f"{HERE}?doing=out&segment={segment_id}", {"contact": [ana, ben]})
    assert leads.endswith(f"/segments/{segment_id}/members?done=several-out")
    _, ids = asked(desk, segment=segment_id, doing="out", which="found")
    assert ids == [cleo]
    assert place.get(ana)["directoryUnsubscribed"] is True
    assert len(desk.audited("contact.update")) == 2
    desk.does(f"{HERE}?doing=delete&segment={segment_id}", {"contact": [cleo]})
    told = desk.get(HERE, params={"segment": segment_id, "doing": "out", "which": "found"})
    assert told.status_code == 400


def test_all_that_are_found_are_those_of_the_page(desk: Desk) -> None:
    ana, ann, ben = people(desk, "Ana", "Ann", "Ben")
    desk.does(f"{HERE}?doing=out", {"contact": [ben]})
    for query, wanted in (
        ({}, [ana, ann, ben]),
        ({"q": "an"}, [ana, ann]),
        ({"only": "opted-out"}, [ben]),
        ({"field": "tier", "cmp": "eq", "value": "A"}, [ana, ann]),
        ({"field": "tier", "cmp": "eq", "value": "A", "q": "ana"}, [ana]),
    ):
        _, ids = asked(desk, doing="delete", which="found", **query)
        assert sorted(ids) == sorted(wanted), query


def test_deleting_says_how_many_and_is_over_when_sent_again(desk: Desk) -> None:
    ids = people(desk, *(f"P{n:02}" for n in range(23)))
    said, found = asked(desk, doing="delete", which="found", q="p")
    assert "Delete 23 contacts?" in said
    assert "This cannot be undone" in said
    assert "and 13 others" in said
    assert sorted(found) == sorted(ids)
    assert len(desk.place.rows(select(contacts))) == 23, "asking deletes nobody"
    for left_out in (0, 22):
        assert "q=p" in desk.does(f"{HERE}?doing=delete&q=p", {"contact": ids[left_out and 1 :]})
        assert desk.audited("contact.several")[-1]["after"]["left_out"] == left_out
    assert desk.place.rows(select(contacts)) == []
    assert len(desk.audited("contact.delete")) == 23


def test_what_is_refused_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ana, ben, cleo = people(desk, "Ana", "Ben", "Cleo")
    news = new_list(desk)
    monkeypatch.setattr(several, "LIMIT", 2)
    for query, told in (
        ({"doing": "delete", "which": "found"}, "more than 2 are found"),
        ({"doing": "delete", "contact": [ana, ben, cleo]}, "more than 2 are found"),
        ({"doing": "delete"}, "select at least one contact"),
        ({"doing": "delete", "contact": ["CID_Nobody"]}, "none of them is there any more"),
        ({"doing": "explode", "contact": [ana]}, "must say what is to be done"),
        ({"doing": "off", "contact": [ana]}, "must say what is to be done"),
    ):
        answer = desk.get(HERE, params=query)
        assert (answer.status_code, told in text_of(answer.text)) == (400, True), query
    desk.refused(400, f"{HERE}?doing=delete", {"contact": [ana, ben, cleo]})
    desk.refused(400, f"{HERE}?doing=delete", {})
    desk.refused(404, f"{HERE}?doing=put", {"contact": [ana], "to": "CG_Nowhere"})
    desk.refused(404, f"{HERE}?doing=off&list=CG_Nowhere", {"contact": [ana]})
    assert len(desk.place.rows(select(contacts))) == 3
    assert on_list(desk, news) == {}
    assert desk.audited("contact.several") == []


def test_each_action_needs_what_it_needs_for_one(desk: Desk) -> None:
    place = desk.place
    ana, ben = people(desk, "Ana", "Ben")
    news = new_list(desk)
    desk.does(f"{HERE}?doing=put", {"contact": [ana, ben], "to": news})
    clerk = Desk(place).sign_in_new("clerk", {place.pool: ACCESS})
    stranger = Desk(place).sign_in_new("stranger", {})
    page = clerk.get(f"/directories/{{pool}}/lists/{news}").text
    assert 'value="list-out"' in page
    assert 'value="delete"' not in page
    _, ids = asked(clerk, list=news, doing="list-out", which="found", q="an")
    assert ids == [ana]
    clerk.does(f"{HERE}?doing=list-out&list={news}", {"contact": ids})
    assert on_list(desk, news) == {"Ana": True, "Ben": False}
    clerk.refused(403, f"{HERE}?doing=delete", {"contact": [ana]})
    assert clerk.get(HERE, params={"doing": "out", "which": "found"}).status_code == 403
    for doing in several.ACTIONS:
        stranger.refused(404, f"{HERE}?doing={doing}&list={news}", {"contact": [ana], "to": news})
    other = place.ok("POST", "/directories", {"name": "Others"})["id"]
    elsewhere = place.ok("POST", f"/directories/{other}/contacts", {"firstName": "Ida"})["id"]
    desk.does(f"{HERE}?doing=delete", {"contact": [elsewhere]})
    assert len(place.rows(select(contacts))) == 3

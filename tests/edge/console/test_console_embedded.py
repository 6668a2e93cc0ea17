"""Contacts in the console narrowed by their embedded data."""

import pytest
from desk import Desk, text_of

from askwell_edge.directory.contacts import looking


def test_contacts_are_narrowed_by_embedded_data(desk: Desk) -> None:
    place = desk.place
    for name, tier in (("Ana", "gold"), ("Ann", "Gold"), ("Ben", "silver"), ("Cleo", None)):
        given = {"unsubscribed": name == "Ben"}
        place.contact(firstName=name, embeddedData={"tier": tier, "größe": "m"}, **given)

    def who(**asked: str) -> list[str]:
        htmx = {"HX-Request": "true"}
        page = desk.get("/directories/{pool}/contacts", params=asked, headers=htmx).text
        return sorted(text_of(part.split("<")[0]) for part in page.split('class="name">')[1:])

    assert who(field="tier", cmp="eq", value="gold") == ["Ana"]
    assert who(field="Tier", cmp="eq", value="gold") == []
    assert who(field="tier", value="Gold") == ["Ann"]
    assert who(field="tier", cmp="contains", value="l") == ["Ana", "Ann", "Ben"]
    assert who(field="tier", cmp="startsWith", value="s") == ["Ben"]
    assert who(field="tier", cmp="neq", value="gold") == ["Ann", "Ben", "Cleo"]
    assert who(field="größe", value="m", q="an") == ["Ana", "Ann"]
    assert who(field="größe", value="m", only="opted-out") == ["Ben"]
    asked = {"field": "tier", "cmp": "contains", "value": "old", "only": "opted-out"}
    html = desk.get("/directories/{pool}/contacts", params=asked).text
    assert "Only those whose tier contains old . Letter case matters." in text_of(html)
    removed = html.split("Remove this filter")[0].rpartition('href="')[2].split('"')[0]
    assert removed.endswith("/contacts?only=opted-out")
    for name in ("tier", "größe"):
        assert f'<option value="{name}">' in html
    assert 'href="/console' in html
    chip = html.split('class="chips"')[1].split("Mail does not arrive")[0].rpartition('href="')[2]
    assert "only=bounced&amp;field=tier&amp;cmp=contains&amp;value=old" in chip


def test_a_look_that_was_too_short_says_so_and_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(7):
        desk.place.contact(firstName=f"P{n}", embeddedData={"tier": "gold" if n == 3 else "tin"})
    monkeypatch.setattr(looking, "SLICE", 3)
    monkeypatch.setattr(looking, "PATIENCE_S", -1)
    address, names, said = "/directories/{pool}/contacts?field=tier&value=gold", 0, []
    while address:
        html = desk.get(address).text
        names += html.count('class="name">P3')
        said.append(text_of(html.split('id="found-count"')[1].split("</p>")[0]).split("> ")[-1])
        before = html.split(">Look on</a>")
        onward = before[0].rpartition('href="/console')[2].split('"')[0].replace("&amp;", "&")
        address = onward if len(before) == 2 else ""
    assert names == 1
    assert len(said) == 3
    assert [("looked at so far" in each) for each in said] == [True, True, False]
    assert "among 3 contacts looked at so far" in said[0]
    assert "among 6 contacts looked at so far" in said[1]


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"field": "", "value": "gold"}, "field", "must have 1 to 200 characters"),
        ({"field": "tier", "value": ""}, "value", "must have 1 to 1,024 characters"),
        ({"field": "x" * 201, "value": "x"}, "field", "must have 1 to 200 characters"),
        ({"field": "tier", "value": "x" * 1025}, "value", "must have 1 to 1,024 characters"),
        ({"field": "tier", "value": "x", "cmp": "like"}, "cmp", "must be one of eq, neq"),
    ],
)
def test_a_filter_that_says_nothing_is_refused_beside_its_field(
    desk: Desk, asked: dict[str, str], field: str, said: str
) -> None:
    desk.place.contact(firstName="Ana", embeddedData={"tier": "gold"})
    answer = desk.get("/directories/{pool}/contacts", params=asked)
    assert answer.status_code == 400
    assert said in answer.text.split(f'id="wrong-{field}"')[1][:200]
    assert 'class="name"' not in answer.text

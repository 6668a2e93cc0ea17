"""Finding duplicates among very many: only those who share something are read, and nobody waits."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from api_place import Place
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from askwell_edge.directory.contacts.contacts import new_row
from askwell_edge.directory.contacts.identity import IdentityRule, rule_key, rules_of, set_rules
from askwell_edge.directory.merges.duplicates import PART, candidates, find_pairs, pairs_in_parts
from askwell_edge.directory.merges.searching import SHOWN, Searches
from askwell_edge.store.directory_keys import directory_key_of
from askwell_edge.store.ids import new_id
from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.tables import contacts

HERE = "/directories/{pool}"

ACCENTS = ["Ana", "ANA ", "Aná", "Łukasz", "lukasz", "Bo", "", None]
PEOPLE = st.fixed_dictionaries(
    {
        "external_reference": st.sampled_from(["U-1", "u-1", "U-2", None]),
        "first_name": st.sampled_from(ACCENTS),
        "last_name": st.sampled_from([*ACCENTS, "Ruiz"]),
        "email": st.sampled_from(["a@x.example", "A@X.example", "b@x.example", None]),
        "phone": st.sampled_from(["5550100", "555 0100", None]),
        "embedded_data": st.sampled_from([{}, {"tier": "gold"}, {"Tier": "GOLD"}, {"tier": "tin"}]),
    }
)
FIELDS = ["external_reference", "first_name", "last_name", "email", "phone", "embedded_data.tier"]
RULES = st.lists(
    st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3, unique=True).map(sorted),
    min_size=1,
    max_size=3,
    unique_by=tuple,
)


async def fill(conn: Any, pool: str, people: list[dict[str, Any]], at: int = 1) -> list[str]:
    """A directory of exactly these contacts, each a moment younger than the one before."""
    await conn.execute(delete(contacts).where(contacts.c.directory_id == pool))
    key = {"directory_key": await directory_key_of(conn, pool)}
    rows = [
        {**new_row(new_id("CID"), pool, person, at + n // 2), "modified_at": at, **key}
        for n, person in enumerate(people)
    ]
    await insert_rows(conn, contacts, rows)
    return [row["contact_id"] for row in rows]


def by_comparing_all(
    rules: list[IdentityRule], rows: list[dict[str, Any]], since: int | None
) -> Iterator[tuple[str, str, int]]:
    """What merges, found by comparing every contact with all before it."""
    became: list[tuple[str, dict[str, Any]]] = []
    for row in sorted(rows, key=lambda each: (each["created_at"], each["contact_id"])):
        found = next(
            (
                (root, rule.position)
                for rule in rules
                for root, older in became
                if (key := rule_key(rule, row)) and key == rule_key(rule, older)
            ),
            None,
        )
        if found is not None and (since is None or row["created_at"] >= since):
            yield found[0], row["contact_id"], found[1]
            became.append((found[0], row))
        else:
            became.append((row["contact_id"], row))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(PEOPLE, max_size=14), RULES, st.sampled_from([None, 3, 5]))
def test_whoever_shares_nothing_is_not_needed(
    place: Place, people: list[dict[str, Any]], fields: list[list[str]], since: int | None
) -> None:
    place.write(fill, place.pool, people)
    place.write(set_rules, place.pool, [(each, True) for each in fields])
    rows = place.rows(contacts.select())
    found = place.read(find_pairs, place.pool, since=since)
    told = [(each.survivor_id, each.merged_id, each.rule_position) for each in found]
    rules = place.read(rules_of, place.pool)
    assert told == list(by_comparing_all(rules, rows, since))


@pytest.mark.parametrize(
    "fields", [["email"], ["external_reference"], ["first_name", "last_name"], ["phone", "email"]]
)
def test_contacts_who_share_nothing_are_not_read(place: Place, fields: list[str]) -> None:
    people = [person(n) for n in range(300)]
    ids = place.write(fill, place.pool, [*people, people[7]])
    # As in a store that has lived a while; without, PostgreSQL groups anew for each contact.
    place.write(lambda conn: conn.exec_driver_sql("ANALYZE contacts"))
    wanted = candidates(place.pool, [IdentityRule(1, tuple(fields))])
    assert {row["contact_id"] for row in place.rows(wanted)} == {ids[7], ids[-1]}
    several = [IdentityRule(1, ("external_reference",)), IdentityRule(2, tuple(fields[:1]))]
    assert len(place.rows(candidates(place.pool, several))) == 2
    assert place.rows(candidates(place.pool, [])) == []


def person(n: int) -> dict[str, Any]:
    return {
        "external_reference": f"U-{n}",
        "first_name": f"Ana{n}",
        "last_name": f"Ruiz{n}",
        "email": f"ana{n}@example.com",
        "phone": f"55{n:05}",
    }


def test_a_big_group_comes_in_parts_and_shows_its_first_hundred(place: Place) -> None:
    many = 3 * PART
    ids = place.write(fill, place.pool, [{"first_name": "Ana"}] * many)
    place.identity_rules(["firstName"])

    async def sizes(conn: Any) -> list[int]:
        rules = await rules_of(conn, place.pool)
        return [len(part) async for part in pairs_in_parts(conn, place.pool, rules)]

    assert place.read(sizes) == [PART - 1, PART, PART]
    shown = place.ok("POST", f"{HERE}/merges/preview", {})
    assert (shown["count"], shown["complete"], len(shown["pairs"])) == (many - 1, True, SHOWN)
    oldest = min(ids[:2])  # of two of one age
    assert {each["survivorId"] for each in shown["pairs"]} == {oldest}
    found = place.ok("GET", f"{HERE}/duplicates")
    assert (found["count"], found["complete"], len(found["pairs"])) == (many - 1, True, SHOWN)


def test_rules_that_are_only_thought_of_can_be_previewed(place: Place) -> None:
    place.write(fill, place.pool, [person(1), person(1) | {"email": "else@example.com"}, person(2)])
    place.identity_rules(["email"])
    asked = f"{HERE}/merges/preview"
    assert place.ok("POST", asked, {})["count"] == 0
    thought = [{"fields": ["email"]}, {"fields": ["firstName", "lastName"]}]
    found = place.ok("POST", asked, {"rules": thought})
    assert (found["count"], found["complete"]) == (1, True)
    assert [each["rule"] for each in found["pairs"]] == [2]
    assert place.ok("POST", asked, {"rules": []})["count"] == 0
    assert place.ok("POST", asked, {})["count"] == 0, "nothing was saved"
    for rules, code in (
        ([{"fields": ["shoeSize"]}], 400),
        ([{"fields": []}], 400),
        ([{"fields": ["embeddedData."]}], 400),
        ([{"fields": ["embeddedData." + "x" * 201]}], 400),
        ([{"fields": ["email"]}, {"fields": ["email"]}], 400),
        ([{"fields": [each]} for each in ("email", "phone", "extRef", "firstName")], 409),
    ):
        assert place.call("POST", asked, {"rules": rules}).status_code == code


def test_who_asks_again_goes_on_with_the_same_search(place: Place) -> None:
    place.write(fill, place.pool, [{"first_name": "Ana"}] * 2 * PART)
    place.identity_rules(["firstName"])

    async def ask() -> list[tuple[bool, int]]:
        searches = Searches(place.store)
        for _ in range(2):  # two others are at work: it cannot have found anything yet
            await searches._two.acquire()
        last = await searches.look(place.pool, None, patience_s=0)
        told = [(last.complete, last.count)]
        for _ in range(2):
            searches._two.release()
        while not told[-1][0]:
            search = await searches.look(place.pool, None, patience_s=0)
            assert search is last
            told.append((search.complete, search.count))
        assert await searches.look(place.pool, None) is not last, "a new one, of what is there now"
        await searches.close()
        return told

    told = place.in_loop(ask)
    assert told[0] == (False, 0)
    assert told[-1] == (True, 2 * PART - 1)
    assert all(one[1] <= two[1] for one, two in pairwise(told))

"""The database's evaluation of segments equals the reference evaluator's, on both stores."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_place import DAY_MS, START_AT, Place, opened_place
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from askwell_edge.directory.contacts.fields import keys_of
from askwell_edge.directory.criteria.choosing import listed
from askwell_edge.directory.criteria.column_criteria import compiled
from askwell_edge.directory.criteria.columns import Reader
from askwell_edge.directory.criteria.facts import facts_of
from askwell_edge.directory.criteria.found_facts import Found
from askwell_edge.directory.criteria.judging import judged_by
from askwell_edge.directory.criteria.packs import keep_packs
from askwell_edge.directory.criteria.sql_criteria import judging
from askwell_edge.directory.criteria.sql_texts import BECOME_ASCII, NotInSql
from askwell_edge.directory.criteria.tallies import MOST
from askwell_edge.directory.criteria.timelines import known_kinds
from askwell_edge.directory.criteria.timing import leaves_with_windows, next_change
from askwell_edge.store.tables import (
    contacts,
    list_members,
    mailing_lists,
    memberships,
    timelines,
    touchpoints,
    transactions,
)
from askwell_runtime.errors import CriteriaError
from askwell_runtime.segment import compile_criteria

WORDS = st.sampled_from(
    [
        "",
        "a",
        "A",
        "Ab",
        "abc",
        "É",
        "é%",
        "a_b",
        "50%",
        "İ",
        "x\\y",
        "'q'",
        "\N{KELVIN SIGN}a",
        "ki",
    ]
)
NUMBERS = st.sampled_from(
    ["1", "01", "-2", "2.5", ".5", "5.", ".", "-", "1e3", "1.2.3", "12345678901234567"]
)
VALUES = st.one_of(st.none(), WORDS, NUMBERS)
INSTANTS = st.integers(-40, 2).map(lambda days: START_AT + days * DAY_MS // 2)
NAMES = ["tier", "n", "a b", 'q"', "x\\y", "É"]
TYPES = ["email_sent", "survey_finished", "intercept_displayed", "intercept_clicked", "opted_in"]

PEOPLE = st.fixed_dictionaries(
    {
        "external_reference": VALUES,
        "first_name": VALUES,
        "email": st.sampled_from([None, "a@b.example", "A@B.example", "x@é.example", "@", "a@b@c"]),
        "embedded_data": st.dictionaries(
            st.sampled_from(NAMES), st.one_of(WORDS, NUMBERS), max_size=3
        ),
        "unsubscribed": st.booleans(),
        "created_at": INSTANTS,
        "on_list": st.sampled_from([None, False, True]),
        "touches": st.lists(
            st.tuples(INSTANTS, st.sampled_from(TYPES), st.sampled_from([None, "SV_1"])), max_size=4
        ),
        "bought": st.lists(
            st.tuples(INSTANTS, st.sampled_from(["call", "CALL", "É", "x"]), NUMBERS), max_size=3
        ),
    }
)

TEXT_CMP = st.sampled_from(["eq", "neq", "contains", "ncontains", "startsWith", "endsWith"])
NUMBER_CMP = st.sampled_from(["eq", "neq", "lt", "lte", "gt", "gte"])
NUMBER = st.sampled_from([0, 1, 2, -2, 2.5, 0.5, 50, 100, 1e18])
DAYS = st.sampled_from([1, 3, 2.5, 7])


def leaf(field: Any, cmp: Any, value: Any, **more: Any) -> Any:
    return st.fixed_dictionaries({"field": field, "cmp": cmp, "value": value, **more})


def bare(field: Any) -> Any:
    return st.fixed_dictionaries({"field": field, "cmp": st.sampled_from(["empty", "notEmpty"])})


TEXT_FIELD = st.sampled_from(
    ["firstName", "extRef", "email", "emailDomain", *(f"embeddedData.{n}" for n in NAMES)]
)
COUNT = st.sampled_from(["inviteCount", "responseCount", "displayedCount", "responseRate"])
LAST = st.sampled_from(["lastInviteAt", "lastDisplayedAt"])
PERIOD = st.fixed_dictionaries({}, optional={"withinDays": st.integers(1, 20)})
DATE_CMP = st.sampled_from(["before", "after"])
DAYS_CMP = st.sampled_from(["withinLastDays", "notWithinLastDays"])
DATED = st.one_of(
    st.sampled_from(["createdAt", "lastModified"]), LAST.map(lambda name: f"activity.{name}")
)
LEAVES = st.one_of(
    leaf(TEXT_FIELD, TEXT_CMP, WORDS.filter(bool)),
    leaf(TEXT_FIELD, st.just("in"), st.lists(WORDS.filter(bool), min_size=1, max_size=3)),
    bare(TEXT_FIELD),
    leaf(st.sampled_from(["embeddedData.n", "embeddedData.a b"]), NUMBER_CMP, NUMBER),
    leaf(st.just("embeddedData.n"), st.just("between"), st.just([0, 2.5])),
    leaf(st.just("embeddedData.n"), st.just("is"), st.booleans()),
    leaf(st.just("unsubscribed"), st.just("is"), st.booleans()),
    leaf(st.sampled_from(["list.CG_1", "listUnsubscribed.CG_1"]), st.just("is"), st.booleans()),
    leaf(DATED, DATE_CMP, INSTANTS),
    leaf(DATED, DAYS_CMP, DAYS),
    bare(DATED),
    st.builds(
        lambda one, two: {**one, **two},
        leaf(COUNT.map(lambda name: f"activity.{name}"), NUMBER_CMP, NUMBER),
        st.one_of(PERIOD, st.just({"surveyId": "SV_1"})),
    ),
    st.builds(
        lambda one, two: {**one, **two},
        leaf(
            st.sampled_from(["transactions.count", "transactions.sum"]),
            NUMBER_CMP,
            NUMBER,
            of=st.just("amount"),
        ),
        st.one_of(PERIOD, st.just({"where": {"type": "call"}})),
    ),
    leaf(st.just("transactions.lastAt"), DAYS_CMP, DAYS, withinDays=st.integers(1, 9)),
)
CRITERIA = st.recursive(
    LEAVES,
    lambda inner: st.fixed_dictionaries(
        {"op": st.sampled_from(["and", "or"]), "items": st.lists(inner, min_size=1, max_size=3)}
    ),
    max_leaves=6,
)


@pytest.fixture
def filled(store_url: str, tmp_path: Path) -> Iterator[Place]:
    with opened_place(store_url, tmp_path) as place:
        row = {"list_id": "CG_1", "directory_id": place.pool, "name": "One", "created_at": 1}
        place.write(lambda conn: conn.execute(insert(mailing_lists).values(row)))
        yield place


async def fill(conn: Any, pool: str, people: list[dict[str, Any]]) -> None:
    for table in (list_members, touchpoints, transactions, contacts, memberships, timelines):
        await conn.execute(delete(table))
    for n, person in enumerate(people):
        contact_id = f"CID_{n:03}"
        mine = {"contact_id": contact_id, "directory_id": pool}
        fields = {k: person[k] for k in ("external_reference", "first_name", "email")}
        row = {
            **mine,
            **fields,
            **keys_of(fields),
            "embedded_data": person["embedded_data"],
            "unsubscribed": person["unsubscribed"],
            "created_at": person["created_at"],
            "modified_at": person["created_at"] + DAY_MS,
        }
        await conn.execute(insert(contacts).values(row))
        if person["on_list"] is not None:
            member = {"list_id": "CG_1", "contact_id": contact_id}
            state = {"unsubscribed": person["on_list"]}
            await conn.execute(insert(list_members).values({**member, **state}))
        for k, (at, kind, survey) in enumerate(person["touches"]):
            touch = {"touchpoint_id": f"TP_{n}_{k}", "at": at, "type": kind, "survey_id": survey}
            await conn.execute(insert(touchpoints).values({**mine, **touch, "channel": "web"}))
        for k, (at, kind, amount) in enumerate(person["bought"]):
            bought = {"transaction_id": f"TX_{n}_{k}", "at": at}
            pairs = {"fields": {"type": kind, "amount": amount}}
            await conn.execute(insert(transactions).values({**mine, **bought, **pairs}))


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    people=st.lists(PEOPLE, min_size=4, max_size=10),
    criteria=st.lists(st.one_of(LEAVES, LEAVES, CRITERIA), min_size=10, max_size=20),
)
def test_the_database_judges_as_the_reference_does(
    filled: Place, people: list[dict[str, Any]], criteria: list[dict[str, Any]]
) -> None:
    place = filled
    kept = [each for each in criteria if _compiles(each)][:20]
    place.write(fill, place.pool, people)
    ids = [f"CID_{n:03}" for n in range(len(people))]

    async def compare(conn: Any) -> None:
        dialect = conn.dialect.name
        heads = ("list", "listUnsubscribed", "activity", "transactions")
        facts = await facts_of(conn, ids, heads)
        rows = [{"ordinal": n, "criteria": each} for n, each in enumerate(kept)]
        sound = [row for row in rows if _in_sql(row, dialect)]
        for group in ([row] for row in sound):
            await _compare(conn, place.pool, group, facts)
        await _compare(conn, place.pool, sound, facts)

    place.read(compare)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    people=st.lists(PEOPLE, min_size=4, max_size=10),
    criteria=st.lists(st.one_of(LEAVES, LEAVES, CRITERIA), min_size=10, max_size=20),
)
def test_columns_are_judged_as_the_reference_does(
    filled: Place, people: list[dict[str, Any]], criteria: list[dict[str, Any]]
) -> None:
    place = filled
    place.write(fill, place.pool, people)
    ids = [f"CID_{n:03}" for n in range(len(people))]
    dialect = place.store.engine.dialect.name
    rows = [{"ordinal": n, "criteria": each} for n, each in enumerate(criteria) if _compiles(each)]
    sound = [row for row in rows if _in_columns(row, dialect)]
    moving = [leaf for row in sound for leaf in leaves_with_windows(row["criteria"])]
    reader = Reader(compiled(sound, START_AT, dialect), place.pool, START_AT, dialect)
    kinds = place.read(known_kinds)

    async def compare(conn: Any) -> list[Found]:
        facts = await facts_of(conn, ids, ("list", "listUnsubscribed", "activity", "transactions"))
        found = await reader.read(conn, ids, listed, {"ids": ids}, kinds)
        changed, doubtful = zip(*map(reader.changed, found), strict=True)
        judged = {each["contact_id"]: each for part in changed for each in part}
        doubted = {each for part in doubtful for each in part}
        assert judged.keys() | doubted == set(ids)
        for contact_id in judged:
            about, row = facts[contact_id], judged[contact_id]
            assert row["next_change_at"] == next_change(moving, about, START_AT), contact_id
            for each in sound:
                passes = compile_criteria(each["criteria"])(about, START_AT)
                assert row["mask"] >> each["ordinal"] & 1 == passes, (contact_id, each)
        return found

    for _ in range(2):  # by the first time somebody has no version yet
        (found,) = place.read(compare)
        assert bool(found.packs) == (dialect == "sqlite")
        place.write(keep_packs, found.packs, kinds)
    if dialect == "sqlite":
        unknown = {"directory_id": place.pool, "mask": -1, "built_at": 1}
        there = [{"contact_id": each, **unknown} for each in ids]
        place.write(lambda conn: conn.execute(insert(memberships), there))
        (kept,) = place.read(compare)
        assert not kept.packs


async def _compare(conn: Any, pool: str, segments: list[Any], facts: dict[str, Any]) -> None:
    wanted = judging(segments, listed, START_AT, conn.dialect.name)
    asked = {"directory": pool, "ids": sorted(facts)}
    rows, _ = await judged_by(conn, wanted, asked)
    judged = {row["contact_id"]: row for row in rows}
    assert sorted(judged) == sorted(facts)
    moving = [leaf for row in segments for leaf in leaves_with_windows(row["criteria"])]
    for contact_id, about in facts.items():
        row = judged[contact_id]
        assert row["next_change_at"] == next_change(moving, about, START_AT), (contact_id, segments)
        expected = sum(
            1 << each["ordinal"]
            for each in segments
            if compile_criteria(each["criteria"])(about, START_AT)
        )
        assert row["doubtful"] or row["mask"] == expected, (contact_id, segments)


def test_a_contact_with_more_touchpoints_than_a_sum_has_room_for_is_left_to_the_reference(
    filled: Place,
) -> None:
    place = filled
    often = [(START_AT - n, "email_sent", None) for n in range(MOST + 1)]
    person = {"external_reference": None, "first_name": None, "email": None, "embedded_data": {}}
    person |= {"unsubscribed": False, "created_at": START_AT, "on_list": None, "bought": []}
    people = [{**person, "touches": often}, {**person, "touches": often[:MOST]}]
    place.write(fill, place.pool, people)
    criteria = {"field": "activity.inviteCount", "cmp": "eq", "value": MOST}

    async def judged(conn: Any) -> list[Any]:
        rows = [{"ordinal": 0, "criteria": criteria}]
        wanted = judging(rows, listed, START_AT, conn.dialect.name)
        asked = {"directory": place.pool, "ids": ["CID_000", "CID_001"]}
        return (await judged_by(conn, wanted, asked))[0]

    busy, other = sorted(place.read(judged), key=lambda row: row["contact_id"])
    assert busy["doubtful"]
    assert (other["doubtful"], other["mask"]) == (False, 1)


def test_two_letters_beyond_ascii_become_ascii_in_lower_case() -> None:
    beyond = map(chr, range(128, sys.maxunicode + 1))
    found = {each for each in beyond if any(map(str.isascii, each.lower()))}
    assert found == set(BECOME_ASCII)


def _compiles(criteria: dict[str, Any]) -> bool:
    try:
        compile_criteria(criteria)
    except CriteriaError:
        return False
    return True


def _in_columns(row: dict[str, Any], dialect: str) -> bool:
    try:
        Reader(compiled([row], START_AT, dialect), "", START_AT, dialect)
    except NotInSql:
        return False
    return True


def _in_sql(row: dict[str, Any], dialect: str) -> bool:
    try:
        judging([row], listed, START_AT, dialect)
    except NotInSql:
        return False
    return True

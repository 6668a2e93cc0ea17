"""Merges undone many at once are undone exactly as one by one."""

import json
from typing import Any

from api_place import Place
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from askwell_edge.access.refusals import Conflict
from askwell_edge.directory.contacts.contacts import delete_contact, update_contact
from askwell_edge.directory.contacts.identity import set_rules
from askwell_edge.directory.merges.duplicates import Pair, find_pairs
from askwell_edge.directory.merges.merging import merge_pairs
from askwell_edge.directory.merges.unmerging import undo_merge, undo_merges
from askwell_edge.store.tables import (
    audit,
    claims,
    contact_redirects,
    contacts,
    distinct_contacts,
    list_members,
    mailing_lists,
    memberships,
    merges,
    page_views,
    touchpoints,
    transactions,
)

LISTS = ["CG_1", "CG_2"]

PERSON = st.fixed_dictionaries(
    {
        "first_name": st.sampled_from(["Ana", "Bo", None]),
        "email_key": st.sampled_from(["a", "b", "c", None]),
        "phone_key": st.sampled_from(["1", "2", None]),
        "unsubscribed": st.booleans(),
        "embedded_data": st.dictionaries(st.sampled_from("xyz"), st.sampled_from("12")),
        "lists": st.dictionaries(st.sampled_from(LISTS), st.booleans()),
        "touched": st.integers(0, 2),
    }
)
CHANGE = st.tuples(
    st.integers(0, 7),
    st.fixed_dictionaries(
        {},
        optional={
            "first_name": st.sampled_from(["Zoe", "Ana"]),
            "embedded_data": st.dictionaries(st.sampled_from("xyz"), st.sampled_from(["9", None])),
        },
    ),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(PERSON, min_size=2, max_size=8),
    st.lists(CHANGE, max_size=4),
    st.lists(st.sampled_from(["run", "hand", "undo", "delete", "unlist"]), max_size=3),
    st.integers(0, 7),
    st.integers(2, 9),
)
def test_many_at_once_are_undone_as_one_by_one(
    place: Place,
    persons: list[dict[str, Any]],
    changes: list[tuple[int, dict[str, Any]]],
    acts: list[str],
    which: int,
    at_once: int,
) -> None:
    """The same contacts, lists, timelines, pairs told apart and audit; the same refusals."""
    if not place.ok("GET", "/directories/{pool}/segments")["elements"]:
        criteria = {"field": "firstName", "cmp": "eq", "value": "Ana"}
        place.ok("POST", "/directories/{pool}/segments", {"name": "Anas", "criteria": criteria})
    story = Story(place, persons, changes, acts, which)

    async def both() -> list[Any]:
        outcomes = []
        async with place.store.engine.connect() as conn:
            whole = await conn.begin()
            await story.play(conn)
            for size in (at_once, 1):
                part = await conn.begin_nested()
                refused = await story.undo(conn, size)
                outcomes.append((refused, await everything(conn)))
                await part.rollback()
            await whole.rollback()
        return outcomes

    at_a_time, one_by_one = place.in_loop(both)
    assert at_a_time[0] == one_by_one[0]
    for name, rows in one_by_one[1].items():
        assert at_a_time[1][name] == rows, name


class Story:
    """Contacts that a run merges, twice so that there are chains, and what happens after it."""

    def __init__(
        self,
        place: Place,
        persons: list[dict[str, Any]],
        changes: list[tuple[int, dict[str, Any]]],
        acts: list[str],
        which: int,
    ) -> None:
        self.pool, self.now = place.pool, place.now
        self.persons, self.changes, self.acts, self.which = persons, changes, acts, which
        self.ids = [f"CID_{n:015}" for n in range(len(persons))]

    async def play(self, conn: Any) -> None:
        await set_rules(conn, self.pool, [])
        for list_id in LISTS:
            row = {"list_id": list_id, "name": list_id, "created_at": 1}
            await conn.execute(insert(mailing_lists).values(directory_id=self.pool, **row))
        for n, person in enumerate(self.persons):
            await self._add(conn, n, dict(person))
        for fields in (["email"], ["phone"]):
            await self._merge(conn, fields, "MR_1")
        for n, fields in self.changes:
            if now := await self._now(conn, n):
                await update_contact(conn, self.pool, now, fields, self.now + 5)
        for n, act in enumerate(self.acts):
            await self._act(conn, act, self.which + n)

    async def undo(self, conn: Any, size: int) -> dict[str, str]:
        """Undo the run, so many at once; one by one by the other way in."""
        wanted = (
            select(merges.c.merge_id)
            .where(merges.c.run_id == "MR_1")
            .order_by(merges.c.at.desc(), merges.c.merge_id.desc())
        )
        ids = (await conn.execute(wanted)).scalars().all()
        refused: dict[str, str] = {}
        for start in range(0, len(ids), size):
            some = ids[start : start + size]
            if size > 1:
                problems = await undo_merges(conn, self.pool, some, "OP_1", self.now + 9)
                refused |= {each: problem.code for each, problem in problems.items()}
                continue
            try:
                await undo_merge(conn, self.pool, some[0], "OP_1", self.now + 9)
            except Conflict as problem:
                refused[some[0]] = problem.code
        return refused

    async def _add(self, conn: Any, n: int, person: dict[str, Any]) -> None:
        lists, touched = person.pop("lists"), person.pop("touched")
        own = {"contact_id": self.ids[n], "directory_id": self.pool}
        person |= {"email": person["email_key"], "phone": person["phone_key"]}
        when = {"created_at": n, "modified_at": self.now - n % 3}
        await conn.execute(insert(contacts).values(**own, **person, **when))
        for list_id, out in lists.items():
            row = {"list_id": list_id, "contact_id": self.ids[n], "unsubscribed": out}
            await conn.execute(insert(list_members).values(row))
        for each in range(touched):
            row = {"touchpoint_id": f"TP_{n}_{each}", "type": "email_sent", "at": self.now - each}
            more = {"channel": "email", "counts_toward_caps": True}
            await conn.execute(insert(touchpoints).values(**own, **row, **more))
            row = {"transaction_id": f"TX_{n}_{each}", "at": self.now, "fields": {}}
            await conn.execute(insert(transactions).values(**own, **row))

    async def _merge(self, conn: Any, fields: list[str], run_id: str | None) -> None:
        await set_rules(conn, self.pool, [(fields, True)])
        pairs = await find_pairs(conn, self.pool)
        await merge_pairs(conn, self.pool, pairs, None, self.now, run_id)

    async def _act(self, conn: Any, act: str, which: int) -> None:
        made = (await conn.execute(select(merges).order_by(merges.c.at))).mappings().all()
        match act:
            case "run":
                await self._merge(conn, ["first_name"], None)
            case "hand":
                there = (await conn.scalars(select(contacts.c.contact_id))).all()
                if len(there) > 1:
                    one, two = sorted(there)[:2]
                    await merge_pairs(conn, self.pool, [Pair(one, two, 0)], None, self.now)
            case "undo" if made:
                merge = made[which % len(made)]
                await undo_merges(conn, self.pool, [merge["merge_id"]], None, self.now + 7)
            case "unlist":
                for table in (list_members, mailing_lists):
                    await conn.execute(delete(table).where(table.c.list_id == LISTS[which % 2]))
            case "delete":
                if now := await self._now(conn, which):
                    await delete_contact(conn, self.pool, now)

    async def _now(self, conn: Any, n: int) -> str | None:
        """Who stands now where the contact of this number does."""
        there = sorted((await conn.scalars(select(contacts.c.contact_id))).all())
        return str(there[n % len(there)]) if there else None


async def everything(conn: Any) -> dict[str, list[str]]:
    """All rows that merges touch, but for ids that are made up, and for segments that somebody
    was in for a moment between two of them."""
    tables = (audit, claims, contact_redirects, contacts, distinct_contacts, list_members)
    tables += (memberships, merges, page_views, touchpoints, transactions)
    passing = touchpoints.c.type.not_in(["segment_joined", "segment_left"])
    found: dict[str, list[str]] = {}
    for table in tables:
        wanted = select(table).where(passing) if table is touchpoints else select(table)
        rows = (await conn.execute(wanted)).mappings().all()
        made_up = {audit: "audit_id", touchpoints: "touchpoint_id"}.get(table)
        shown = [{str(name): each[name] for name in each if name != made_up} for each in rows]
        found[table.name] = sorted(json.dumps(each, sort_keys=True) for each in shown)
    return found

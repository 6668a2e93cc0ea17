"""Membership that time and touchpoints change: fresh within seconds, and equal to a rebuild."""

import random
from typing import Any

import pytest
from alembic import command
from api_place import DAY_MS, Place
from sqlalchemy import Connection, insert, select

from askwell_edge.directory.criteria.choosing import listed
from askwell_edge.directory.segments.marks import Mark, mark_due, marks_on, settle
from askwell_edge.directory.segments.membership import (
    evaluate_contacts,
    membership_of,
    moved_by_time,
)
from askwell_edge.directory.upkeep import evaluate_due
from askwell_edge.ledger.touchpoints import Report, record_reports
from askwell_edge.store.migrate import migrations_config
from askwell_edge.store.tables import due_marks, memberships, touchpoints

SEGMENTS = "/directories/{pool}/segments"


def segment(place: Place, field: str, cmp: str, value: Any, **more: Any) -> None:
    body = {"name": field, "criteria": {"field": field, "cmp": cmp, "value": value, **more}}
    place.ok("POST", SEGMENTS, body)


def mask(place: Place, contact_id: str) -> int:
    found = place.read(membership_of, contact_id)
    assert found is not None
    return int(found[0])


def keep_up(place: Place) -> int:
    return int(place.in_loop(lambda: evaluate_due(place.store, place.now)))


def test_a_window_that_moves_on_takes_a_contact_out(place: Place) -> None:
    segment(place, "createdAt", "withinLastDays", 30)
    contact_id = place.contact(extRef="U-1")
    place.rebuild()
    assert mask(place, contact_id) == 1
    place.now += 30 * DAY_MS - 1
    assert keep_up(place) == 0
    place.now += 1
    assert keep_up(place) == 1
    assert mask(place, contact_id) == 0
    place.now += 10_000 * DAY_MS
    assert keep_up(place) == 0


def test_a_display_counts_at_once_and_leaves_with_its_window(place: Place) -> None:
    segment(place, "activity.displayedCount", "gte", 2, withinDays=7)
    contact_id = place.contact(extRef="U-1")
    place.rebuild()
    for n in range(2):
        place.now += DAY_MS
        place.write(record_reports, [display(place, f"display-of-number-{n}")])
        assert keep_up(place) == 1
        assert mask(place, contact_id) == n
    place.now += 6 * DAY_MS
    assert keep_up(place) == 1
    assert mask(place, contact_id) == 0


def display(place: Place, name: str) -> Report:
    return Report(
        id=name,
        kind="displayed",
        at=place.now,
        received_at=place.now,
        project_id="ZN_1",
        page_view_id=f"view-{name}",
        channel="web",
        directory_id=place.pool,
        reference="U-1",
        intercept_id="SI_1",
    )


def test_a_daily_directory_waits_for_its_rebuild(place: Place) -> None:
    place.ok("PUT", "/directories/{pool}", {"membershipMode": "daily"})
    segment(place, "createdAt", "withinLastDays", 1)
    contact_id = place.contact(extRef="U-1")
    place.rebuild()
    place.now += 2 * DAY_MS
    assert keep_up(place) == 0
    assert mask(place, contact_id) == 1


def test_what_is_due_is_settled_when_there_is_nothing_to_evaluate(place: Place) -> None:
    segment(place, "createdAt", "withinLastDays", 1)
    contact_id = place.contact(extRef="U-1")
    place.rebuild()
    made = place.ok("GET", SEGMENTS)["elements"][0]["segmentId"]
    place.ok("DELETE", f"{SEGMENTS}/{made}")
    place.write(mark_due, [(place.pool, contact_id)])
    assert keep_up(place) == 1
    assert keep_up(place) == 0


def test_a_mark_is_settled_only_by_who_saw_it(place: Place) -> None:
    contact_id = place.contact(extRef="U-1")

    def seen() -> list[Mark]:
        return list(place.read(marks_on, place.pool, listed, {"ids": [contact_id]}))

    place.write(mark_due, [(place.pool, contact_id)])
    early = seen()
    place.write(mark_due, [(place.pool, contact_id)])
    place.write(settle, place.pool, early)
    newer = seen()
    assert len(newer) == 1, "it was marked again"
    place.write(settle, place.pool, newer)
    place.write(mark_due, [(place.pool, contact_id)])
    place.write(settle, place.pool, [*early, *newer])
    assert len(seen()) == 1, "it was marked once more"
    assert keep_up(place) == 1
    assert seen() == []


def test_marks_outlive_a_change_of_the_schema_both_ways(place: Place) -> None:
    segment(place, "activity.displayedCount", "gte", 1)
    people = [place.contact(extRef=f"U-{n}") for n in (1, 2)]
    place.rebuild()
    place.write(record_reports, [display(place, "display-of-number-1")])

    def change_schema(conn: Connection) -> None:
        config = migrations_config()
        config.attributes["connection"] = conn
        command.downgrade(config, "0011")
        command.upgrade(config, "head")

    place.write(lambda conn: conn.run_sync(change_schema))
    assert keep_up(place) == 1
    assert masks(place) == dict(zip(people, (1, 0), strict=True))
    assert keep_up(place) == 0


def test_a_rebuild_settles_what_is_due_in_a_daily_directory(place: Place) -> None:
    segment(place, "activity.displayedCount", "gte", 1)
    contact_id = place.contact(extRef="U-1")
    place.ok("PUT", "/directories/{pool}", {"membershipMode": "daily"})
    place.write(record_reports, [display(place, "display-of-number-1")])
    place.rebuild()
    assert mask(place, contact_id) == 1
    assert place.rows(select(due_marks)) == []


def test_who_is_due_by_time_is_found_by_an_index_of_those_alone(place: Place) -> None:
    async def plan(conn: Any) -> str:
        postgresql = conn.dialect.name == "postgresql"
        if postgresql:
            await conn.exec_driver_sql("SET enable_seqscan = off")  # the table is small
        wanted = moved_by_time(place.pool, place.now, 10)
        text = wanted.compile(dialect=conn.dialect, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN" if postgresql else "EXPLAIN QUERY PLAN"
        return str((await conn.exec_driver_sql(f"{explain} {text}")).all())

    assert "ix_memberships_due" in place.read(plan)


@pytest.mark.scenario("D15")
def test_what_is_kept_up_equals_a_rebuild_at_any_instant(place: Place) -> None:
    chance = random.Random(7)
    segment(place, "activity.inviteCount", "gte", 2, withinDays=10)
    segment(place, "activity.lastInviteAt", "withinLastDays", 2.5)
    segment(place, "activity.responseRate", "gt", 40, withinDays=20)
    segment(place, "transactions.sum", "gte", 10, of="amount", withinDays=5)
    segment(place, "embeddedData.renewal", "notWithinLastDays", 3)
    segment(place, "createdAt", "withinLastDays", 15)
    people = [
        place.contact(extRef=f"U-{n}", embeddedData={"renewal": f"2027-01-{15 + n % 9}"})
        for n in range(12)
    ]
    place.rebuild()
    for step in range(60):
        place.now += chance.randrange(1, 20) * DAY_MS // 10
        who = chance.choice(people)
        if chance.random() < 0.3:
            place.contact(
                extRef=f"U-{people.index(who)}", transactionData={"amount": chance.randrange(9)}
            )
        else:
            place.write(touch, place, who, chance.choice(("email_sent", "survey_finished")), step)
        keep_up(place)
        kept = masks(place)
        place.write(evaluate_contacts, place.pool, people, place.now)
        assert masks(place) == kept, step


async def touch(conn: Any, place: Place, contact_id: str, kind: str, number: int) -> None:
    await conn.execute(
        insert(touchpoints).values(
            touchpoint_id=f"TP_{number}",
            contact_id=contact_id,
            directory_id=place.pool,
            at=place.now,
            type=kind,
            channel="email",
        )
    )
    await mark_due(conn, [(place.pool, contact_id)])


def masks(place: Place) -> dict[str, int]:
    rows = place.rows(select(memberships.c.contact_id, memberships.c.mask))
    return {row["contact_id"]: row["mask"] for row in rows}

"""Contacts that a page view adds: create only, and unique under every identity rule."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from api_place import DAY_MS, Place
from sqlalchemy import func, select

from askwell_edge.directory.creation import create_from_page
from askwell_edge.settings import read_settings
from askwell_edge.store.engine import open_store
from askwell_edge.store.tables import contacts, memberships, touchpoints
from askwell_runtime.contact import read_page_contact


def create(place: Place, reference: Any, fields: Any = None, **more: Any) -> tuple[str, Any]:
    found: tuple[str, Any] = place.write(
        create_from_page, place.pool, reference, fields or {}, place.now, **more
    )
    return found


@pytest.mark.scenario("F1", "F2", "F3", "F4")
def test_an_unknown_reference_becomes_a_contact_with_its_fields(place: Place) -> None:
    page = {
        "firstName": "Ana",
        "lastName": "Ruiz",
        "email": "ana@example.com",
        "phone": "+34 600 000 001",
        "language": "ES",
        "attributes": {"Location": "Seattle", "Gender": "Female"},
    }
    fields, notes = read_page_contact(page)
    assert notes == []
    code, contact_id = create(place, "N-1", fields)
    assert code == "created"
    found = place.get(contact_id)
    assert found["extRef"] == "N-1"
    assert [found[n] for n in ("firstName", "lastName", "email", "phone", "language")] == [
        page[n] for n in ("firstName", "lastName", "email", "phone", "language")
    ]
    assert found["embeddedData"] == page["attributes"]
    row = place.rows(select(touchpoints))[0]
    assert (row["type"], row["channel"], row["counts_toward_caps"]) == (
        "contact_created",
        "web",
        False,
    )


@pytest.mark.scenario("F5", "F6")
def test_pairs_that_do_not_fit_are_dropped_and_reported(place: Place) -> None:
    fields, notes = read_page_contact({"attributes": {"a" * 25: "b" * 26, "ok": "yes"}})
    code, contact_id = create(place, "N-1", fields)
    assert code == "created"
    assert notes == ["attribute_too_long:" + "a" * 25]
    assert place.get(contact_id)["embeddedData"] == {"ok": "yes"}
    exact = {f"key{n:02}": "v" * 45 for n in range(8)}
    fields, notes = read_page_contact({"attributes": exact})
    assert notes == []
    _, contact_id = create(place, "N-2", fields)
    assert place.get(contact_id)["embeddedData"] == exact
    fields, notes = read_page_contact({"attributes": {**exact, "x": ""}})
    _, contact_id = create(place, "N-3", fields)
    assert notes == ["attributes_too_long:x"]
    assert place.get(contact_id)["embeddedData"] == exact


@pytest.mark.scenario("F7")
def test_a_known_contact_is_never_changed(place: Place) -> None:
    contact_id = place.contact(extRef="U-1", phone="1")
    before = place.get(contact_id)
    place.now += DAY_MS
    assert create(place, "U-1", {"phone": "2"}) == ("exists", contact_id)
    assert place.get(contact_id) == before


@pytest.mark.scenario("F8")
def test_somebody_who_matches_another_rule_is_not_created(place: Place) -> None:
    place.identity_rules(["extRef"], ["email"])
    known = place.contact(extRef="U-1", email="ana@example.com")
    before = place.get(known)
    code = create(place, "N-1", {"email": "ANA@example.com", "first_name": "X"})
    assert code == ("conflict_rule:2", None)
    assert place.get(known) == before
    assert len(place.all_contacts()) == 1


@pytest.mark.scenario("F9")
def test_an_app_brings_its_reference_alone(place: Place) -> None:
    fields = {"first_name": "Ana", "embedded_data": {"a": "b"}}
    _, contact_id = create(place, "N-1", fields, channel="app")
    found = place.get(contact_id)
    assert (found["extRef"], found["firstName"], found["embeddedData"]) == ("N-1", None, {})


@pytest.mark.scenario("F14")
def test_without_a_reference_nobody_is_created(place: Place) -> None:
    fields = {"first_name": "Ana", "email": "ana@example.com"}
    for nothing in (None, ""):
        assert create(place, nothing, fields) == ("no_reference", None)
    assert create(place, "x" * 101) == ("invalid", None)
    assert create(place, "a\x00b") == ("invalid", None)
    assert place.all_contacts() == []


def test_a_field_that_cannot_be_kept_is_dropped(place: Place) -> None:
    fields = {"email": "no address", "first_name": "Ana", "phone": "1" * 51}
    code, contact_id = create(place, "N-1", fields)
    assert code == "created"
    found = place.get(contact_id)
    assert (found["email"], found["phone"], found["firstName"]) == (None, None, "Ana")


@pytest.mark.scenario("F12")
def test_two_tabs_of_one_process_yield_one_contact(place: Place) -> None:
    async def one(conn: Any) -> tuple[str, Any]:
        return await create_from_page(conn, place.pool, "N-1", {}, 1)

    async def tabs() -> list[tuple[str, Any]]:
        return await asyncio.gather(*(place.store.writer.submit(one) for _ in range(16)))

    codes = [code for code, _ in place.in_loop(tabs)]
    assert sorted(codes) == ["created"] + ["exists"] * 15
    assert len(place.all_contacts()) == 1


@pytest.mark.scenario("F12")
def test_two_processes_yield_one_contact(place: Place, store_url: str, tmp_path: Path) -> None:
    """Another edge on the same store: nothing but the database keeps the two apart."""
    place.identity_rules(["extRef"], ["email"])
    settings = read_settings({"ASKWELL_DATABASE_URL": store_url, "ASKWELL_DATA_DIR": str(tmp_path)})

    async def race() -> list[str]:
        other = await open_store(settings)
        codes: list[str] = []

        async def create_one(store: Any, reference: str, email: str) -> None:
            async def write(conn: Any) -> tuple[str, Any]:
                return await create_from_page(conn, place.pool, reference, {"email": email}, 1)

            code, _ = await store.writer.submit(write)
            codes.append(code)

        work = []
        for n in range(30):
            # The same person twice; and one e-mail address under two references.
            work.append(create_one(place.store, f"N-{n}", f"{n}@example.com"))
            work.append(create_one(other, f"N-{n}", f"{n}@example.com"))
            work.append(create_one(other, f"M-{n}", f"{n}@example.com"))
        await asyncio.gather(*work)
        await other.close()
        return codes

    codes = place.in_loop(race)
    assert codes.count("created") == 30
    assert set(codes) <= {"created", "exists", "conflict_rule:2"}
    total = place.rows(select(func.count().label("n")).select_from(contacts))
    assert total[0]["n"] == 30


@pytest.mark.scenario("F17")
def test_a_created_contact_is_evaluated_at_once_unless_the_directory_is_daily(
    place: Place,
) -> None:
    criteria = {"field": "embeddedData.tier", "cmp": "eq", "value": "gold"}
    place.ok("POST", "/directories/{pool}/segments", {"name": "Gold", "criteria": criteria})
    place.rebuild()
    _, live = create(place, "N-1", {"embedded_data": {"tier": "gold"}})
    assert masks(place) == {live: 1}
    place.ok("PUT", "/directories/{pool}", {"membershipMode": "daily"})
    _, daily = create(place, "N-2", {"embedded_data": {"tier": "gold"}})
    assert masks(place) == {live: 1}
    place.now += DAY_MS
    place.rebuild()
    assert masks(place) == {live: 1, daily: 1}


def masks(place: Place) -> dict[str, int]:
    rows = place.rows(select(memberships.c.contact_id, memberships.c.mask))
    return {row["contact_id"]: row["mask"] for row in rows}

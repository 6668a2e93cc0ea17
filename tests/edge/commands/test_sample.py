"""The sample: the same on every machine, quick to load, and as the demo shop expects it."""

import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from api_place import DAY_MS, START_AT, Place, opened_place
from sqlalchemy import func, select

from askwell_edge.directory.contacts.contacts import find_by_reference
from askwell_edge.directory.creation import create_from_page
from askwell_edge.directory.segments.membership import standing_of
from askwell_edge.ledger.rules import allowances, rules_of
from askwell_edge.projects.published import published
from askwell_edge.sample import constants
from askwell_edge.sample.loading import load_sample
from askwell_edge.sample.people import Sample
from askwell_edge.sample.shop import intercepts_at
from askwell_edge.store.tables import contacts, list_members, touchpoints
from askwell_runtime.decide import decide
from askwell_runtime.model import Reason
from askwell_runtime.request import request_from
from askwell_runtime.wire import pack_snapshot, read_snapshot

SHOP = "http://127.0.0.1:8470"


@pytest.fixture
def loaded(store_url: str, tmp_path: Path) -> Any:
    with opened_place(store_url, tmp_path) as place:
        began = time.monotonic()
        assert place.in_loop(lambda: load_sample(place.store, [SHOP], START_AT)) is True
        # Far above what it takes, so that a busy machine does not matter; issue: under 5 s.
        assert time.monotonic() - began < 30
        place.pool = constants.DIRECTORY_ID
        yield place


def count(place: Place, table: Any) -> int:
    return int(place.rows(select(func.count().label("n")).select_from(table))[0]["n"])


def test_two_thousand_people_six_segments_eight_intercepts_two_rules(loaded: Place) -> None:
    assert count(loaded, contacts) == constants.CONTACT_COUNT == 2_000
    segments = loaded.ok("GET", "/directories/{pool}/segments")["elements"]
    assert len(segments) == 6
    assert all(each["status"] == "ready" and each["memberCount"] > 0 for each in segments)
    path = f"/projects/{constants.PROJECT_ID}/intercepts"
    states = [each["state"] for each in loaded.ok("GET", path)["elements"]]
    assert (len(states), states.count("active"), states.count("draft")) == (8, 7, 1)
    assert len(loaded.ok("GET", "/directories/{pool}/frequencyrules")["elements"]) == 2
    assert count(loaded, list_members) > 1_000
    month = loaded.rows(
        select(func.min(touchpoints.c.at).label("first"), func.max(touchpoints.c.at).label("last"))
    )[0]
    assert START_AT - 31 * DAY_MS < month["first"] < month["last"] < START_AT
    assert loaded.in_loop(lambda: load_sample(loaded.store, [SHOP], START_AT)) is False
    assert count(loaded, contacts) == 2_000


def test_the_same_seed_makes_the_same_people_in_many_scripts() -> None:
    one, two = Sample(START_AT), Sample(START_AT)
    assert one.contacts == two.contacts
    assert one.touchpoints == two.touchpoints
    references = [each["external_reference"] for each in one.contacts]
    assert len(set(references)) == len(references) == 2_000
    assert len({each["email"] for each in one.contacts}) == 2_000
    scripts = {unicodedata.name(each["last_name"][0]).split()[0] for each in one.contacts}
    assert {"LATIN", "ARABIC", "HEBREW", "CJK", "DEVANAGARI", "GREEK", "CYRILLIC"} <= scripts


def test_the_shops_people_meet_what_the_shop_promises(loaded: Place) -> None:
    gold = constants.INTERCEPT_GOLD
    assert reasons(loaded, constants.KNOWN_REFERENCE)[gold] is Reason.SHOWN
    assert reasons(loaded, constants.CAPPED_REFERENCE)[gold] is Reason.FREQUENCY_RULE
    assert reasons(loaded, constants.UNKNOWN_REFERENCE)[gold] is Reason.UNKNOWN_REFERENCE
    known = reasons(loaded, constants.KNOWN_REFERENCE)
    assert known[constants.INTERCEPT_SALE] is Reason.NOT_STARTED
    assert known[constants.INTERCEPT_ARABIC] is Reason.NOT_TARGETED
    assert constants.INTERCEPT_DRAFT not in known
    home = constants.HOME_PATH
    for path in (home, f"{home}?ref=U-1", f"{home}#top"):
        assert reasons(loaded, constants.KNOWN_REFERENCE, path)[gold] is Reason.SHOWN
    elsewhere = reasons(loaded, constants.KNOWN_REFERENCE, f"{home}products/1")
    assert elsewhere[gold] is Reason.NOT_TARGETED


def test_a_new_customer_is_welcomed_on_the_first_page(loaded: Place) -> None:
    reference = f"{constants.NEW_REFERENCE_PREFIX}1"
    code, _ = loaded.write(create_from_page, loaded.pool, reference, {}, START_AT)
    assert code == "created"
    assert reasons(loaded, reference)[constants.INTERCEPT_WELCOME] is Reason.SHOWN


def test_every_draft_is_known_to_the_core(loaded: Place) -> None:
    names = {name for name, *_ in intercepts_at(START_AT, SHOP)}
    assert len(names) == 8
    found = loaded.read(published, constants.PROJECT_ID)
    assert found.origins == (SHOP,)
    assert found.settings["create_contacts"] is True


def reasons(place: Place, reference: str, path: str = constants.HOME_PATH) -> dict[str, Reason]:
    """`{intercept: reason}` on the shop's page, judged by the core from what the store holds."""
    found = place.read(published, constants.PROJECT_ID)
    snapshot = place.read(_snapshot, found.bundle, reference)
    request = request_from(
        {"now": START_AT, "draw": "0" * 32, "page": {"url": f"{SHOP}{path}", "device": "desktop"}}
    )
    made = decide(found.bundle, read_snapshot(pack_snapshot(snapshot)), request)
    return {each.intercept_id: each.reason for each in made}


async def _snapshot(conn: Any, bundle: Any, reference: str) -> dict[str, Any]:
    row = await find_by_reference(conn, constants.DIRECTORY_ID, reference)
    if row is None:
        return {"v": 1, "visitor": "unknown", "as_of": START_AT}
    wanted = frozenset[str]().union(*(each.segments for each in bundle.intercepts))
    standing = await standing_of(conn, constants.DIRECTORY_ID, row["contact_id"], wanted)
    rules = await rules_of(conn, constants.DIRECTORY_ID)
    return {
        "v": 1,
        "visitor": "known",
        "as_of": START_AT,
        "segments": sorted(standing.members),
        "allows_at": await allowances(conn, rules, row["contact_id"], START_AT),
    }

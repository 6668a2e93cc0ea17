"""Claims: one slot is granted once, among tabs and among processes, and comes back if unused."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from sqlalchemy import select
from visitor_site import DAY_S, Site, fresh

from askwell_edge.store.tables import claims, touchpoints

CLAIMER = Path(__file__).with_name("ledger_claimer.py")


@pytest.fixture
def capped(site: Site) -> str:
    """An intercept that the contact U-1 may see once a day."""
    site.contact("U-1")
    site.rule(limits=[{"max": 1, "window_s": DAY_S}])
    return site.intercept(frequency_control=True)


@pytest.mark.scenario("C16")
def test_of_many_tabs_at_once_exactly_one_is_granted(site: Site, capped: str) -> None:
    bodies = [
        {"page_view_id": fresh("page-view"), "intercept": capped, "reference": "U-1"}
        for _ in range(16)
    ]
    answers = [each.json() for each in site.post_at_once("claim", bodies)]
    assert sorted(each["granted"] for each in answers) == [False] * 15 + [True]
    assert len(site.rows(select(claims))) == 1


@pytest.mark.scenario("C16")
def test_of_many_processes_at_once_exactly_as_many_are_granted_as_fit(
    site: Site, store_url: str
) -> None:
    contact_ids = [site.contact(f"U-{i}") for i in range(6)]
    site.rule(limits=[{"max": 2, "window_s": DAY_S}])
    intercept = site.intercept(frequency_control=True)

    about = [store_url, site.directory_id, intercept, contact_ids, site.now]

    async def race() -> list[list[str]]:
        started = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                str(CLAIMER),
                json.dumps([*about, turn]),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            for turn in range(3)
        ]
        for process in started:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
        # All of them wait for this before their first claim.
        answers = await asyncio.gather(*(process.communicate(b"go\n") for process in started))
        return [json.loads(out) for out, _ in answers]

    granted = [contact for each in asyncio.run(race()) for contact in each]
    assert sorted(granted) == sorted(contact_ids * 2)


def test_a_claim_is_answered_the_same_again(site: Site, capped: str) -> None:
    page_view_id = fresh("page-view")
    first = site.claim(capped, "U-1", page_view_id)
    assert first["lease_ms"] == 60_000
    assert site.claim(capped, "U-1", page_view_id) == first
    site.beacon(
        "displayed",
        intercept=capped,
        reference="U-1",
        page_view_id=page_view_id,
        claim=first["claim"],
    )
    assert site.claim(capped, "U-1", page_view_id) == first
    assert site.claim(capped, "U-1")["granted"] is False


def test_another_contact_cannot_take_a_page_views_claim(site: Site, capped: str) -> None:
    site.contact("U-2")
    page_view_id = fresh("page-view")
    assert site.claim(capped, "U-1", page_view_id)["granted"] is True
    assert site.claim(capped, "U-2", page_view_id) == {"granted": False, "rule": None}
    about = {"intercept": capped, "reference": "U-2", "page_view_id": page_view_id}
    site.beacon("cancelled", **about)
    assert [each["state"] for each in site.rows(select(claims))] == ["granted"]


@pytest.mark.scenario("C17")
def test_a_lease_that_ends_leaves_no_touch(site: Site, capped: str) -> None:
    granted_at = site.now
    assert site.claim(capped, "U-1")["granted"] is True
    site.now = granted_at + 59_999
    assert site.decide("U-1")[capped] == "frequency_rule"
    assert site.claim(capped, "U-1")["granted"] is False
    site.now = granted_at + 60_000
    assert site.decide("U-1")[capped] == "shown"
    assert site.claim(capped, "U-1")["granted"] is True
    assert site.rows(select(touchpoints)) == []


def test_a_cancelled_claim_frees_exactly_its_own_slot(site: Site) -> None:
    site.contact("U-1")
    site.rule(limits=[{"max": 2, "window_s": DAY_S}])
    intercept = site.intercept(frequency_control=True)
    page_view_id = fresh("page-view")
    unused = site.claim(intercept, "U-1", page_view_id)
    assert site.claim(intercept, "U-1")["granted"] is True
    assert site.claim(intercept, "U-1")["granted"] is False
    about = {"intercept": intercept, "reference": "U-1", "page_view_id": page_view_id}
    for _ in range(2):
        site.beacon("cancelled", claim=unused["claim"], **about)
    again = site.claim(intercept, "U-1", page_view_id)
    assert again["granted"] is True
    # A late repetition of the first cancellation does not touch the second claim.
    site.beacon("cancelled", claim=unused["claim"], **about)
    assert site.claim(intercept, "U-1")["granted"] is False


def test_a_display_that_is_reported_late_still_counts_once(site: Site, capped: str) -> None:
    page_view_id, granted_at = fresh("page-view"), site.now
    granted = site.claim(capped, "U-1", page_view_id)
    site.now += 20 * 60_000
    about = {"intercept": capped, "reference": "U-1", "page_view_id": page_view_id}
    for _ in range(2):
        site.beacon("displayed", id="the-same-beacon-1", claim=granted["claim"], **about)
    (touch,) = site.rows(select(touchpoints))
    assert touch["at"] == granted_at + 60_000
    assert site.claim(capped, "U-1")["granted"] is False


def test_a_clock_that_goes_back_grants_nothing_more(site: Site, capped: str) -> None:
    shown_at = site.now
    site.display(capped, "U-1")
    for back_ms in (1, 3_600_000, 3 * DAY_S * 1000):
        site.now = shown_at - back_ms
        assert site.claim(capped, "U-1")["granted"] is False
        assert site.decide("U-1")[capped] == "frequency_rule"


def test_old_claims_are_forgotten(site: Site, capped: str) -> None:
    site.display(capped, "U-1")
    site.now += 8 * DAY_S * 1000
    site.display(capped, "U-1")
    assert len(site.rows(select(claims))) == 1
    assert len(site.rows(select(touchpoints))) == 2


def test_what_is_not_live_or_not_known_is_not_granted(site: Site, capped: str) -> None:
    assert site.claim("SI_doesnotexist", "U-1") == {"granted": False, "rule": None}
    assert site.claim(capped, "X-9") == {"granted": False, "rule": None}
    free = site.intercept()
    assert site.claim(free, "U-1")["granted"] is True
    assert site.claim(capped, "U-1")["granted"] is True

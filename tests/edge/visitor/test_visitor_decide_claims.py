"""Claims that go with a decision of the edge: what shows soon needs no second question."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from visitor_site import DAY_S, SHOP, Site, fresh

from askwell_edge.store.tables import claims


@pytest.fixture
def capped(site: Site) -> str:
    """An intercept that the contacts U-1 and U-2 may see once a day."""
    site.contact("U-1")
    site.contact("U-2")
    site.rule(limits=[{"max": 1, "window_s": DAY_S}])
    return site.intercept(frequency_control=True)


def decide(site: Site, reference: str = "U-1", page_view: str = "", **more: Any) -> dict[str, Any]:
    """The whole answer, asked with claims."""
    page_view_id = page_view or fresh("page-view")
    answer: dict[str, Any] = site.decide(
        reference, page_view_id=page_view_id, **{"claims": True, **more}
    )[""]
    return answer


def states(site: Site) -> list[str]:
    """Of every claim that is kept."""
    return [row["state"] for row in site.rows(select(claims))]


def test_a_decision_holds_the_slot_that_its_display_confirms(site: Site, capped: str) -> None:
    page_view_id = fresh("page-view")
    claimed = decide(site, page_view=page_view_id)["claims"][capped]
    assert claimed["granted"] is True
    assert claimed["lease_ms"] == 60_000
    assert site.claim(capped, "U-1", page_view_id)["claim"] == claimed["claim"]
    site.beacon(
        "displayed",
        intercept=capped,
        reference="U-1",
        page_view_id=page_view_id,
        claim=claimed["claim"],
    )
    assert states(site) == ["confirmed"]
    assert site.decide("U-1")[capped] == "frequency_rule"
    assert site.decide("U-2")[capped] == "shown"


def test_a_slot_that_was_not_used_is_free_again(site: Site, capped: str) -> None:
    page_view_id = fresh("page-view")
    claimed = decide(site, page_view=page_view_id)["claims"][capped]
    assert decide(site)["show"] == []
    about = {"intercept": capped, "reference": "U-1", "page_view_id": page_view_id}
    site.beacon("cancelled", claim=claimed["claim"], **about)
    assert decide(site)["claims"][capped]["granted"] is True


@pytest.mark.scenario("C16")
def test_of_many_decisions_at_once_exactly_one_is_granted(site: Site, capped: str) -> None:
    bodies = [
        {
            "now": site.now,
            "draw": "0" * 32,
            "page": {"url": f"{SHOP}/", "storage": True},
            "page_view_id": fresh("page-view"),
            "reference": "U-1",
            "claims": True,
        }
        for _ in range(12)
    ]
    answers = [each.json() for each in site.post_at_once("decide", bodies)]
    granted = [each for each in answers if each["claims"].get(capped, {}).get("granted")]
    assert len(granted) == 1
    assert states(site) == ["granted"]


def test_only_what_shows_within_half_a_lease_is_claimed(site: Site) -> None:
    site.contact("U-1")
    site.apply(single_active=False)
    timings: list[dict[str, Any]] = [
        {"on": "delay", "delay_s": 30},
        {"on": "delay", "delay_s": 31},
        {"on": "scroll", "percent": 50},
        {"on": "exit"},
        {"on": "click", "selector": "#buy"},
        {"on": "manual"},
        {"on": "load"},
    ]
    made = [site.intercept(frequency_control=True, timing=each) for each in timings]
    free = site.intercept()
    answer = decide(site)
    assert [each["intercept"] for each in answer["show"]] == [*made, free]
    assert set(answer["claims"]) == {made[0], made[-1]}
    assert decide(site, "X-9")["claims"] == {}
    assert "claims" not in site.decide("U-1", page_view_id=fresh("page-view"))[""]
    assert len(states(site)) == 2


def test_a_test_is_judged_and_holds_nothing(site: Site, capped: str) -> None:
    assert decide(site, debug=True)["claims"][capped]["granted"] is True
    assert states(site) == []


def test_claims_need_a_page_view(site: Site, capped: str) -> None:
    body = {"now": site.now, "draw": "0" * 32, "reference": "U-1", "claims": True}
    answer = site.post("decide", body)
    assert answer.status_code == 400
    assert answer.json()["meta"]["error"]["errorMessage"].startswith("page_view_id: ")
    assert site.post("decide", {**body, "claims": "yes"}).status_code == 400
    assert states(site) == []


def test_where_the_store_is_busy_the_page_is_left_to_ask_for_its_claim(
    site: Site, capped: str
) -> None:
    """What needs no claim shall not wait for what does."""
    site.apply(claim_timeout_ms=100)
    go_on: list[asyncio.Event] = []

    async def waits(_: Any) -> None:
        go_on.append(asyncio.Event())
        await go_on[0].wait()

    with ThreadPoolExecutor(1) as busy:
        writing = busy.submit(site.write, waits)
        while not go_on:
            assert not writing.done()
        page_view_id = fresh("page-view")
        answer = decide(site, page_view=page_view_id)
        site.client.portal.call(go_on[0].set)  # type: ignore[union-attr]
        writing.result()
    assert [each["intercept"] for each in answer["show"]] == [capped]
    assert answer["claims"] == {}
    assert site.claim(capped, "U-1", page_view_id)["granted"] is True
    assert states(site) == ["granted"]

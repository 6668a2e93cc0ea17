"""Claims, displays and cancellations in any order, beside a model that counts by hand."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert
from visitor_site import START_AT

from askwell_edge.ledger.claims import LEASE_MS, Granted, Wanted, claim, claim_names
from askwell_edge.ledger.touchpoints import Report, record_reports
from askwell_edge.settings import read_settings
from askwell_edge.store.engine import Store, open_store
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import contacts, directories, frequency_rules

MOST, WINDOW_MS, GAP_MS = 2, 1_000_000, 100_000
PAGES = range(2)


@dataclass
class Slot:
    """What one page view was granted."""

    claim_id: str
    granted_at: int
    state: str = "granted"

    def lives(self, now: int) -> bool:
        return self.state == "granted" and now < self.granted_at + LEASE_MS


@dataclass
class Model:
    """The same rules, counted by hand."""

    now: int = START_AT
    slots: dict[int, Slot] = field(default_factory=dict)
    shown_at: list[int] = field(default_factory=list)
    in_time: bool = True

    def taken(self) -> list[int]:
        held = [each.granted_at for each in self.slots.values() if each.lives(self.now)]
        return self.shown_at + held

    def allows(self) -> bool:
        taken = self.taken()
        within = sum(1 for at in taken if self.now - at < WINDOW_MS)
        return within < MOST and all(self.now - at >= GAP_MS for at in taken)


step = st.one_of(
    st.tuples(st.just("claim"), st.sampled_from(PAGES)),
    st.tuples(st.just("show"), st.sampled_from(PAGES)),
    st.tuples(st.just("cancel"), st.sampled_from(PAGES)),
    st.tuples(
        st.just("wait"),
        st.sampled_from(
            [1, LEASE_MS - 1, LEASE_MS, GAP_MS - 1, GAP_MS, WINDOW_MS - LEASE_MS, WINDOW_MS]
        ),
    ),
)


class Ledger:
    """The real ledger, asked for one new contact."""

    def __init__(self, store: Store, directory_id: str) -> None:
        self.store = store
        self.directory_id = directory_id
        self.contact_id = new_id("CID")
        self.pages = {page: new_id("PV") for page in PAGES}

    async def claim(self, page: int, now: int) -> str | None:
        page_view_id = self.pages[page]
        wanted = Wanted(page_view_id, "SI_a", None, self.directory_id, self.contact_id)
        outcome = await self.store.writer.submit(
            lambda conn: claim(conn, wanted, now), holding=claim_names(wanted)
        )
        return outcome.claim_id if isinstance(outcome, Granted) else None

    async def report(self, kind: str, page: int, claim_id: str, now: int) -> None:
        report = Report(
            id=f"{kind}-{self.pages[page]}-{claim_id}",
            kind=kind,
            at=now,
            received_at=now,
            project_id="ZN_a",
            page_view_id=self.pages[page],
            channel="web",
            directory_id=self.directory_id,
            reference=self.contact_id,
            intercept_id="SI_a",
            claim_id=claim_id,
            counts=kind == "displayed",
        )
        await self.store.writer.submit_rows(record_reports, [report])


async def tell(ledger: Ledger, steps: list[tuple[str, int]]) -> None:
    model = Model()
    for what, amount in steps:
        slot = model.slots.get(amount)
        match what:
            case "wait":
                model.now += amount
            case "claim":
                granted = await ledger.claim(amount, model.now)
                if slot is not None and (slot.state == "confirmed" or slot.lives(model.now)):
                    assert granted == slot.claim_id
                elif model.allows():
                    assert granted is not None
                    model.slots[amount] = Slot(granted, model.now)
                else:
                    assert granted is None
            case "show" if slot is not None and slot.state != "confirmed":
                model.in_time &= slot.lives(model.now)
                await ledger.report("displayed", amount, slot.claim_id, model.now)
                model.shown_at.append(min(model.now, slot.granted_at + LEASE_MS))
                slot.state = "confirmed"
            case "cancel" if slot is not None:
                await ledger.report("cancelled", amount, slot.claim_id, model.now)
                slot.state = "cancelled" if slot.state == "granted" else slot.state
    if model.in_time:
        # Whatever the order, no window holds too many and no gap is too short.
        shown = sorted(model.shown_at)
        for i, at in enumerate(shown):
            assert sum(1 for other in shown[: i + 1] if at - other < WINDOW_MS) <= MOST
            assert i == 0 or at - shown[i - 1] >= GAP_MS


@pytest.fixture
def runner() -> asyncio.Runner:
    with asyncio.Runner() as made:
        yield made


@pytest.mark.scenario("C16", "C17", "C2", "C3")
def test_the_ledger_agrees_with_counting_by_hand(
    store_url: str, tmp_path: Path, runner: asyncio.Runner
) -> None:
    environ = {"ASKWELL_DATA_DIR": str(tmp_path), "ASKWELL_DATABASE_URL": store_url}
    store = runner.run(open_store(read_settings(environ)))
    runner.run(store.writer.submit(prepare))

    # The rules are one for both stores; what is PostgreSQL's own shows in fewer orders.
    orders = 300 if store_url.startswith("sqlite") else 100

    @settings(
        max_examples=orders,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(st.lists(step, min_size=6, max_size=40))
    def agrees(steps: list[tuple[str, int]]) -> None:
        ledger = Ledger(store, "POOL_a")
        runner.run(store.writer.submit(lambda conn: add_contact(conn, ledger.contact_id)))
        runner.run(tell(ledger, steps))

    try:
        agrees()
    finally:
        runner.run(store.close())


async def prepare(conn: object) -> None:
    run = conn.execute  # type: ignore[attr-defined]
    await run(insert(directories).values(directory_id="POOL_a", name="A", created_at=1))
    for rule_id, limits, gap_s in (
        ("FR_most", [{"max": MOST, "window_s": WINDOW_MS // 1000}], None),
        ("FR_gap", [], GAP_MS // 1000),
    ):
        await run(
            insert(frequency_rules).values(
                rule_id=rule_id,
                directory_id="POOL_a",
                scope="directory",
                limits=limits,
                min_gap_s=gap_s,
                created_at=1,
            )
        )


async def add_contact(conn: object, contact_id: str) -> None:
    row = {"contact_id": contact_id, "directory_id": "POOL_a", "external_reference": contact_id}
    await conn.execute(  # type: ignore[attr-defined]
        insert(contacts).values(**row, embedded_data={}, created_at=1, modified_at=1)
    )

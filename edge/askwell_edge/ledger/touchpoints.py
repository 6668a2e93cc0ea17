"""What pages report, kept once however often it arrives: page views, displays, clicks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.segments.marks import mark_due
from askwell_edge.ledger.claims import Leases, Wanted, cancel_all, confirm_all, lease_ends
from askwell_edge.store.directory_keys import within_any
from askwell_edge.store.inserts import insert_new
from askwell_edge.store.tables import contacts, page_views, touchpoints

TYPES = {
    "displayed": "intercept_displayed",
    "clicked": "intercept_clicked",
    "dismissed": "intercept_dismissed",
}
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that happened on a page, judged against what the project published."""

    id: str
    kind: str  # page_view, displayed, clicked, dismissed, cancelled
    at: int  # when it happened, as far as the page's clock can be believed
    received_at: int
    project_id: str
    page_view_id: str
    channel: str
    directory_id: str | None  # None: nothing of it belongs on a timeline
    reference: str | None
    intercept_id: str | None = None
    action_id: str | None = None
    survey_id: str | None = None
    claim_id: str | None = None
    counts: bool = False
    test: bool = False


Known = Mapping[tuple[str, str], str]


async def record_reports(conn: AsyncConnection, reports: Sequence[Report]) -> None:
    """Write down what is new in these reports; of two with one id the first wins.

    Who is not in the directory has no timeline: of such a report only the page view is kept.
    """
    for start in range(0, len(reports), AT_ONCE):
        await _record(conn, reports[start : start + AT_ONCE])


async def _record(conn: AsyncConnection, reports: Sequence[Report]) -> None:
    known = await _known(conn, reports)
    views = [each for each in reports if each.kind == "page_view"]
    await insert_new(conn, page_views, [_page_view(each, known) for each in views])
    theirs = [(each, contact_id) for each in reports if (contact_id := _contact(each, known))]
    shown = [_wanted(each, who) for each, who in theirs if each.kind == "displayed"]
    ends = await lease_ends(conn, {each.page_view_id for each in shown})
    touches = [_touchpoint(each, who, ends) for each, who in theirs if each.kind in TYPES]
    await insert_new(conn, touchpoints, touches)
    await mark_due(conn, {(each["directory_id"], each["contact_id"]) for each in touches})
    await confirm_all(conn, shown)
    await cancel_all(conn, [_wanted(each, who) for each, who in theirs if each.kind == "cancelled"])


async def _known(conn: AsyncConnection, reports: Collection[Report]) -> Known:
    """The contact behind each (directory, reference): of several the newest modified one."""
    asked = {
        (each.directory_id, each.reference)
        for each in reports
        if each.directory_id is not None and each.reference is not None
    }
    if not asked:
        return {}
    rows = await conn.execute(among(asked))
    by_id = sorted(rows, key=lambda row: row.contact_id, reverse=True)
    oldest_first = sorted(by_id, key=lambda row: row.modified_at)
    return {(row.directory_id, row.external_reference): row.contact_id for row in oldest_first}


def among(asked: Collection[tuple[str, str]]) -> Select[Any]:
    """Contacts of these directories with these references, held until the commit.

    As pairs, or in any order, SQLite would read every contact; who is found beside the pairs is
    not used.
    """
    return (
        select(
            contacts.c.directory_id,
            contacts.c.external_reference,
            contacts.c.contact_id,
            contacts.c.modified_at,
        )
        .where(
            within_any(sorted({directory_id for directory_id, _ in asked})),
            contacts.c.external_reference.in_(sorted({reference for _, reference in asked})),
        )
        # Nobody deletes the contact between here and the commit.
        .with_for_update(read=True, key_share=True)
    )


def _contact(report: Report, known: Known) -> str | None:
    if report.directory_id is None or report.reference is None:
        return None
    return known.get((report.directory_id, report.reference))


def _page_view(report: Report, known: Known) -> dict[str, Any]:
    return {
        "page_view_id": report.page_view_id,
        "project_id": report.project_id,
        "contact_id": _contact(report, known),
        "at": report.at,
    }


def _wanted(report: Report, contact_id: str) -> Wanted:
    return Wanted(
        page_view_id=report.page_view_id,
        intercept_id=report.intercept_id or "",
        survey_id=report.survey_id,
        directory_id=report.directory_id or "",
        contact_id=contact_id,
        claim_id=report.claim_id,
    )


def _touchpoint(report: Report, contact_id: str, ends: Leases) -> dict[str, Any]:
    at = report.at
    end = ends.get((report.page_view_id, report.intercept_id or "", contact_id))
    if report.kind == "displayed" and end is not None:
        # A claim's display happened within its lease, by the edge's own clock.
        at = min(report.received_at, end)
    return {
        "touchpoint_id": report.id,
        "contact_id": contact_id,
        "directory_id": report.directory_id,
        "at": at,
        "type": TYPES[report.kind],
        "channel": report.channel,
        "project_id": report.project_id,
        "intercept_id": report.intercept_id,
        "survey_id": report.survey_id,
        "counts_toward_caps": report.counts,
        "test": report.test,
        "details": {"action_id": report.action_id, "page_view_id": report.page_view_id},
    }

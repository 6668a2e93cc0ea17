"""Beacons: what happened on pages, answered once it is on the disk (X5)."""

import json
from dataclasses import replace

from starlette.responses import Response

from askwell_edge.errors import EdgeError
from askwell_edge.ledger.touchpoints import Report, record_reports
from askwell_edge.visitor.body import as_shape, read_body
from askwell_edge.visitor.claim import published_intercept, survey_of
from askwell_edge.visitor.door import Caller
from askwell_edge.visitor.questions import Beacon, Beacons
from askwell_edge.visitor.recognising import creates, read_visitor, recognise

DAY_MS = 24 * 60 * 60 * 1000


async def post_beacons(caller: Caller) -> Response:
    """POST /p/{project}/beacons: `recorded` need not be sent again, `refused` never will be kept.

    Nothing in the answer tells whether a reference is in the directory.
    """
    sent = as_shape(await read_body(caller.request), Beacons).beacons
    reports, refused = [], []
    for each in sent:
        try:
            reports.append(await _report(caller, as_shape(each, Beacon)))
        except EdgeError as problem:
            code, message = problem.code, problem.message
            refused.append({"id": _id_of(each), "code": code, "message": message})
    if reports:
        await caller.store.writer.submit_rows(record_reports, reports)
    # In plain ASCII: the ids of refused beacons may hold halves of characters.
    answer = json.dumps({"recorded": [each.id for each in reports], "refused": refused})
    return Response(answer, media_type="application/json")


async def _report(caller: Caller, beacon: Beacon) -> Report:
    """The beacon, judged: what it is about, on whose timeline, and whether it counts."""
    project, at = caller.project, _happened_at(beacon.at, caller.now)
    report = Report(
        id=beacon.id,
        kind=beacon.kind,
        at=at,
        received_at=caller.now,
        project_id=project.project_id,
        page_view_id=beacon.page_view_id,
        channel=beacon.channel,
        directory_id=project.directory_id if project.settings["linked"] else None,
        reference=read_visitor(caller, beacon, at).reference,
    )
    if beacon.kind == "page_view":
        if report.reference is not None and creates(caller):
            await recognise(caller, beacon, at)
        return report
    intercept = published_intercept(project, beacon.intercept)
    if intercept is None:
        raise EdgeError(400, "unknown_intercept", "intercept: the project has published none such")
    return replace(
        report,
        directory_id=project.directory_id if intercept.linked else report.directory_id,
        intercept_id=intercept.id,
        action_id=beacon.action,
        survey_id=survey_of(intercept, beacon.action),
        claim_id=beacon.claim,
        counts=beacon.kind == "displayed" and intercept.frequency_control and not beacon.test,
        test=beacon.test,
    )


def _happened_at(said_at: int, now: int) -> int:
    """The page's own instant, if it is of the last day; a clock that is wrong is not believed."""
    return said_at if now - DAY_MS <= said_at <= now else now


def _id_of(beacon: object) -> str | None:
    found = beacon.get("id") if isinstance(beacon, dict) else None
    return found[:64] if isinstance(found, str) else None

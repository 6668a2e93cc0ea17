"""Claims: the edge says whether an intercept with frequency control may show now (X3)."""

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import JSONResponse, Response

from askwell_edge.ledger.claims import LEASE_MS, Denied, Granted, Wanted, claim, claim_names
from askwell_edge.projects.published import Published
from askwell_edge.store.ids import new_id
from askwell_edge.visitor.body import as_shape, read_body
from askwell_edge.visitor.door import Caller
from askwell_edge.visitor.questions import ClaimQuestion
from askwell_edge.visitor.recognising import find_contact, read_visitor
from askwell_runtime.model import Intercept


async def post_claim(caller: Caller) -> Response:
    """POST /p/{project}/claim: `{"granted": true, "claim": "CL_…", "lease_ms": 60000}`."""
    asks = as_shape(await read_body(caller.request), ClaimQuestion)
    visitor = read_visitor(caller, asks)
    async with caller.store.glance() as conn:
        await find_contact(conn, caller, visitor)
    return JSONResponse(await claim_for(caller, visitor.contact_id, asks))


async def claim_for(
    caller: Caller, contact_id: str | None, asks: ClaimQuestion
) -> dict[str, object]:
    """The answer to a claim for this contact, granted or not."""
    match await _outcome(caller, contact_id, asks):
        case Granted(claim_id):
            return {"granted": True, "claim": claim_id, "lease_ms": LEASE_MS}
        case Denied(rule_id):
            return {"granted": False, "rule": rule_id}


async def _outcome(caller: Caller, contact_id: str | None, asks: ClaimQuestion) -> Granted | Denied:
    intercept = published_intercept(caller.project, asks.intercept)
    directory_id = caller.project.directory_id
    if intercept is None or not intercept.active or directory_id is None or contact_id is None:
        return Denied(None)
    if not intercept.frequency_control:
        return Granted(new_id("CL"), caller.now + LEASE_MS)
    wanted = Wanted(
        page_view_id=asks.page_view_id,
        intercept_id=intercept.id,
        survey_id=survey_of(intercept, asks.action),
        directory_id=directory_id,
        contact_id=contact_id,
    )

    async def write(conn: AsyncConnection) -> Granted | Denied:
        return await claim(conn, wanted, caller.now, test=asks.test)

    return await caller.store.writer.submit(write, holding=claim_names(wanted))


def published_intercept(project: Published, intercept_id: str | None) -> Intercept | None:
    """The intercept as it is published now."""
    intercepts = project.bundle.intercepts if project.bundle is not None else ()
    return next((each for each in intercepts if each.id == intercept_id), None)


def survey_of(intercept: Intercept, action_id: str | None) -> str | None:
    """The survey that a display invites to: the action set's own, or the intercept's."""
    for action in intercept.actions:
        if action.id == action_id and action.survey_id is not None:
            return action.survey_id
    return intercept.survey_id

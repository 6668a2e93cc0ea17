"""Decisions on the edge, by the same core, for whoever cannot run it or waits for it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from askwell_edge.errors import BadBody, EdgeError
from askwell_edge.ledger.claims import LEASE_MS
from askwell_edge.visitor.body import as_shape, read_body
from askwell_edge.visitor.claim import claim_for
from askwell_edge.visitor.door import Caller
from askwell_edge.visitor.questions import ClaimQuestion, DecideQuestion
from askwell_edge.visitor.snapshot import snapshot_for
from askwell_runtime.answer import answer
from askwell_runtime.errors import WireError
from askwell_runtime.receipt import answer_text
from askwell_runtime.request import read_request
from askwell_runtime.wire import read_snapshot


async def post_decide(caller: Caller) -> Response:
    """POST /p/{project}/decide: page facts and reference in, the core's answer out.

    Asked with `claims`, the answer also holds `{"claims": {"SI_…": …}}`, so that what comes soon
    needs no second question.
    """
    value = await read_body(caller.request)
    asks = as_shape(value, DecideQuestion)
    if asks.claims and asks.page_view_id is None:
        raise BadBody("page_view_id", "needed to claim")
    try:
        # By the core's own reader, so that both hosts read the same numbers.
        request = read_request(json.dumps(value))
    except WireError as problem:
        raise BadBody(problem.path or "body", problem.problem) from None
    visitor, snapshot = await snapshot_for(caller, asks)
    if caller.project.bundle is None:
        return JSONResponse({"bundle": None, "decisions": [], "show": []})
    decided = answer(caller.project.bundle, read_snapshot(snapshot), request)
    if asks.claims:
        asked = _asked(decided, str(asks.page_view_id), test=request.debug)
        decided["claims"] = await _claim_all(caller, visitor.contact_id, asked)
    return Response(answer_text(decided), media_type="application/json")


def _asked(decided: dict[str, Any], page_view_id: str, *, test: bool) -> list[ClaimQuestion]:
    """The claims of what shows soon; what waits for the visitor is claimed in its moment."""
    return [
        ClaimQuestion(
            page_view_id=page_view_id,
            intercept=each["intercept"],
            action=each["action"],
            test=test,
        )
        for each in decided["show"]
        if each["claim"] and _soon(each["timing"])
    ]


def _soon(timing: Mapping[str, Any]) -> bool:
    """Well within the time for which a slot is held."""
    match timing["on"]:
        case "load":
            return True
        case "delay":
            return bool(timing["delay_s"] * 1000 <= LEASE_MS / 2)
        case _:
            return False


async def _claim_all(
    caller: Caller, contact_id: str | None, asked: list[ClaimQuestion]
) -> dict[str, object]:
    """`{intercept: answer to its claim}`; nothing where that fails: the page asks again."""
    try:
        async with asyncio.timeout(caller.project.settings["claim_timeout_ms"] / 1000):
            told = await asyncio.gather(*(claim_for(caller, contact_id, each) for each in asked))
    except (EdgeError, TimeoutError):
        return {}
    return {each.intercept: answered for each, answered in zip(asked, told, strict=True)}

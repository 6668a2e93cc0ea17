"""Decisions on the edge, by the same core, for whoever cannot run it or waits for it."""

import json

from starlette.responses import JSONResponse, Response

from askwell_edge.errors import BadBody
from askwell_edge.visitor.body import as_shape, read_body
from askwell_edge.visitor.door import Caller
from askwell_edge.visitor.questions import SnapshotQuestion
from askwell_edge.visitor.snapshot import snapshot_for
from askwell_runtime.answer import answer
from askwell_runtime.errors import WireError
from askwell_runtime.receipt import answer_text
from askwell_runtime.request import read_request
from askwell_runtime.wire import read_snapshot


async def post_decide(caller: Caller) -> Response:
    """POST /p/{project}/decide: page facts and reference in, the core's answer out."""
    value = await read_body(caller.request)
    asks = as_shape(value, SnapshotQuestion)
    try:
        # By the core's own reader, so that both hosts read the same numbers.
        request = read_request(json.dumps(value))
    except WireError as problem:
        raise BadBody(problem.path or "body", problem.problem) from None
    snapshot = read_snapshot(await snapshot_for(caller, asks))
    if caller.project.bundle is None:
        return JSONResponse({"bundle": None, "decisions": [], "show": []})
    decided = answer(caller.project.bundle, snapshot, request)
    return Response(answer_text(decided), media_type="application/json")

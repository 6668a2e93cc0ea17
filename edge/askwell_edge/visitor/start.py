"""The start file: what a page must know before anything else, and whether anything can show."""

import hashlib
import json
from typing import Any

from starlette.responses import Response

from askwell_edge.projects.preview import PARAMETER, opens_debugger
from askwell_edge.visitor.built import CLIENT, DEBUGGER, ENGINE_WORKER, Built
from askwell_edge.visitor.door import Caller
from askwell_edge.visitor.encodings import same_tag
from askwell_edge.visitor.recognising import creates

LIFE = "public, max-age=30"
# Scripts that pages open when they are wanted, by their names in the start file.
PARTS = {"client": CLIENT, "debugger": DEBUGGER, "engine": ENGINE_WORKER}
FROM_SETTINGS = (
    "mode",
    "sampling",
    "single_active",
    "linked",
    "reevaluate_on_url",
    "cookie_domain",
    "claim_timeout_ms",
    "paint_timeout_ms",
)


async def get_start(caller: Caller) -> Response:
    """GET /p/{project}/start.json: changes with each publication, else answered 304."""
    start, project = start_of(caller), caller.project
    token = caller.request.query_params.get(PARAMETER)
    if token and opens_debugger(project.keys, project.project_id, token, caller.now):
        start["debug"] = True
    body = encoded(start)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": LIFE}
    if same_tag(caller.request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def start_of(caller: Caller) -> dict[str, Any]:
    """The start file of docs/wire.md section 6."""
    project = caller.project
    built: Built = caller.request.app.state.built
    chosen = caller.request.app.state.settings
    scripts = {
        name: file for name, stem in PARTS.items() if (file := built.by_stem.get(stem)) is not None
    }
    return {
        "v": 1,
        "project": project.project_id,
        "bundle": project.bundle_hash,
        **{name: project.settings[name] for name in FROM_SETTINGS},
        "creates": creates(caller),
        "reads": project.reads,
        "prefilter": list(project.prefilter),
        "files": {
            **{name: f"/a/{file.name}" for name, file in scripts.items()},
            "frame": f"/p/{project.project_id}/frame",
        },
        "integrity": {name: file.integrity for name, file in scripts.items()},
        "engine": {"variants": list(chosen.engines)},
    }


def encoded(start: dict[str, Any]) -> bytes:
    """As it is sent: JSON without blanks."""
    return json.dumps(start, separators=(",", ":")).encode()

"""The start file: what a page must know before anything else, and whether anything can show."""

import hashlib
import json
from typing import Any

from starlette.responses import Response

from askwell_edge.projects.preview import PARAMETER, opens_debugger
from askwell_edge.visitor.built import CLIENT, DEBUGGER, Built
from askwell_edge.visitor.door import Caller
from askwell_edge.visitor.encodings import same_tag
from askwell_edge.visitor.recognising import creates

LIFE = "public, max-age=30"
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
    body = json.dumps(start_of(caller), separators=(",", ":")).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": LIFE}
    if same_tag(caller.request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def start_of(caller: Caller) -> dict[str, Any]:
    """The start file of docs/wire.md section 6."""
    project = caller.project
    built: Built = caller.request.app.state.built
    prefix = caller.request.app.state.settings.path_prefix
    scripts = {
        stem: file for stem in (CLIENT, DEBUGGER) if (file := built.by_stem.get(stem)) is not None
    }
    start: dict[str, Any] = {
        "v": 1,
        "project": project.project_id,
        "bundle": project.bundle_hash,
        **{name: project.settings[name] for name in FROM_SETTINGS},
        "creates": creates(caller),
        "reads": project.reads,
        "prefilter": list(project.prefilter),
        "files": {
            **{stem: f"{prefix}/a/{file.name}" for stem, file in scripts.items()},
            "frame": f"{prefix}/p/{project.project_id}/frame",
        },
        "integrity": {stem: file.integrity for stem, file in scripts.items()},
    }
    token = caller.request.query_params.get(PARAMETER)
    if token and opens_debugger(project.keys, project.project_id, token, caller.now):
        start["debug"] = True
    return start

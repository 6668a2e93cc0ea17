"""The engine's frame: a page of the edge's own origin that only the project's pages may hold."""

import json

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from askwell_edge.projects.published import Published
from askwell_edge.visitor.built import FRAME, FRAME_PAGE, Built

# Until the engine is built: a page that says nothing, which pages take for an absent engine.
EMPTY_PAGE = '<!doctype html>\n<meta charset="utf-8">\n<title>Askwell</title>\n'


async def get_frame(request: Request) -> Response:
    """GET /p/{project}/frame: HTML with a policy that names the project's origins."""
    project = await request.app.state.projects.find(request.path_params["project"])
    built: Built = request.app.state.built
    chosen = request.app.state.settings
    prefix = chosen.path_prefix
    page, script = built.text(FRAME_PAGE), built.by_stem.get(FRAME)
    if page is None or script is None:
        page = EMPTY_PAGE
    else:
        told = {"origins": list(project.origins), "variants": list(chosen.engines)}
        settings = json.dumps(told).replace("<", "\\u003c")
        page = (
            page.replace("{{settings}}", settings)
            .replace("{{script}}", f"{prefix}/a/{script.name}")
            .replace("{{integrity}}", script.integrity)
        )
    headers = {
        "Content-Security-Policy": frame_policy(project),
        "Cache-Control": "public, max-age=300",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return HTMLResponse(page, headers=headers)


def frame_policy(project: Published) -> str:
    """What the frame may do, and which pages may hold it."""
    ancestors = " ".join(["'self'", *project.origins])
    return (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
        f"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )

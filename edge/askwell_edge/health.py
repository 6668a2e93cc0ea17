"""What watches the edge asks: does the process live, does its store answer, how is it doing."""

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route


async def live(request: Request) -> Response:
    """GET /health: the process answers."""
    return JSONResponse({"state": "live"})


async def ready(request: Request) -> Response:
    """GET /ready: the store answers too; 503 when it does not."""
    async with request.app.state.store.read() as conn:
        await conn.execute(text("SELECT 1"))
    return JSONResponse({"state": "ready"})


routes: list[BaseRoute] = [Route("/health", live), Route("/ready", ready)]

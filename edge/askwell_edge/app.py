"""The whole edge as one ASGI application: its rooms' routes, one store, one clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute

from askwell_edge import health
from askwell_edge.access.last_use import LastUse
from askwell_edge.access.routes import routes as access_routes
from askwell_edge.border import Border
from askwell_edge.console.routes import routes as console_routes
from askwell_edge.demo.routes import routes as shop_routes
from askwell_edge.directory.imports.uploads import keep_importing
from askwell_edge.directory.merges.searching import Searches
from askwell_edge.directory.routes import routes as directory_routes
from askwell_edge.directory.upkeep import keep_up
from askwell_edge.errors import EdgeError, refusal
from askwell_edge.projects.routes import routes as projects_routes
from askwell_edge.reference.routes import routes as reference_routes
from askwell_edge.settings import Settings
from askwell_edge.store.clock import Clock, now_ms
from askwell_edge.store.engine import open_store
from askwell_edge.visitor.built import read_built
from askwell_edge.visitor.kept import KeptProjects
from askwell_edge.visitor.routes import routes as visitor_routes
from askwell_edge.visitor.traffic import Traffic

ROOMS: list[BaseRoute] = [
    *visitor_routes,
    *access_routes,
    *directory_routes,
    *projects_routes,
    *reference_routes,
    *console_routes,
]


def create_app(settings: Settings, *, shop: bool = False, clock: Clock | None = None) -> Starlette:
    """The edge with these settings; `clock` gives the instant in UTC milliseconds.

    `shop` opens the demo's shop on it, which no site of one's own has.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.store = await open_store(settings)
        app.state.last_use = LastUse(app.state.store)
        app.state.searches = Searches(app.state.store)
        app.state.projects = KeptProjects(app.state.store)
        app.state.imports, app.state.merges = set(), set()
        store, clock = app.state.store, app.state.clock
        chores = (
            asyncio.create_task(keep_up(store, clock, settings.upkeep_s), name="upkeep"),
            asyncio.create_task(keep_importing(store, clock, settings), name="imports"),
        )
        try:
            yield
        finally:
            # The store would not close the connection that somebody still reads from.
            left = (*chores, *app.state.imports, *app.state.merges)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await app.state.searches.close()
            await app.state.store.close()

    app = Starlette(
        routes=[*(shop_routes if shop else ()), *health.routes, *ROOMS],
        middleware=[Middleware(Border)],
        exception_handlers=dict.fromkeys(
            (EdgeError, HTTPException, ClientDisconnect, Exception), refusal
        ),
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.clock = clock or now_ms
    app.state.traffic = Traffic(settings)
    app.state.built = read_built(settings.built_dir)
    return app

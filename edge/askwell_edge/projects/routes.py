"""Every address of the projects' API."""

from starlette.routing import BaseRoute

from askwell_edge.projects import intercepts_api, projects_api

routes: list[BaseRoute] = [*projects_api.routes, *intercepts_api.routes]

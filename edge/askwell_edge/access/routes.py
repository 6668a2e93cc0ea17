"""Every address of the API about who may do what, and who did what."""

from starlette.routing import BaseRoute

from askwell_edge.access import (
    audit_api,
    clients_api,
    oauth,
    operators_api,
    permissions_api,
    tokens_api,
    users_api,
)

routes: list[BaseRoute] = [
    *operators_api.routes,
    *permissions_api.routes,
    *users_api.routes,
    *tokens_api.routes,
    *clients_api.routes,
    *oauth.routes,
    *audit_api.routes,
]

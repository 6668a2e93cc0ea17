"""Every address of the directory's API."""

from starlette.routing import BaseRoute

from askwell_edge.directory import (
    audience_api,
    contacts_api,
    directories_api,
    duplicates_api,
    exports_api,
    history_api,
    imports_api,
    list_contacts_api,
    lists_api,
    merges_api,
    optout_api,
    rules_api,
    segments_api,
    transaction_batches_api,
    transactions_api,
)

routes: list[BaseRoute] = [
    *directories_api.routes,
    *contacts_api.routes,
    *lists_api.routes,
    *list_contacts_api.routes,
    *rules_api.routes,
    *segments_api.routes,
    *imports_api.routes,
    *exports_api.routes,
    *merges_api.routes,
    *duplicates_api.routes,
    *optout_api.routes,
    *audience_api.routes,
    *transactions_api.routes,
    *transaction_batches_api.routes,
    *history_api.routes,
]

"""Every address of the directory's API."""

from starlette.routing import BaseRoute

from askwell_edge.directory import directories_api, rules_api
from askwell_edge.directory.contacts import contacts_api, history_api
from askwell_edge.directory.imports import (
    contact_imports_api,
    exports_api,
    imports_api,
    previews_api,
)
from askwell_edge.directory.lists import audience_api, list_contacts_api, lists_api, optout_api
from askwell_edge.directory.merges import distinct_api, duplicates_api, merges_api, runs_api
from askwell_edge.directory.segments import segments_api
from askwell_edge.directory.transactions import batches_api, transactions_api

routes: list[BaseRoute] = [
    *directories_api.routes,
    *contacts_api.routes,
    *lists_api.routes,
    *list_contacts_api.routes,
    *rules_api.routes,
    *segments_api.routes,
    *imports_api.routes,
    *previews_api.routes,
    *contact_imports_api.routes,
    *exports_api.routes,
    *merges_api.routes,
    *runs_api.routes,
    *duplicates_api.routes,
    *distinct_api.routes,
    *optout_api.routes,
    *audience_api.routes,
    *transactions_api.routes,
    *batches_api.routes,
    *history_api.routes,
]

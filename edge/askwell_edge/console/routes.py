"""Every address of the console; whatever is left is a page that says so."""

from starlette.routing import BaseRoute, Route

from askwell_edge.console import (
    action_sets,
    alike,
    audience,
    auditing,
    builder,
    contact,
    contact_forms,
    contacts,
    directories,
    frequency,
    home,
    identity,
    import_runs,
    imports,
    intercept_forms,
    intercepts,
    linking,
    lists,
    merge_runs,
    merges,
    operators,
    projects,
    segments,
    signing,
    tokens,
    why,
)
from askwell_edge.console.pages import nothing_here

routes: list[BaseRoute] = [
    *signing.routes,
    *home.routes,
    *contact_forms.routes,
    *contacts.routes,
    *contact.routes,
    *directories.routes,
    *audience.routes,
    *lists.routes,
    *builder.routes,
    *segments.routes,
    *identity.routes,
    *imports.routes,  # before single ones, whose addresses look the same
    *import_runs.routes,
    *alike.routes,  # before single merges, whose addresses look the same
    *merge_runs.routes,
    *merges.routes,
    *frequency.routes,
    *projects.routes,
    *linking.routes,
    *intercept_forms.routes,
    *action_sets.routes,
    *intercepts.routes,
    *why.routes,
    *operators.routes,
    *tokens.routes,
    *auditing.routes,
    Route("/console/{rest:path}", nothing_here),
]

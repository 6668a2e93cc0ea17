"""/API/v3 previews of imports: what a file would do to the directory, without doing it."""

from starlette.routing import BaseRoute

from askwell_edge.access.answers import ContactId, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.directory.contacts.identity import api_field
from askwell_edge.directory.imports.importing import chunks_of
from askwell_edge.directory.imports.imports_api import (
    ALL,
    FORMATS,
    TERMS,
    RefusedRow,
    kept_body,
    managed,
    options_in,
)
from askwell_edge.directory.imports.rehearsing import Rehearsal, rehearse, turns


class FoundBy(Shown):
    """An identity rule, and how many rows find a contact by it: known, or of an earlier row."""

    fields: list[str]
    rows: int


class FieldChange(Shown):
    """One field that would become another; `embeddedData.NAME` is one of embedded data."""

    name: str
    before: str | bool | None
    after: str | bool | None


class ContactChange(Shown):
    """A contact that would be changed by one row."""

    contact_id: ContactId
    fields: list[FieldChange]


class ImportPreview(Shown):
    """What an import would do. `complete`: all rows were looked at, not the first alone.

    `failure` says why the file cannot be read any further, after the rows that are counted. Of
    those that would be updated the first ten show what would change.
    """

    rows: int
    complete: bool
    failure: str | None
    created: int
    updated: int
    unchanged: int
    refused: int
    added_to_list: int
    found_by: list[FoundBy]
    changes: list[ContactChange]
    errors: list[RefusedRow]


async def preview(call: Call) -> ImportPreview:
    """POST the file as for an import, with the same parameters: what it would do, without doing it.

    Looks at the first 10,000 rows, or 32 MiB, and says whether that was all. What others change
    meanwhile or imports that wait their turn would change is not known to it.
    """
    directory_id = managed(call)
    options = options_in(call)
    file = await kept_body(call)
    try:
        async with turns(call.request.app):
            told = await rehearse(call.store, directory_id, chunks_of(file), options, call.at)
    finally:
        file.unlink(missing_ok=True)
    return shown(told)


def shown(told: Rehearsal) -> ImportPreview:
    """The rehearsal in the API's shape."""
    tally = told.tally
    return ImportPreview(
        rows=tally.rows,
        complete=told.is_whole,
        failure=told.failure,
        created=tally.created,
        updated=tally.updated,
        unchanged=tally.unchanged,
        refused=tally.refused,
        added_to_list=told.listed,
        found_by=[
            FoundBy(
                fields=[api_field(each) for each in rule.fields], rows=told.found_by[rule.position]
            )
            for rule in told.rules
            if rule.enabled
        ],
        changes=[
            ContactChange(
                contact_id=each.contact_id,
                fields=[
                    FieldChange(name=n, before=b, after=a) for n, (b, a) in each.fields.items()
                ],
            )
            for each in told.changes
        ],
        errors=[RefusedRow(row=row, message=why) for row, why in told.refused],
    )


routes: list[BaseRoute] = [
    api(
        "POST",
        f"{ALL}/preview",
        "manage:directory_contacts",
        preview,
        query=tuple(each for each in TERMS if each != "name"),
        accepts=tuple(FORMATS),
    )
]

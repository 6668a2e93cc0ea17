"""/API/v3 imports of contacts onto a list: sent as JSON with what they did, watched, summed up.

The body becomes a file of JSON lines, which is imported as any other upload is.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.answers import Results
from askwell_edge.access.calls import Call, api
from askwell_edge.access.refusals import Unknown
from askwell_edge.access.roles import Permission, require, require_scope
from askwell_edge.directory.imports.contact_shapes import (
    ContactCounts,
    ContactImport,
    ContactOutcome,
    Counted,
    ImportedContact,
    ImportedContacts,
    ImportedTransactions,
    ImportProgress,
    ImportSummary,
    StartedImport,
    Status,
    Tracking,
    TransactionCounts,
)
from askwell_edge.directory.imports.options import Options
from askwell_edge.directory.imports.outcomes import forget_outcomes, outcomes_of
from askwell_edge.directory.imports.refused_rows import errors_of
from askwell_edge.directory.imports.runs import (
    get_import,
    hold_imports,
    new_run,
    new_worker,
    same_import,
    take_over,
    wait_again,
)
from askwell_edge.directory.imports.uploads import begin_beside, upload_folder
from askwell_edge.directory.imports.waiting import must_wait
from askwell_edge.directory.transactions.batches import get_batch, require_room

LIST = "/directories/{directory_id}/mailinglists/{list_id}"
# Existing clients know the first one.
PLACES = (f"{LIST}/transactioncontacts", f"{LIST}/imports/contacts")
REPORT = "/directories/{directory_id}/imports/api-imports/jobs/{progress_id}/report"
BODY_LIMIT = 5 << 20
# The same body with transactions is the same import for so long: an answer may have been lost.
SAME_MS = 24 * 60 * 60 * 1000
NAME = "Contacts by API"


class Sent(NamedTuple):
    """What came with a call: how many contacts and transactions, and the file that they are now."""

    contacts: int
    transactions: int
    digest: str
    file: str
    worker: str


async def start(call: Call) -> StartedImport:
    """POST: contacts in directory and list, with what they did; answers before they are there.

    Whom an identity rule finds is updated. A contact is kept whole or refused: `GET …/imports/{id}`
    tells why, by its number. One import is made after the other; at most 20 wait. A body with
    transactions that comes again within a day is the same import, and so is any that comes before
    it is done; one that was stopped goes on with it. Transactions need the scope
    `manage:contact_transactions` too.
    """
    body = await call.body(ContactImport, BODY_LIMIT)
    require(call.caller, Permission.MANAGE_DIRECTORY, call.path("directory_id"))
    happened = sum(bool(each.transaction_data) for each in body.contacts)
    if happened or body.transaction_meta is not None:
        require_scope(call.caller, "manage:contact_transactions")
    meta = body.transaction_meta
    options = Options(
        format="jsonl",
        list_id=call.path("list_id"),
        batch_id=meta.batch_id if meta else None,
        transaction_fields=meta.fields if meta else None,
    )
    folder = upload_folder(call.request.app.state.settings)
    file, digest = await asyncio.to_thread(_kept, folder, body.contacts)
    sent = Sent(len(body.contacts), happened, digest, file.name, new_worker())
    try:
        run = await call.write(lambda conn: _begin(conn, call, sent, options))
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    begin_beside(call.request.app, run, sent.worker, options, file)
    here = call.request.url
    address = here.replace(path=f"{here.path.rstrip('/')}/{run['import_id']}", query="")
    return StartedImport(
        id=run["import_id"],
        contacts=Counted(count=sent.contacts),
        tracking=Tracking(url=str(address)),
        status=_status(run),
    )


async def _begin(conn: AsyncConnection, call: Call, sent: Sent, options: Options) -> RowMapping:
    """The run of these very contacts that is there, or a new one."""
    directory_id = call.path("directory_id")
    await hold_imports(conn, directory_id)
    if options.batch_id is not None:
        await get_batch(conn, directory_id, options.batch_id)
    same = await same_import(conn, directory_id, sent.digest, options, call.at - SAME_MS)
    if same is not None and same["state"] != "stopped":
        return same
    waits = await must_wait(conn, directory_id, call.at)
    if same is not None and waits:
        return await wait_again(conn, same, sent.file)
    if same is not None:
        return await take_over(conn, same, sent.worker, call.at, file=sent.file)
    if options.batch_id is not None:
        await require_room(conn, options.batch_id, sent.transactions, "transactionMeta.batchId")
    await forget_outcomes(conn, directory_id, call.at)
    run = await new_run(
        conn,
        directory_id,
        NAME,
        sent.digest,
        call.at,
        options,
        worker=None if waits else sent.worker,
        file=sent.file,
        prefix="PGRS",
        row_count=sent.contacts,
    )
    who, after = (
        call.caller.operator_id,
        {"name": NAME, "contacts": sent.contacts, **options.kept()},
    )
    await audit.record(conn, who, "import.start", run["import_id"], call.at, after=after)
    return run


async def progress(call: Call) -> ImportProgress:
    """GET: how far an import is."""
    async with call.reading() as conn:
        return _progress(await _run(conn, call))


async def summary(call: Call) -> ImportSummary:
    """GET: what became of an import, and the e-mail addresses that are none."""
    async with call.reading() as conn:
        run = await _run(conn, call)
        errors = await errors_of(conn, run["import_id"])
    told = msgspec.structs.asdict(_progress(run))
    invalid = [each["address"] for each in errors if each["address"] is not None]
    return ImportSummary(**told, invalid_emails=invalid)


async def report(call: Call) -> Results[ContactOutcome]:
    """GET: what became of each contact so far, for 30 days; at most 10,000 of those refused."""
    async with call.reading() as conn:
        run = await _run(conn, call, of_list=False)
        kept = await outcomes_of(conn, run["import_id"])
        errors = await errors_of(conn, run["import_id"])
    told = [
        ContactOutcome(
            row=each["row"],
            status="added" if each["outcome"] == "created" else each["outcome"],
            contact_id=each["contact_id"],
            error_message=None,
        )
        for each in kept
    ]
    told += [
        ContactOutcome(
            row=each["row"], status="failed", contact_id=None, error_message=each["message"]
        )
        for each in errors
    ]
    return Results(sorted(told, key=lambda each: each.row))


async def _run(conn: AsyncConnection, call: Call, *, of_list: bool = True) -> RowMapping:
    directory_id, import_id = call.path("directory_id"), call.path("progress_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)
    run = await get_import(conn, directory_id, import_id)
    elsewhere = of_list and run["list_id"] != call.path("list_id")
    if run["row_count"] is None or elsewhere:
        raise Unknown("import", import_id)
    return run


def _progress(run: RowMapping) -> ImportProgress:
    ended = run["state"] in ("finished", "failed")
    counts = ContactCounts(
        added=run["created"], updated=run["updated"] + run["unchanged"], failed=run["refused"]
    )
    return ImportProgress(
        percent_complete=100
        if ended
        else min(99, round(100 * run["rows_done"] / run["row_count"])),
        contacts=ImportedContacts(count=counts),
        transactions=ImportedTransactions(count=TransactionCounts(created=run["transactions"])),
        status=_status(run),
    )


def _status(run: RowMapping) -> Status:
    told: dict[str, Status] = {"waiting": "queued", "finished": "complete", "failed": "failed"}
    told["stopped"] = "failed"  # it does not go on by itself: nobody waits for it
    return told.get(run["state"], "inProgress")


def _kept(folder: Path, contacts: Iterable[ImportedContact]) -> tuple[Path, str]:
    """A file with a line for each, so that the import outlives the process; and its digest."""
    lines = msgspec.json.Encoder().encode_lines(list(contacts))
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(lines)
    return Path(file.name), hashlib.sha256(lines).hexdigest()


READ, MANAGE = "read:directory_contacts", "manage:directory_contacts"
routes: list[BaseRoute] = [
    route
    for place in PLACES
    for route in (
        api("POST", place, MANAGE, start, body=ContactImport),
        api("GET", f"{place}/{{progress_id}}", READ, progress),
        api("GET", f"{place}/{{progress_id}}/summary", READ, summary),
    )
]
routes.append(api("GET", REPORT, READ, report))

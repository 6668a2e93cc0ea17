"""/API/v3 transactions of contacts: a batch at once, one contact's, one by its id."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType, field
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.answers import ContactId, Instant, Made, Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.paging import PAGE, next_page, pack_token, page_size, read_token
from askwell_edge.access.refusals import Invalid, Unknown
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.contacts.contacts import get_contact
from askwell_edge.directory.contacts.shapes import Embedded, Pairs
from askwell_edge.directory.lists.lists import get_list
from askwell_edge.directory.segments.membership import evaluate_if_live
from askwell_edge.directory.transactions import transactions

BATCH = "/directories/{directory_id}/transactions"
SHORT = f"{BATCH}/{{transaction_id}}"
CONTACT = "/directories/{directory_id}/contacts/{contact_id}/transactions"
ONE = f"{CONTACT}/{{transaction_id}}"
BATCH_LIMIT = 100

Date = int | str | None


class NewTransaction(Struct, rename="camel", forbid_unknown_fields=True):
    """One transaction; `transactionDate` in UTC milliseconds or as ISO 8601, now if absent."""

    contact_id: str
    data: Pairs
    mailing_list_id: str | None = None
    transaction_date: Date = None


class TransactionChange(Struct, rename="camel", forbid_unknown_fields=True):
    """The transaction's fields from now on, or those to add."""

    data: Pairs
    transaction_date: Date | UnsetType = UNSET


Batch = dict[str, NewTransaction]


class Transaction(Shown):
    """A transaction of a contact."""

    transaction_id: str
    contact_id: ContactId
    mailing_list_id: str | None
    transaction_date: Instant
    data: Embedded


class Created(Shown):
    """The ids of a batch by the names that it was sent with."""

    created_transactions: dict[str, Made]
    unprocessed_transactions: dict[str, str] = field(default_factory=dict)


def transaction_shape(row: Mapping[Any, Any]) -> Transaction:
    """A transaction as the API shows it."""
    return Transaction(
        transaction_id=row["transaction_id"],
        contact_id=row["contact_id"],
        mailing_list_id=row["list_id"],
        transaction_date=row["at"],
        data=row["fields"],
    )


async def create(call: Call) -> Created:
    """POST `{"any name": transaction, …}`: at most 100, all of them or none; ids by name."""
    body = await call.body(Batch)
    directory_id = _allowed(call)
    if not 1 <= len(body) <= BATCH_LIMIT:
        raise Invalid("body", f"must have 1 to {BATCH_LIMIT} transactions")

    async def write(conn: AsyncConnection) -> dict[str, Made]:
        made = {name: await _keep(conn, call, name, each) for name, each in body.items()}
        for contact_id in dict.fromkeys(row["contact_id"] for row in made.values()):
            await evaluate_if_live(conn, directory_id, contact_id, call.at)
        return {name: Made(id=row["transaction_id"]) for name, row in made.items()}

    return Created(created_transactions=await call.write(write))


async def _keep(conn: AsyncConnection, call: Call, name: str, body: NewTransaction) -> RowMapping:
    directory_id = call.path("directory_id")
    contact_id = (await get_contact(conn, directory_id, body.contact_id))["contact_id"]
    if body.mailing_list_id is not None:
        await get_list(conn, directory_id, body.mailing_list_id)
    transaction_id = await transactions.record_transaction(
        conn,
        directory_id,
        contact_id,
        body.data,
        read_instant(body.transaction_date, f"{name}.transactionDate", call.at),
        list_id=body.mailing_list_id,
        path=f"{name}.data",
    )
    row = await transactions.get_transaction(conn, directory_id, transaction_id)
    await _record(conn, call, "create", transaction_id, None, row)
    return row


async def list_all(call: Call) -> Page[Transaction]:
    """GET: a contact's transactions, newest first, page by page."""
    directory_id, size = _allowed(call), page_size(call)
    before = read_token(call.query("skipToken"), int, str)
    async with call.reading() as conn:
        contact = await get_contact(conn, directory_id, call.path("contact_id"))
        rows = await transactions.transactions_of(
            conn,
            contact["contact_id"],
            before=None if before is None else (before[0], before[1]),
            limit=size,
        )
    last = rows[-1] if len(rows) == size else None
    token = None if last is None else pack_token(last["at"], last["transaction_id"])
    shown = [transaction_shape(row) for row in rows]
    return Page(elements=shown, next_page=next_page(call, token))


async def get(call: Call) -> Transaction:
    """GET: one transaction."""
    async with call.reading() as conn:
        return transaction_shape(await _row(conn, call))


async def append(call: Call) -> None:
    """POST: more fields beside those that are there."""
    await _change(call, append=True)


async def replace(call: Call) -> None:
    """PUT: these fields instead of those that are there, and another date if sent."""
    await _change(call, append=False)


async def _change(call: Call, *, append: bool) -> None:
    body = await call.body(TransactionChange)
    at = None
    if body.transaction_date is not UNSET:
        at = read_instant(body.transaction_date, "transactionDate", call.at)

    async def write(conn: AsyncConnection) -> None:
        row = await _row(conn, call)
        await transactions.change_transaction(conn, row, body.data, at=at, append=append)
        await evaluate_if_live(conn, row["directory_id"], row["contact_id"], call.at)
        await _record(conn, call, "update", row["transaction_id"], row, await _row(conn, call))

    await call.write(write)


async def delete(call: Call) -> None:
    """DELETE: the transaction; it counts nowhere any more."""

    async def write(conn: AsyncConnection) -> None:
        row = await _row(conn, call)
        await transactions.delete_transaction(conn, row["transaction_id"])
        await evaluate_if_live(conn, row["directory_id"], row["contact_id"], call.at)
        await _record(conn, call, "delete", row["transaction_id"], row, None)

    await call.write(write)


def _allowed(call: Call) -> str:
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    return directory_id


async def _row(conn: AsyncConnection, call: Call) -> RowMapping:
    """The transaction that the address names; of the contact that it names, if it names one."""
    directory_id = _allowed(call)
    row = await transactions.get_transaction(conn, directory_id, call.path("transaction_id"))
    named = call.request.path_params.get("contact_id")
    if named is not None:
        contact = await get_contact(conn, directory_id, named)
        if contact["contact_id"] != row["contact_id"]:
            raise Unknown("transaction", row["transaction_id"])
    return row


def read_instant(given: Date, path: str, now: int) -> int:
    """An instant as it was sent: UTC milliseconds or ISO 8601; `now` if none was."""
    if given is None:
        return now
    if isinstance(given, str):
        try:
            read = datetime.fromisoformat(given.strip())
            given = int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)
        except (ValueError, OverflowError):
            raise Invalid(path, "must be UTC milliseconds or look like 2026-11-24T09:30") from None
    if not 0 <= given < 10**14:
        raise Invalid(path, "must lie between 1970 and the year 5138")
    return given


async def _record(
    conn: AsyncConnection,
    call: Call,
    verb: str,
    transaction_id: str,
    before: RowMapping | None,
    after: RowMapping | None,
) -> None:
    images = (None if row is None else transaction_shape(row) for row in (before, after))
    was, became = images
    operator_id = call.caller.operator_id
    await audit.record(
        conn,
        operator_id,
        f"transaction.{verb}",
        transaction_id,
        call.at,
        before=was,
        after=became,
    )


READ, MANAGE = "read:contact_transactions", "manage:contact_transactions"
routes: list[BaseRoute] = [
    api("POST", BATCH, MANAGE, create, body=Batch),
    api("GET", SHORT, READ, get),
    api("DELETE", SHORT, MANAGE, delete),
    api("GET", CONTACT, READ, list_all, query=PAGE),
    api("GET", ONE, READ, get),
    api("POST", ONE, MANAGE, append, body=TransactionChange),
    api("PUT", ONE, MANAGE, replace, body=TransactionChange),
    api("DELETE", ONE, MANAGE, delete),
]

"""Who the visitor is to the directory: anonymous, unsigned, unknown or known.

Where the project adds missing contacts by itself, that happens here, first (R5).
"""

from dataclasses import dataclass, field

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.references import verify_reference
from askwell_edge.directory.contacts.contacts import NEWEST_FIRST
from askwell_edge.directory.creation import create_from_page
from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import contacts
from askwell_edge.visitor.door import Caller
from askwell_edge.visitor.questions import WhoAsks
from askwell_runtime.contact import read_page_contact, read_reference

# Of several with one reference the newest modified one (B14), as contacts.py has it.
CONTACT_ID = (
    select(contacts.c.contact_id)
    .where(
        within(bindparam("directory")),
        contacts.c.external_reference == bindparam("reference"),
    )
    .order_by(*NEWEST_FIRST)
    .limit(1)
)


@dataclass(slots=True)
class Visitor:
    """`standing` is the snapshot's `visitor`; a contact's id stays on this side of the wire."""

    standing: str
    reference: str | None = None
    contact_id: str | None = None
    creation: str | None = None
    notes: list[str] = field(default_factory=list)


async def recognise(caller: Caller, asks: WhoAsks, signed_at: int | None = None) -> Visitor:
    """The visitor behind a page's words; creates the contact where the project says so.

    `signed_at` is when the page spoke, if that was before now: its token is judged as of then.
    """
    visitor = read_visitor(caller, asks, signed_at)
    async with caller.store.glance() as conn:
        await find_contact(conn, caller, visitor)
    await create_if_missing(caller, asks, visitor)
    return visitor


async def find_contact(conn: AsyncConnection, caller: Caller, visitor: Visitor) -> None:
    """Look the visitor's reference up in the directory."""
    directory_id = caller.project.directory_id
    if visitor.reference is None or directory_id is None:
        return
    wanted = {"directory": directory_id, "reference": visitor.reference}
    visitor.contact_id = await conn.scalar(CONTACT_ID, wanted)
    if visitor.contact_id is not None:
        visitor.standing, visitor.creation = "known", _creation(caller, "exists")


async def create_if_missing(caller: Caller, asks: WhoAsks, visitor: Visitor) -> None:
    """Create the contact of a visitor whom the directory does not know, where that is wanted."""
    if visitor.standing == "unknown" and caller.project.directory_id is not None:
        visitor.creation = await _create(caller, asks, visitor)
        visitor.standing = "known" if visitor.contact_id else "unknown"


def read_visitor(caller: Caller, asks: WhoAsks, signed_at: int | None = None) -> Visitor:
    """What the page's words alone say: a usable reference, none, or one nobody vouches for."""
    reference, note = read_reference(asks.reference)
    notes = [note] if note else []
    none = _creation(caller, "no_reference")
    if reference is None:
        return Visitor("anonymous", creation=none, notes=notes)
    if caller.project.settings["require_token"]:
        token = asks.token if isinstance(asks.token, str) else None
        at = caller.now if signed_at is None else signed_at
        if verify_reference(caller.project.keys, token, reference, at) != "verified":
            return Visitor("unsigned", creation=none, notes=notes)
    return Visitor("unknown", reference=reference, notes=notes)


def creates(caller: Caller) -> bool:
    """Whether the published project adds missing contacts by itself."""
    settings = caller.project.settings
    linked = caller.project.directory_id is not None
    return bool(linked and settings["linked"] and settings["create_contacts"])


def _creation(caller: Caller, result: str) -> str | None:
    """The result code, or that the project adds nobody; None where nobody could be added."""
    if caller.project.directory_id is None:
        return None
    return result if creates(caller) else "disabled"


async def _create(caller: Caller, asks: WhoAsks, visitor: Visitor) -> str:
    """Add the contact, if that is wanted and allowed; says what became of it."""
    directory_id, reference = caller.project.directory_id, visitor.reference
    if not creates(caller) or directory_id is None:
        return "disabled"
    if asks.consent is False:
        return "consent"
    if not caller.traffic.may_create(caller.project.project_id, caller.address, caller.now):
        return "rate_limited"
    fields, notes = read_page_contact(asks.contact, reference_only=asks.channel == "app")
    visitor.notes += notes

    async def write(conn: AsyncConnection) -> tuple[str, str | None]:
        return await create_from_page(
            conn,
            directory_id,
            reference,
            fields,
            caller.now,
            channel=asks.channel,
            project_id=caller.project.project_id,
        )

    result, visitor.contact_id = await caller.store.writer.submit(write)
    return result

"""The API's shapes of imports of contacts, in the names that existing clients know."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from askwell_edge.access.answers import ContactId, Shown
from askwell_edge.directory.contacts.fields import NAME_LIMIT, PAIR_COUNT_LIMIT
from askwell_edge.directory.contacts.shapes import Pairs

AT_ONCE = 10_000

Text = str | UnsetType | None
FieldName = Annotated[str, Meta(min_length=1, max_length=NAME_LIMIT)]


class ImportedContact(Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """One contact; what is wrong with a value refuses this one alone. `unsubscribed`: the list."""

    first_name: Text = UNSET
    last_name: Text = UNSET
    email: Text = UNSET
    phone: Text = UNSET
    ext_ref: Text = UNSET
    language: Text = UNSET
    unsubscribed: bool | UnsetType | None = UNSET
    embedded_data: Pairs | UnsetType | None = UNSET
    transaction_data: Pairs | UnsetType | None = UNSET


class TransactionMeta(Struct, rename="camel", forbid_unknown_fields=True):
    """The batch that the transactions are put into, and what is kept of each: all if absent."""

    batch_id: Annotated[str, Meta(pattern="^BT_[0-9A-Za-z]{15}$", examples=["BT_0a6k1WdZ9pQ3xYt"])]
    fields: Annotated[list[FieldName], Meta(max_length=PAIR_COUNT_LIMIT)] | None = None


class ContactImport(Struct, rename="camel", forbid_unknown_fields=True):
    """Contacts of a list, at most 10,000 and 5 MiB at once; their order numbers them from 1."""

    contacts: Annotated[list[ImportedContact], Meta(min_length=1, max_length=AT_ONCE)]
    transaction_meta: TransactionMeta | None = None


Status = Literal["queued", "inProgress", "complete", "failed"]


class Counted(Shown):
    """How many contacts were sent."""

    count: int


class Tracking(Shown):
    """Where the import's progress is told."""

    url: str


class StartedImport(Shown):
    """An import that goes on by itself."""

    id: Annotated[str, Meta(examples=["PGRS_0a6k1WdZ9pQ3xYt"])]
    contacts: Counted
    tracking: Tracking
    status: Status


class ContactCounts(Shown):
    """What became of contacts; `updated` are all that were there, changed or not."""

    added: int
    updated: int
    failed: int


class ImportedContacts(Shown):
    """What became of the contacts so far."""

    count: ContactCounts


class TransactionCounts(Shown):
    """How many transactions were recorded."""

    created: int


class ImportedTransactions(Shown):
    """What was recorded so far."""

    count: TransactionCounts


class ImportProgress(Shown):
    """How far an import is; 100 is said when it has ended."""

    percent_complete: float
    contacts: ImportedContacts
    transactions: ImportedTransactions
    status: Status


class ImportSummary(ImportProgress):
    """What became of an import, with the addresses that are none."""

    invalid_emails: list[str]


class ContactOutcome(Shown):
    """What became of the contact of this number; a merged one's id works for ever."""

    row: int
    status: Literal["added", "updated", "unchanged", "failed"]
    contact_id: ContactId | None
    error_message: str | None

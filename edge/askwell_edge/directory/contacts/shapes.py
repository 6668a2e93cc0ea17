"""The API's shapes of contacts and lists, in the names that existing clients know."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from askwell_edge.access.answers import ContactId, Instant, LookupId, Shown
from askwell_edge.directory.contacts.fields import TEXTS
from askwell_edge.store.ids import ALPHABET, LENGTH


def _limited(column: str, example: str) -> Meta:
    """What the API's description says of a text; `read_fields` holds it to that."""
    return Meta(examples=[example], extra_json_schema={"maxLength": TEXTS[column][1]})


Reference = Annotated[str, _limited("external_reference", "U-1001")]
FirstName = Annotated[str, _limited("first_name", "Ana")]
LastName = Annotated[str, _limited("last_name", "Ruiz")]
Email = Annotated[str, _limited("email", "ana@example.com")]
Phone = Annotated[str, _limited("phone", "+49 30 1234567")]
Language = Annotated[str, _limited("language", "en")]
Embedded = Annotated[dict[str, str | None], Meta(examples=[{"tier": "gold"}])]
Pairs = Annotated[dict[str, str | int | float | bool | None], Meta(examples=[{"tier": "gold"}])]


class ContactBody(Struct, rename="camel", forbid_unknown_fields=True):
    """The fields that may be written; the read-only ones of an answer are refused."""

    first_name: FirstName | UnsetType | None = UNSET
    last_name: LastName | UnsetType | None = UNSET
    email: Email | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET
    ext_ref: Reference | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    embedded_data: Pairs | UnsetType | None = UNSET
    unsubscribed: bool | UnsetType | None = UNSET
    transaction_data: Pairs | UnsetType | None = UNSET

    def columns(self) -> dict[str, Any]:
        """What was sent, by column."""
        sent = {
            "external_reference": self.ext_ref,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "phone": self.phone,
            "language": self.language,
            "embedded_data": self.embedded_data,
            "unsubscribed": self.unsubscribed,
        }
        return {name: value for name, value in sent.items() if value is not UNSET}


class ContactTexts(Shown):
    """A contact's own fields."""

    contact_id: ContactId
    ext_ref: Reference | None
    first_name: FirstName | None
    last_name: LastName | None
    email: Email | None
    phone: Phone | None
    language: Language | None


class ContactSummary(ContactTexts):
    """A contact as lists and searches show it."""

    unsubscribed: bool
    embedded_data: Embedded | UnsetType = UNSET
    segment_ids: list[str] | UnsetType = UNSET


class ListedContact(ContactSummary, kw_only=True):
    """A contact as its mailing list shows it, with its opt-out of that list."""

    mailing_list_unsubscribed: bool
    mailing_list_unsubscribe_date: Instant | None
    contact_lookup_id: LookupId


class ListMembership(Shown):
    """A contact on one mailing list."""

    contact_lookup_id: LookupId
    unsubscribed: bool
    unsubscribe_date: Instant | None


class ContactStats(Shown):
    """Mailed how often, invited when and how often, answered when, how often and how soon."""

    email_count: Annotated[int, Meta(description="invitations, reminders and thanks by mail")]
    invite_count: int
    last_invite_date: Instant | None
    response_count: int
    last_response_date: Instant | None
    response_rate: Annotated[float, Meta(description="in per cent")] | None
    average_response_time: (
        Annotated[int, Meta(description="ms from the last invitation to that survey before it")]
        | None
    )


class ContactDetails(ContactTexts, kw_only=True):
    """A contact with everything that can be read of it."""

    creation_date: Instant
    last_modified: Instant
    email_domain: str | None
    embedded_data: Embedded
    write_blanks: bool = False
    skipped: bool | None = None
    stats: ContactStats
    directory_unsubscribed: bool
    directory_unsubscribe_date: Instant | None
    suppressed_date: Instant | None
    mailing_list_membership: dict[str, ListMembership]


class ListedId(Shown):
    """A contact that was put on a list."""

    id: ContactId
    contact_lookup_id: LookupId


def contact_summary(
    row: Mapping[Any, Any],
    *,
    embedded: bool = True,
    segment_ids: list[str] | UnsetType = UNSET,
) -> ContactSummary:
    """A contact as lists and searches show it."""
    return ContactSummary(**_summary(row, embedded), segment_ids=segment_ids)


def contact_details(
    row: Mapping[Any, Any], lists: Mapping[str, Mapping[str, Any]], stats: ContactStats
) -> ContactDetails:
    """A contact with everything that can be read of it."""
    return ContactDetails(
        **_texts(row),
        creation_date=row["created_at"],
        last_modified=row["modified_at"],
        email_domain=(row["email"] or "").rpartition("@")[2] or None,
        embedded_data=row["embedded_data"],
        stats=stats,
        directory_unsubscribed=row["unsubscribed"],
        directory_unsubscribe_date=row["unsubscribed_at"],
        suppressed_date=row["suppressed_at"],
        mailing_list_membership={
            list_id: ListMembership(
                contact_lookup_id=lookup_id(list_id, row["contact_id"]),
                unsubscribed=member["unsubscribed"],
                unsubscribe_date=member["unsubscribed_at"],
            )
            for list_id, member in lists.items()
        },
    )


def listed_contact(row: Mapping[Any, Any], list_id: str, *, embedded: bool = True) -> ListedContact:
    """A contact as its mailing list shows it, with its opt-out of that list."""
    return ListedContact(
        **_summary(row, embedded),
        mailing_list_unsubscribed=row["list_unsubscribed"],
        mailing_list_unsubscribe_date=row["list_unsubscribed_at"],
        contact_lookup_id=lookup_id(list_id, row["contact_id"]),
    )


def lookup_id(list_id: str, contact_id: str) -> str:
    """A contact's id on one list, always the same."""
    digest = hashlib.blake2b(f"{list_id}/{contact_id}".encode(), digest_size=LENGTH).digest()
    return "CGC_" + "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest)


def _texts(row: Mapping[Any, Any]) -> dict[str, Any]:
    texts = {column: row[column] for column in TEXTS}
    return {
        "contact_id": row["contact_id"],
        "ext_ref": texts.pop("external_reference"),
        **texts,
    }


def _summary(row: Mapping[Any, Any], embedded: bool) -> dict[str, Any]:
    return {
        **_texts(row),
        "unsubscribed": row["unsubscribed"],
        "embedded_data": row["embedded_data"] if embedded else UNSET,
    }

"""The API's shapes of contacts and lists, in the names that existing clients know."""

import hashlib
from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from askwell_edge.directory.fields import TEXTS
from askwell_edge.store.ids import ALPHABET, LENGTH

Text = str | None | UnsetType
Pairs = dict[str, str | int | float | bool | None]


class ContactBody(Struct, rename="camel", forbid_unknown_fields=True):
    """The fields that may be written; the read-only ones of an answer are refused."""

    first_name: Text = UNSET
    last_name: Text = UNSET
    email: Text = UNSET
    phone: Text = UNSET
    ext_ref: Text = UNSET
    language: Text = UNSET
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


def contact_summary(row: Mapping[Any, Any], *, embedded: bool = True) -> dict[str, Any]:
    """A contact as lists and searches show it."""
    shown: dict[str, Any] = {
        "contactId": row["contact_id"],
        **{api_name: row[column] for column, (api_name, _) in TEXTS.items()},
        "unsubscribed": row["unsubscribed"],
    }
    if embedded:
        shown["embeddedData"] = row["embedded_data"]
    return shown


def contact_details(
    row: Mapping[Any, Any], lists: Mapping[str, Mapping[str, Any]], stats: Mapping[str, Any]
) -> dict[str, Any]:
    """A contact with everything that can be read of it."""
    email = row["email"] or ""
    return {
        "contactId": row["contact_id"],
        "creationDate": row["created_at"],
        "lastModified": row["modified_at"],
        **{api_name: row[column] for column, (api_name, _) in TEXTS.items()},
        "emailDomain": email.rpartition("@")[2] or None,
        "embeddedData": row["embedded_data"],
        "writeBlanks": False,
        "skipped": None,
        "stats": dict(stats),
        "directoryUnsubscribed": row["unsubscribed"],
        "directoryUnsubscribeDate": row["unsubscribed_at"],
        "suppressedDate": row["suppressed_at"],
        "mailingListMembership": {
            list_id: {
                "contactLookupId": lookup_id(list_id, row["contact_id"]),
                "unsubscribed": member["unsubscribed"],
                "unsubscribeDate": member["unsubscribed_at"],
            }
            for list_id, member in lists.items()
        },
    }


def listed_contact(
    row: Mapping[Any, Any], list_id: str, *, embedded: bool = True
) -> dict[str, Any]:
    """A contact as its mailing list shows it, with its opt-out of that list."""
    return {
        **contact_summary(row, embedded=embedded),
        "mailingListUnsubscribed": row["list_unsubscribed"],
        "mailingListUnsubscribeDate": row["list_unsubscribed_at"],
        "contactLookupId": lookup_id(list_id, row["contact_id"]),
    }


def lookup_id(list_id: str, contact_id: str) -> str:
    """A contact's id on one list, always the same."""
    digest = hashlib.blake2b(f"{list_id}/{contact_id}".encode(), digest_size=LENGTH).digest()
    return "CGC_" + "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest)

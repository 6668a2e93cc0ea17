"""The five people that a visitor of the demo shop can be."""

import secrets
from dataclasses import dataclass

from askwell_edge.sample.constants import (
    CAPPED_REFERENCE,
    HOME_PATH,
    KNOWN_REFERENCE,
    NEW_REFERENCE_PREFIX,
    UNKNOWN_REFERENCE,
)


@dataclass(frozen=True, slots=True)
class Person:
    """`reference` is what the page says; `address` where the shop is theirs."""

    name: str
    reference: str | None
    address: str
    short: str
    told: str
    consent: bool = True


KNOWN = Person(
    "known",
    KNOWN_REFERENCE,
    f"{HOME_PATH}?ref={KNOWN_REFERENCE}",
    "A known contact",
    "The shop says that U-1 is here. The directory knows U-1: a gold customer, who before this "
    "demo was last asked three weeks ago.",
)
CAPPED = Person(
    "capped",
    CAPPED_REFERENCE,
    f"{HOME_PATH}?ref={CAPPED_REFERENCE}",
    "A contact at the cap",
    "U-2 is a gold customer, too, but was asked three times within a week. "
    "That is as often as the shop's rule allows, by web and by mail together.",
)
UNKNOWN = Person(
    "unknown",
    UNKNOWN_REFERENCE,
    f"{HOME_PATH}?ref={UNKNOWN_REFERENCE}",
    "A stranger",
    "The shop says that X-9 is here, and that X-9 did not agree to be added. "
    "The directory knows nobody of that name.",
    consent=False,
)
ANONYMOUS = Person(
    "anonymous",
    None,
    HOME_PATH,
    "Nobody in particular",
    "The shop says nothing about who is here. There is nobody to count for and nobody to find in a "
    "segment; what needs neither still works.",
)
NEW = Person(
    "new",
    None,
    f"{HOME_PATH}new",
    "A new customer",
    "The directory has never heard of this customer. The page view itself adds the contact, and "
    "this very page may welcome it.",
)
PEOPLE = (KNOWN, CAPPED, UNKNOWN, ANONYMOUS, NEW)


def person_of(reference: str | None) -> Person:
    """Who a reference makes of the visitor: one of the five, a newcomer if it is none of theirs."""
    if not reference:
        return ANONYMOUS
    return next((each for each in PEOPLE if each.reference == reference), NEW)


def fresh_reference() -> str:
    """A reference that the directory has not heard of."""
    return f"{NEW_REFERENCE_PREFIX}{secrets.token_hex(4)}"

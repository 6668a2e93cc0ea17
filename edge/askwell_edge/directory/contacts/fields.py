"""A contact's fields: their limits, their names at the API's border, and the keys they match by.

What was written is kept as it is. Only the `*_key` columns are normalised, for finding.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import gt
from typing import Any

from email_validator import EmailNotValidError, validate_email

from askwell_edge.access.refusals import Invalid
from askwell_edge.directory.contacts.phones import digits_of, e164

# Column -> (name at the API's border, longest text).
TEXTS: Mapping[str, tuple[str, int]] = {
    "external_reference": ("extRef", 100),
    "first_name": ("firstName", 200),
    "last_name": ("lastName", 200),
    "email": ("email", 254),
    "phone": ("phone", 50),
    "language": ("language", 35),
}
NAME_LIMIT = 200
VALUE_LIMIT = 1024
PAIR_COUNT_LIMIT = 200
RESERVED = frozenset({"points"} | {api.lower() for api, _ in TEXTS.values()} | {"contactid"})

# Letters that people type plainly and that Unicode takes for letters of their own.
_UNDECOMPOSED = str.maketrans(
    dict(zip("łøđðħŧıŋ", "loddhtin", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th"}
)

_LIMITS = [limit for _, limit in TEXTS.values()]
_REFERENCE, _EMAIL = list(TEXTS).index("external_reference"), list(TEXTS).index("email")

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_REFERENCE_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# An address whose normal form is itself in small letters.
PLAIN_ADDRESS = r"[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*@[a-z0-9]+(?:[.-][a-z0-9]+)+"
_PLAIN_ADDRESS = re.compile(PLAIN_ADDRESS)


def read_fields(given: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Fields by column, checked; `given` is by column too. Empty text and None both mean blank.

    Raises Invalid naming the field as the API calls it, and its limit.
    """
    fields: dict[str, Any] = {}
    for column, (api_name, limit) in TEXTS.items():
        if column in given:
            fields[column] = _read_text(given[column], prefix + api_name, limit, column)
    if fields.get("email") and not is_address(fields["email"]):
        raise Invalid(f"{prefix}email", "is not an e-mail address")
    if "embedded_data" in given:
        fields["embedded_data"] = read_embedded_data(
            given["embedded_data"], f"{prefix}embeddedData"
        )
    if given.get("unsubscribed") is not None:
        fields["unsubscribed"] = bool(given["unsubscribed"])
    return fields


def read_plain_fields(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """What `read_fields` makes of texts that need no closer look; None where one does."""
    texts = [given.get(column) or "" for column in TEXTS]
    pairs = given.get("embedded_data") or {}
    values = pairs.values()
    try:
        together = "".join((*texts, *values))
        longest = max(map(len, values), default=0)
    except TypeError:
        return None
    # What is printable has no control characters and no surrogates.
    if not together.isprintable() or longest > VALUE_LIMIT or not all(map(is_plain_name, pairs)):
        return None
    if any(map(gt, map(len, texts), _LIMITS)) or (
        texts[_EMAIL] and not is_plain_address(texts[_EMAIL])
    ):
        return None
    fields: dict[str, Any] = {
        c: t if t.strip() else None for c, t in zip(TEXTS, texts, strict=True)
    }
    fields["external_reference"] = texts[_REFERENCE] or None
    fields["embedded_data"] = dict(pairs)
    if given.get("unsubscribed") is not None:
        fields["unsubscribed"] = bool(given["unsubscribed"])
    return fields


def read_embedded_data(given: Mapping[str, Any] | None, path: str) -> dict[str, str | None]:
    """Name and text of each pair; None takes a pair away. Numbers and booleans become text."""
    pairs: dict[str, str | None] = {}
    if given is not None and len(given) > PAIR_COUNT_LIMIT:
        raise Invalid(path, f"has more than {PAIR_COUNT_LIMIT} pairs")
    for name, value in (given or {}).items():
        if is_plain_name(name):
            pairs[name] = _read_value(value, f"{path}.{name}")
            continue
        if not 1 <= len(name) <= NAME_LIMIT or _CONTROL.search(name):
            raise Invalid(f"{path}.{name[:60]}", f"the name must have 1 to {NAME_LIMIT} characters")
        raise Invalid(f"{path}.{name}", "the name is reserved; choose another")
    return pairs


def keys_of(fields: Mapping[str, Any]) -> dict[str, str | None]:
    """The normalised columns that belong to those of `fields` that are present.

    A key that is among `fields` already is taken as it is.
    """
    return {
        key: fields[key] if key in fields else normalised(fields[column])
        for column, (key, normalised) in KEYS.items()
        if column in fields
    }


@lru_cache(maxsize=4096)
def text_key(text: str | None) -> str | None:
    """How two texts are compared: trimmed, in one Unicode form, without regard to case."""
    folded = unicodedata.normalize("NFC", (text or "").strip()).casefold()
    return folded or None


@lru_cache(maxsize=4096)
def search_key(text: str | None) -> str | None:
    """How names are looked for: without accents too, so that "maria" and "lukasz" find María
    and Łukasz. Texts with one `text_key` have one search key; the reverse does not hold.
    """
    plain = text or ""
    if not plain.isascii():
        letters = unicodedata.normalize("NFKD", text_key(plain) or "").casefold()
        letters = "".join(each for each in letters if not unicodedata.combining(each))
        plain = letters.translate(_UNDECOMPOSED)
    return " ".join(plain.lower().split()) or text_key(text)


@lru_cache(maxsize=4096)
def email_key(address: str | None) -> str | None:
    """The address in its normal form: one case, the domain as its mail exchanger knows it."""
    trimmed = (address or "").strip()
    if not trimmed or is_plain_address(trimmed):
        return trimmed.lower() or None
    try:
        checked = validate_email(trimmed, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return text_key(trimmed)
    return text_key(checked.normalized)


@lru_cache(maxsize=4096)
def phone_key(number: str | None) -> str | None:
    """`+4930123456` for an international number however it is spaced, else its digits alone."""
    trimmed = (number or "").strip()
    return (e164(trimmed) or digits_of(trimmed) or text_key(trimmed)) if trimmed else None


# Column -> (the column that it is looked up by, what makes the one of the other).
KEYS: Mapping[str, tuple[str, Callable[[str | None], str | None]]] = {
    "email": ("email_key", email_key),
    "phone": ("phone_key", phone_key),
    "first_name": ("first_name_key", search_key),
    "last_name": ("last_name_key", search_key),
}


def _read_text(value: object, name: str, limit: int, column: str) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Invalid(name, "must be text")
    if len(value) > limit:
        raise Invalid(name, f"has {len(value)} characters; at most {limit} are allowed")
    control = _REFERENCE_CONTROL if column == "external_reference" else _CONTROL
    if control.search(value):
        raise Invalid(name, "must not contain control characters")
    # A reference is compared byte for byte, so nothing about it is touched, not even blanks.
    return value if column == "external_reference" or value.strip() else None


def _read_value(value: object, path: str) -> str | None:
    match value:
        case None:
            return None
        case bool():
            text = "true" if value else "false"
        case int() | float():
            text = str(value)
        case str():
            text = value
        case _:
            raise Invalid(path, "must be text, a number, true, false or null")
    if len(text) > VALUE_LIMIT:
        raise Invalid(path, f"has {len(text)} characters; at most {VALUE_LIMIT} are allowed")
    if _CONTROL.search(text):
        raise Invalid(path, "must not contain control characters")
    return text


@lru_cache(maxsize=4096)
def is_plain_name(name: str) -> bool:
    """Whether embedded data may have this name."""
    sized = 1 <= len(name) <= NAME_LIMIT
    return sized and not _CONTROL.search(name) and name.lower() not in RESERVED


@lru_cache(maxsize=4096)
def is_plain_address(address: str) -> bool:
    """Whether the address is one of the many that need no closer look."""
    return _PLAIN_ADDRESS.fullmatch(address.lower()) is not None


def is_address(text: str) -> bool:
    """Whether this can be an e-mail address."""
    if is_plain_address(text.strip()):
        return True
    try:
        validate_email(text.strip(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return False
    return True

"""Rules for what a page says about its visitor: the reference and, at creation, the contact."""

from __future__ import annotations

from .fact import as_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

REFERENCE_LIMIT = 100
PAIR_LIMIT = 50
PAIRS_LIMIT = 400
FIELD_LIMIT = 200
LANGUAGE_LIMIT = 35

# Texts that stand for "nobody": the field's own, and what JavaScript makes of missing values.
PLACEHOLDERS = frozenset(
    "|null|undefined|unknown|anonymous|guest|0|-1|test|n/a|none|nan|[object object]".split("|")  # noqa: SIM905
)

FIELDS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "language": "language",
}


def is_clean(text: str) -> bool:
    """Whether a text can be stored: no NUL, no control character, no half of a character."""
    return not any(
        char < " " or "\x7f" <= char <= "\x9f" or "\ud800" <= char <= "\udfff" for char in text
    )


def read_reference(value: object) -> tuple[str | None, str | None]:
    """The external reference, byte for byte, or None with a note saying what is wrong with it.

    A number becomes its digits; nothing, `None` or `""`, is no reference and no mistake.
    """
    if value is None or value == "":
        return None, None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None, "reference_not_text"
    if isinstance(value, int | float) and not -(2**53) <= value <= 2**53:
        return None, "reference_not_exact"
    text = as_text(value) or ""
    if text.strip().lower() in PLACEHOLDERS:
        return None, "reference_placeholder"
    if len(text) > REFERENCE_LIMIT:
        return None, "reference_too_long"
    if not is_clean(text):
        return None, "reference_control_character"
    return text, None


def read_page_contact(
    contact: object, reference_only: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """Fields for a new contact out of `QSI.config.contact`, and a note for each thing dropped.

    `{"first_name": "Ana", ..., "embedded_data": {"Location": "Seattle"}}`. Apps may give a
    reference only: with `reference_only` everything else is dropped.
    """
    fields: dict[str, Any] = {"embedded_data": {}}
    if contact is None:
        return fields, []
    if not isinstance(contact, dict):
        return fields, ["contact_not_object"]
    if reference_only:
        return fields, ["contact_reference_only"] if contact else []
    notes = [f"field_unknown:{_short(n)}" for n in contact if n not in FIELDS and n != "attributes"]
    for name, stored in FIELDS.items():
        text = as_text(contact.get(name))
        if text:
            if _fits(name, text):
                fields[stored] = text
            else:
                notes.append(f"field_invalid:{name}")
        elif contact.get(name) not in (None, ""):
            notes.append(f"field_invalid:{name}")
    fields["embedded_data"], dropped = _attributes(contact.get("attributes"))
    return fields, notes + dropped


def _short(name: object) -> str:
    return str(name)[:PAIR_LIMIT] if isinstance(name, str) and is_clean(name) else "?"


def _fits(name: str, text: str) -> bool:
    if not is_clean(text) or len(text) > FIELD_LIMIT:
        return False
    if name == "email":
        local, _, domain = text.rpartition("@")
        inner = domain.strip(".")
        return bool(local) and "." in inner and inner == domain and not set(text) & set(' ,;<>"')
    if name == "language":
        plain = text.replace("-", "").replace("_", "")
        return plain.isascii() and plain.isalnum() and 2 <= len(text) <= LANGUAGE_LIMIT
    return True


def _attributes(pairs: object) -> tuple[dict[str, str], list[str]]:
    """Pairs in order while they fit: 50 characters each, 400 together; then the rest is dropped."""
    kept: dict[str, str] = {}
    if pairs is None:
        return kept, []
    if not isinstance(pairs, dict):
        return kept, ["attributes_not_object"]
    notes = []
    total = 0
    full = False
    for name, value in pairs.items():
        problem, text = _pair(name, value)
        if problem is None:
            size = len(name) + len(text)
            full = full or total + size > PAIRS_LIMIT
            if full:
                problem = "attributes_too_long"
            else:
                total += size
                kept[name] = text
        if problem:
            notes.append(f"{problem}:{_short(name)}")
    return kept, notes


def _pair(name: object, value: object) -> tuple[str | None, str]:
    """What is wrong with one pair, if anything, and its value as text."""
    text = as_text(value)
    if not isinstance(name, str) or not name or text is None:
        return "attribute_invalid", ""
    if not is_clean(name) or not is_clean(text):
        return "attribute_control_character", ""
    if len(name) + len(text) > PAIR_LIMIT:
        return "attribute_too_long", ""
    return None, text

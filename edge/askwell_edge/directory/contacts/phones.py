"""How phone numbers are compared: as the phonenumbers library reads them, in E.164.

A number that is written in full already is recognised by the library's own tables alone: of what
an import does to a row, reading its number took a third.
"""

import re
import unicodedata
from functools import cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

# `+`, the country's code and the number, with at most one blank, dot or hyphen between digits.
_IN_FULL = re.compile(r"\+[1-9](?:[ .-]?[0-9]){6,17}")
_TO_DIGITS = str.maketrans("", "", " .-")
_CODE_LENGTHS = (1, 2, 3)
_NUMBER_LIMIT = 17


def e164(number: str) -> str | None:
    """`+4930123456`; None where it is no international number."""
    international = "+" + number[2:] if number.startswith("00") else number
    if _IN_FULL.fullmatch(international):
        digits = international.translate(_TO_DIGITS)
        prefix, length = _prefix_of(digits[1:4])
        # Only where a prefix for calls within the country may have to go, the library is needed.
        in_full = length and len(digits) - length <= _NUMBER_LIMIT
        if in_full and (prefix is None or not prefix.match(digits[length:])):
            return digits
    try:
        parsed = phonenumbers.parse(international, None)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def digits_of(text: str) -> str:
    """The digits alone, whatever script they are written in."""
    return "".join(str(unicodedata.digit(c)) for c in text if c.isdigit())


@cache
def _prefix_of(begin: str) -> tuple[re.Pattern[str] | None, int]:
    """What is stripped from numbers that begin so, and the number's own place; 0 = no country."""
    for length in _CODE_LENGTHS:
        code = int(begin[:length])
        if code in COUNTRY_CODE_TO_REGION_CODE:
            region = phonenumbers.region_code_for_country_code(code)
            metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
            prefix = metadata.national_prefix_for_parsing if metadata is not None else None
            return re.compile(prefix) if prefix else None, 1 + length
    return None, 0

"""What the segment builder offers: fields, comparisons, and which suits which."""

from collections.abc import Mapping, Sequence

from askwell_runtime.criterion import BOOLEAN, FOLDED_TEXT
from askwell_runtime.criterion import NUMBER as NUMBERS

TEXT, NUMBER = tuple(FOLDED_TEXT), tuple(NUMBERS)
DATE = ("withinLastDays", "notWithinLastDays", "before", "after", "between", "empty", "notEmpty")
# Embedded data may be texts or numbers; only here it matters which of them is meant.
ANY = (*TEXT, "eq#", "neq#", *NUMBER[2:], *DATE[:4], *BOOLEAN)

# Field, how it is called, what kind of value it has. NAME is filled in by the operator.
FIELDS: Sequence[tuple[str, str, str]] = (
    ("embeddedData.NAME", "Embedded data …", "any"),
    ("firstName", "First name", "text"),
    ("lastName", "Last name", "text"),
    ("email", "E-mail address", "text"),
    ("emailDomain", "Domain of the e-mail address", "text"),
    ("phone", "Phone", "text"),
    ("language", "Language", "text"),
    ("extRef", "External reference", "text"),
    ("createdAt", "Created", "date"),
    ("lastModified", "Changed", "date"),
    ("unsubscribed", "Opted out of the directory", "truth"),
    ("list.NAME", "On the mailing list …", "truth"),
    ("listUnsubscribed.NAME", "Opted out of the mailing list …", "truth"),
    ("transactions.count", "Number of transactions", "number"),
    ("transactions.sum", "Sum over transactions", "number"),
    ("transactions.lastAt", "Last transaction", "date"),
    ("activity.inviteCount", "Invitations", "number"),
    ("activity.lastInviteAt", "Last invitation", "date"),
    ("activity.responseCount", "Answers", "number"),
    ("activity.lastResponseAt", "Last answer", "date"),
    ("activity.responseRate", "Response rate in per cent", "number"),
    ("activity.displayedCount", "Invitations shown on the website", "number"),
    ("activity.lastDisplayedAt", "Last invitation shown on the website", "date"),
    ("activity.clickedCount", "Invitations accepted on the website", "number"),
    ("activity.sessionCount", "Recorded sessions", "number"),
    ("activity.frustrationCount", "Signs of frustration", "number"),
)
COMPARISONS: Mapping[str, str] = {
    "eq": "is",
    "neq": "is not",
    "eq#": "is the number",
    "neq#": "is not the number",
    "contains": "contains",
    "ncontains": "does not contain",
    "startsWith": "starts with",
    "endsWith": "ends with",
    "in": "is one of",
    "empty": "is empty",
    "notEmpty": "is not empty",
    "lt": "is less than",
    "lte": "is at most",
    "gt": "is more than",
    "gte": "is at least",
    "between": "is between",
    "before": "is before",
    "after": "is after",
    "withinLastDays": "is within the last … days",
    "notWithinLastDays": "is not within the last … days",
    "is": "is so",
}
KINDS: Mapping[str, tuple[str, ...]] = {
    "text": TEXT,
    "number": NUMBER,
    "date": DATE,
    "truth": tuple(BOOLEAN),
    "any": ANY,
}

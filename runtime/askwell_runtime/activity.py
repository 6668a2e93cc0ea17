"""What a contact did, counted for segment criteria, in a period or ever.

`{"field": "transactions.count", "where"?: {"type": "call"}, "withinDays"?: 30, ...}`, also
`transactions.lastAt` and `transactions.sum` (with `"of": "amount"`);
`{"field": "activity.inviteCount", "withinDays"?: 30, "surveyId"?: "SV_...", "interceptId"?: ...}`,
and the other measures of COUNTED and LAST, `frustrationCount` and `responseRate`.
"""

from __future__ import annotations

from .fact import ABSENT, as_number, as_text, fold
from .localtime import DAY_S
from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .fields import Fields
    from .segment import ContactFacts

    Measure = Callable[[ContactFacts, int], object]

DAY_MS = DAY_S * 1000
DAYS_LIMIT = 36_500


class Touchpoint(Value):
    """One entry of the contact's timeline; `signals` counts frustration in a recorded session."""

    at: int
    type: str
    survey_id: str | None
    intercept_id: str | None
    signals: int


class Transaction(Value):
    """One transaction with its own fields, such as `{"type": "support", "amount": 12}`."""

    at: int
    fields: Mapping[str, object]


INVITES = frozenset({"email_sent", "sms_sent"})
RESPONSES = frozenset({"survey_finished"})
COUNTED: Mapping[str, frozenset[str]] = {
    "inviteCount": INVITES,
    "responseCount": RESPONSES,
    "displayedCount": frozenset({"intercept_displayed"}),
    "clickedCount": frozenset({"intercept_clicked"}),
    "sessionCount": frozenset({"session_recorded"}),
}
LAST: Mapping[str, frozenset[str]] = {
    "lastInviteAt": INVITES,
    "lastResponseAt": RESPONSES,
    "lastDisplayedAt": frozenset({"intercept_displayed"}),
}


def measure(spec: Fields, field: str) -> tuple[Measure, bool] | None:
    """How a measure is read from a contact, and whether it is a date; None if there is none."""
    head, _, name = field.partition(".")
    days = spec.whole("withinDays", 1, DAYS_LIMIT, None)
    period = None if days is None else days * DAY_MS
    if head == "transactions":
        return _transactions(spec, name, period)
    if head != "activity":
        return None
    survey_id, intercept_id = spec.text("surveyId", None), spec.text("interceptId", None)

    def chosen(contact: ContactFacts, now: int, types: frozenset[str]) -> list[Touchpoint]:
        return [
            each
            for each in contact.touchpoints
            if each.type in types
            and (period is None or now - each.at < period)
            and survey_id in (None, each.survey_id)
            and intercept_id in (None, each.intercept_id)
        ]

    if name in COUNTED:
        return lambda contact, now: len(chosen(contact, now, COUNTED[name])), False
    if name in LAST:
        return lambda contact, now: _last(chosen(contact, now, LAST[name])), True
    if name == "frustrationCount":
        sessions = COUNTED["sessionCount"]
        return lambda contact, now: sum(s.signals for s in chosen(contact, now, sessions)), False
    if name == "responseRate":
        return lambda contact, now: _rate(
            len(chosen(contact, now, RESPONSES)), len(chosen(contact, now, INVITES))
        ), False
    return None


def _transactions(spec: Fields, name: str, period: int | None) -> tuple[Measure, bool] | None:
    where = spec.map("where", 10, {})
    wanted = {key: as_text(value) for key, value in where.items()}
    if None in wanted.values():
        raise spec.refuse("where", "texts, numbers or booleans are expected")

    def chosen(contact: ContactFacts, now: int) -> list[Transaction]:
        return [
            each
            for each in contact.transactions
            if (period is None or now - each.at < period)
            and all(_same(each.fields.get(key), text or "") for key, text in wanted.items())
        ]

    if name == "count":
        return lambda contact, now: len(chosen(contact, now)), False
    if name == "lastAt":
        return lambda contact, now: _last(chosen(contact, now)), True
    if name == "sum":
        of = spec.text("of")
        return lambda contact, now: sum(
            as_number(each.fields.get(of)) or 0 for each in chosen(contact, now)
        ), False
    return None


def _same(actual: object, wanted: str) -> bool:
    text = as_text(actual)
    return text is not None and fold(text) == fold(wanted)


def _last(entries: list[Any]) -> object:
    return max((each.at for each in entries), default=ABSENT)


def _rate(responses: int, invites: int) -> object:
    """Responses in a hundred invites; ABSENT where nobody was invited."""
    return 100 * responses / invites if invites else ABSENT

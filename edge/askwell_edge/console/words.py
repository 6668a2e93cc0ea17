"""Figures, instants and codes as people read them."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1000, 60_000, 3_600_000, 86_400_000


def iso(at: int) -> str:
    """`2026-11-25T18:49:26Z`, for machines."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(at: int) -> str:
    """`25 Nov 2026, 18:49 UTC`; the console's script puts it into the reader's own zone."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%-d %b %Y, %H:%M UTC")


def age(at: int, now: int) -> str:
    """`just now`, `5 minutes ago`, `in 3 days`."""
    passed = now - at
    if abs(passed) < MINUTE_MS:
        return "just now" if passed >= 0 else "in a moment"
    return f"{span(passed)} ago" if passed > 0 else f"in {span(-passed)}"


def span(ms: int) -> str:
    """`3 days`, `5 hours`, `1 minute`, `20 seconds`."""
    for size, noun in ((DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute")):
        if ms >= size:
            return count(ms // size, noun)
    return count(ms // SECOND_MS, "second")


def days(at: int, now: int) -> str:
    """`today`, `yesterday`, `3 days ago`; `at` is the beginning of a day."""
    passed = (now - now % DAY_MS - at) // DAY_MS
    return ("today", "yesterday")[max(0, passed)] if passed < 2 else f"{count(passed, 'day')} ago"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 contact`, `2,000 contacts`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def limit(problem: str) -> str:
    """What the check of a body says of a length or a size, as people say it."""
    found = re.fullmatch(r"Expected `(\w+)`(?: of (length))? (>=|<=) (\d+)", problem)
    if found is None:
        return problem
    kind, length, comparison, number = found.groups()
    if length and (comparison, number) == (">=", "1"):
        return "must not be empty"
    unit = (" characters" if kind == "str" else " entries") if length else ""
    return f"must be at {'least' if comparison == '>=' else 'most'} {int(number):,}{unit}"


def options(rows: Iterable[Mapping[Any, Any]], id: str) -> list[tuple[str, str]]:
    """What a choice among named rows offers."""
    return [(str(row[id]), str(row["name"])) for row in rows]


def strays(row: Mapping[str, str], known: Iterable[str]) -> list[tuple[str, str]]:
    """Segments that a line names and nobody knows any more."""
    gone = set(row["pick"].split("\n")) - set(known)
    return [(each, each) for each in sorted(gone) if each.startswith("SG_")]


def rate(basis_points: int) -> str:
    """`50 %` of 5000, `12.5 %` of 1250."""
    return f"{basis_points / 100:.2f}".rstrip("0").rstrip(".") + " %"


def size(number: int) -> str:
    """`12 kB`."""
    return f"{number} bytes" if number < 1000 else f"{number / 1000:.0f} kB"


def pairs(values: Iterable[str]) -> list[tuple[str, str]]:
    """What a choice among plain words offers."""
    return [(value, value.capitalize()) for value in values]


def person(row: Mapping[Any, Any]) -> str:
    """A contact's name, else whatever tells it apart."""
    name = " ".join(str(row[part]) for part in ("first_name", "last_name") if row[part])
    return name or str(row["email"] or row["external_reference"] or row["contact_id"])


def initials(row: Mapping[Any, Any]) -> str:
    """One or two letters for a contact's badge."""
    parts = [str(row[part]) for part in ("first_name", "last_name") if row[part]]
    return "".join(part[0] for part in parts or [person(row)]).upper()[:2]


# Each kind of touchpoint: icon, what happened.
TOUCHPOINTS: Mapping[str, tuple[str, str]] = {
    "email_sent": ("mail", "E-mail sent"),
    "email_skipped": ("mail", "E-mail skipped"),
    "email_bounced": ("mail", "E-mail bounced"),
    "email_opened": ("mail", "E-mail opened"),
    "sms_sent": ("mail", "Text message sent"),
    "reminder_sent": ("mail", "Reminder sent"),
    "thank_you_sent": ("mail", "Thank-you sent"),
    "survey_started": ("survey", "Survey started"),
    "survey_finished": ("survey", "Survey finished"),
    "intercept_displayed": ("eye", "Invitation shown"),
    "intercept_clicked": ("click", "Invitation accepted"),
    "intercept_dismissed": ("close", "Invitation declined"),
    "session_recorded": ("play", "Web session recorded"),
    "contact_created": ("person", "Contact created"),
    "contact_updated": ("person", "Contact changed"),
    "contact_merged": ("merge", "Merged with a duplicate"),
    "contact_unmerged": ("merge", "Merge undone"),
    "opted_out": ("stop", "Opted out"),
    "opted_in": ("person", "Opted in again"),
    "list_added": ("list", "Put on a mailing list"),
    "list_removed": ("list", "Taken off a mailing list"),
    "transaction_added": ("cart", "Transaction"),
    "segment_joined": ("segment", "Joined a segment"),
    "segment_left": ("segment", "Left a segment"),
}
# What the timeline can be narrowed to.
FILTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "web": ("On the website", tuple(t for t in TOUCHPOINTS if t.startswith(("inter", "session")))),
    "mail": (
        "Messages",
        tuple(t for t in TOUCHPOINTS if t.startswith(("email", "sms", "remind", "thank"))),
    ),
    "surveys": ("Surveys", ("survey_started", "survey_finished")),
    "directory": (
        "Directory",
        tuple(
            t for t in TOUCHPOINTS if t.startswith(("contact", "opted", "list", "trans", "segment"))
        ),
    ),
}


def filters() -> list[tuple[str, str]]:
    """Key and title of each; the first has everything."""
    return [("", "Everything"), *((key, title) for key, (title, _) in FILTERS.items())]


def touchpoint(type: str) -> tuple[str, str]:
    """Icon and words for a touchpoint; one that is new to us speaks for itself."""
    return TOUCHPOINTS.get(type, ("dot", type.replace("_", " ").capitalize()))


# What each reason means to an operator, and what may be done about it.
REASONS: Mapping[str, str] = {
    "shown": "It shows.",
    "inactive": "It is published but not activated.",
    "not_started": "Its schedule has not begun.",
    "ended": "Its schedule is over.",
    "storage_off": "It needs the browser's storage, which is switched off.",
    "unsigned_reference": "The project requires a signed reference, and this one is not.",
    "unknown_reference": "The directory has no contact with this reference.",
    "not_targeted": "Its targeting condition does not pass.",
    "membership_pending": "It depends on a segment that is not built yet.",
    "no_action": "None of its action sets has a condition that passes.",
    "sampled_out": "Chance left this visitor out.",
    "repeated_display": "This browser saw it too recently.",
    "frequency_rule": "A frequency rule holds it back.",
    "list_rule_tie": "Another intercept that depends on a list rule is older and goes first.",
    "another_active": "Another invitation has the place on the page.",
}


def reason(code: str) -> str:
    """A reason in words."""
    return REASONS.get(code, code.replace("_", " "))


SILENCES: Mapping[str, str] = {
    "no_address": "no e-mail address",
    "opted_out_everywhere": "opted out of all directories",
    "opted_out_directory": "opted out of this directory",
    "opted_out_list": "opted out of this list",
    "suppressed": "mail does not arrive",
}


def silence(why: str) -> str:
    """Why somebody gets no message, in words."""
    return SILENCES[why]


# Why the undoing of a run left a merge as it is, and what may be done about it.
STANDING: Mapping[str, str] = {
    "merge_undone": "undone by itself before",
    "merge_not_latest": "a later merge into the same contact stands; undo that one first",
    "survivor_gone": "the contact that stayed became part of another; undo that merge first",
}


def standing(code: str) -> str:
    """Why a merge stands, in words."""
    return STANDING.get(code, code.replace("_", " "))


# What a page says after a change that succeeded.
DONE: Mapping[str, str] = {
    "saved": "Saved.",
    "created": "Created.",
    "deleted": "Deleted.",
    "opted-out": "Opted out of the whole directory.",
    "opted-in": "Opted in again.",
    "published": "Published. Visitors get this version once it is active.",
    "activated": "Active: visitors can see it from now on.",
    "deactivated": "Deactivated: nobody sees it any more. The site needs no change.",
    "applied": "Applied. Visitors get the new settings from now on.",
    "linked": "Linked. Apply the project's changes to let visitors be matched.",
    "unlinked": "The link is taken away. Apply the project's changes for it to count.",
    "rebuilding": "It is being built again; its last membership stays in use meanwhile.",
    "begun": "Begun: it goes on by itself.",
    "stopped": "Stopped: what was done until then stays.",
    "undone": "Undone: these are two contacts again.",
    "apart": "Remembered: they are two people, and no rule merges them.",
    "together": "Taken back: rules may merge them again.",
    "merged": "Merged.",
    "listed": "Put on the list.",
    "unlisted": "Taken off the list.",
    "several-put": "They are on the list.",
    "several-off": "They are not on this list any more.",
    "several-list-out": "They are opted out of this list.",
    "several-out": "They are opted out of the whole directory.",
    "several-delete": "They are deleted.",
    "revoked": "Revoked: the token opens nothing any more.",
    "revoked-client": "Revoked: the client and its tokens open nothing any more.",
    "signed-out": "You are signed out.",
}


def done(code: str) -> str | None:
    """What was done, in words."""
    return DONE.get(code)

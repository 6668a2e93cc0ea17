"""An intercept's draft as the answers of a form, and back; its condition is in targeting.py."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from askwell_edge.access.refusals import Invalid
from askwell_edge.console.projects import basis_points
from askwell_edge.console.visit import Visit

TIMINGS = (
    ("load", "as soon as the page has loaded"),
    ("delay", "some seconds later"),
    ("scroll", "after so much scrolling"),
    ("exit", "when the visitor is about to leave"),
    ("click", "when something is clicked"),
    ("manual", "when the page calls QSI.API.run()"),
)
NAMES = (
    "name",
    "timing",
    "delay_s",
    "percent",
    "selector",
    "sample_rate",
    "repeat_days",
    "survey_id",
    "creative_id",
    "target_url",
    "from",
    "until",
)
TICKS = ("linked", "frequency_control", "passive", "requires_storage", "randomise")
DAY_S = 86_400


def asked_of(visit: Visit) -> dict[str, Any]:
    """What was typed, to show it again."""
    return {
        **{name: visit.text(name) for name in NAMES},
        **{name: visit.text(name) == "yes" for name in TICKS},
        "timings": TIMINGS,
    }


def values_of(row: Mapping[Any, Any] | None, project: Mapping[Any, Any]) -> dict[str, Any]:
    """The form's answers for a draft; for none yet, what suits a first invitation."""
    draft = row["draft"] if row is not None else {}
    linked = project["directory_id"] is not None
    timing = draft.get("timing", {"on": "delay", "delay_s": 2})
    action: Mapping[str, Any] = next(iter(draft.get("actions", [])), {})
    schedule = draft.get("schedule", {"from_at": None, "until_at": None})
    repeat_s = draft.get("repeat_s")
    return {
        "name": row["name"] if row is not None else "",
        "timing": timing["on"],
        "delay_s": timing.get("delay_s", ""),
        "percent": timing.get("percent", ""),
        "selector": timing.get("selector", ""),
        "sample_rate": f"{draft.get('sample_rate', 10_000) / 100:g}",
        "repeat_days": _days(repeat_s),
        "survey_id": draft.get("survey_id") or "",
        "creative_id": action.get("creative_id", ""),
        "target_url": action.get("target", {}).get("url", ""),
        "from": _day(schedule["from_at"]),
        "until": _day(schedule["until_at"]),
        "linked": draft.get("linked", linked),
        "frequency_control": draft.get("frequency_control", linked),
        "passive": draft.get("passive", False),
        "requires_storage": draft.get("requires_storage", False),
        "randomise": draft.get("randomise", False),
        "timings": TIMINGS,
    }


def draft_from(visit: Visit, present: Mapping[str, Any]) -> dict[str, Any]:
    """The draft without its condition and actions."""
    schedule = present.get("schedule", {"from_at": None, "until_at": None})
    return {
        "linked": visit.text("linked") == "yes",
        "frequency_control": visit.text("frequency_control") == "yes"
        and visit.text("linked") == "yes",
        "passive": visit.text("passive") == "yes",
        "requires_storage": visit.text("requires_storage") == "yes",
        "randomise": visit.text("randomise") == "yes",
        "sample_rate": share(visit.text("sample_rate")),
        "survey_id": visit.text("survey_id") or None,
        "repeat_s": _repeat_s(visit, present.get("repeat_s")),
        "timing": _timing(visit),
        "schedule": {
            "from_at": _instant(visit, "from", schedule["from_at"]),
            "until_at": _instant(visit, "until", schedule["until_at"]),
        },
    }


def target_of(visit: Visit, present: Mapping[str, Any]) -> dict[str, Any]:
    """Where an invitation leads: to an address, in a tab or a frame, or nowhere."""
    address = visit.text("target_url")
    if not address:
        return {"kind": "none"}
    if not address.startswith(("https://", "http://")):
        raise Invalid("target_url", "must begin with https:// or http://")
    where = visit.text("open") or present.get("open", "tab")
    return {**present, "kind": "url", "url": address, "open": where}


def share(text: str) -> int:
    """Basis points of a share in per cent."""
    found = basis_points(text or "100")
    if not 0 <= found <= 10_000:
        raise Invalid("sample_rate", "must be from 0 to 100, with at most two decimals")
    return found


def _timing(visit: Visit) -> dict[str, Any]:
    match visit.text("timing"):
        case "delay":
            return {"on": "delay", "delay_s": _needed(visit, "delay_s", 86_400)}
        case "scroll":
            return {"on": "scroll", "percent": _needed(visit, "percent", 100)}
        case "click":
            if not visit.text("selector"):
                raise Invalid("selector", "say what is clicked, such as #feedback")
            return {"on": "click", "selector": visit.text("selector")}
        case way:
            return {"on": way or "load"}


def _needed(visit: Visit, name: str, most: int) -> int:
    number = visit.whole(name)
    if number is None or number > most:
        raise Invalid(name, f"must be a whole number up to {most}")
    return number


def _repeat_s(visit: Visit, present: int | None) -> int | None:
    """A period in days; one that was no whole number of them stays while nobody changes it."""
    if present and visit.text("repeat_days") == _days(present):
        return present
    days = visit.whole("repeat_days")
    return days * DAY_S if days else None


def _days(seconds: int | None) -> str:
    return f"{seconds / DAY_S:g}" if seconds else ""


def _instant(visit: Visit, name: str, present: int | None) -> int | None:
    """A day of the calendar, begun in UTC; the hour that was there while the day is the same."""
    text = visit.text(name)
    if text and text == _day(present):
        return present
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid(name, "must be a day such as 2026-11-25") from None
    return int(day.timestamp()) * 1000


def _day(at: int | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")

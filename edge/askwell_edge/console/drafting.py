"""An intercept's draft as the answers of a form, and back.

The form knows conditions of one shape: the page's address (any of some), and segments, and a
device. Whatever else a condition says was written by API, and is shown but not edited.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from askwell_edge.access.refusals import Invalid
from askwell_edge.console.projects import basis_points
from askwell_edge.console.visit import Visit

URL_WAYS = (
    ("contains", "contains"),
    ("ends_with", "ends with"),
    ("starts_with", "starts with"),
    ("is", "is exactly"),
    ("matches", "matches (* and ?)"),
    ("not_contains", "does not contain"),
)
TIMINGS = (
    ("load", "as soon as the page has loaded"),
    ("delay", "some seconds later"),
    ("scroll", "when some of the page has been scrolled"),
    ("exit", "when the visitor is about to leave"),
    ("click", "when something is clicked"),
    ("manual", "when the page calls QSI.API.run()"),
)
NAMES = (
    "name",
    "url_cmp",
    "urls",
    "segment_cmp",
    "device",
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
TICKS = ("linked", "frequency_control", "passive")
DAY_S = 86_400


def asked_of(visit: Visit) -> dict[str, Any]:
    """What was typed, to show it again."""
    return {
        **{name: visit.text(name) for name in NAMES},
        **{name: visit.text(name) == "yes" for name in TICKS},
        "segments": visit.texts("segments"),
        "plain": True,
        "timings": TIMINGS,
        "url_ways": URL_WAYS,
    }


def values_of(row: Mapping[Any, Any] | None, project: Mapping[Any, Any]) -> dict[str, Any]:
    """The form's answers for a draft; for none yet, what suits a first invitation."""
    draft = row["draft"] if row is not None else {}
    linked = project["directory_id"] is not None
    read = read_plain(draft.get("condition"))
    timing = draft.get("timing", {"on": "delay", "delay_s": 2})
    action: Mapping[str, Any] = next(iter(draft.get("actions", [])), {})
    schedule = draft.get("schedule", {"from_at": None, "until_at": None})
    repeat_s = draft.get("repeat_s")
    return {
        "name": row["name"] if row is not None else "",
        **(read or EMPTY),
        "plain": read is not None,
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
        "timings": TIMINGS,
        "url_ways": URL_WAYS,
    }


EMPTY: Mapping[str, Any] = {
    "url_cmp": "contains",
    "urls": "",
    "segment_cmp": "is",
    "segments": [],
    "device": "",
}


def read_plain(node: Any) -> dict[str, Any] | None:
    """The answers that make this condition; None when the form cannot say it."""
    read = dict(EMPTY)
    parts = node if isinstance(node, list) else [node] if node else []
    if any(part == "or" for part in parts):
        parts = [parts]
    for part in parts:
        if part == "and":
            continue
        group = part if isinstance(part, list) else [part]
        leaves = [each for each in group if isinstance(each, dict)]
        joints = [each for each in group if not isinstance(each, dict)]
        kinds = {each["kind"] for each in leaves}
        if kinds == {"url"} and set(joints) <= {"or"}:
            if not _takes(read, leaves):
                return None
        elif kinds == {"segment"} and len(group) == 1 and not read["segments"]:
            read |= {"segment_cmp": leaves[0]["cmp"], "segments": list(leaves[0]["value"])}
        elif kinds == {"device"} and len(group) == 1 and _one_device(leaves[0]):
            value = leaves[0]["value"]
            read["device"] = value if isinstance(value, str) else value[0]
        else:
            return None
    return read


def _takes(read: dict[str, Any], leaves: list[dict[str, Any]]) -> bool:
    """Take addresses in: any of some, or none of some."""
    ways = {each["cmp"] for each in leaves}
    more = bool(read["urls"])
    if len(ways) != 1 or not ways <= {way for way, _ in URL_WAYS}:
        return False
    way = ways.pop()
    lone = way == "not_contains" and len(leaves) == 1
    if (way == "not_contains") != lone or (more and not (lone and read["url_cmp"] == way)):
        return False
    lines = [read["urls"]] if more else []
    read |= {"url_cmp": way, "urls": "\n".join([*lines, *(each["value"] for each in leaves)])}
    return True


def condition_from(visit: Visit) -> list[Any] | None:
    """The condition that the answers make."""
    parts: list[Any] = []
    urls = [line.strip() for line in visit.text("urls").splitlines() if line.strip()]
    if urls:
        way = visit.text("url_cmp")
        leaves = [{"kind": "url", "cmp": way, "value": each} for each in urls]
        joint = "and" if way == "not_contains" else "or"
        parts += leaves if joint == "and" else [_joined(leaves, joint)]
    if visit.texts("segments"):
        way = visit.text("segment_cmp") or "is"
        parts.append({"kind": "segment", "cmp": way, "value": visit.texts("segments")})
    if visit.text("device"):
        parts.append({"kind": "device", "cmp": "is", "value": visit.text("device")})
    return _joined(parts, "and") if parts else None


def draft_from(visit: Visit, present: Mapping[str, Any]) -> dict[str, Any]:
    """The draft without its condition and actions."""
    schedule = present.get("schedule", {"from_at": None, "until_at": None})
    return {
        "linked": visit.text("linked") == "yes",
        "frequency_control": visit.text("frequency_control") == "yes"
        and visit.text("linked") == "yes",
        "passive": visit.text("passive") == "yes",
        "sample_rate": _rate(visit.text("sample_rate")),
        "survey_id": visit.text("survey_id") or None,
        "repeat_s": _repeat_s(visit, present.get("repeat_s")),
        "timing": _timing(visit),
        "schedule": {
            "from_at": _instant(visit, "from", schedule["from_at"]),
            "until_at": _instant(visit, "until", schedule["until_at"]),
        },
    }


def _rate(text: str) -> int:
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


def _joined(parts: list[Any], joint: str) -> list[Any]:
    joined: list[Any] = []
    for part in parts:
        joined += [joint, part] if joined else [part]
    return joined


def _one_device(leaf: Mapping[str, Any]) -> bool:
    value = leaf["value"]
    return leaf["cmp"] == "is" and (isinstance(value, str) or len(value) == 1)

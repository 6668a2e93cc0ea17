"""Contact frequency rules: at most so many messages in a period, or so long between two."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Invalid, Unknown
from askwell_edge.directory.directories import get_directory
from askwell_edge.projects.publishing import refresh_rules
from askwell_edge.store.ids import new_id
from askwell_edge.store.tables import frequency_rules, mailing_lists

RULE_LIMIT = 20
LIMITS_LIMIT = 3
MAX_LIMIT = 1000
WINDOW_LIMIT_S = 365 * 86_400
SHORTEST_WINDOW_S = 60

_PERIODS = ((30 * 86_400, "30 days"), (7 * 86_400, "7 days"), (86_400, "24 hours"))


async def create_rule(
    conn: AsyncConnection, directory_id: str, given: Mapping[str, Any], at: int
) -> str:
    """The new rule's id; `given` has the fields of a bundle's rule without `id`.

    At most 20 a directory; the pair of directory rules (one with limits, one with a gap) is one.
    """
    await get_directory(conn, directory_id)
    rule = await _read_rule(conn, directory_id, given)
    present = await rules_of(conn, directory_id)
    _check_pair(present, rule)
    if _counted([*present, rule]) > RULE_LIMIT:
        raise Conflict("frequency_rule_limit", f"at most {RULE_LIMIT} frequency rules a directory")
    rule_id = new_id("FR")
    await conn.execute(
        insert(frequency_rules).values(
            rule_id=rule_id, directory_id=directory_id, created_at=at, **rule
        )
    )
    await refresh_rules(conn, directory_id, at)
    return rule_id


async def change_rule(
    conn: AsyncConnection, directory_id: str, rule_id: str, given: Mapping[str, Any], at: int
) -> None:
    """Change a rule; it counts at once, for messages scheduled earlier too."""
    row = await get_rule(conn, directory_id, rule_id)
    rule = await _read_rule(conn, directory_id, {**_fields(row), **given})
    others = [r for r in await rules_of(conn, directory_id) if r["rule_id"] != rule_id]
    _check_pair(others, rule)
    await conn.execute(
        update(frequency_rules).where(frequency_rules.c.rule_id == rule_id).values(**rule)
    )
    await refresh_rules(conn, directory_id, at)


async def delete_rule(conn: AsyncConnection, directory_id: str, rule_id: str, at: int) -> None:
    """Delete a rule; from now on it holds nothing back."""
    await get_rule(conn, directory_id, rule_id)
    await conn.execute(delete(frequency_rules).where(frequency_rules.c.rule_id == rule_id))
    await refresh_rules(conn, directory_id, at)


async def get_rule(conn: AsyncConnection, directory_id: str, rule_id: str) -> RowMapping:
    """The rule's row."""
    for row in await rules_of(conn, directory_id):
        if row["rule_id"] == rule_id:
            return row
    raise Unknown("frequency_rule", rule_id)


async def rules_of(conn: AsyncConnection, directory_id: str) -> Sequence[RowMapping]:
    """The directory's rules, oldest first."""
    wanted = (
        select(frequency_rules)
        .where(frequency_rules.c.directory_id == directory_id)
        .order_by(frequency_rules.c.created_at, frequency_rules.c.rule_id)
    )
    return (await conn.execute(wanted)).mappings().all()


def sentence(rule: Mapping[Any, Any], names: Mapping[str, str] | None = None) -> str:
    """The rule in words: `At most 1 message in 24 hours for every contact.`

    `names` gives surveys and lists their names.
    """
    noun = "invitation" if rule["messages"] == "invites" else "message"
    parts = [
        f"at most {_counted_in_words(each['max'], noun)} in {_spoken(each['window_s'])}"
        for each in rule["limits"]
    ]
    if rule["min_gap_s"]:
        parts.append(f"at least {_spoken(rule['min_gap_s'])} between two {noun}s")
    shown = names or {}
    match rule["scope"]:
        case "survey":
            place = f"of the survey {shown.get(rule['survey_id'], rule['survey_id'])}"
        case "list":
            place = f"to the list {shown.get(rule['list_id'], rule['list_id'])}"
        case _:
            place = "for every contact"
    if not parts:
        return f"Always allow {noun}s {place}, whatever the directory's rules say."
    ending = "; the directory's rules are ignored." if rule["ignore_directory"] else "."
    said = " and ".join(parts) + f" {place}{ending}"
    return said[0].upper() + said[1:]


def _spoken(seconds: int) -> str:
    for size, words in _PERIODS:
        if seconds == size:
            return words
    for size, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            return _counted_in_words(seconds // size, noun)
    return f"{seconds} seconds"


def _counted_in_words(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _counted(rules: Sequence[Mapping[Any, Any]]) -> int:
    customs = sum(1 for rule in rules if rule["scope"] != "directory")
    return customs + any(rule["scope"] == "directory" for rule in rules)


def _check_pair(present: Sequence[Mapping[Any, Any]], rule: Mapping[Any, Any]) -> None:
    if rule["scope"] != "directory":
        return
    for other in present:
        if other["scope"] == "directory" and (
            (other["limits"] and rule["limits"]) or (other["min_gap_s"] and rule["min_gap_s"])
        ):
            raise Conflict(
                "directory_rule_exists",
                "the directory has such a rule for every contact already: change it instead",
            )


def _fields(row: Mapping[Any, Any]) -> dict[str, Any]:
    kept = ("scope", "survey_id", "list_id", "messages", "ignore_directory", "limits", "min_gap_s")
    return {name: row[name] for name in kept}


async def _read_rule(
    conn: AsyncConnection, directory_id: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    scope = _choice(given, "scope", ("directory", "survey", "list"), "directory")
    rule = {
        "scope": scope,
        "survey_id": given.get("survey_id") if scope == "survey" else None,
        "list_id": given.get("list_id") if scope == "list" else None,
        "messages": _choice(given, "messages", ("all", "invites"), "all"),
        "ignore_directory": bool(given.get("ignore_directory", False)),
        "limits": _read_limits(given.get("limits", [])),
        "min_gap_s": _whole(given.get("min_gap_s"), "minGapSeconds", SHORTEST_WINDOW_S),
    }
    if scope == "directory" and rule["ignore_directory"]:
        raise Invalid("ignoreDirectory", "suits rules of a survey or a list only")
    if not (rule["limits"] or rule["min_gap_s"] or rule["ignore_directory"]):
        raise Invalid("limits", "a rule needs a limit, a gap, or to ignore the directory's rules")
    survey_id = rule["survey_id"]
    if scope == "survey" and not (isinstance(survey_id, str) and 1 <= len(survey_id) <= 100):
        raise Invalid("surveyId", "must name the survey, such as SV_…")
    if scope == "list":
        await _check_list(conn, directory_id, rule["list_id"])
    return rule


async def _check_list(conn: AsyncConnection, directory_id: str, list_id: object) -> None:
    found = await conn.scalar(
        select(mailing_lists.c.list_id).where(
            mailing_lists.c.directory_id == directory_id, mailing_lists.c.list_id == str(list_id)
        )
    )
    if found is None:
        raise Invalid("mailingListId", "must name a mailing list of this directory")


def _read_limits(given: object) -> list[dict[str, int]]:
    if not isinstance(given, list) or len(given) > LIMITS_LIMIT:
        raise Invalid("limits", f"must be a list of at most {LIMITS_LIMIT} limits")
    limits = []
    for i, each in enumerate(given):
        limit = each if isinstance(each, Mapping) else {}
        largest = limit.get("max")
        if type(largest) is not int or not 1 <= largest <= MAX_LIMIT:
            raise Invalid(f"limits[{i}].max", f"must be a whole number from 1 to {MAX_LIMIT}")
        window_s = _whole(
            limit.get("window_s"), f"limits[{i}].windowSeconds", SHORTEST_WINDOW_S, needed=True
        )
        limits.append({"max": largest, "window_s": window_s or 0})
    return limits


def _whole(value: object, path: str, low: int, *, needed: bool = False) -> int | None:
    if value is None and not needed:
        return None
    if type(value) is not int or not low <= value <= WINDOW_LIMIT_S:
        raise Invalid(path, f"must be a whole number of seconds from {low} to {WINDOW_LIMIT_S}")
    return value


def _choice(given: Mapping[str, Any], name: str, choices: tuple[str, ...], default: str) -> str:
    value = given.get(name, default)
    if value not in choices:
        raise Invalid(name, f"must be one of {', '.join(choices)}")
    return str(value)

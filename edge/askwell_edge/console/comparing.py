"""Two contacts side by side: each field in words, what either says, and what a merge keeps."""

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.fields import TEXTS
from askwell_edge.directory.contacts.identity import IdentityRule, api_field
from askwell_edge.directory.merges.merging import joined
from askwell_edge.directory.merges.searching import SHOWN
from askwell_edge.store.tables import contacts, merges

# Each field as the API calls it, and as people do.
FIELDS: Mapping[str, str] = {
    "extRef": "External reference",
    "email": "E-mail address",
    "phone": "Phone",
    "firstName": "First name",
    "lastName": "Last name",
    "language": "Language",
    "unsubscribed": "Opted out",
}
TITLES: Mapping[str, str] = {column: FIELDS[name] for column, (name, _) in TEXTS.items()}


class Line(NamedTuple):
    """One field of both contacts; `kept` is what the contact has after the merge."""

    title: str
    survivor: Any
    merged: Any
    kept: Any

    @property
    def differs(self) -> bool:
        """Whether the two say different things."""
        return bool(self.survivor != self.merged)


def lines_of(fields: Mapping[str, Mapping[str, Any]]) -> list[Line]:
    """The differences that a preview tells of, embedded data name by name."""
    lines: list[Line] = []
    for name, said in fields.items():
        values = said["survivor"], said["merged"], said["kept"]
        if name == "embeddedData":
            lines += [line for line in _pairs(*values) if line.differs]
        else:
            lines.append(Line(FIELDS[name], *values))
    return lines


async def pairs_found(conn: AsyncConnection, preview: Mapping[str, Any]) -> dict[str, Any]:
    """What a preview's pairs are drawn from: each with its differences, and the people in them."""
    pairs = preview["pairs"]
    both = {each[id] for each in pairs for id in ("survivorId", "mergedId")}
    return {
        "pairs": [(each, lines_of(each["fields"])) for each in pairs],
        "people": await people(conn, both),
    }


async def differences_found(
    conn: AsyncConnection, typed: Mapping[str, Any], saved: Mapping[str, Any]
) -> dict[str, Any]:
    """The pairs of two previews: `new` in the first, `gone` from the second, in both, `open`.

    Both tell their oldest pairs alone. So far as both go they are compared; the first one's pairs
    after that are open. `settled`: nothing of this changes while the previews go on.
    """
    one, two = await pairs_found(conn, typed), await pairs_found(conn, saved)
    people = {**one["people"], **two["people"]}

    def place(pair: Mapping[str, Any]) -> tuple[float, str]:
        id = pair["mergedId"]
        return (people[id]["created_at"] if id in people else inf), id

    def told_to(preview: Mapping[str, Any]) -> tuple[float, str]:
        pairs = preview["pairs"]
        if preview["complete"] and preview["count"] == len(pairs):
            return inf, ""
        return place(pairs[-1]) if pairs else (-inf, "")

    end = min(told_to(typed), told_to(saved))
    known = [
        {(pair["survivorId"], pair["mergedId"]) for pair in preview["pairs"]}
        for preview in (typed, saved)
    ]
    groups: dict[str, list[Any]] = {"new": [], "gone": [], "both": [], "open": []}
    for each in one["pairs"]:
        same = (each[0]["survivorId"], each[0]["mergedId"]) in known[1]
        kind = "open" if place(each[0]) > end else "both" if same else "new"
        groups[kind].append(each)
    for each in two["pairs"]:
        same = (each[0]["survivorId"], each[0]["mergedId"]) in known[0]
        if not same and place(each[0]) <= end:
            groups["gone"].append(each)
    settled = all(each["complete"] or len(each["pairs"]) >= SHOWN for each in (typed, saved))
    return {"groups": groups, "people": people, "settled": settled}


def lines_between(survivor: Mapping[str, Any], merged: Mapping[str, Any]) -> list[Line]:
    """Every field that either of two images has, and what their merge keeps of it."""
    kept = joined(survivor, merged)
    columns = {**TITLES, "unsubscribed": FIELDS["unsubscribed"]}
    lines = [
        Line(title, survivor[column], merged[column], kept[column])
        for column, title in columns.items()
        if survivor[column] or merged[column]
    ]
    images = (survivor, merged, kept)
    return lines + _pairs(*(image["embedded_data"] for image in images))


def _pairs(survivor: Mapping[str, Any], merged: Mapping[str, Any], kept: Any) -> list[Line]:
    names = sorted({*survivor, *merged})
    return [Line(name, survivor.get(name), merged.get(name), kept.get(name)) for name in names]


def rule_in_words(rule: IdentityRule) -> str:
    """`e-mail address`, `first name and last name`; embedded data by its own name."""
    return fields_in_words([api_field(each) for each in rule.fields])


def fields_in_words(names: Iterable[str]) -> str:
    """The same of fields as the API calls them."""
    return " and ".join(
        _small(FIELDS[each]) if each in FIELDS else each.removeprefix("embeddedData.")
        for each in names
    )


def _small(title: str) -> str:
    return title[0].lower() + title[1:]


async def people(conn: AsyncConnection, ids: Iterable[str]) -> dict[str, RowMapping]:
    """What tells these contacts apart, by id; those who are gone are left out."""
    names = ("contact_id", "external_reference", "first_name", "last_name", "email", "created_at")
    wanted = select(*(contacts.c[name] for name in names)).where(contacts.c.contact_id.in_(ids))
    return {row["contact_id"]: row for row in (await conn.execute(wanted)).mappings()}


async def survivors(conn: AsyncConnection, merge_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The contacts that others were merged into, as they were then, by the merge's id."""
    wanted = select(merges.c.merge_id, merges.c.survivor_before).where(
        merges.c.merge_id.in_(merge_ids)
    )
    return {row.merge_id: row.survivor_before for row in await conn.execute(wanted)}

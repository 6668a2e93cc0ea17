"""Undoing merges: the two contacts of each as they were, except for what was changed since."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access import audit
from askwell_edge.access.refusals import Conflict, Unknown
from askwell_edge.directory.contacts.fields import keys_of
from askwell_edge.directory.history import change_row
from askwell_edge.directory.merges.distinct import tell_all_apart
from askwell_edge.directory.merges.hanging import hang_back
from askwell_edge.directory.merges.merging import Image, images_of, keep, list_all
from askwell_edge.directory.merges.parting import only, parted, refusal
from askwell_edge.directory.segments.membership import evaluate_all_if_live
from askwell_edge.store.directory_keys import directory_key_of
from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.tables import audit as audit_rows
from askwell_edge.store.tables import (
    contacts,
    mailing_lists,
    merge_undo_refusals,
    merges,
    touchpoints,
)


async def get_merge(conn: AsyncConnection, directory_id: str, merge_id: str) -> RowMapping:
    """The merge's row with both contacts as they were."""
    wanted = select(merges).where(
        merges.c.directory_id == directory_id, merges.c.merge_id == merge_id
    )
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is None:
        raise Unknown("merge", merge_id)
    return found


async def undo_merge(
    conn: AsyncConnection, directory_id: str, merge_id: str, operator_id: str | None, at: int
) -> None:
    """Make two contacts of one again, and remember that they are two people.

    Later merges into the same contact must be undone first.
    """
    await get_merge(conn, directory_id, merge_id)
    refused = await undo_merges(conn, directory_id, [merge_id], operator_id, at)
    if refused:
        raise refused[merge_id]


async def undo_merges(
    conn: AsyncConnection,
    directory_id: str,
    merge_ids: Sequence[str],
    operator_id: str | None,
    at: int,
) -> dict[str, Conflict]:
    """Undo many merges, newest first, as if one after the other; which cannot be, and why.

    Merges that are gone are passed over. The store is read and written for all together.
    """
    wanted = (
        select(merges)
        .where(merges.c.directory_id == directory_id, merges.c.merge_id.in_(merge_ids))
        .order_by(merges.c.at.desc(), merges.c.merge_id.desc())
        .with_for_update()
    )
    rows = (await conn.execute(wanted)).mappings().all()
    refused: dict[str, Conflict] = {}
    for some in _unchained(rows):
        refused |= await _undo(conn, directory_id, some, operator_id, at)
    return refused


def _unchained(rows: Sequence[RowMapping]) -> Iterator[list[RowMapping]]:
    """The merges in order, in groups that bring nobody back who took somebody in."""
    some: list[RowMapping] = []
    back: set[str] = set()
    for merge in rows:
        if merge["survivor_id"] in back:
            yield some
            some, back = [], set()
        some.append(merge)
        back.add(merge["merged_id"])
    if some:
        yield some


async def _undo(
    conn: AsyncConnection,
    directory_id: str,
    rows: Sequence[RowMapping],
    operator_id: str | None,
    at: int,
) -> dict[str, Conflict]:
    now = await images_of(conn, directory_id, sorted({each["survivor_id"] for each in rows}))
    standing = await _standing(conn, rows)
    lists = await _lists_there(conn, rows)
    refused: dict[str, Conflict] = {}
    undone: list[RowMapping] = []
    logged: list[dict[str, Any]] = []
    for merge in rows:
        merge_id, survivor_id = merge["merge_id"], merge["survivor_id"]
        if problem := refusal(merge, now, standing.get(survivor_id, {})):
            refused[merge_id] = problem
            continue
        undone.append(merge)
        del standing[survivor_id][merge_id]
        told = {"merge_id": merge_id, "restored": merge["merged_id"]}
        before = now[survivor_id]
        logged.append(
            audit.entry(operator_id, "contact.unmerge", survivor_id, at, before=before, after=told)
        )
        now[survivor_id] = parted(merge, before, lists, at)
    if undone:
        await insert_rows(conn, audit_rows, logged)
        await _keep_parted(conn, undone, now, lists, at)
        await _remember(conn, directory_id, undone, operator_id, at)
    return refused


async def _standing(conn: AsyncConnection, rows: Sequence[RowMapping]) -> dict[str, dict[str, int]]:
    """The merges into the same contacts that are not undone, none left out that is as new as one
    of these: by contact and id, when they were made."""
    wanted = select(merges.c.survivor_id, merges.c.merge_id, merges.c.at).where(
        merges.c.survivor_id.in_({each["survivor_id"] for each in rows}),
        merges.c.undone_at.is_(None),
        merges.c.at >= min(each["at"] for each in rows),
    )
    found: dict[str, dict[str, int]] = {}
    for survivor_id, merge_id, merged_at in await conn.execute(wanted):
        found.setdefault(survivor_id, {})[merge_id] = merged_at
    return found


async def _lists_there(conn: AsyncConnection, rows: Sequence[RowMapping]) -> set[str]:
    """Of the lists that somebody was on, those that are still there."""
    images = (merge[name] for merge in rows for name in ("survivor_before", "merged_before"))
    names = {name for image in images for name in image["lists"]}
    wanted = select(mailing_lists.c.list_id).where(mailing_lists.c.list_id.in_(names))
    return set((await conn.execute(wanted)).scalars())


async def _keep_parted(
    conn: AsyncConnection,
    undone: Sequence[RowMapping],
    now: Mapping[str, Image],
    lists: set[str],
    at: int,
) -> None:
    """Write both contacts of each, and give back what hangs on them."""
    await keep(conn, {each: now[each] for each in sorted({m["survivor_id"] for m in undone})})
    back: dict[str, Image] = {}
    for merge in undone:
        image = merge["merged_before"]
        image = {**image, "lists": only(image["lists"], lists), "modified_at": at}
        back[merge["merged_id"]] = image
    columns = [
        {name: value for name, value in image.items() if name != "lists"} for image in back.values()
    ]
    key = {"directory_key": await directory_key_of(conn, columns[0]["directory_id"])}
    rows = [{**each, **keys_of(each), **key} for each in columns]
    for names in {tuple(sorted(row)) for row in rows}:  # images are as contacts were then
        alike = [row for row in rows if tuple(sorted(row)) == names]
        await insert_rows(conn, contacts, alike)
    await list_all(conn, back)
    await hang_back(conn, undone)


async def _remember(
    conn: AsyncConnection,
    directory_id: str,
    undone: Sequence[RowMapping],
    operator_id: str | None,
    at: int,
) -> None:
    """Write that they were undone, that they are two people, and which segments that changes."""
    ids = [each["merge_id"] for each in undone]
    await conn.execute(update(merges).where(merges.c.merge_id.in_(ids)).values(undone_at=at))
    left = merge_undo_refusals.c.merge_id.in_(ids)
    await conn.execute(delete(merge_undo_refusals).where(left))
    pairs = [(each["survivor_id"], each["merged_id"]) for each in undone]
    await tell_all_apart(conn, directory_id, pairs, operator_id, at)
    told = [
        change_row(
            directory_id, each, "contact_unmerged", at, "api", details={"merge_id": merge_id}
        )
        for merge_id, pair in zip(ids, pairs, strict=True)
        for each in pair
    ]
    await insert_rows(conn, touchpoints, told)
    everybody = {each for pair in pairs for each in pair}
    await evaluate_all_if_live(conn, directory_id, everybody, at)

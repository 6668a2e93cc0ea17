"""What undoing a merge makes of the contact that stayed, and why it may not be undone."""

from collections.abc import Mapping
from typing import Any

from askwell_edge.access.refusals import Conflict
from askwell_edge.directory.contacts.fields import TEXTS
from askwell_edge.directory.merges.merging import Image

_PLAIN = (*TEXTS, "unsubscribed", "unsubscribed_at", "suppressed_at")


def refusal(
    merge: Mapping[Any, Any], now: Mapping[str, Image], standing: Mapping[str, int]
) -> Conflict | None:
    """Why the merge cannot be undone now."""
    survivor_id = merge["survivor_id"]
    if merge["undone_at"] is not None:
        return Conflict("merge_undone", "the merge was undone already")
    if survivor_id not in now:
        return Conflict(
            "survivor_gone", f"the contact {survivor_id} was merged on or deleted; undo that first"
        )
    newest = max(standing, key=lambda merge_id: standing[merge_id])
    if standing[newest] > merge["at"]:
        return Conflict("merge_not_latest", f"undo the later merge first: {newest}")
    return None


def parted(merge: Mapping[Any, Any], now: Image, lists: set[str], at: int) -> Image:
    """The survivor with each value that the merge changed and nobody has changed since."""
    was, became = merge["survivor_before"], merge["survivor_after"]
    plain = {name: was[name] for name in _PLAIN if now[name] == became[name] != was[name]}
    member_of = _put_back(now["lists"], was["lists"], became["lists"])
    return {
        **now,
        **plain,
        "embedded_data": _put_back(
            now["embedded_data"], was["embedded_data"], became["embedded_data"]
        ),
        "lists": only(member_of, lists | set(now["lists"])),
        "modified_at": at,
    }


def _put_back(
    now: Mapping[str, Any], was: Mapping[str, Any], became: Mapping[str, Any]
) -> dict[str, Any]:
    """Entries as they were before, where they are still as they became."""
    kept = dict(now)
    for name in {*was, *became}:
        if kept.get(name) == became.get(name):
            kept.pop(name, None)
            if name in was:
                kept[name] = was[name]
    return kept


def only(entries: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    """The entries of these names."""
    return {name: value for name, value in entries.items() if name in names}

"""Data by which a page knows, without the engine, that certainly nothing can show.

It may err in one direction only: an entry passes whenever the core could show the intercept.
"""

from __future__ import annotations

from .condition import alternatives
from .fact import fold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    # Literals of which one alternative must occur as a whole; None: any address will do.
    Urls = list[list[str]] | None

ALTERNATIVES_LIMIT = 12
LITERAL_COMPARISONS = ("is", "contains", "starts_with", "ends_with", "matches")


def compile_prefilter(bundle: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`[{"from_at": ms|None, "until_at": ms|None, "urls": None|[["/cart"], ...]}, ...]`."""
    entries = []
    for intercept in bundle["intercepts"]:
        if intercept.get("active", True):
            schedule = intercept.get("schedule", {})
            actions = [_urls(action.get("condition")) for action in intercept["actions"]]
            entries.append(
                {
                    "from_at": schedule.get("from_at"),
                    "until_at": schedule.get("until_at"),
                    "urls": _both(_urls(intercept.get("condition")), _either(actions)),
                }
            )
    return entries


def may_show(prefilter: Sequence[Mapping[str, Any]], url: str, now: int) -> bool:
    """Whether the page needs the engine at all; the loader does exactly this."""
    folded = fold(url)
    return any(
        (entry["from_at"] is None or now >= entry["from_at"])
        and (entry["until_at"] is None or now < entry["until_at"])
        and (
            entry["urls"] is None
            or any(all(part in folded for part in parts) for parts in entry["urls"])
        )
        for entry in prefilter
    )


def _urls(node: Any) -> Urls:
    if isinstance(node, dict):
        return _leaf(node)
    joined: list[Urls] = []
    for nodes in alternatives(node or [], "condition"):
        together: Urls = None
        for part, _ in nodes:
            together = _both(together, _urls(part))
        joined.append(together)
    return _either(joined)


def _leaf(leaf: Mapping[str, Any]) -> Urls:
    if leaf["kind"] != "url" or leaf["cmp"] not in LITERAL_COMPARISONS:
        return None
    text = fold(leaf["value"])
    if leaf["cmp"] == "matches":
        text = text.replace("*", "\0").replace("?", "\0")
    # Beyond ASCII the letter case of Python and of a browser could differ.
    parts = "".join(char if " " < char < "\x7f" else "\0" for char in text).split("\0")
    literals = [part for part in parts if part]
    return [literals] if literals else None


def _either(urls: Sequence[Urls]) -> Urls:
    found: list[list[str]] = []
    for each in urls:
        if each is None or len(found) + len(each) > ALTERNATIVES_LIMIT:
            return None
        found += [parts for parts in each if parts not in found]
    return found


def _both(one: Urls, other: Urls) -> Urls:
    if one is None or other is None:
        return other if one is None else one
    if len(one) * len(other) > ALTERNATIVES_LIMIT:
        return one
    return [
        [*left, *(each for each in right if each not in left)] for left in one for right in other
    ]

"""A condition as the lines of the builder's form, and back: every kind that the core knows."""

from collections.abc import Mapping, Sequence
from typing import Any

from askwell_edge.access.refusals import Invalid
from askwell_edge.console.conditions import COMPARISONS, SUBJECTS, WEEKDAYS
from askwell_edge.console.trees import (
    Group,
    Line,
    WrongLine,
    by_line,
    counted,
    group,
    line,
    number,
    only,
    rows,
    text_of,
    tidied,
    typed_tree,
)
from askwell_edge.projects.drafts import leaves_at, leaves_of
from askwell_edge.projects.zones import zone_of
from askwell_runtime.condition import DEPTH_LIMIT, LEAF_LIMIT, compile_condition
from askwell_runtime.errors import BundleError
from askwell_runtime.kinds import KINDS, WITHIN
from askwell_runtime.number import NUMBER

NAME = "condition"  # what refusals are about

# The name by which a kind asks, if it does, as the node calls it.
NAMED = {
    "query": "name",
    "cookie": "name",
    "value": "path",
    "tracked": "name",
    "action_taken": "action_id",
    "survey_taken": "survey_id",
    "displayed": "intercept_id",
}
ZONED = ("date", "weekday", "time")
LASTING = ("displayed", "action_taken")
VALUELESS = ("set", "not_set", "empty", "not_empty", "is_true", "is_false")
# Kinds that compare with some of a few, which are ticked, and those with some of many.
PICKED = {
    "weekday": [(str(n), name) for n, name in enumerate(WEEKDAYS) if n],
    "device": [("desktop", "desktop"), ("mobile", "phone"), ("tablet", "tablet")],
}
LISTED = ("language", "browser", "os")
HAPPENED = ("displayed", "action_taken", "survey_taken")
_SAID: Mapping[str, Mapping[str, str]] = {
    "segment": {"is": "is one of", "is_not": "is none of"},
    "displayed": {"is": "was shown", "is_not": "was not shown"},
    "action_taken": {"is": "was taken", "is_not": "was not taken"},
    "survey_taken": {"is": "was taken", "is_not": "was not taken"},
}
TITLES: Mapping[str, str] = {
    **SUBJECTS,
    "segment": "a segment of the contact",
    "displayed": "an invitation, in this browser",
    "action_taken": "an action set, in this browser",
    "survey_taken": "a survey, in this browser",
}


def comparisons() -> dict[str, dict[str, str]]:
    """Of each kind what may be compared, in words: `{"url": {"contains": "contains", …}}`."""
    return {
        kind: {cmp: _SAID.get(kind, COMPARISONS)[cmp] for cmp in table}
        for kind, (_, table) in KINDS.items()
    }


def rows_of(node: Any) -> Group:
    """The form's groups and lines: `and` binds closer than `or`, as in a sentence."""
    tree = _group_of(node)
    return tree if tree["items"] else group("and", line())


def _group_of(node: Any) -> Group:
    if not isinstance(node, list):
        return group("and", *([row_of(node)] if node else []))
    alternatives: list[list[Any]] = [[]]
    for part in node:
        if part == "or":
            alternatives.append([])
        elif part != "and":
            alternatives[-1].append(part)
    found = [[each for each in map(_item_of, parts) if each is not None] for parts in alternatives]
    if not all(found):  # what always passes is all that counts
        return group("and")
    if len(found) == 1:
        return group("and", *found[0])
    return group("or", *(each[0] if len(each) == 1 else group("and", *each) for each in found))


def _item_of(node: Any) -> Line | Group | None:
    if isinstance(node, dict):
        return row_of(node)
    inner = _group_of(node)
    return inner if inner["items"] else None


def typed(pairs: Sequence[tuple[str, str]]) -> Group:
    """The form's groups and lines as they were sent: one list of nodes may make two groups."""
    return typed_tree(pairs, NAME, 2 * DEPTH_LIMIT, LEAF_LIMIT)


def condition_of(tree: Group, present: Any = None) -> Any:
    """The condition that a tree means; what is as it was `present` is kept to the byte."""
    tree = tidied(tree, tidy)
    if tree == tidied(rows_of(present), tidy):
        return present
    known = by_line(leaves_of(present), lambda leaf: tidy(row_of(leaf)))
    read = counted(lambda shown: known(shown) or leaf_of(shown))

    def written(here: Group) -> Any:
        parts: list[Any] = []
        for each in here["items"]:
            node = written(each) if "op" in each else read(each)
            parts += [here["op"]] if parts else []
            # Within `or` an `and` needs no list of its own.
            inline = here["op"] == "or" and isinstance(node, list) and "or" not in node
            parts += node if inline else [node]
        return parts[0] if len(parts) == 1 else parts

    node = written(tree)
    return ([node] if isinstance(node, dict) else node) or None


def row_of(leaf: Mapping[str, Any]) -> Line:
    """A comparison as a line of the form."""
    kind, cmp, value = leaf["kind"], leaf["cmp"], leaf.get("value")
    listed = [text_of(each) for each in (value if isinstance(value, list) else [value])]
    parts = {"value": text_of(value)}
    if kind in PICKED or kind == "segment":
        parts = {"pick": "\n".join(listed)}
    elif kind in LISTED:
        parts = {"values": "\n".join(listed)}
    elif cmp == "between":
        parts = dict(zip(("value", "to"), listed, strict=False))
    name = text_of(leaf.get(NAMED.get(kind, "")))
    parts["intercept" if kind == "displayed" else "part"] = name
    within = text_of(leaf.get("within", "ever")) if kind in LASTING else ""
    return line(kind, cmp=cmp, zone=text_of(leaf.get("zone")), within=within, **parts)


def tidy(row: Line) -> Line:
    """The line with what its kind and comparison use alone."""
    kind = row["field"]
    cmp = row["cmp"] or next(iter(KINDS[kind][1]), "") if kind in KINDS else row["cmp"]
    parts = ["intercept" if kind == "displayed" else "part"] if kind in NAMED else []
    parts += ["zone"] if kind in ZONED else []
    parts += ["within"] if kind in LASTING else []
    if kind in PICKED or kind == "segment":
        parts.append("pick")
        allowed = dict(PICKED.get(kind, ()))
        fits = (lambda each: each in allowed) if allowed else (lambda each: each.startswith("SG_"))
        row = {**row, "pick": "\n".join(filter(fits, rows(row["pick"])))}
    elif kind in LISTED:
        parts.append("values")
    elif kind not in HAPPENED and cmp not in VALUELESS:
        parts += ["value", "to"] if cmp == "between" else ["value"]
    return only({**row, "cmp": cmp}, ["cmp", *parts])


def leaf_of(row: Line) -> dict[str, Any]:
    """A comparison out of a tidy line; the core refuses what is none, and the line is named."""
    kind, cmp = row["field"], row["cmp"]
    title = TITLES.get(kind, kind)
    leaf: dict[str, Any] = {"kind": kind, "cmp": cmp}
    if kind in NAMED:
        leaf[NAMED[kind]] = row["intercept"] if kind == "displayed" else row["part"]
        if not leaf[NAMED[kind]]:
            raise WrongLine("part", f"{title}: say which")
    if kind not in HAPPENED and cmp not in VALUELESS:
        leaf["value"] = _value(kind, cmp, row, title)
    if row["zone"]:
        leaf["zone"] = row["zone"]
    if kind in LASTING:
        leaf["within"] = row["within"] or WITHIN[-1]
    try:
        if row["zone"]:
            zone_of(row["zone"])
        compile_condition(leaf, "")
    except Invalid as problem:
        raise WrongLine("zone", f"{title}: {problem.limit}") from None
    except BundleError as problem:
        raise WrongLine(_part_of(problem.path, row), f"{title}: {problem.problem}") from None
    return leaf


def at_its_line(problem: Invalid, node: Any, path: str) -> Invalid:
    """A refusal of one comparison of a condition as it was sent: of its line in the form."""
    for nth, (place, leaf) in enumerate(leaves_at(node, path), start=1):
        name = problem.field.removeprefix(f"{place}.")
        if name != problem.field:
            row = row_of(leaf)
            title = TITLES.get(row["field"], row["field"])
            return WrongLine(_part_of(name, row), f"{title}: {problem.limit}", nth)
    return problem


def _value(kind: str, cmp: str, row: Line, title: str) -> Any:
    picked = rows(row["pick"])
    if kind == "weekday":
        return [int(each) for each in picked]
    if kind == "segment":
        return picked
    if kind == "device" or kind in LISTED:
        some = picked or rows(row["values"])
        return some[0] if len(some) == 1 else some
    ends = ("value", "to") if cmp == "between" else ("value",)
    values = [number(row[end], title, end) if _counts(kind, cmp) else row[end] for end in ends]
    return values if cmp == "between" else values[0]


def _part_of(path: str, row: Line) -> str:
    """The part of the line that holds what the core calls so."""
    if path == NAMED.get(row["field"]):
        return "intercept" if row["field"] == "displayed" else "part"
    if path.startswith("value"):
        kind = row["field"]
        boxes = kind in PICKED or kind == "segment"
        return "pick" if boxes else "values" if kind in LISTED else "value"
    return path


def _counts(kind: str, cmp: str) -> bool:
    """Whether this compares numbers."""
    return kind not in ZONED and cmp in NUMBER

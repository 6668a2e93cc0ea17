"""A segment's criteria in words, and as the lines of the builder's form."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from askwell_edge.access.refusals import Invalid
from askwell_edge.console.conditions import Group, Line
from askwell_edge.console.criteria_fields import COMPARISONS, FIELDS, KINDS
from askwell_edge.console.trees import Group as Tree
from askwell_edge.console.trees import Line as Row
from askwell_edge.console.trees import (
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
from askwell_runtime.errors import CriteriaError
from askwell_runtime.segment import DEPTH_LIMIT, LEAF_LIMIT, compile_criteria

NAME = "criteria"  # what refusals are about
_TITLES = {field: title for field, title, _ in FIELDS}
_KIND = {field: kind for field, _, kind in FIELDS}
_VALUELESS = ("empty", "notEmpty")
_LISTS = ("list.NAME", "listUnsubscribed.NAME")
_DAYS = ("withinLastDays", "notWithinLastDays")
_ENDS = ("value", "to")
_PARTS = {"withinDays": "days", "surveyId": "survey", "interceptId": "intercept"}
_NUMBERS = ("lt", "lte", "gt", "gte", "eq#", "neq#", *_DAYS)


def in_words(node: Mapping[str, Any], names: Mapping[str, str]) -> Line | Group:
    """The criteria as people read them; `names` has those of mailing lists."""
    if "op" in node:
        parts = tuple(in_words(each, names) for each in node["items"])
        return parts[0] if len(parts) == 1 else Group(node["op"], parts)
    pattern, name = split_field(node["field"])
    title = _TITLES.get(pattern, node["field"])
    if name:
        title = title.replace(" …", "")
        title = name if pattern.startswith("embeddedData") else f"{title} {names.get(name, name)}"
    where = ", ".join(f"{key} {value}" for key, value in node.get("where", {}).items())
    of = f" of {node['of']}" if node.get("of") else ""
    about = [f"the survey {node['surveyId']}"] if node.get("surveyId") else []
    about += [f"the invitation {node['interceptId']}"] if node.get("interceptId") else []
    ending = f"in the last {node['withinDays']} days" if node.get("withinDays") else ""
    subject = title + of + (f" with {where}" if where else "")
    subject += f" for {' and '.join(about)}" if about else ""
    cmp, value = node["cmp"], node.get("value")
    if cmp == "is":
        return Line(subject, "" if value else "is not so", ending=ending)
    if cmp in _DAYS:
        negative = "not " if cmp.startswith("not") else ""
        return Line(subject, f"is {negative}within the last", f"{value} days")
    parts_of = value if isinstance(value, list) else [value]
    joint = " and " if cmp == "between" else " or "
    return Line(subject, COMPARISONS.get(cmp, cmp), joint.join(map(text_of, parts_of)), ending)


def split_field(field: str) -> tuple[str, str]:
    """`("embeddedData.NAME", "tier")` of `embeddedData.tier`."""
    head, _, rest = field.partition(".")
    if head in ("embeddedData", "list", "listUnsubscribed"):
        return f"{head}.NAME", rest
    return field, ""


def rows_of(node: Mapping[str, Any] | None) -> Tree:
    """The form's groups and lines for a tree: the first group holds everything."""
    if node is None:
        return group("and", line())
    if "op" not in node:
        return group("and", row_of(node))
    items = (rows_of(each) if "op" in each else row_of(each) for each in node["items"])
    return group(node["op"], *items)


def typed(pairs: Sequence[tuple[str, str]]) -> Tree:
    """The form's groups and lines as they were sent."""
    return typed_tree(pairs, NAME, DEPTH_LIMIT, LEAF_LIMIT)


def criteria_of(tree: Tree, present: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """The criteria that a tree means; what is as it was `present` is kept to the byte."""
    tree = tidied(tree, tidy)
    if present is not None and tree == tidied(rows_of(present), tidy):
        return dict(present)
    known = by_line(leaves(present) if present else [], lambda leaf: tidy(row_of(leaf)))
    read = counted(lambda shown: known(shown) or leaf_of(shown))

    def written(here: Tree) -> dict[str, Any] | None:
        items = [written(each) if "op" in each else read(each) for each in here["items"]]
        if len(items) < 2:
            return items[0] if items else None
        return {"op": here["op"], "items": items}

    return written(tree)


def row_of(leaf: Mapping[str, Any]) -> Row:
    """A comparison as a line of the form."""
    pattern, name = split_field(leaf["field"])
    cmp, value = leaf["cmp"], leaf.get("value")
    if pattern == "embeddedData.NAME" and cmp in ("eq", "neq") and not isinstance(value, str):
        cmp += "#"
    parts = {"values" if cmp == "in" else "truth" if cmp == "is" else "value": text_of(value)}
    if isinstance(value, list):
        listed = [text_of(each) for each in value]
        parts = {"values": "\n".join(listed)}
        if cmp == "between":
            parts = dict(zip(("value", "to"), listed, strict=False))
    where = "\n".join(f"{key}={text_of(each)}" for key, each in leaf.get("where", {}).items())
    return line(
        pattern,
        **{_named_by(pattern): name},
        cmp=cmp,
        days=text_of(leaf.get("withinDays")),
        of=text_of(leaf.get("of")),
        survey=text_of(leaf.get("surveyId")),
        intercept=text_of(leaf.get("interceptId")),
        where=where,
        **parts,
    )


def tidy(row: Row) -> Row:
    """The line with what its field and comparison use alone."""
    field, cmp = row["field"], row["cmp"] or KINDS[_KIND.get(row["field"], "any")][0]
    parts = {"in": ("values",), "is": ("truth",), "between": ("value", "to")}.get(cmp, ("value",))
    parts = () if cmp in _VALUELESS else parts
    if field.endswith(".NAME"):
        parts = (_named_by(field), *parts)
    if field.startswith("transactions."):
        parts = (*parts, "days", "where", *(("of",) if field.endswith(".sum") else ()))
    if field.startswith("activity."):
        parts = (*parts, "days", "survey", "intercept")
    return only({**row, "cmp": cmp}, ("cmp", *parts))


def leaf_of(row: Row) -> dict[str, Any]:
    """A comparison out of a tidy line; the core refuses what is none, and the line is named."""
    field, cmp = row["field"], row["cmp"]
    title = _TITLES.get(field, field).removesuffix(" …")
    if field.endswith(".NAME"):
        part = _named_by(field)
        if not row[part]:
            raise WrongLine(part, f"{title}: say which")
        title = f"{title} {row[part]}"
        field = field.removesuffix("NAME") + row[part]
    leaf: dict[str, Any] = {"field": field, "cmp": cmp.removesuffix("#")}
    if cmp not in _VALUELESS:
        leaf["value"] = _value(_KIND.get(row["field"], "any"), cmp, row, title)
    if row["days"]:
        leaf["withinDays"] = number(row["days"], f"{title}, the period in days", "days")
    for part, name in (("of", "of"), ("survey", "surveyId"), ("intercept", "interceptId")):
        if row[part]:
            leaf[name] = row[part]
    if row["where"]:
        leaf["where"] = dict(_pair(each) for each in rows(row["where"]))
    try:
        compile_criteria(leaf, "")
    except CriteriaError as problem:
        raise WrongLine(_part_of(problem.path, cmp), f"{title}: {problem.problem}") from None
    return leaf


def at_its_line(problem: Invalid, sent: Mapping[str, Any]) -> Invalid:
    """A refusal of one comparison of the criteria as they were sent: of its line in the form."""
    path, _, name = problem.field.rpartition(".")
    place: Any = sent
    for step in re.findall(r"\.items\[(\d+)\]", path):
        place = place["items"][int(step)]
    if not path or "op" in place:
        return problem
    number = next(n for n, leaf in enumerate(leaves(sent), start=1) if leaf is place)
    named = _named_by(split_field(place["field"])[0])
    part = named if name == "field" else _part_of(name, place["cmp"])
    return WrongLine(part, problem.limit, number)


def _named_by(pattern: str) -> str:
    """The part of a line that says what stands in the place of NAME."""
    return "list" if pattern in _LISTS else "part"


def _part_of(name: str, cmp: str) -> str:
    """The part of the line that holds what a comparison calls so."""
    if name.startswith("value"):
        return {"in": "values", "is": "truth"}.get(cmp, "value")
    return _PARTS.get(name, name)


def _value(kind: str, cmp: str, row: Row, title: str) -> Any:
    """What was typed as the value that the comparison wants."""
    if cmp == "is":
        return row["truth"] != "false"
    if cmp == "in":
        return rows(row["values"])
    if cmp == "between":
        ends = [row[part] for part in _ENDS]
        if kind == "number" or (kind == "any" and all(map(_is_number, ends))):
            return [number(each, title, part) for each, part in zip(ends, _ENDS, strict=True)]
        return [_instant(each) for each in ends]
    text = row["value"]
    if kind == "number" or cmp in _NUMBERS:
        return number(text, title)
    return _instant(text) if cmp in ("before", "after") else text


def _instant(text: str) -> int | str:
    """A day stays as it is written; nothing but digits is an instant in milliseconds."""
    return int(text) if _is_number(text) and "." not in text else text


def _is_number(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").replace(".", "", 1).isdigit()


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not key.strip():
        raise WrongLine("where", "Only those with: write name=value, one a line")
    return key.strip(), value.strip()


def leaves(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The comparisons of criteria, in order."""
    if "op" not in node:
        return [node]
    return [leaf for each in node["items"] for leaf in leaves(each)]

"""A segment's criteria: in words, and as the lines of the builder's form.

The form numbers its lines and groups. A line says which group it is in, a group which group holds
it; together they are a tree, whose nodes are judged by the core when it is saved.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from askwell_edge.access.refusals import Invalid
from askwell_edge.console.conditions import Group, Line
from askwell_edge.console.criteria_fields import COMPARISONS, FIELDS, KINDS
from askwell_runtime.segment import DEPTH_LIMIT, LEAF_LIMIT

# What a line has beside its field; `part` is the name in the place of NAME.
PARTS = ("part", "cmp", "value", "days", "of", "where")
_TITLES = {field: title for field, title, _ in FIELDS}
_KIND = {field: kind for field, _, kind in FIELDS}


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
    ending = f"in the last {node['withinDays']} days" if node.get("withinDays") else ""
    subject = title + of + (f" with {where}" if where else "")
    cmp, value = node["cmp"], node.get("value")
    if cmp == "is":
        return Line(subject, "" if value else "is not so", ending=ending)
    if cmp in ("withinLastDays", "notWithinLastDays"):
        negative = "not " if cmp.startswith("not") else ""
        return Line(subject, f"is {negative}within the last", f"{value} days")
    return Line(subject, COMPARISONS.get(cmp, cmp), _shown(cmp, value), ending)


def split_field(field: str) -> tuple[str, str]:
    """`("embeddedData.NAME", "tier")` of `embeddedData.tier`."""
    head, _, rest = field.partition(".")
    if head in ("embeddedData", "list", "listUnsubscribed"):
        return f"{head}.NAME", rest
    return field, ""


def rows_of(node: Mapping[str, Any] | None) -> dict[str, Any]:
    """The form's groups and lines for a tree: the first group holds everything."""
    root: dict[str, Any] = {"op": "and", "lines": [], "groups": []}
    if node is None:
        root["lines"].append(blank_line())
        return root
    if "op" not in node:
        root["lines"].append(_line(node))
        return root
    root["op"] = node["op"]
    for each in node["items"]:
        if "op" in each:
            root["groups"].append(rows_of(each))
        else:
            root["lines"].append(_line(each))
    return root


def typed_tree(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The form's groups and lines as they were sent, in their order.

    `group` begins a group and `end` ends it; `field` begins a line of the group at hand.
    """
    root: dict[str, Any] = {"op": "and", "lines": [], "groups": []}
    open_groups = [root]
    begun = False
    for name, value in pairs:
        here = open_groups[-1]
        if name == "group":
            group: dict[str, Any] = {
                "op": "or" if value == "or" else "and",
                "lines": [],
                "groups": [],
            }
            if begun:
                here["groups"].append(group)
                open_groups.append(group)
                if len(open_groups) > DEPTH_LIMIT:
                    raise Invalid("criteria", f"nested more than {DEPTH_LIMIT} deep")
            else:
                root["op"], begun = group["op"], True
        elif name == "end" and len(open_groups) > 1:
            open_groups.pop()
        elif name == "field":
            if len(here["lines"]) > LEAF_LIMIT:
                raise Invalid("criteria", f"more than {LEAF_LIMIT} comparisons")
            here["lines"].append({**blank_line(), "field": value})
        elif name in PARTS and here["lines"]:
            here["lines"][-1][name] = value.strip()
    return root


def criteria_of(group: Mapping[str, Any]) -> dict[str, Any] | None:
    """The tree that a group of the form means; lines that say nothing are left out."""
    items: list[dict[str, Any]] = [_leaf(line) for line in group["lines"] if line["field"]]
    items += [inner for each in group["groups"] if (inner := criteria_of(each)) is not None]
    if not items:
        return None
    return items[0] if len(items) == 1 else {"op": group["op"], "items": items}


def blank_line() -> dict[str, str]:
    return {"field": "", **dict.fromkeys(PARTS, "")}


def _line(leaf: Mapping[str, Any]) -> dict[str, str]:
    pattern, name = split_field(leaf["field"])
    where = ", ".join(f"{key}={value}" for key, value in leaf.get("where", {}).items())
    return {
        "field": pattern,
        "part": name,
        "cmp": leaf["cmp"],
        "value": _shown(leaf["cmp"], leaf.get("value"), ", "),
        "days": str(leaf.get("withinDays", "")),
        "of": leaf.get("of", ""),
        "where": where,
    }


def _leaf(line: Mapping[str, str]) -> dict[str, Any]:
    kind = _KIND.get(line["field"], "any")
    field = line["field"]
    if field.endswith(".NAME"):
        if not line["part"]:
            raise Invalid("criteria", f"{_TITLES[field].removesuffix(' …')}: say which")
        field = field.removesuffix("NAME") + line["part"]
    cmp = line["cmp"] or KINDS[kind][0]
    leaf: dict[str, Any] = {"field": field, "cmp": cmp}
    if cmp not in ("empty", "notEmpty"):
        leaf["value"] = _value(kind, cmp, line["value"], _TITLES.get(line["field"], field))
    if line["days"]:
        leaf["withinDays"] = _number(line["days"], "the period in days")
    if line["of"]:
        leaf["of"] = line["of"]
    if line["where"]:
        leaf["where"] = _where(line["where"])
    return leaf


def _value(kind: str, cmp: str, text: str, title: str) -> Any:
    """The text as the value that the comparison wants; the core refuses what is none."""
    if cmp == "is":
        return text != "false"
    if cmp in ("in", "between"):
        parts = [each.strip() for each in text.split(",") if each.strip()]
        return [_number(each, title) if _is_number(kind, cmp, each) else each for each in parts]
    if cmp in ("withinLastDays", "notWithinLastDays", "lt", "lte", "gt", "gte"):
        return _number(text, title)
    return _number(text, title) if kind == "number" else text


def _is_number(kind: str, cmp: str, text: str) -> bool:
    plain = text.replace(".", "", 1).replace("-", "", 1).isdigit()
    return kind == "number" or (kind == "any" and cmp == "between" and plain)


def _number(text: str, title: str) -> int | float:
    try:
        number = float(text)
    except ValueError:
        raise Invalid("criteria", f"{title}: {text[:40]!r} is not a number") from None
    return int(number) if number.is_integer() else number


def _where(text: str) -> dict[str, str]:
    pairs = {}
    for part in text.split(","):
        key, separator, value = part.partition("=")
        if not separator or not key.strip():
            raise Invalid("criteria", "with: write name=value, with commas between")
        pairs[key.strip()] = value.strip()
    return pairs


def _shown(cmp: str, value: Any, joint: str | None = None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        usual = " and " if cmp == "between" else " or "
        return (joint or usual).join(str(each) for each in value)
    return str(value)

"""Trees of comparisons as a form sends them: groups and lines, each in its place.

`group` begins a group and `end` ends it, `field` begins a line of the group at hand; what follows
belongs to that line. What the fields and comparisons are is for the two that use this to say.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Any

from askwell_edge.access.refusals import Invalid

# What a line has beside its field; `part` or `list` is in the place of NAME. The texts of one
# row come back from a browser without line ends.
ROWS = (
    "part",
    "list",
    "cmp",
    "value",
    "to",
    "truth",
    "days",
    "of",
    "survey",
    "intercept",
    "zone",
    "within",
)
AREAS = ("values", "where")
PICKS = "pick"  # boxes that are ticked, one a row

Line = dict[str, str]
Group = dict[str, Any]  # {"op": "and"|"or", "items": [Line | Group]}


class WrongLine(Invalid):
    """A line means nothing: `number` counts those that say something, from 1; `part` is of it."""

    def __init__(self, part: str, limit: str, number: int = 0) -> None:
        super().__init__("line", limit)
        self.part, self.number = part, number
        self.message = limit  # it begins with what is compared


def line(field: str = "", **parts: str) -> Line:
    """A line with these parts; the others are empty."""
    given = {"field": field, **dict.fromkeys((*ROWS, *AREAS, PICKS), "")}
    return given | {name: _plain(name, text) for name, text in parts.items()}


def group(op: str = "and", *items: Line | Group) -> Group:
    return {"op": op, "items": list(items)}


def typed_tree(pairs: Iterable[tuple[str, str]], name: str, depth: int, most: int) -> Group:
    """The tree as it was sent; refused by `name` when it is larger than any that can be kept."""
    root = group()
    open_groups, begun, count = [root], False, 0
    for part, text in pairs:
        items = open_groups[-1]["items"]
        if part == "group":
            op = "or" if text == "or" else "and"
            if not begun:
                root["op"], begun = op, True
                continue
            items.append(group(op))
            open_groups.append(items[-1])
            if len(open_groups) > depth:
                raise Invalid(name, f"nested more than {depth} deep")
        elif part == "end" and len(open_groups) > 1:
            open_groups.pop()
        elif part == "field":
            count += 1
            if count > most:
                raise Invalid(name, f"more than {most} comparisons")
            items.append(line(text))
        elif items and "op" not in items[-1] and part in items[-1]:
            kept = items[-1]
            kept[part] = _plain(part, f"{kept[part]}\n{text}" if part == PICKS else text)
    return root


def grown(tree: Group, wish: str) -> Group:
    """The tree after a button without script: one more line or group, or one less.

    `line:0.1` adds to the group that is second in the first; `drop:0.1` takes that away.
    """
    verb, _, path = wish.partition(":")
    place, above, at = tree, None, 0
    for step in (int(each) for each in path.split(".") if each.isdigit() and each.isascii()):
        if step >= len(place.get("items", ())):
            return tree
        above, at, place = place, step, place["items"][step]
    if verb == "line" and "op" in place:
        place["items"].append(line())
    elif verb == "group" and "op" in place:
        place["items"].append(group("or", line()))
    elif verb == "drop" and above is not None:
        del above["items"][at]
    return tree


def tidied(tree: Group, tidy: Callable[[Line], Line]) -> Group:
    """The tree with every line tidied, without lines and groups that say nothing."""
    items: list[Line | Group] = []
    for each in tree["items"]:
        kept = tidied(each, tidy) if "op" in each else tidy(each)
        if kept["items"] if "op" in kept else kept["field"]:
            items.append(kept)
    return group(tree["op"], *items)


def by_line(leaves: Sequence[Any], read: Callable[[Any], Line]) -> Callable[[Line], Any]:
    """What each of these is shown as, backwards: a line that nobody changed is kept to the byte."""
    known = {tuple(read(leaf).values()): leaf for leaf in leaves}
    return lambda shown: known.get(tuple(shown.values()))


def number(text: str, title: str, part: str = "value") -> int | float:
    """A number out of this part of a line."""
    try:
        found = float(text)
    except ValueError:
        raise WrongLine(part, f"{title}: {text[:40]!r} is not a number") from None
    return int(found) if found.is_integer() else found


def counted(read: Callable[[Line], Any]) -> Callable[[Line], Any]:
    """The same for the lines of a tidied tree, in order: a refusal says which it is about."""
    numbers = count(1)

    def counting(shown: Line) -> Any:
        number = next(numbers)
        try:
            return read(shown)
        except WrongLine as problem:
            raise WrongLine(problem.part, problem.limit, number) from None

    return counting


def marked(tree: Group, problem: object) -> Group:
    """The tree as it was typed; `wrong` is the refusal, at the line that it is about."""
    if isinstance(problem, WrongLine):
        for number, each in enumerate(_speaking(tree), start=1):
            if number == problem.number:
                each["wrong"] = problem
    return tree


def _speaking(tree: Group) -> Iterator[Group]:
    for each in tree["items"]:
        if "op" in each:
            yield from _speaking(each)
        elif each["field"]:
            yield each


def text_of(value: object) -> str:
    """A value as it is typed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def only(shown: Line, parts: Iterable[str]) -> Line:
    """The line without what its field and comparison have no use for."""
    return line(shown["field"], **{name: shown[name] for name in parts})


def rows(text: str) -> list[str]:
    """The rows of an area, or what is ticked."""
    return [each for each in text.split("\n") if each.strip()]


def _plain(name: str, text: str) -> str:
    if name in ROWS:
        return text.replace("\r", "").replace("\n", "").strip()
    return "\n".join(rows(text.replace("\r\n", "\n").replace("\r", "\n")))

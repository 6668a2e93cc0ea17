"""Targeting logic: the grammar of conditions, compiled once and judged in three values.

None means that a segment's membership is not known yet; it is neither true nor false.
"""

from __future__ import annotations

from .errors import BundleError
from .fields import Fields
from .kinds import KINDS, shown
from .localtime import zone_offset

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from .fact import Test
    from .kinds import Reader
    from .localtime import Offset
    from .model import Bundle, Request, Snapshot

DEPTH_LIMIT = 8
LEAF_LIMIT = 100


class Leaf:
    """One comparison of one fact."""

    __slots__ = ("cmp", "expected", "kind", "name", "path", "read", "test")

    def __init__(self, raw: object, path: str, zones: Mapping[str, Offset]) -> None:
        leaf = Fields(raw, path, BundleError)
        self.path = path
        self.kind: str = leaf.one_of("kind", KINDS)
        prepare, comparisons = KINDS[self.kind]
        self.cmp: str = leaf.one_of("cmp", comparisons)
        self.expected: Any = leaf.raw.get("value")
        self.name: str | None
        self.read: Reader
        self.name, self.read = prepare(leaf, zones)
        try:
            self.test: Test = comparisons[self.cmp](self.expected)
        except ValueError as problem:
            raise leaf.refuse("value", str(problem)) from problem

    def judge(self, snapshot: Snapshot, request: Request) -> bool | None:
        actual = self.read(snapshot, request)
        return False if actual is None else self.test(actual)

    def leaves(self) -> Iterator[Leaf]:
        yield self

    def shown(self, snapshot: Snapshot, request: Request) -> object:
        """The actual value as the debugger writes it."""
        return shown(self.kind, self.read(snapshot, request), self.expected)


class Group:
    """Nodes joined by And and Or, And binding first; without any it always passes."""

    __slots__ = ("alternatives",)

    def __init__(self, alternatives: tuple[tuple[Condition, ...], ...]) -> None:
        self.alternatives = alternatives

    def judge(self, snapshot: Snapshot, request: Request) -> bool | None:
        outcome: bool | None = False
        for nodes in self.alternatives:
            passed: bool | None = True
            for node in nodes:
                judged = node.judge(snapshot, request)
                if judged is False:
                    passed = False
                    break
                if judged is None:
                    passed = None
            if passed:
                return True
            if passed is None:
                outcome = None
        return outcome

    def leaves(self) -> Iterator[Leaf]:
        for nodes in self.alternatives:
            for node in nodes:
                yield from node.leaves()


if TYPE_CHECKING:
    Condition = Leaf | Group


def alternatives(node: list[Any], path: str) -> list[list[tuple[Any, str]]]:
    """`[A, "and", B, "or", C]` as `[[A, B], [C]]`, each node with its path."""
    if not node:
        return [[]]
    if len(node) % 2 == 0:
        raise BundleError(f"{path}[{len(node)}]", "a condition is expected after the last joiner")
    found: list[list[tuple[Any, str]]] = [[]]
    for i, part in enumerate(node):
        if i % 2 == 0:
            found[-1].append((part, f"{path}[{i}]"))
        elif part == "or":
            found.append([])
        elif part != "and":
            raise BundleError(f"{path}[{i}]", f'"and" or "or" is expected, not {part!r}')
    return found


def compile_condition(
    node: object, path: str = "condition", zones: Mapping[str, Offset] | None = None
) -> Condition:
    """A condition node as something that can be judged; BundleError with the path otherwise.

    `zones` are offsets by zone name; a zone that is missing there means the visitor's own.
    """
    condition = _compile(node, path, zones or {}, DEPTH_LIMIT)
    if sum(1 for _ in condition.leaves()) > LEAF_LIMIT:
        raise BundleError(path, f"more than {LEAF_LIMIT} comparisons")
    return condition


def _compile(node: object, path: str, zones: Mapping[str, Offset], depth: int) -> Condition:
    if node is None:
        return Group(((),))
    if not isinstance(node, list):
        return Leaf(node, path, zones)
    if not depth:
        raise BundleError(path, f"nested more than {DEPTH_LIMIT} deep")
    if len(node) > 2 * LEAF_LIMIT:
        raise BundleError(path, f"more than {LEAF_LIMIT} comparisons")
    return Group(
        tuple(
            tuple(_compile(part, where, zones, depth - 1) for part, where in nodes)
            for nodes in alternatives(node, path)
        )
    )


def compile_zones(zones: Mapping[str, Any], path: str = "zones") -> dict[str, Offset]:
    """The bundle's zones as offsets by name."""
    return {name: zone_offset(changes, f"{path}.{name}") for name, changes in zones.items()}


def _raw_leaves(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    elif isinstance(node, list):
        for part in node:
            yield from _raw_leaves(part)


def _bundle_leaves(bundle: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for intercept in bundle.get("intercepts", []):
        yield from _raw_leaves(intercept.get("condition"))
        for action in intercept.get("actions", []):
            yield from _raw_leaves(action.get("condition"))


def reads(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """What the page must hand over: `{"cookies": [...], "values": [...], "tracked": bool, ...}`."""
    leaves = list(_bundle_leaves(bundle))
    kinds = {leaf.get("kind") for leaf in leaves}
    return {
        "cookies": sorted({leaf["name"] for leaf in leaves if leaf.get("kind") == "cookie"}),
        "values": sorted({leaf["path"] for leaf in leaves if leaf.get("kind") == "value"}),
        "tracked": "tracked" in kinds,
        "history": "history" in kinds,
    }


def zones_named(bundle: Mapping[str, Any]) -> frozenset[str]:
    """The zones that conditions name, whose clock changes the bundle must carry."""
    return frozenset(leaf["zone"] for leaf in _bundle_leaves(bundle) if leaf.get("zone"))


def segments_named(bundle: Bundle) -> frozenset[str]:
    """The segments that conditions name: the only ones a snapshot may speak of."""
    return frozenset[str]().union(*(intercept.segments for intercept in bundle.intercepts))

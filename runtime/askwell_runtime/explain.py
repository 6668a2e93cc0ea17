"""A decision as the debugger's lines: what each condition expected and found.

Segments appear by id alone; the reference and the contact are not known here.
"""

from __future__ import annotations

from .decide import choose_action
from .sampling import joint_rate, sampled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .condition import Leaf
    from .model import Bundle, Decision, Intercept, Request, Snapshot


def explain(
    bundle: Bundle, snapshot: Snapshot, request: Request, decisions: Sequence[Decision]
) -> list[dict[str, Any]]:
    """One entry for each intercept, its rows in reading order, all of them judged."""
    return [
        _lines(bundle, intercept, snapshot, request, decision)
        for intercept, decision in zip(bundle.intercepts, decisions, strict=True)
    ]


def _lines(
    bundle: Bundle,
    intercept: Intercept,
    snapshot: Snapshot,
    request: Request,
    decision: Decision,
) -> dict[str, Any]:
    action, _ = choose_action(intercept, snapshot, request)
    conditions = [intercept.condition, *(each.condition for each in intercept.actions)]
    return {
        "intercept": intercept.id,
        "version": intercept.version,
        "reason": str(decision.reason),
        "rule": decision.rule_id,
        "directory": bundle.directory_id,
        "frequency_control": intercept.frequency_control,
        "draw": {
            "rate": joint_rate(bundle, intercept, action),
            "passed": sampled(bundle, intercept, action, request),
        },
        "rows": [_row(leaf, snapshot, request) for each in conditions for leaf in each.leaves()],
    }


def _row(leaf: Leaf, snapshot: Snapshot, request: Request) -> dict[str, Any]:
    return {
        "path": leaf.path.partition(".")[2],
        "kind": leaf.kind,
        "name": leaf.name,
        "cmp": leaf.cmp,
        "expected": leaf.expected,
        "actual": leaf.shown(snapshot, request),
        "passed": leaf.judge(snapshot, request),
    }

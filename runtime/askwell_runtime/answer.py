"""The answer to a page: every decision, what to show, and for the debugger why."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from .decide import decide
from .explain import explain
from .model import Reason
from .receipt import pack_receipt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .model import Bundle, Decision, Intercept, Request, Snapshot


def answer(bundle: Bundle, snapshot: Snapshot, request: Request) -> dict[str, Any]:
    """`{"bundle": hash, "decisions": [...], "show": [...]}`; debugging adds why, and who."""
    decisions = decide(bundle, snapshot, request)
    answered: dict[str, Any] = {
        "bundle": bundle.hash,
        "decisions": [
            {
                "intercept": each.intercept_id,
                "reason": str(each.reason),
                "action": each.action_id,
                "rule": each.rule_id,
            }
            for each in decisions
        ],
        "show": [
            _shown(bundle, intercept, decision, snapshot)
            for intercept, decision in zip(bundle.intercepts, decisions, strict=True)
            if decision.reason is Reason.SHOWN
        ],
    }
    if request.debug:
        answered["visitor"] = snapshot.visitor
        answered["creation"] = snapshot.creation
        answered["notes"] = list(snapshot.notes)
        answered["explain"] = explain(bundle, snapshot, request, decisions)
        receipt = pack_receipt(bundle.hash, snapshot, request)
        answered["receipt"] = urlsafe_b64encode(receipt).rstrip(b"=").decode()
    return answered


def _shown(
    bundle: Bundle, intercept: Intercept, decision: Decision, snapshot: Snapshot
) -> dict[str, Any]:
    """What the page needs to draw one creative and to say that it did."""
    action = next(each for each in intercept.actions if each.id == decision.action_id)
    known = snapshot.visitor == "known"
    return {
        "intercept": intercept.id,
        "version": intercept.version,
        "action": action.id,
        "creative": bundle.creatives[action.creative_id],
        "target": action.target,
        "timing": intercept.timing,
        "claim": known and intercept.frequency_control,
        "record": known and (intercept.linked or bundle.settings.linked),
        "repeat_s": intercept.repeat_s,
        "survey": action.survey_id or intercept.survey_id,
        "passive": intercept.passive,
        "cookie_domain": bundle.settings.cookie_domain,
    }

"""The decision: one reason for each intercept, a pure function that is total on whatever reads."""

from __future__ import annotations

from .arbitration import arbitrate
from .frequency import blocking_rule
from .model import Decision, Reason
from .sampling import in_order, sampled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import Action, Bundle, Intercept, Request, Snapshot


def decide(bundle: Bundle, snapshot: Snapshot, request: Request) -> tuple[Decision, ...]:
    """Give every intercept one reason, in evaluation order."""
    decisions = [judge(bundle, each, snapshot, request) for each in bundle.intercepts]
    eligible = [
        intercept
        for intercept, decision in zip(bundle.intercepts, decisions, strict=True)
        if decision.reason is Reason.SHOWN
    ]
    back = dict(arbitrate(bundle, snapshot, request, eligible))
    return tuple(
        _stepping_back(each, back[each.intercept_id]) if each.intercept_id in back else each
        for each in decisions
    )


def _stepping_back(decision: Decision, reason: Reason) -> Decision:
    """An eligible intercept that gives way to another; the action set it had chosen stays."""
    return Decision(
        intercept_id=decision.intercept_id,
        reason=reason,
        action_id=decision.action_id,
        rule_id=None,
    )


def judge(bundle: Bundle, intercept: Intercept, snapshot: Snapshot, request: Request) -> Decision:
    """One intercept by itself, before those of the page are weighed against each other."""
    action: Action | None = None
    rule_id: str | None = None
    reason = (
        _closed(intercept, request)
        or _unrecognised(intercept, snapshot)
        or _untargeted(intercept, snapshot, request)
    )
    if reason is None:
        action, reason = choose_action(intercept, snapshot, request)
    if action is not None:
        reason, rule_id = _held_back(bundle, intercept, action, snapshot, request)
    return Decision(
        intercept_id=intercept.id,
        reason=reason or Reason.SHOWN,
        action_id=action.id if action else None,
        rule_id=rule_id,
    )


def _closed(intercept: Intercept, request: Request) -> Reason | None:
    """Reasons that no visitor can change."""
    if not intercept.active:
        return Reason.INACTIVE
    if intercept.from_at is not None and request.now < intercept.from_at:
        return Reason.NOT_STARTED
    if intercept.until_at is not None and request.now >= intercept.until_at:
        return Reason.ENDED
    if intercept.requires_storage and not request.page.storage:
        return Reason.STORAGE_OFF
    return None


def _unrecognised(intercept: Intercept, snapshot: Snapshot) -> Reason | None:
    """A reference that cannot be used stops what depends on the contact, nothing else (R4, R6)."""
    if intercept.linked or intercept.segments:
        if snapshot.visitor == "unsigned":
            return Reason.UNSIGNED_REFERENCE
        if snapshot.visitor == "unknown":
            return Reason.UNKNOWN_REFERENCE
    return None


def _untargeted(intercept: Intercept, snapshot: Snapshot, request: Request) -> Reason | None:
    passed = intercept.condition.judge(snapshot, request)
    if passed is None:
        return Reason.MEMBERSHIP_PENDING
    return None if passed else Reason.NOT_TARGETED


def choose_action(
    intercept: Intercept, snapshot: Snapshot, request: Request
) -> tuple[Action | None, Reason | None]:
    """The first action set whose condition passes, or why there is none."""
    pending = False
    for action in in_order(intercept, request):
        passed = action.condition.judge(snapshot, request)
        if passed:
            return action, None
        pending = pending or passed is None
    return None, Reason.MEMBERSHIP_PENDING if pending else Reason.NO_ACTION


def _held_back(
    bundle: Bundle, intercept: Intercept, action: Action, snapshot: Snapshot, request: Request
) -> tuple[Reason | None, str | None]:
    """What keeps a targeted intercept from showing now, and by which rule."""
    if not sampled(bundle, intercept, action, request):
        return Reason.SAMPLED_OUT, None
    if _repeated(intercept, request):
        return Reason.REPEATED_DISPLAY, None
    if intercept.frequency_control and snapshot.visitor == "known":
        survey_id = action.survey_id or intercept.survey_id
        rule_id = blocking_rule(bundle.rules, snapshot.allows_at, survey_id, request.now)
        if rule_id is not None:
            return Reason.FREQUENCY_RULE, rule_id
    return None, None


def _repeated(intercept: Intercept, request: Request) -> bool:
    """Whether this browser saw the intercept within its repeated-display period."""
    seen = (request.page.displayed or {}).get(intercept.id)
    if seen is None or intercept.repeat_s is None:
        return False
    return request.now < seen.at + intercept.repeat_s * 1000

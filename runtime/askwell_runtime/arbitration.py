"""Which of a page's eligible intercepts may show together."""

from __future__ import annotations

from .model import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .model import Bundle, Intercept, Request, Snapshot


def arbitrate(
    bundle: Bundle, snapshot: Snapshot, request: Request, eligible: Sequence[Intercept]
) -> Iterator[tuple[str, Reason]]:
    """The intercepts among `eligible`, in evaluation order, that step back, and why."""
    oldest = _oldest_under_list_rules(snapshot, eligible)
    taken = request.page.active
    for intercept in eligible:
        if oldest and intercept.frequency_control and intercept is not oldest:
            yield intercept.id, Reason.LIST_RULE_TIE
        elif bundle.settings.single_active and not intercept.passive:
            if taken:
                yield intercept.id, Reason.ANOTHER_ACTIVE
            taken = True


def _oldest_under_list_rules(snapshot: Snapshot, eligible: Sequence[Intercept]) -> Intercept | None:
    """The one intercept that a contact under list rules may see (R10)."""
    if snapshot.visitor != "known" or not snapshot.list_rules:
        return None
    depending = [intercept for intercept in eligible if intercept.frequency_control]
    return min(depending, key=lambda each: (each.created_at, each.id), default=None)

"""Contact frequency rules: rolling windows and gaps over the touches of one contact."""

from __future__ import annotations

from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .model import Rule

UNGOVERNED = frozenset({"reminder", "thank_you", "sms_reminder"})
INTERCEPT_CHANNELS = frozenset({"web", "app"})


class Touch(Value):
    """One counted message to the contact, by whatever channel."""

    at: int
    survey_id: str | None
    list_ids: frozenset[str]


def counts(rule: Rule, touch: Touch) -> bool:
    """Whether the rule counts this touch: a survey's or list's rule only its own."""
    if rule.scope == "survey":
        return touch.survey_id == rule.survey_id
    return rule.scope == "directory" or rule.list_id in touch.list_ids


def allows_at(rule: Rule, touches: Iterable[Touch]) -> int:
    """The earliest instant from which one more touch is allowed; 0 = now already.

    A touch that is exactly as old as the window no longer counts.
    """
    newest = sorted((touch.at for touch in touches if counts(rule, touch)), reverse=True)
    instants = [
        newest[limit.max - 1] + limit.window_s * 1000
        for limit in rule.limits
        if len(newest) >= limit.max
    ]
    if rule.min_gap_s is not None and newest:
        instants.append(newest[0] + rule.min_gap_s * 1000)
    return max(instants, default=0)


def limits(rule: Rule) -> bool:
    return bool(rule.limits) or rule.min_gap_s is not None


def _blocking(
    customs: Sequence[Rule], directory: Sequence[Rule], allows: Mapping[str, int], now: int
) -> str | None:
    """The first broken rule, the custom ones first; a rule without an instant counts as broken."""
    for rule in customs:
        if limits(rule) and not now >= allows.get(rule.id, now + 1):
            return rule.id
    if any(rule.ignore_directory for rule in customs):
        return None
    for rule in directory:
        if limits(rule) and not now >= allows.get(rule.id, now + 1):
            return rule.id
    return None


def blocking_rule(
    rules: Iterable[Rule], allows: Mapping[str, int], survey_id: str | None, now: int
) -> str | None:
    """The rule that holds an intercept back; None when it may show. List rules have no say."""
    rules = tuple(rules)
    customs = [rule for rule in rules if rule.scope == "survey" and rule.survey_id == survey_id]
    return _blocking(customs, [rule for rule in rules if rule.scope == "directory"], allows, now)


def eligible(
    rules: Iterable[Rule],
    touches: Iterable[Touch],
    channel: str,
    message_type: str,
    survey_id: str | None,
    list_id: str | None,
    now: int,
) -> str | None:
    """The rule that holds a message of any channel back; None when it may go.

    `message_type` is invite, message, reminder, thank_you or sms_reminder.
    """
    if message_type in UNGOVERNED:
        return None
    touches = tuple(touches)
    governing = [rule for rule in rules if rule.messages == "all" or message_type == "invite"]
    customs = [
        rule
        for rule in governing
        if (rule.scope == "survey" and rule.survey_id == survey_id)
        or (rule.scope == "list" and channel not in INTERCEPT_CHANNELS and rule.list_id == list_id)
    ]
    directory = [rule for rule in governing if rule.scope == "directory"]
    allows = {rule.id: allows_at(rule, touches) for rule in (*customs, *directory)}
    return _blocking(customs, directory, allows, now)

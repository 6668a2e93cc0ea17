"""What the core judges and what it answers: bundle, snapshot, request, decision."""

from __future__ import annotations

from enum import StrEnum

from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .condition import Condition


class Reason(StrEnum):
    """Why an intercept shows or does not; the first that applies, in this order."""

    INACTIVE = "inactive"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    STORAGE_OFF = "storage_off"
    UNSIGNED_REFERENCE = "unsigned_reference"
    UNKNOWN_REFERENCE = "unknown_reference"
    NOT_TARGETED = "not_targeted"
    MEMBERSHIP_PENDING = "membership_pending"
    NO_ACTION = "no_action"
    SAMPLED_OUT = "sampled_out"
    REPEATED_DISPLAY = "repeated_display"
    FREQUENCY_RULE = "frequency_rule"
    LIST_RULE_TIE = "list_rule_tie"
    ANOTHER_ACTIVE = "another_active"
    SHOWN = "shown"


class Limit(Value):
    """At most `max` counted touches in any `window_s` seconds."""

    max: int
    window_s: int


class Rule(Value):
    """A frequency rule of a directory, of one survey or of one mailing list."""

    id: str
    scope: str
    survey_id: str | None
    list_id: str | None
    messages: str
    ignore_directory: bool
    limits: tuple[Limit, ...]
    min_gap_s: int | None


class Action(Value):
    """An action set: its condition, its creative and where the creative leads."""

    id: str
    sample_rate: int
    condition: Condition
    creative_id: str
    survey_id: str | None
    target: Mapping[str, Any]


class Intercept(Value):
    """A published intercept with its conditions compiled."""

    id: str
    version: int
    created_at: int
    active: bool
    linked: bool
    frequency_control: bool
    passive: bool
    requires_storage: bool
    sample_rate: int
    randomise: bool
    survey_id: str | None
    from_at: int | None
    until_at: int | None
    repeat_s: int | None
    timing: Mapping[str, Any]
    condition: Condition
    actions: tuple[Action, ...]
    segments: frozenset[str]


class Settings(Value):
    """Those settings of a project that decisions depend on."""

    sample_rate: int
    single_active: bool
    linked: bool
    cookie_domain: str | None


class Bundle(Value):
    """What a project published, in evaluation order."""

    hash: str
    project_id: str
    directory_id: str | None
    settings: Settings
    intercepts: tuple[Intercept, ...]
    creatives: Mapping[str, Mapping[str, Any]]
    rules: tuple[Rule, ...]


class Snapshot(Value):
    """What is known of one visitor: `visitor` is anonymous, unsigned, unknown or known."""

    visitor: str
    as_of: int
    segments: frozenset[str]
    pending: frozenset[str]
    segments_at: int | None
    allows_at: Mapping[str, int]
    list_rules: bool
    creation: str | None
    notes: tuple[str, ...]


class Seen(Value):
    """That a display or an action happened in this browser."""

    at: int
    session: bool


class PageFacts(Value):
    """What the page tells; None is "not known" and passes no condition."""

    url: str | None
    referrer: str | None
    language: str | None
    device: str | None
    browser: str | None
    os: str | None
    utc_offset_s: int | None
    page_count: int | None
    time_on_site_s: float | None
    time_on_page_s: float | None
    history: tuple[str, ...] | None
    cookies: Mapping[str, object] | None
    values: Mapping[str, object] | None
    tracked: Mapping[str, int] | None
    storage: bool | None
    displayed: Mapping[str, Seen] | None
    actions: Mapping[str, Seen] | None
    surveys: frozenset[str] | None
    active: bool


class Request(Value):
    """One question of a page: the instant, the draw and the page's facts."""

    now: int
    draw: str
    page_view_id: str | None
    debug: bool
    page: PageFacts


class Decision(Value):
    """One intercept's outcome; `rule_id` names the frequency rule that held it back."""

    intercept_id: str
    reason: Reason
    action_id: str | None
    rule_id: str | None

"""What a project published, checked field by field and compiled once."""

from __future__ import annotations

from math import isfinite

from .condition import compile_condition, compile_zones
from .errors import BundleError
from .fields import REQUIRED, Fields
from .model import Action, Bundle, Intercept, Limit, Rule, Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .localtime import Offset

WINDOW_LIMIT_S = 400 * 86_400
REPEAT_LIMIT_S = 100 * 366 * 86_400

SCOPES = ("directory", "survey", "list")
TIMINGS = ("load", "delay", "scroll", "exit", "click", "manual")


def compile_bundle(raw: Fields, name: str) -> Bundle:
    """The bundle called `name`, its conditions compiled; BundleError with the path if malformed."""
    zones = compile_zones(raw.map("zones", 100, {}))
    creatives = raw.map("creatives", 200, {})
    for creative_id, creative in creatives.items():
        _scalars(Fields(creative, f"creatives.{creative_id}", BundleError))
    settings = raw.fields("settings", {})
    intercepts = tuple(
        _intercept(Fields(each, f"intercepts[{i}]", BundleError), zones, creatives)
        for i, each in enumerate(raw.items("intercepts", 200))
    )
    _distinct([each.id for each in intercepts], "intercepts")
    rules = tuple(
        _rule(Fields(each, f"rules[{i}]", BundleError))
        for i, each in enumerate(raw.items("rules", 50, []))
    )
    _distinct([rule.id for rule in rules], "rules")
    return Bundle(
        hash=name,
        project_id=raw.text("project_id"),
        directory_id=raw.text("directory_id", None),
        settings=Settings(
            sample_rate=settings.rate("sample_rate"),
            single_active=settings.truth("single_active", True),
            linked=settings.truth("linked", False),
            cookie_domain=settings.text("cookie_domain", None),
        ),
        intercepts=intercepts,
        creatives=creatives,
        rules=rules,
    )


def _distinct(ids: list[str], path: str) -> None:
    for i, each in enumerate(ids):
        if each in ids[:i]:
            raise BundleError(f"{path}[{i}].id", "is there twice")


def _scalars(fields: Fields) -> dict[str, Any]:
    """A flat map that goes to the page as it is."""
    for name, value in fields.raw.items():
        if isinstance(value, float) and not isfinite(value):
            raise fields.refuse(name, "a finite number is expected")
        if value is not None and not isinstance(value, str | int | float):
            raise fields.refuse(name, "a text, a number, true, false or nil is expected")
    return fields.raw


def _intercept(raw: Fields, zones: Mapping[str, Offset], creatives: Mapping[str, Any]) -> Intercept:
    condition = compile_condition(raw.raw.get("condition"), raw.at("condition"), zones)
    actions = tuple(
        _action(Fields(each, f"{raw.at('actions')}[{i}]", BundleError), zones, creatives)
        for i, each in enumerate(raw.items("actions", 50))
    )
    _distinct([action.id for action in actions], raw.at("actions"))
    schedule = raw.fields("schedule", {})
    timing = raw.fields("timing", {"on": "load"})
    timing.one_of("on", TIMINGS)
    conditions = (condition, *(action.condition for action in actions))
    leaves = [leaf for each in conditions for leaf in each.leaves()]
    return Intercept(
        id=raw.text("id"),
        version=raw.whole("version", 0, 2**31, 0),
        created_at=raw.instant("created_at"),
        active=raw.truth("active", True),
        linked=raw.truth("linked", False),
        frequency_control=raw.truth("frequency_control", False),
        passive=raw.truth("passive", False),
        requires_storage=raw.truth("requires_storage", False),
        sample_rate=raw.rate("sample_rate"),
        randomise=raw.truth("randomise", False),
        survey_id=raw.text("survey_id", None),
        from_at=schedule.instant("from_at", None),
        until_at=schedule.instant("until_at", None),
        repeat_s=raw.whole("repeat_s", 0, REPEAT_LIMIT_S, None),
        timing=_scalars(timing),
        condition=condition,
        actions=actions,
        segments=frozenset(s for leaf in leaves if leaf.kind == "segment" for s in leaf.expected),
    )


def _action(raw: Fields, zones: Mapping[str, Offset], creatives: Mapping[str, Any]) -> Action:
    target = raw.fields("target", {"kind": "none"})
    if target.one_of("kind", ("url", "none")) == "url":
        target.one_of("open", ("tab", "frame"), "tab")
        if not target.text("url").lower().startswith(("https://", "http://")):
            raise target.refuse("url", "an address that begins with https:// is expected")
    creative_id = raw.text("creative_id")
    if creative_id not in creatives:
        raise raw.refuse("creative_id", f"there is no creative {creative_id!r}")
    return Action(
        id=raw.text("id"),
        sample_rate=raw.rate("sample_rate"),
        condition=compile_condition(raw.raw.get("condition"), raw.at("condition"), zones),
        creative_id=creative_id,
        survey_id=raw.text("survey_id", None),
        target=_scalars(target),
    )


def _rule(raw: Fields) -> Rule:
    scope = raw.one_of("scope", SCOPES)
    limits = []
    for i, each in enumerate(raw.items("limits", 10, [])):
        limit = Fields(each, f"{raw.at('limits')}[{i}]", BundleError)
        limits.append(
            Limit(
                max=limit.whole("max", 1, 1_000),
                window_s=limit.whole("window_s", 1, WINDOW_LIMIT_S),
            )
        )
    return Rule(
        id=raw.text("id"),
        scope=scope,
        survey_id=raw.text("survey_id", REQUIRED if scope == "survey" else None),
        list_id=raw.text("list_id", REQUIRED if scope == "list" else None),
        messages=raw.one_of("messages", ("all", "invites"), "all"),
        ignore_directory=raw.truth("ignore_directory", False),
        limits=tuple(limits),
        min_gap_s=raw.whole("min_gap_s", 1, WINDOW_LIMIT_S, None),
    )

"""Bytes that cross a border: bundles and snapshots, checked once, refused with a path."""

from __future__ import annotations

from hashlib import sha256
from math import isfinite

import msgpack

from .condition import compile_condition, compile_zones
from .errors import BundleError, SnapshotError, WireError
from .fields import REQUIRED, Fields
from .model import Action, Bundle, Intercept, Limit, Rule, Settings, Snapshot
from .request import read_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .localtime import Offset

__all__ = [
    "bundle_hash", "pack", "pack_bundle", "pack_snapshot", "read_bundle", "read_request",
    "read_snapshot", "unpack",
]  # fmt: skip

VERSION = 1
BODY_LIMIT = 1 << 20
WINDOW_LIMIT_S = 400 * 86_400
DEPTH_LIMIT = 24

SCOPES = ("directory", "survey", "list")
VISITORS = ("anonymous", "unsigned", "unknown", "known")
TIMINGS = ("load", "delay", "scroll", "exit", "click", "manual")


def _sorted(value: Any, depth: int, error: type[WireError]) -> Any:
    """The same value with the keys of every map in order."""
    if not depth:
        raise error("", f"nested more than {DEPTH_LIMIT} deep")
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise error("", "the keys of a map are texts")
        return {key: _sorted(value[key], depth - 1, error) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(each, depth - 1, error) for each in value]
    return value


def pack(value: object, error: type[WireError]) -> bytes:
    """Canonical msgpack: the same content gives the same bytes."""
    try:
        packed: bytes = msgpack.packb(
            _sorted(value, DEPTH_LIMIT, error), unicode_errors="surrogatepass"
        )
    except (TypeError, ValueError, OverflowError) as problem:
        raise error("", f"cannot be packed: {problem}") from problem
    return packed


def unpack(body: bytes, error: type[WireError]) -> Fields:
    """The map in `body`, which says that it is of this version."""
    if len(body) > BODY_LIMIT:
        raise error("", f"more than {BODY_LIMIT} bytes")
    try:
        raw = msgpack.unpackb(body, unicode_errors="surrogatepass")
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as problem:
        raise error("", f"not msgpack: {type(problem).__name__}") from problem
    fields = Fields(raw, "", error)
    fields.whole("v", VERSION, VERSION)
    return fields


def bundle_hash(body: bytes) -> str:
    """The bundle's name: the first 32 hex digits of its SHA-256."""
    return sha256(body).hexdigest()[:32]


def pack_bundle(bundle: Mapping[str, Any]) -> bytes:
    """A project's publication as canonical bytes; BundleError with the path if malformed."""
    body = pack(bundle, BundleError)
    read_bundle(body)
    return body


def read_bundle(body: bytes) -> Bundle:
    """The compiled bundle; BundleError with the path if malformed."""
    raw = unpack(body, BundleError)
    zones = compile_zones(raw.map("zones", 100, {}))
    creatives = raw.map("creatives", 200, {})
    for name in creatives:
        _scalars(Fields(creatives[name], f"creatives.{name}", BundleError))
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
        hash=bundle_hash(body),
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
        repeat_s=raw.whole("repeat_s", 0, 100 * 366 * 86_400, None),
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


def pack_snapshot(snapshot: Mapping[str, Any]) -> bytes:
    """What is known of one visitor as canonical bytes; SnapshotError if malformed."""
    body = pack(snapshot, SnapshotError)
    read_snapshot(body)
    return body


def read_snapshot(body: bytes) -> Snapshot:
    """The visitor's snapshot; SnapshotError with the path if malformed."""
    raw = unpack(body, SnapshotError)
    allows_at = raw.map("allows_at", 50, {})
    for name in allows_at:
        Fields(allows_at, "allows_at", SnapshotError).instant(name)
    return Snapshot(
        visitor=raw.one_of("visitor", VISITORS),
        as_of=raw.instant("as_of", 0),
        segments=frozenset(raw.texts("segments", 500, [])),
        pending=frozenset(raw.texts("pending", 500, [])),
        segments_at=raw.instant("segments_at", None),
        allows_at=allows_at,
        list_rules=raw.truth("list_rules", False),
        creation=raw.text("creation", None),
        notes=tuple(raw.texts("notes", 100, [])),
    )


def snapshot_facts(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot in the shape that `pack_snapshot` takes."""
    return {
        "v": VERSION,
        "visitor": snapshot.visitor,
        "as_of": snapshot.as_of,
        "segments": sorted(snapshot.segments),
        "pending": sorted(snapshot.pending),
        "segments_at": snapshot.segments_at,
        "allows_at": dict(snapshot.allows_at),
        "list_rules": snapshot.list_rules,
        "creation": snapshot.creation,
        "notes": list(snapshot.notes),
    }

"""Bytes that cross a border: bundles and snapshots, checked once, refused with a path."""

from __future__ import annotations

from hashlib import sha256

import msgpack

from .bundle import compile_bundle
from .errors import BundleError, SnapshotError, WireError
from .fields import Fields
from .model import Bundle, Snapshot
from .packed import read_packed
from .request import read_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = [
    "bundle_hash", "pack", "pack_bundle", "pack_snapshot", "read_bundle", "read_request",
    "read_snapshot", "unpack",
]  # fmt: skip

VERSION = 1
BODY_LIMIT = 1 << 20
DEPTH_LIMIT = 24

VISITORS = ("anonymous", "unsigned", "unknown", "known")


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
        raw = read_packed(body)
    except (ValueError, RecursionError) as problem:
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
    return compile_bundle(unpack(body, BundleError), bundle_hash(body))


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

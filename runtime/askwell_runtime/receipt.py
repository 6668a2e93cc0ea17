"""Receipts: everything that one decision depended on, so that it can be made again."""

from __future__ import annotations

import json

from .errors import ReceiptError, WireError
from .request import request_facts, request_from
from .wire import VERSION, bundle_hash, pack, read_bundle, read_snapshot, snapshot_facts, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .model import Request, Snapshot

ENCODER = json.JSONEncoder(separators=(",", ":"))


def pack_receipt(bundle: str, snapshot: Snapshot, request: Request) -> bytes:
    """`{"v": 1, "bundle": hash, "snapshot": {...}, "request": {...}}` as canonical bytes."""
    return pack(
        {
            "v": VERSION,
            "bundle": bundle,
            "snapshot": snapshot_facts(snapshot),
            "request": request_facts(request),
        },
        ReceiptError,
    )


def replay(receipt: bytes, bundle_body: bytes) -> bytes:
    """The same answer again, byte for byte; ReceiptError when the bundle is another one."""
    from .answer import answer  # late, because an answer to the debugger carries its receipt

    kept = unpack(receipt, ReceiptError)
    if kept.text("bundle") != bundle_hash(bundle_body):
        raise ReceiptError("bundle", "the receipt names another bundle")
    try:
        snapshot = read_snapshot(pack(kept.map("snapshot", 20), ReceiptError))
        request = request_from(kept.map("request", 10))
    except WireError as error:
        raise ReceiptError(error.path, error.problem) from error
    return answer_text(answer(read_bundle(bundle_body), snapshot, request))


def answer_text(answered: dict[str, Any]) -> bytes:
    """An answer as JSON bytes, plain ASCII, the same on every host."""
    return ENCODER.encode(answered).encode()

"""The door to the page: bytes in, JSON bytes out, compiled bundles kept by their hash."""

from __future__ import annotations

from .answer import answer
from .errors import BundleError
from .receipt import answer_text
from .request import read_request
from .wire import read_bundle, read_snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import Bundle

KEPT = 4
_compiled: dict[str, Bundle] = {}


def compiled(bundle_body: bytes, bundle_hash: str) -> Bundle:
    """The compiled bundle of this hash; the least recently used beyond a few are dropped."""
    bundle = _compiled.pop(bundle_hash, None)
    if bundle is None:
        bundle = read_bundle(bundle_body)
        if bundle.hash != bundle_hash:
            raise BundleError("", f"the bytes are not those of {bundle_hash}")
        if len(_compiled) >= KEPT:
            del _compiled[next(iter(_compiled))]
    _compiled[bundle_hash] = bundle
    return bundle


def answer_bytes(
    bundle_body: bytes, bundle_hash: str, snapshot_body: bytes, request_text: str
) -> bytes:
    """The answer of `docs/wire.md` section 4; WireError when one of the four is malformed."""
    bundle = compiled(bundle_body, bundle_hash)
    return answer_text(answer(bundle, read_snapshot(snapshot_body), read_request(request_text)))

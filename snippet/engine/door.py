"""The one door between JavaScript and the core: bytes in, bytes out, nothing raised through it."""

from askwell_runtime.browser import answer_bytes


def answer(bundle: bytes, bundle_hash: bytes, snapshot: bytes, request: bytes) -> bytes:
    """The core's answer as JSON, or "!" and the class name of what went wrong."""
    try:
        return answer_bytes(bundle, bundle_hash.decode(), snapshot, request.decode())
    except Exception as error:
        return b"!" + type(error).__name__.encode()

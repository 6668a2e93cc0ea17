"""HTTP as uvicorn speaks it, with an end to how much head a client may send, and how slowly."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT = 64 * 1024
HEAD_PATIENCE_S = 10.0


class BoundedHeads(HttpToolsProtocol):
    """Refuses heads above HEAD_LIMIT bytes, and ends connections whose head does not come.

    What is still in the air of one read comes on top of the limit.
    """

    _unfinished = 0
    _headers = 0
    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._have_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._due is not None:
            self._unfinished += len(data)
            if self._unfinished > HEAD_LIMIT and not self.transport.is_closing():
                self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._due is None:
            self._await_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers += len(name) + len(value)
        if self._headers > HEAD_LIMIT:
            raise ValueError("the head is too large")  # the parser's caller answers 400
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._have_head()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._unfinished = self._headers = 0
        self._due = self.loop.call_later(HEAD_PATIENCE_S, self._give_up)

    def _have_head(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _give_up(self) -> None:
        self._due = None
        self.transport.write(
            b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        )
        self.transport.close()

    def _unsupported_upgrade_warning(self, *_: Any) -> None:
        """An upgrade is ignored, as HTTP allows, without a line for each in the log."""

"""A website whose own server hands one path on to the edge, as nginx's `location /ask/` does."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PREFIX = "/ask/"
# What belongs to one connection and not to the answer (RFC 9110, section 7.6.1).
OWN_TO_A_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "date"}


@dataclass
class PathProxy:
    """`page` at every path of its own; below `/ask/` the edge, without that prefix."""

    port: int = 0
    edge_port: int = 0
    page: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """The only origin that a visitor's browser sees."""
        return f"http://shop.test:{self.port}"


@contextmanager
def proxied() -> Iterator[PathProxy]:
    """The website on a free port of loopback while the block runs."""
    place = PathProxy()

    class Visitor(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path.startswith(PREFIX):
                return self._hand_on()
            kind = {"Content-Type": "text/html; charset=utf-8"}
            return self._answer(200, {**kind, **place.headers}, place.page.encode())

        def do_POST(self) -> None:
            self._hand_on()

        def _hand_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            edge = http.client.HTTPConnection("127.0.0.1", place.edge_port, timeout=20)
            path = self.path.removeprefix(PREFIX.rstrip("/"))
            edge.request(self.command, path, body or None, dict(self.headers.items()))
            answer = edge.getresponse()
            kept = {
                name: value
                for name, value in answer.getheaders()
                if name.lower() not in OWN_TO_A_CONNECTION
            }
            self._answer(answer.status, kept, answer.read())
            edge.close()

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Visitor)
    place.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()

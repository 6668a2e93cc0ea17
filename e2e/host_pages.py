"""Somebody else's website on its own origin: pages that a test writes, with a strict policy."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NONCE = "h0st"
# For reading a policy: everything else that a page may do is forbidden.
STRICT = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types askwell; "
)
# As `askwell init` prints it, with a page's own expression in the place of extRef.
REFERENCE = (
    'if(typeof QSI === "undefined") '
    "{{QSI = {{}};QSI.config = {{externalReference: {expression}}};}}"
)
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{head}
<body><h1>Shop</h1><p>A page of somebody else.</p><button id="buy">Buy</button>
{body}</body></html>"""


def inline(code: str) -> str:
    """A script of the page itself, as its policy allows."""
    return f'<script nonce="{NONCE}">{code}</script>'


def reference_snippet(expression: str) -> str:
    """The published first step."""
    return inline(REFERENCE.format(expression=expression))


def policy(edge: str) -> str:
    """The strictest policy under which everything works; docs/embedding.md tells sites the same."""
    return STRICT + (f"script-src 'nonce-{NONCE}' {edge}; frame-src {edge}; connect-src {edge}")


@dataclass
class HostPages:
    """Pages by path; any name that ends in `.test` leads here."""

    port: int = 0
    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """The shop's own origin."""
        return self.at("shop.test")

    def at(self, host: str) -> str:
        """The same pages under another name."""
        return f"http://{host}:{self.port}"

    def write(self, path: str, head: str = "", body: str = "", csp: str = "") -> str:
        """Put a page under a path; its address."""
        headers = {"Content-Security-Policy": csp} if csp else {}
        self.pages[path] = (PAGE.format(head=head, body=body), headers)
        return self.origin + path


@contextmanager
def hosted() -> Iterator[HostPages]:
    """A website on a free port of loopback while the block runs."""
    pages = HostPages()

    class Visitor(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = re.split(r"[?#]", self.path)[0]
            found = pages.pages.get(path)
            text, headers = found or ("", {})
            body = text.encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Visitor)
    pages.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield pages
    finally:
        server.shutdown()
        server.server_close()

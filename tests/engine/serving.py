"""Origins on loopback: an edge that serves engine files, a site that embeds its frame."""

import html
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KINDS = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".html": "text/html; charset=utf-8",
}
FRAME = Path(__file__).parents[2] / "snippet" / "src" / "engine" / "frame.html.in"


@dataclass
class Place:
    """What one origin serves: built files, bundles by hash, and pages written by a test.

    Files may be missing, delayed, damaged, or begin with a script of the test's own.
    """

    built: Path | None = None
    bundles: dict[str, bytes] = field(default_factory=dict)
    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    stalled: set[str] = field(default_factory=set)
    damaged: set[str] = field(default_factory=set)
    first: dict[str, str] = field(default_factory=dict)
    port: int = 0

    @property
    def origin(self) -> str:
        """The origin by its number."""
        return f"http://127.0.0.1:{self.port}"

    def built_name(self, stem: str) -> str:
        """The file that the build made for this stem."""
        assert self.built is not None
        made = json.loads((self.built / "engine.json").read_text())
        return str(made["files"][stem]["name"])

    def file(self, path: str) -> tuple[bytes, dict[str, str]] | None:
        """Body and headers for a path, or None."""
        name = path.rpartition("/")[2]
        if path in self.pages:
            text, headers = self.pages[path]
            return text.encode(), {"Content-Type": KINDS[".html"], **headers}
        if path.startswith("/b/") and name in self.bundles:
            return self.bundles[name], {"Cache-Control": "max-age=31536000, immutable"}
        if path.startswith("/a/") and self.built and (self.built / name).is_file():
            kind = KINDS.get(Path(name).suffix, "application/octet-stream")
            return (self.built / name).read_bytes(), {
                "Content-Type": kind,
                "Cache-Control": "max-age=31536000, immutable",
                "Access-Control-Allow-Origin": "*",
            }
        return None

    def serve_frame(self, settings: dict[str, object], path: str = "/p/ZN_1/frame") -> None:
        """Writes the engine's frame as the edge does: its settings as data, its own policy."""
        assert self.built is not None
        made = json.loads((self.built / "engine.json").read_text())
        script = made["files"]["engine-frame"]
        text = (
            FRAME.read_text()
            .replace("{{settings}}", json.dumps(settings).replace("<", "\\u003c"))
            .replace("{{script}}", html.escape(f"/a/{script['name']}"))
            .replace("{{integrity}}", script["integrity"])
        )
        policy = (
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
            "connect-src 'self'"
        )
        self.pages[path] = (text, {"Content-Security-Policy": policy})


@contextmanager
def served(place: Place) -> Iterator[Place]:
    """Serves the place on a free port of loopback while the block runs."""

    class Visitor(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            place.asked.append(path)
            while path in place.stalled:
                time.sleep(0.02)
            name = path.rpartition("/")[2]
            found = None if name in place.failing else place.file(path)
            if found is not None and name in place.damaged:
                found = (found[0][:-1] + bytes([found[0][-1] ^ 1]), found[1])
            body, headers = found or (b"", {})
            body = place.first.get(name, "").encode() + body
            self.send_response(200 if found else 404)
            for header, value in headers.items():
                self.send_header(header, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Visitor)
    place.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()

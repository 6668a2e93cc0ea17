"""One origin on loopback for the engine's benchmark: compressed files that never change."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import brotli

KINDS = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
}


@dataclass
class Origin:
    """Bodies by path; those worth it are kept compressed."""

    files: dict[str, tuple[bytes, dict[str, str]]] = field(default_factory=dict)
    port: int = 0

    @property
    def address(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    def add(
        self, path: str, body: bytes, compressed: bytes | None = None, lasting: str = ""
    ) -> None:
        """Serves a body at a path; pages are fetched anew, all else is kept for ever."""
        kind = KINDS.get(Path(path).suffix or ".html", "application/octet-stream")
        default = "no-store" if kind == KINDS[".html"] else "public, max-age=31536000, immutable"
        headers = {
            "Content-Type": kind,
            "Cache-Control": lasting or default,
            "Access-Control-Allow-Origin": "*",
        }
        if compressed is not None and len(compressed) < len(body):
            headers["Content-Encoding"] = "br"
            body = compressed
        self.files[path] = (body, headers)

    def add_folder(self, prefix: str, folder: Path, quality: int) -> None:
        """Serves a folder's files, with the compressed form beside them or one made now."""
        for file in sorted(folder.iterdir()):
            if file.is_file() and file.suffix not in {".br", ".gz", ".map", ".ts"}:
                beside = file.with_name(f"{file.name}.br")
                body = file.read_bytes()
                packed = (
                    beside.read_bytes()
                    if beside.is_file()
                    else brotli.compress(body, quality=quality)
                )
                self.add(f"{prefix}/{file.name}", body, packed)


@contextmanager
def serving(origin: Origin) -> Iterator[Origin]:
    """Serves the origin on a free port while the block runs."""

    class Visitor(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body, headers = origin.files.get(self.path.partition("?")[0], (b"", {}))
            self.send_response(200 if headers else 404)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Visitor)
    origin.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield origin
    finally:
        server.shutdown()
        server.server_close()

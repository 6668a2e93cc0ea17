"""A really served edge, spoken to in raw bytes: rubbish is refused, and it goes on as before."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select

from askwell_edge.settings import read_settings
from askwell_edge.store.engine import open_store
from askwell_edge.store.tables import contacts

PLACE = "/p/{project}/beacons"
KB = 1024
# What is sent as one request, and what the answer begins with. A head without an end is cut off.
RUBBISH = {
    "a method nobody knows": ("BREW /p/x/beacons HTTP/1.1\r\n{end}", 400),
    "a method in small letters": ("get /health HTTP/1.1\r\n{end}", 400),
    "another method than the place has": (f"TRACE {PLACE} HTTP/1.1\r\n{{end}}", 405),
    "the method of tunnels": (f"CONNECT {PLACE} HTTP/1.1\r\n{{end}}", 405),
    "no HTTP": ("\x16\x03\x01\x00\xa5\x01\x00\x00", 400),
    "NULs": ("\0" * 100, 400),
    "NUL in the path": ("GET /p/%00/start.json HTTP/1.1\r\n{end}", 404),
    "NUL in the query": ("GET /health?q=%00 HTTP/1.1\r\n{end}", 404),
    "no UTF-8 in the path": ("GET /p/%ff%fe/start.json HTTP/1.1\r\n{end}", 404),
    "a way out of the folder": ("GET /a/../../../etc/passwd HTTP/1.1\r\n{end}", 404),
    "a hidden way out": ("GET /a/..%2f..%2fetc%2fpasswd HTTP/1.1\r\n{end}", 404),
    "a host that is none": (
        f"POST {PLACE} HTTP/1.1\r\nHost: [\r\nOrigin: http://[\r\n{{end}}",
        403,
    ),
    "a negative length": (f"POST {PLACE} HTTP/1.1\r\nContent-Length: -1\r\n{{end}}", 400),
    "a length beyond numbers": (
        f"POST {PLACE} HTTP/1.1\r\nContent-Length: {'9' * 30}\r\n{{end}}",
        400,
    ),
    "a large length": (f"POST {PLACE} HTTP/1.1\r\nContent-Length: 9999999\r\n{{end}}", 413),
    "two lengths": (
        f"POST {PLACE} HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n{{end}}",
        400,
    ),
    "a broken piece": (
        f"POST {PLACE} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n{{end}}ZZ\r\n",
        400,
    ),
    "pieces without an end": (
        f"POST {PLACE} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n{{end}}"
        + ("2000\r\n" + " " * 8 * KB + "\r\n") * 5,
        413,
    ),
    "a token of any bytes": ("GET /API/v3/directories HTTP/1.1\r\nX-API-TOKEN: \xff\r\n{end}", 401),
    "an odd origin at the API": ("GET /API/v3/projects HTTP/1.1\r\nOrigin: http://[\r\n{end}", 403),
    "an upgrade nobody offers": ("GET /health HTTP/1.1\r\nUpgrade: websocket\r\n{end}", 200),
}
ENDLESS = {
    "a header": "GET /health HTTP/1.1\r\nX: " + "x" * 512 * KB,
    "an address": "GET /" + "x" * 512 * KB,
    "headers": "GET /health HTTP/1.1\r\n" + "X: y\r\n" * 128 * KB,
}


@dataclass
class Edge:
    """A serving process and what it was told to be."""

    port: int
    project: str
    folder: Path
    trouble: Path

    def ask(self, text: str, patience_s: float = 20) -> bytes:
        """Everything that comes back for these bytes, until the edge closes."""
        filled = text.replace("{project}", self.project)
        filled = filled.replace("{end}", "Host: x\r\nConnection: close\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience_s) as line:
            answer = b""
            try:
                line.sendall(filled.encode("latin-1"))
                while piece := line.recv(64 * KB):
                    answer += piece
            except ConnectionError:
                pass  # it was closed while more was coming: refused
            return answer

    def lives(self) -> bool:
        return self.ask("GET /ready HTTP/1.1\r\n{end}").startswith(b"HTTP/1.1 200")


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """An edge of its own, made by the command line; it ends well and without a traceback."""
    folder = tmp_path_factory.mktemp("rubbish")
    environ = {name: text for name, text in os.environ.items() if "ASKWELL" not in name}
    environ |= {"ASKWELL_DATA_DIR": str(folder / "data"), "ASKWELL_CREATION_BURST": "1000"}
    askwell = [sys.executable, "-m", "askwell_edge.cli"]
    wanted = ["init", "--origin", "https://shop.example", "--create-contacts"]
    said = subprocess.check_output([*askwell, *wanted], env=environ, text=True, cwd=folder)
    project = re.search(r"ZN_\w{15}", said)
    assert project is not None
    trouble = folder / "trouble.txt"
    with trouble.open("w") as errors:
        process = subprocess.Popen(
            [*askwell, "serve", "--port", "0"],
            env=environ,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("ready "), trouble.read_text()
        yield Edge(int(line.rstrip("/\n").rpartition(":")[2]), project[0], folder, trouble)
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=30)
        process.stdout.close()
    assert code == 0
    assert "Traceback" not in trouble.read_text()


@pytest.mark.parametrize("kind", RUBBISH)
def test_rubbish_is_refused(edge: Edge, kind: str) -> None:
    text, status = RUBBISH[kind]
    answer = edge.ask(text)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:200]
    assert b"passwd" not in answer
    assert edge.lives()


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_head_without_an_end_is_cut_off(edge: Edge, kind: str) -> None:
    assert not edge.ask(ENDLESS[kind]).startswith(b"HTTP/1.1 200")
    assert edge.lives()


def test_a_head_within_bounds_is_taken(edge: Edge) -> None:
    cookie = "x" * 32 * KB
    answer = edge.ask(f"GET /health HTTP/1.1\r\nCookie: {cookie}\r\n{{end}}")
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_client_that_falls_asleep_is_let_go_of(edge: Edge) -> None:
    """In the middle of a head, before one, and in the middle of a body of page and API."""
    asleep = [
        "GET /health HTTP/1.1\r\nHos",
        "",
        f"POST {PLACE} HTTP/1.1\r\nContent-Length: 20\r\n{{end}}{{",
    ]

    async def all_at_once() -> list[bytes]:
        return await asyncio.gather(*(asyncio.to_thread(edge.ask, each) for each in asleep))

    for answer in asyncio.run(all_at_once()):
        assert answer.startswith(b"HTTP/1.1 408 ")
    assert edge.lives()


REFERENCES = {
    "U-1": True,
    "müller 😀": True,
    "r" * 100: True,
    "'); DROP TABLE contacts; --": True,
    42: True,
    "r" * 101: False,
    "a\0b": False,
    "line\nbreak": False,
    "\ud83d": False,
    "undefined": False,
    "[object Object]": False,
    "": False,
    2**60: False,
    True: False,
}


@pytest.mark.scenario("B8", "B9", "F1")
def test_only_what_can_be_a_reference_becomes_a_contact(edge: Edge) -> None:
    with httpx2.Client(base_url=f"http://127.0.0.1:{edge.port}", timeout=20) as client:
        for reference in [*REFERENCES, None, ["U-1"], {"id": "U-1"}, 4.5]:
            body = json.dumps({"reference": reference})
            answer = client.post(f"/p/{edge.project}/snapshot", content=body)
            assert answer.status_code == 200, reference
    wanted = {str(each) for each, good in REFERENCES.items() if good} | {"4.5"}
    assert asyncio.run(references(edge)) == wanted


async def references(edge: Edge) -> set[str]:
    """The references in the store, read beside the edge that serves it."""
    store = await open_store(read_settings({"ASKWELL_DATA_DIR": str(edge.folder / "data")}))
    async with store.read() as conn:
        found = set(await conn.scalars(select(contacts.c.external_reference)))
    await store.close()
    return found

"""A real edge for browsers to meet: `askwell init` and `askwell serve` on SQLite, and its API."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ASKWELL = Path(sys.executable).with_name("askwell")
BUILT = Path(os.environ.get("ASKWELL_BUILT_DIR", ROOT / "build"))


class Refused(Exception):
    """The API said no."""


@dataclass(frozen=True)
class Edge:
    """One served edge. Browsers reach it as `origin`, a neighbour of the shop's host."""

    port: int
    data: Path
    token: str
    process: subprocess.Popen[str]

    @property
    def origin(self) -> str:
        """Where browsers reach it: same site as shop.test, another origin."""
        return f"http://ask.shop.test:{self.port}"

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """The `result` of one call of /API/v3."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/API/v3{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-API-TOKEN": self.token, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer).get("result")
        except urllib.error.HTTPError as refusal:
            raise Refused(f"{method} {path}: {refusal.read().decode()}") from None


def environment(data: Path, **settings: str) -> dict[str, str]:
    """What an edge process is told; settings without their `ASKWELL_`."""
    ours = {f"ASKWELL_{name}": text for name, text in settings.items()}
    told = {"ASKWELL_DATA_DIR": str(data), "ASKWELL_BUILT_DIR": str(BUILT), **ours}
    return {**os.environ, "ASKWELL_LOG_LEVEL": "warning", **told}


@contextmanager
def served(data: Path, origin: str, **settings: str) -> Iterator[Edge]:
    """An edge with its own data for as long as the block runs."""
    environ = environment(data, **settings)
    typed = [ASKWELL, "init", "--origin", origin, "--public-url", "http://edge.invalid"]
    said = subprocess.check_output(typed, env=environ, text=True)
    token = re.search(r"^API token +(\S+)", said, flags=re.M)
    assert token, said
    with subprocess.Popen(
        [ASKWELL, "serve", "--port", "0"], env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            ready = process.stdout.readline()
            port = re.match(r"ready http://127\.0\.0\.1:(\d+)/", ready)
            assert port, ready
            yield Edge(int(port[1]), data, token[1], process)
        finally:
            process.terminate()

"""The newcomer's first command: `python3 build.py demo`, from its first line to Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from accessible import Accessible
from edge_process import ROOT
from page_guard import Guard
from playwright.sync_api import Page


@dataclass
class Demo:
    """A running demo and what it printed, up to and with its `ready` line."""

    process: subprocess.Popen[str]
    lines: list[str]

    @property
    def address(self) -> str:
        return self.lines[-1].removeprefix("ready ")

    def said(self, title: str) -> str:
        """What stands after a title: `said("API token")`."""
        return next(
            line.removeprefix(title).strip() for line in self.lines if line.startswith(title)
        )


@contextmanager
def demo(data: Path) -> Iterator[Demo]:
    """The demo over a data folder; it is interrupted as by Ctrl-C, and must end well."""
    with subprocess.Popen(
        [sys.executable, ROOT / "build.py", "demo", "--port", "0", "--data", data],
        env={name: text for name, text in os.environ.items() if "ASKWELL" not in name},
        stdout=subprocess.PIPE,
        stderr=(trouble := (data.parent / "trouble.txt").open("a+")),
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith("ready "):
                break
        try:
            assert lines[-1].startswith("ready "), lines
            yield Demo(process, lines)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
    with trouble:
        trouble.seek(0)
        assert "Traceback" not in trouble.read()
    assert process.returncode == 0


def get(address: str, token: str = "") -> bytes:
    asked = urllib.request.Request(address, headers={"X-API-TOKEN": token})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        body: bytes = answer.read()
        return body


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for the demos of this file, empty at first."""
    return tmp_path_factory.mktemp("demo") / "data"


def test_a_newcomer_sees_an_invitation_and_why(data: Path, page: Page, guard: Guard) -> None:
    guard.allow_globals("extRef")
    with demo(data) as running:
        assert running.address == running.said("ready")
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", running.address)
        shops = [line for line in running.lines if f"{running.address}demo/" in line]
        assert len(shops) == 5
        for line in shops:
            found = re.search(r"http://\S+", line)
            assert found is not None
            assert b"<html" in get(found[0])
        assert b"<html" in get(running.said("console"))
        assert re.fullmatch(r"\S+@\S+ +\S+", running.said("login"))
        token = running.said("API token")
        projects = json.loads(get(f"{running.address}API/v3/projects", token))
        assert len(projects["result"]["elements"]) == 1
        page.goto(f"{running.address}demo/?ref=U-1")
        page.locator("askwell-creative").wait_for(state="attached")
        page.locator("#verdict").get_by_text("Invited", exact=True).wait_for()
        Accessible(page).wait_for("button", "Not today")


def test_a_second_start_has_the_same_data_and_login(data: Path) -> None:
    logins = []
    for _ in range(2):
        with demo(data) as running:
            token = running.said("API token")
            directories = json.loads(get(f"{running.address}API/v3/directories", token))
            logins.append((running.said("login"), token, directories["result"]))
    assert logins[0] == logins[1]

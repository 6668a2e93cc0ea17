"""The command line as a person types it: the real program, mostly in its own process."""

import io
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from program import askwell, clean_environment, done, start, stop

from askwell_edge.cli import main

TABLE = "FirstName,LastName,Email,ExternalDataReference,Tier\nAna,Ruiz,ana@example.com,A-1,gold\n"
PUBLISHED_SNIPPET = (
    'if(typeof QSI === "undefined") {QSI = {};QSI.config = {externalReference: extRef};}'
)


def get(address: str, token: str = "") -> object:
    request = urllib.request.Request(address, headers={"X-API-TOKEN": token})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def test_init_prints_the_published_two_steps_and_import_fills_the_directory(
    tmp_path: Path,
) -> None:
    said = done(
        tmp_path,
        "init",
        "--origin",
        "https://shop.example",
        "--public-url",
        "https://ask.shop.example/",
    )
    assert f"<script>{PUBLISHED_SNIPPET}</script>" in said
    script = re.search(
        r'<script async src="https://ask\.shop\.example/p/(ZN_\w{15})\.js"></script>', said
    )
    assert script is not None
    assert said.index(PUBLISHED_SNIPPET) < said.index("<script async"), "the reference comes first"
    token = re.search(r"API token +(ask_\S+)", said)
    assert token is not None
    table = tmp_path / "contacts.csv"
    table.write_text(TABLE + "Bob,,no address,A-2,\n")
    result = askwell(tmp_path, "import", str(table), "--dry-run")
    assert result.returncode == 1
    assert "row 3: email: is not an e-mail address" in result.stderr
    assert result.stdout.splitlines() == [
        "dry run, 2 rows: 1 created, 0 updated, 0 unchanged, 1 refused",
        "found by extRef: 0",
        "nothing was changed",
    ]
    result = askwell(tmp_path, "import", str(table))
    assert result.returncode == 1
    assert "row 3: email: is not an e-mail address" in result.stderr
    assert result.stderr.count(" rows, ") == 1, "what is read by no person needs no progress"
    assert result.stdout == "2 rows: 1 created, 0 updated, 0 unchanged, 1 refused\n"
    running, lines = start(tmp_path / "data", "serve")
    try:
        address = lines[-1].removeprefix("ready ")
        found = get(f"{address}API/v3/projects", token[1])
        assert isinstance(found, dict)
        project = found["result"]["elements"][0]
        assert project["projectId"] == script[1]
        assert project["origins"] == ["https://shop.example"]
        assert project["settings"]["linked"] is True
        path = f"API/v3/projects/{script[1]}/intercepts"
        intercepts = get(address + path, token[1])
        assert isinstance(intercepts, dict)
        assert [each["state"] for each in intercepts["result"]["elements"]] == ["active"]
    finally:
        assert stop(running) == 0


def test_what_cannot_be_done_says_what_to_do_next(tmp_path: Path) -> None:
    cases = [
        (("import", "nowhere.csv"), "there is no file nowhere.csv. Give the path"),
        (("init", "--origin", "shop"), "--origin: must look like https://shop.example"),
        (("operator", "add", "nobody"), "email: is not an e-mail address"),
        (("token", "add", "a@example.com"), "`askwell operator list` shows them all"),
        (("token", "revoke", "TK_1"), "token: there is none with the id 'TK_1'"),
    ]
    for words, said in cases:
        result = askwell(tmp_path, *words)
        assert result.returncode == 2, words
        assert said in result.stderr
        assert "Traceback" not in result.stderr
    (tmp_path / "contacts.csv").write_text(TABLE)
    result = askwell(tmp_path, "import", "contacts.csv")
    assert "Run `askwell init --origin …` first." in result.stderr
    result = askwell(tmp_path, "import", "contacts.csv", "--map", "Tier")
    assert "write it as COLUMN=NAME" in result.stderr


def test_a_second_project_for_the_same_pages_is_refused(tmp_path: Path) -> None:
    done(tmp_path, "init", "--origin", "https://shop.example")
    result = askwell(tmp_path, "init", "--origin", "https://shop.example/")
    assert result.returncode == 2
    assert "is for https://shop.example already" in result.stderr
    other = done(tmp_path, "init", "--origin", "https://other.example")
    assert "password" not in other, "the operator is there already"


@pytest.fixture
def done_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """As `done`, without a process for each of many words; `code` is what it ends with."""
    for name in os.environ.keys() - clean_environment().keys():
        monkeypatch.delenv(name)

    def typed(*words: str, stdin: str = "", code: int = 0) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        assert main([*words, "--data", str(tmp_path / "data")]) == code
        said = capsys.readouterr()
        return said.err if code else said.out

    return typed


def test_operators_roles_and_tokens(done_here: Callable[..., str]) -> None:
    said = done_here("init", "--origin", "https://shop.example")
    pool = re.search(r"POOL_\w{15}", said)
    assert pool is not None
    email = "ann@example.com"
    made = done_here("operator", "add", email, "--password-stdin", stdin="correct horse battery\n")
    assert "password" not in made
    done_here("operator", "role", email, pool[0], "access")
    assert f"{email}  {pool[0]}: access" in done_here("operator", "list")
    made = done_here("token", "add", email, "--scope", "read:segments")
    token_id = re.search(r"TK_\w{15}", made)
    assert token_id is not None
    listed = done_here("token", "list")
    assert f"{token_id[0]}  ask_" in listed
    assert "read:segments" in listed
    done_here("token", "revoke", token_id[0])
    assert re.search(rf"{token_id[0]}  \S+  revoked", done_here("token", "list"))
    made = done_here("client", "add", email, "--scope", "read:segments")
    client_id, secret = re.search(r"CL_\w{15}", made), re.search(r"secret +(acs_\S+)", made)
    assert client_id is not None
    assert secret is not None
    listed = done_here("client", "list")
    assert f"{client_id[0]}  live  " in listed
    assert secret[1] not in listed
    done_here("client", "revoke", client_id[0])
    assert f"{client_id[0]}  revoked  " in done_here("client", "list")
    done_here("operator", "disable", email)
    assert f"{email}  disabled, {pool[0]}: access" in done_here("operator", "list")
    done_here("operator", "enable", email)
    assert "disabled" not in done_here("operator", "list")
    asked = ("operator", "password", email, "--password-stdin")
    short = done_here(*asked, stdin="short\n", code=2)
    assert "password: must have 10 to 200 characters" in short


def test_demo_is_ready_keeps_its_login_and_stops_cleanly(tmp_path: Path) -> None:
    logins = []
    for _ in range(2):
        running, lines = start(tmp_path / "data", "demo")
        try:
            said = "\n".join(lines)
            address = lines[-1].removeprefix("ready ")
            assert f"{address}demo/?ref=U-1" in said
            token = re.search(r"API token +(ask_\S+)", said)
            assert token is not None
            logins.append((token[1], re.search(r"login +(\S+ +\S+)", said)))
            found = get(f"{address}API/v3/projects", token[1])
            assert isinstance(found, dict)
            origins = found["result"]["elements"][0]["origins"]
            assert address.rstrip("/") in origins
        finally:
            assert stop(running) == 0
    assert logins[0][0] == logins[1][0]
    kept = tmp_path / "data" / "demo-login.json"
    assert kept.stat().st_mode & 0o077 == 0


def test_a_taken_port_is_said_in_words(tmp_path: Path) -> None:
    running, lines = start(tmp_path / "data", "serve")
    try:
        port = lines[-1].rstrip("/").rpartition(":")[2]
        result = askwell(tmp_path, "serve", "--port", port)
        assert result.returncode == 2
        assert "Choose another port with --port" in result.stderr
    finally:
        assert stop(running) == 0


def test_migrate_is_harmless_when_there_is_nothing_to_do(tmp_path: Path) -> None:
    for _ in range(2):
        assert "newest schema" in done(tmp_path, "migrate")


@pytest.mark.parametrize("words", [["--help"], ["import", "--help"], ["operator", "--help"]])
def test_help_is_there(tmp_path: Path, words: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "askwell_edge.cli", *words],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert result.returncode == 0
    assert "usage: askwell" in result.stdout

"""The watched folder, and imports that go on by themselves after a kill."""

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_place import Place
from program import done, start, stop

from askwell_edge.directory.imports.watching import AT_REST_S, take_files

TABLE = "ExternalDataReference,FirstName,Email\nU-1,Ana,\nU-2,Bob,nowhere\n"


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    past = time.time() - AT_REST_S
    os.utime(path, (past, past))


def take(place: Place, folder: Path) -> int:
    return int(place.in_loop(lambda: take_files(place.store, lambda: place.now, folder)))


def result(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{name}.result.json").read_text())
    return found


def test_files_of_a_folder_are_imported_when_they_have_come_to_rest(
    place: Place, tmp_path: Path
) -> None:
    folder = tmp_path / "watched"
    list_id = place.ok("POST", "/directories/{pool}/mailinglists", {"name": "News"})["id"]
    put(folder / "people.csv", TABLE)
    put(folder / place.pool / list_id / "more.update_only.jsonl", '{"extRef": "U-1"}\n')
    put(folder / ".half", TABLE)
    put(folder / "notes.txt", "no table")
    (folder / "fresh.csv").write_text(TABLE)
    assert take(place, folder) == 2
    assert {path.name for path in folder.iterdir() if path.is_file()} == {
        ".half",
        "fresh.csv",
        "notes.txt",
    }
    found = result(folder / "done", "people.csv")
    assert (found["rows"], found["created"], found["refused"]) == (2, 1, 1)
    assert found["errors"] == [{"row": 3, "message": "email: is not an e-mail address"}]
    assert (folder / "done" / "people.csv").read_text() == TABLE
    listed = place.ok("GET", f"/directories/{{pool}}/mailinglists/{list_id}/contacts")["elements"]
    assert [each["extRef"] for each in listed] == ["U-1"]
    assert take(place, folder) == 0


def test_what_cannot_be_imported_is_put_aside_with_the_reason(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "watched"
    place.ok("POST", "/directories", {"name": "Other"})
    put(folder / "people.csv", TABLE)
    put(folder / "POOL_000000000000000" / "people.csv", TABLE)
    put(folder / place.pool / "colours.csv", "Colour\nred\n")
    assert take(place, folder) == 3
    said = result(folder / "failed", "people.csv")["error"]
    assert said == "folder: there are several directories: put the file into POOL_…/"
    lost = folder / "POOL_000000000000000" / "failed"
    assert "there is none with the id" in result(lost, "people.csv")["error"]
    assert "names none of" in result(folder / place.pool / "failed", "colours.csv")["error"]
    assert place.all_contacts() == []


@pytest.mark.parametrize("way", ["upload", "folder"])
def test_an_import_that_was_killed_goes_on_by_itself(tmp_path: Path, way: str) -> None:
    said = done(tmp_path, "init", "--origin", "https://shop.example")
    token, pool = re.search(r"ask_\S+", said), re.search(r"POOL_\w{15}", said)
    assert token is not None
    assert pool is not None
    rows = 20_000
    table = "ExternalDataReference\n" + "".join(f"K-{n}\n" for n in range(rows))
    folder = tmp_path / "watched"
    settings = {"ASKWELL_UPKEEP_S": "0.1", "ASKWELL_IMPORT_FOLDER": str(folder)}
    headers = {"X-API-TOKEN": token[0], "Content-Type": "text/csv"}
    here = f"API/v3/directories/{pool[0]}/imports"
    running, lines = start(tmp_path / "data", "serve", **settings)
    address = lines[-1].removeprefix("ready ")
    if way == "upload":
        answer = httpx2.post(f"{address}{here}", headers=headers, content=table.encode())
        assert answer.status_code == 200, answer.text
    else:
        put(folder / "people.csv", table)
    kept = _rows(f"{address}{here}", headers, at_least=1)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert running.stdout is not None
    running.stdout.close()
    assert kept < rows
    running, lines = start(tmp_path / "data", "serve", **settings)
    address = lines[-1].removeprefix("ready ")
    try:
        _rows(f"{address}{here}", headers, at_least=rows)
        runs = httpx2.get(f"{address}{here}", headers=headers).json()["result"]["elements"]
        assert [(run["rows"], run["created"], run["updated"]) for run in runs] == [(rows, rows, 0)]
        found = httpx2.get(f"{address}API/v3/directories/{pool[0]}", headers=headers).json()
        assert found["result"]["contactCount"] == rows
    finally:
        assert stop(running) == 0


def _rows(address: str, headers: dict[str, str], *, at_least: int) -> int:
    """The rows that the only run has kept, once they are so many, for as long as they grow."""
    kept, until = 0, time.monotonic() + 60
    with httpx2.Client(headers=headers) as client:
        while time.monotonic() < until:
            runs = client.get(address).json()["result"]["elements"]
            rows = int(runs[0]["rows"]) if runs else 0
            if rows >= at_least:
                return rows
            if rows > kept:
                kept, until = rows, time.monotonic() + 60
            time.sleep(0.02)
    raise AssertionError(f"no more rows than {kept} within a minute")

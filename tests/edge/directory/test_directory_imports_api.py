"""Imports by the API: started with a file, watched, and told row by row what was refused."""

import os
import time
from typing import Any

import pytest
from api_place import Place
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.roles import Role
from askwell_edge.directory.imports import uploads
from askwell_edge.directory.imports.importing import import_contacts
from askwell_edge.directory.imports.options import Options
from askwell_edge.directory.imports.runs import ALIVE_MS, end_import
from askwell_edge.directory.imports.uploads import remove_leftovers, upload_folder
from askwell_edge.store.tables import contacts, import_runs

HERE = "/directories/{pool}/imports"
TABLE = b"Kundennummer,FirstName,Email\nU-1,Ana,ana@example.com\nU-2,Bob,nowhere\n"


def send(place: Place, body: bytes, kind: str = "text/csv", query: str = "") -> str:
    made = place.ok("POST", f"{HERE}{query}", body, headers={"Content-Type": kind})
    return str(made["id"])


def finished(place: Place, import_id: str) -> dict[str, Any]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found: dict[str, Any] = place.ok("GET", f"{HERE}/{import_id}")
        if found["state"] not in ("waiting", "running"):
            return found
        place.now += 10  # calls have a rate limit
        time.sleep(0.01)
    raise AssertionError(found)


def test_an_uploaded_table_is_imported_in_the_background(place: Place) -> None:
    query = "?name=customers.csv&map=Kundennummer%3DExternalDataReference"
    found = finished(place, send(place, TABLE, query=query))
    assert (found["state"], found["rows"], found["created"], found["refused"]) == (
        "finished",
        2,
        1,
        1,
    )
    assert found["errors"] == [{"row": 3, "message": "email: is not an e-mail address"}]
    assert found["name"] == "customers.csv"
    assert [each["extRef"] for each in place.all_contacts()] == ["U-1"]
    listed = place.ok("GET", HERE)["elements"]
    assert [each["importId"] for each in listed] == [found["importId"]]
    folder = place.client.app.state.settings.data_dir / "imports"
    assert list(folder.iterdir()) == [], "nothing of the file is left behind"


def test_files_wait_for_their_turn_and_a_file_that_comes_again_is_the_same(place: Place) -> None:
    header = b"ExternalDataReference,FirstName\n"
    many = header + b"".join(b"U-%d,First\n" % n for n in range(6000))
    sent = [send(place, many)]
    for name in (b"Ana", b"Eva"):
        place.now += 10
        sent.append(send(place, header + b"U-0," + name + b"\n"))
    assert send(place, header + b"U-0,Ana\n") == sent[1], "it waits, and does so once"
    assert send(place, many) == sent[0], "it is being imported already"
    states = [place.ok("GET", f"{HERE}/{each}")["state"] for each in sent]
    assert states[1:] == ["waiting", "waiting"]
    assert [finished(place, each)["state"] for each in sent] == ["finished"] * 3
    wanted = select(contacts.c.first_name).where(contacts.c.external_reference == "U-0")
    assert place.rows(wanted) == [{"first_name": "Eva"}], "the last one has the last word"
    assert list(upload_folder(place.state.settings).iterdir()) == []
    again = send(place, many)
    assert again != sent[0], "what is done may be sent anew"
    finished(place, again)


def test_a_file_whose_import_was_cut_off_waits_again_and_goes_on(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside: list[Any] = []
    monkeypatch.setattr(uploads, "import_beside", lambda _, work, file: beside.append((work, file)))
    file = b"ExternalDataReference\nU-1\n"
    first = send(place, file)
    [(work, kept)] = beside
    place.write(end_import, {"import_id": first}, "interrupted", place.now)
    second = send(place, file.replace(b"U-1", b"U-2"))
    assert len(beside) == 2, "nobody is at the first one"
    assert send(place, file) == first
    assert place.ok("GET", f"{HERE}/{first}")["state"] == "waiting"
    kept.unlink()
    place.in_loop(lambda: uploads.import_upload(place.store, *beside[1]))

    def go_round() -> int:
        settings = place.state.settings
        return int(
            place.in_loop(lambda: uploads.import_waiting(place.store, lambda: place.now, settings))
        )

    assert (go_round(), go_round()) == (1, 0)
    for each in (first, second):
        assert finished(place, each)["created"] == 1
    assert work.run["import_id"] == first


def test_an_upload_that_was_cut_off_goes_on_after_a_file_of_the_command_line(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "import_beside", lambda *_: None)
    upload = send(place, b"ExternalDataReference\nU-1\n")
    place.now += ALIVE_MS
    chunks, options = [b"ExternalDataReference\nU-2\n"], Options()
    told = import_contacts(
        place.store, place.pool, "two", chunks, "digest", lambda: place.now, options
    )
    assert place.in_loop(lambda: told)[1].created == 1
    assert place.ok("GET", f"{HERE}/{upload}")["state"] == "waiting"
    settings = place.state.settings
    place.in_loop(lambda: uploads.import_waiting(place.store, lambda: place.now, settings))
    assert finished(place, upload)["created"] == 1


def test_json_lines_and_modes_by_upload(place: Place) -> None:
    lines = b'{"extRef": "U-1", "firstName": "Ana"}\n{"extRef": "U-2"}\n'
    finished(place, send(place, lines, "application/jsonl"))
    found = finished(
        place, send(place, lines.replace(b"Ana", b"New"), "application/jsonl", "?mode=create_only")
    )
    assert (found["created"], found["unchanged"]) == (0, 2)
    names = {each["extRef"]: each["firstName"] for each in place.all_contacts()}
    assert names == {"U-1": "Ana", "U-2": None}


def test_a_file_that_cannot_be_read_fails_and_says_why(place: Place) -> None:
    found = finished(place, send(place, b"Colour\nred\n"))
    assert found["state"] == "failed"
    assert found["errors"][0]["row"] == 0
    assert "names none of FirstName" in found["errors"][0]["message"]


def test_what_is_no_import_is_refused(place: Place) -> None:
    csv = {"headers": {"Content-Type": "text/csv"}}
    assert "Content-Type: must be one of" in place.refused(415, "POST", HERE, TABLE)
    assert "mode: must be one of" in place.refused(400, "POST", f"{HERE}?mode=x", TABLE, **csv)
    assert "map: must look like" in place.refused(400, "POST", f"{HERE}?map=x", TABLE, **csv)
    said = place.refused(404, "POST", f"{HERE}?mailingListId=CG_1", TABLE, **csv)
    assert "unknown_mailing_list" in said
    token = place.operator("reader", {place.pool: Role(True, False)})
    place.refused(403, "POST", HERE, TABLE, token=token, **csv)
    assert place.ok("GET", HERE)["elements"] == []


def test_a_search_may_tell_the_segments(place: Place) -> None:
    criteria = {"field": "extRef", "cmp": "eq", "value": "U-1"}
    path = "/directories/{pool}/segments"
    made = place.ok("POST", path, {"name": "S", "criteria": criteria})["id"]
    place.contact(extRef="U-1")
    place.contact(extRef="U-2")
    place.rebuild()
    body: dict[str, Any] = {}
    found = place.ok("POST", "/directories/{pool}/contacts/search?includeSegments=true", body)
    assert {each["extRef"]: each["segmentIds"] for each in found["elements"]} == {
        "U-1": [made],
        "U-2": [],
    }


def test_what_a_kill_leaves_of_uploads_is_removed_by_upkeep(place: Place) -> None:
    settings = place.client.app.state.settings
    folder = upload_folder(settings)
    import_id = send(place, TABLE)
    finished(place, import_id)
    ages_h = {"tmp_cut": 2, "tmp_coming": 0, "tmp_read": 2, "staged-OP_1-a": 2, "staged-OP_1-b": 25}
    for name, hours in ages_h.items():
        (folder / name).write_bytes(b"Email\n")
        written_s = place.now / 1000 - hours * 3600 - 1
        os.utime(folder / name, (written_s, written_s))
    running = update(import_runs).values(state="running", file="tmp_read")

    async def run_on(conn: AsyncConnection) -> None:
        await conn.execute(running)

    place.write(run_on)
    gone = place.in_loop(lambda: remove_leftovers(place.store, lambda: place.now, settings))
    assert gone == 2
    left = {each.name for each in folder.iterdir()}
    assert left == {"tmp_coming", "tmp_read", "staged-OP_1-a"}

"""Imports that somebody stops: what was imported stays, and they go on after their last row."""

import asyncio
import json
import os
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from api_place import ALL_SCOPES, Place
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict
from askwell_edge.access.roles import Role
from askwell_edge.directory.imports import reader, uploads, watching
from askwell_edge.directory.imports.importing import (
    BATCH,
    Tally,
    chunks_of,
    digest_of,
    go_on,
    import_contacts,
)
from askwell_edge.directory.imports.options import Options
from askwell_edge.directory.imports.runs import STOPPED_MS
from askwell_edge.directory.imports.stopping import stop_import
from askwell_edge.directory.imports.uploads import import_upload, remove_leftovers, upload_folder
from askwell_edge.store.tables import audit, contacts, import_runs, transactions

HERE = "/directories/{pool}/imports"
AHEAD = 2
ROWS = BATCH * (AHEAD + 1)  # more than are kept at once
MANY = b"ExternalDataReference\n" + b"".join(b"U-%d\n" % n for n in range(ROWS))
Beside = list[tuple[Any, Path]]


@pytest.fixture(autouse=True)
def fewer_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "AHEAD", AHEAD)


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Beside:
    """Uploads whose turn it is, which nobody imports."""
    kept: Beside = []
    monkeypatch.setattr(uploads, "import_beside", lambda _, work, file: kept.append((work, file)))
    return kept


def send(place: Place, body: bytes = MANY) -> str:
    return str(place.ok("POST", HERE, body, headers={"Content-Type": "text/csv"})["id"])


def stopper(place: Place) -> Any:
    """Told of the first batch, it stops the directory's import that is under way."""
    stopping: list[asyncio.Task[None]] = []

    async def stop(conn: AsyncConnection) -> None:
        running = select(import_runs.c.import_id).where(import_runs.c.state == "running")
        import_id = (await conn.execute(running)).scalar_one()
        await stop_import(conn, place.pool, import_id, None, place.now)

    def progress(_: Tally) -> None:
        if not stopping:
            loop = asyncio.get_running_loop()
            stopping.append(loop.create_task(place.store.writer.submit(stop)))

    return progress


def import_some(place: Place, work: Any, file: Path) -> dict[str, Any]:
    """The import as it is after it was stopped at its first batches."""
    with pytest.raises(Conflict, match="stopped; import it again to go on"):
        place.in_loop(lambda: go_on(place.store, work, chunks_of(file), progress=stopper(place)))
    told: dict[str, Any] = place.ok("GET", f"{HERE}/{work.run['import_id']}")
    assert told["state"] == "stopped"
    assert 0 < told["rows"] < ROWS
    return told


def work_off(place: Place, beside: Beside) -> None:
    """Import the upload whose turn it is now."""
    place.in_loop(lambda: import_upload(place.store, *beside[-1]))


def count(place: Place, table: Any = contacts) -> int:
    return int(place.rows(select(func.count().label("n")).select_from(table))[0]["n"])


def test_a_stopped_import_keeps_its_rows_and_goes_on_after_them(
    place: Place, beside: Beside
) -> None:
    import_id = send(place)
    told = import_some(place, *beside[0])
    assert told["rows"] == told["created"] == count(place)
    work_off(place, beside)  # the worker that was at it
    assert place.ok("GET", f"{HERE}/{import_id}") == told
    assert place.ok("POST", f"{HERE}/{import_id}/stop")["endDate"] == told["endDate"]
    place.now += STOPPED_MS - 1
    settings = place.state.settings
    leftovers = partial(remove_leftovers, place.store, lambda: place.now, settings)
    assert place.in_loop(leftovers) == 0, "it may go on"
    assert place.ok("POST", f"{HERE}/{import_id}/continue")["state"] == "running"
    work_off(place, beside)
    told = place.ok("GET", f"{HERE}/{import_id}")
    assert (told["state"], told["rows"], told["created"]) == ("finished", ROWS, ROWS)
    assert count(place) == ROWS
    assert list(upload_folder(settings).iterdir()) == []
    logged = place.rows(select(audit).where(audit.c.object_id == import_id).order_by(audit.c.at))
    assert [each["action"] for each in logged] == ["import.start", "import.stop", "import.continue"]
    assert logged[1]["after"] == logged[2]["after"]
    for path in ("stop", "continue"):
        assert "import_over" in place.refused(409, "POST", f"{HERE}/{import_id}/{path}")


def test_the_same_file_within_a_week_goes_on_and_later_is_another_import(
    place: Place, beside: Beside
) -> None:
    import_id = send(place)
    import_some(place, *beside[0])
    assert send(place) == import_id
    work_off(place, beside)
    assert place.ok("GET", f"{HERE}/{import_id}")["created"] == ROWS
    import_id = send(place)
    place.ok("POST", f"{HERE}/{import_id}/stop")
    place.now += STOPPED_MS
    said = place.refused(409, "POST", f"{HERE}/{import_id}/continue")
    assert "import_file_gone" in said
    settings = place.state.settings
    leftovers = partial(remove_leftovers, place.store, lambda: place.now, settings)
    assert place.in_loop(leftovers) == 2, "its file, and the one that came again"
    assert send(place) != import_id


def test_one_that_waits_is_stopped_before_its_turn(place: Place, beside: Beside) -> None:
    first = send(place)
    place.now += 1
    second = send(place, b"ExternalDataReference\nX-1\n")
    assert place.ok("POST", f"{HERE}/{second}/stop")["state"] == "stopped"
    work_off(place, beside)
    settings = place.state.settings
    turn = partial(uploads.import_waiting, place.store, lambda: place.now, settings)
    assert place.in_loop(turn) == 0
    assert count(place) == ROWS
    third = send(place, MANY.replace(b"U-", b"V-"))
    assert place.ok("POST", f"{HERE}/{second}/continue")["state"] == "waiting"
    assert place.ok("POST", f"{HERE}/{second}/continue")["state"] == "waiting", "said again"
    place.ok("POST", f"{HERE}/{third}/stop")
    assert place.in_loop(turn) == 1
    assert place.ok("GET", f"{HERE}/{second}")["created"] == 1
    assert place.ok("GET", f"{HERE}/{first}")["state"] == "finished"


def test_contacts_sent_again_after_a_stop_do_nothing_twice(place: Place, beside: Beside) -> None:
    list_id = place.ok("POST", "/directories/{pool}/mailinglists", {"name": "News"})["id"]
    here = f"/directories/{{pool}}/mailinglists/{list_id}/transactioncontacts"
    people = [{"extRef": f"U-{n}", "transactionData": {"n": n}} for n in range(ROWS)]
    started = place.ok("POST", here, {"contacts": people})["id"]
    told = import_some(place, *beside[0])
    assert place.ok("GET", f"{here}/{started}")["status"] == "failed", "nobody waits for it"
    assert count(place, transactions) == told["rows"]
    assert place.ok("POST", here, {"contacts": people})["id"] == started
    work_off(place, beside)
    told = place.ok("GET", f"{here}/{started}")
    assert (told["status"], told["percentComplete"]) == ("complete", 100)
    assert count(place, transactions) == count(place) == ROWS


def test_a_watched_file_that_is_stopped_waits_beside_until_it_is_put_back(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(path: Path) -> None:
        past = time.time() - watching.AT_REST_S
        os.utime(path, (past, past))

    def take() -> int:
        return int(
            place.in_loop(lambda: watching.take_files(place.store, lambda: place.now, tmp_path))
        )

    (tmp_path / "people.csv").write_bytes(MANY)
    put(tmp_path / "people.csv")
    with monkeypatch.context() as hurried:
        stopping = partial(import_contacts, progress=stopper(place))
        hurried.setattr(watching, "import_contacts", stopping)
        take()
    assert take() == 0, "it does not begin again by itself"
    kept = count(place)
    assert 0 < kept < ROWS
    aside = tmp_path / "stopped"
    assert "stopped" in json.loads((aside / "people.csv.result.json").read_text())["error"]
    (aside / "people.csv").rename(tmp_path / "people.csv")
    assert take() == 1
    assert count(place) == ROWS
    [run] = place.rows(select(import_runs))
    assert (run["state"], run["created"]) == ("finished", ROWS)


def test_a_file_of_the_command_line_goes_on_when_it_is_imported_again(place: Place) -> None:
    digest = digest_of([MANY])

    def work(**more: Any) -> Any:
        return place.in_loop(
            lambda: import_contacts(
                place.store,
                place.pool,
                "people",
                [MANY],
                digest,
                lambda: place.now,
                Options(),
                **more,
            )
        )

    with pytest.raises(Conflict, match="stopped"):
        work(progress=stopper(place))
    [run] = place.rows(select(import_runs))
    said = place.refused(409, "POST", f"{HERE}/{run['import_id']}/continue")
    assert "import the same file again" in said
    import_id, tally = work()
    assert (import_id, tally.created) == (run["import_id"], ROWS)


def test_who_may_not_import_may_not_stop_it(place: Place, beside: Beside) -> None:
    import_id = send(place)
    reader = {place.pool: Role(access_contacts=True, manage_directory=False)}
    manager = {place.pool: Role(access_contacts=True, manage_directory=True)}
    asker = place.operator("reader", reader, ALL_SCOPES)
    looker = place.operator("looker", manager, ["read:directory_contacts"])
    other = place.ok("POST", "/directories", {"name": "Other"})["id"]
    for path in ("stop", "continue"):
        for token in (asker, looker):
            place.refused(403, "POST", f"{HERE}/{import_id}/{path}", token=token)
        place.refused(404, "POST", f"{HERE}/IM_nothing/{path}")
        place.refused(404, "POST", f"/directories/{other}/imports/{import_id}/{path}")
    assert place.ok("GET", f"{HERE}/{import_id}")["state"] == "running"
    assert beside

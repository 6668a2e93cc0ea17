"""A run of merges, or its undoing, is stopped midway: nothing by half, and the rest later."""

from typing import Any

import pytest
from api_place import ALL_SCOPES, DAY_MS, Place
from sqlalchemy import select, update

from askwell_edge.access.roles import Role
from askwell_edge.directory.merges import jobs, runs, undos
from askwell_edge.directory.merges.duplicates import find_pairs
from askwell_edge.directory.merges.jobs import Stopped
from askwell_edge.directory.merges.runs import begin_merges, merge_part, resume_merges
from askwell_edge.directory.merges.undos import begin_undo, merges_left, resume_undos, undo_part
from askwell_edge.store.tables import audit, merge_runs, merge_undos

POOL = "/directories/{pool}"
MERGES = f"{POOL}/merges"
RUNS = f"{POOL}/mergeruns"


def people(place: Place, count: int) -> list[str]:
    """So many pairs with one address each, made while no rule saw them, and then the rule."""
    place.identity_rules()
    made = [
        place.contact(firstName=f"Ana{n}", email=f"a{n}@x.example")
        for n in range(count)
        for _ in range(2)
    ]
    place.identity_rules(["email"])
    return made


def begun(place: Place, parts: int) -> tuple[Any, list[Any]]:
    """A run whose worker has merged so many pairs, one a transaction, and all pairs."""
    run = place.write(begin_merges, place.pool, None, None, place.now, worker="w")
    pairs = place.read(find_pairs, place.pool)
    place.write(lambda conn: jobs.tell(conn, merge_runs, run, "w", place.now, found=len(pairs)))
    for pair in pairs[:parts]:
        place.write(merge_part, run, "w", [pair], place.now)
    return run, pairs


@pytest.mark.scenario("E8")
def test_a_stopped_run_keeps_what_it_merged_and_is_undone_as_a_run(place: Place) -> None:
    people(place, 4)
    run, pairs = begun(place, 2)
    here = f"{RUNS}/{run['run_id']}"
    place.now += 1000
    told = place.ok("POST", f"{here}/stop")
    assert (told["state"], told["merged"], told["found"]) == ("stopped", 2, 4)
    assert told["endDate"] == place.now
    with pytest.raises(Stopped):  # the part that was under way
        place.write(merge_part, run, "w", pairs[2:], place.now)
    assert len(place.all_contacts()) == 6
    place.now += DAY_MS
    assert place.in_loop(lambda: resume_merges(place.store, lambda: place.now)) == 0
    assert place.ok("POST", f"{here}/stop")["endDate"] == told["endDate"], "said again, it is so"
    [logged] = place.rows(select(audit).where(audit.c.action == "merge_run.stop"))
    assert (logged["object_id"], logged["at"]) == (run["run_id"], told["endDate"])
    assert logged["operator_id"]
    assert logged["after"] == {"directory_id": place.pool, "merged": 2, "found": 4}
    undone = place.ok("POST", f"{here}/undo")
    assert (undone["state"], undone["undone"], undone["left"]) == ("finished", 2, 0)
    assert len(place.all_contacts()) == 8
    assert place.ok("POST", MERGES, {})["merged"] == 2, "the others are another run's"


@pytest.mark.scenario("E8")
def test_a_stopped_undo_goes_on_when_it_is_asked_for_again(place: Place) -> None:
    people(place, 4)
    run_id = place.ok("POST", MERGES, {})["id"]
    here = f"{RUNS}/{run_id}/undo"
    assert "merge_over" in place.refused(409, "POST", f"{here}/stop"), "nobody has asked for it"
    undo = place.write(begin_undo, place.pool, run_id, None, place.now, worker="w")
    left = place.read(merges_left, run_id)
    place.write(undo_part, undo, "w", left[:1], place.now)
    told = place.ok("POST", f"{here}/stop")
    assert (told["state"], told["undone"], told["left"]) == ("stopped", 1, 3)
    with pytest.raises(Stopped):
        place.write(undo_part, undo, "w", left[1:], place.now)
    place.now += DAY_MS
    assert place.in_loop(lambda: resume_undos(place.store, lambda: place.now)) == 0
    assert place.ok("GET", f"{RUNS}/{run_id}")["undo"] == "stopped"
    assert place.ok("POST", MERGES, {})["found"] == 0, "nothing stands in another run's way"
    [logged] = place.rows(select(audit).where(audit.c.action == "merge_run.stop_undo"))
    assert logged["after"] == {"directory_id": place.pool, "undone": 1, "left": 3}
    told = place.ok("POST", here)
    assert (told["state"], told["undone"], told["left"]) == ("finished", 4, 0)
    assert "merge_over" in place.refused(409, "POST", f"{here}/stop")


@pytest.mark.parametrize("module", [runs, undos], ids=["run", "undo"])
def test_the_worker_of_a_stopped_job_ends_quietly(
    place: Place, module: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Stopped between two parts of the very job that the call began."""
    people(place, 3)
    monkeypatch.setattr(module, "AT_ONCE", 1)
    name, table = ("merge_part", merge_runs) if module is runs else ("undo_part", merge_undos)
    part = getattr(module, name)

    async def stopped_after_one(conn: Any, job: Any, *more: Any) -> None:
        await part(conn, job, *more)
        mine = update(table).where(table.c.run_id == job["run_id"])
        await conn.execute(mine.values(state="stopped", worker=None))

    if module is undos:
        run_id = place.ok("POST", MERGES, {})["id"]
    monkeypatch.setattr(module, name, stopped_after_one)
    if module is runs:
        told = place.ok("POST", MERGES, {})
        assert (told["state"], told["merged"], told["found"]) == ("stopped", 1, 3)
    else:
        told = place.ok("POST", f"{RUNS}/{run_id}/undo")
        assert (told["state"], told["undone"], told["left"]) == ("stopped", 1, 2)
    assert "merge=interrupted" not in caplog.text


def test_what_is_over_or_not_there_cannot_be_stopped(place: Place) -> None:
    people(place, 1)
    run_id = place.ok("POST", MERGES, {})["id"]
    assert "merge_over" in place.refused(409, "POST", f"{RUNS}/{run_id}/stop")
    assert place.ok("GET", f"{RUNS}/{run_id}")["state"] == "finished"
    other = place.ok("POST", "/directories", {"name": "Other"})["id"]
    for path in ("stop", "undo/stop"):
        place.refused(404, "POST", f"{RUNS}/MR_nothing/{path}")
        place.refused(404, "POST", f"/directories/{other}/mergeruns/{run_id}/{path}")
    assert place.rows(select(audit).where(audit.c.action.like("merge_run.stop%"))) == []


def test_who_may_not_merge_may_not_stop_it(place: Place) -> None:
    people(place, 2)
    run, _ = begun(place, 1)
    here = f"{RUNS}/{run['run_id']}"
    reader = {place.pool: Role(access_contacts=True, manage_directory=False)}
    manager = {place.pool: Role(access_contacts=True, manage_directory=True)}
    asker = place.operator("reader", reader, ALL_SCOPES)
    looker = place.operator("looker", manager, ["read:directory_contacts"])
    for token in (asker, looker):
        for path in ("stop", "undo/stop"):
            place.refused(403, "POST", f"{here}/{path}", token=token)
    assert place.ok("GET", here)["state"] == "running"
    keeper = place.operator("keeper", manager, ALL_SCOPES)
    assert place.ok("POST", f"{here}/stop", token=keeper)["state"] == "stopped"

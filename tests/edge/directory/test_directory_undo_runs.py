"""Undoing a whole run of merges: newest first, after a kill, what is refused, and by whom."""

from typing import Any

import pytest
from api_place import ALL_SCOPES, DAY_MS, Place, settled
from sqlalchemy import select, update

from askwell_edge.access.refusals import Conflict
from askwell_edge.access.roles import Role
from askwell_edge.directory.merges.duplicates import Pair
from askwell_edge.directory.merges.runs import begin_merges, merge_part
from askwell_edge.directory.merges.undos import begin_undo, merges_left, resume_undos, undo_part
from askwell_edge.store.tables import (
    audit,
    contact_redirects,
    distinct_contacts,
    merge_runs,
    merge_undos,
    merges,
    touchpoints,
)

POOL = "/directories/{pool}"
MERGES = f"{POOL}/merges"
RUNS = f"{POOL}/mergeruns"


def people(place: Place, *addresses: str) -> list[str]:
    """A contact for each of these addresses, made while no rule saw them, and then the rule."""
    place.identity_rules()
    made = []
    for n, address in enumerate(addresses):
        made.append(place.contact(firstName=f"Ana{n}", phone=str(n), email=f"{address}@x.example"))
        place.now += DAY_MS
    place.identity_rules(["email"])
    return made


def run(place: Place) -> str:
    """A run over all duplicates; its id."""
    run_id = str(place.ok("POST", MERGES, {})["id"])
    settled(place)
    assert place.ok("GET", f"{RUNS}/{run_id}")["state"] == "finished"
    return run_id


def images(place: Place) -> list[dict[str, Any]]:
    """Every contact as it is, but for when it was changed."""
    found = [place.get(each["contactId"]) for each in place.all_contacts()]
    return sorted(
        ({**each, "lastModified": 0} for each in found), key=lambda each: str(each["contactId"])
    )


@pytest.mark.scenario("E8")
def test_a_run_is_taken_back_as_a_whole(place: Place) -> None:
    ids = people(place, "a", "a", "a", "b", "b", "c")
    before = images(place)
    run_id = run(place)
    asked = place.ok("GET", f"{RUNS}/{run_id}/undo")
    assert (asked["state"], asked["left"], asked["undone"]) == ("none", 3, 0)
    assert {each["runId"] for each in place.ok("GET", MERGES)["elements"]} == {run_id}
    assert len(place.all_contacts()) == 3
    place.now += DAY_MS
    done = place.ok("POST", f"{RUNS}/{run_id}/undo")
    assert (done["state"], done["left"], done["undone"], done["gone"]) == ("finished", 0, 3, 0)
    assert (done["refused"], done["merges"]) == ({}, [])
    assert done["startDate"] == done["endDate"] == place.now
    assert images(place) == before
    [shown] = place.ok("GET", RUNS)["elements"]
    assert (shown["id"], shown["undo"], shown["merged"]) == (run_id, "finished", 3)
    apart = {(row["one_id"], row["other_id"]) for row in place.rows(select(distinct_contacts))}
    wanted = ((ids[0], ids[1]), (ids[0], ids[2]), (ids[3], ids[4]))
    assert apart == {(min(pair), max(pair)) for pair in wanted}
    [act] = place.rows(select(audit).where(audit.c.action == "merge_run.undo"))
    assert (act["object_id"], act["operator_id"]) == (run_id, done["operatorId"])
    assert act["after"]["merges"] == 3


@pytest.mark.scenario("E8")
def test_asked_twice_it_is_one_job(place: Place) -> None:
    people(place, "a", "a")
    run_id = run(place)
    done = place.ok("POST", f"{RUNS}/{run_id}/undo")
    place.now += DAY_MS
    assert place.ok("POST", f"{RUNS}/{run_id}/undo") == done
    assert len(place.rows(select(merge_undos))) == 1
    assert len(place.rows(select(audit).where(audit.c.action == "merge_run.undo"))) == 1
    unmerged = select(touchpoints).where(touchpoints.c.type == "contact_unmerged")
    assert len(place.rows(unmerged)) == 2


@pytest.mark.scenario("E8")
def test_what_was_changed_since_is_kept(place: Place) -> None:
    first, second = people(place, "a", "a")
    run_id = run(place)
    place.ok("PUT", f"{POOL}/contacts/{first}", {"firstName": "Zoe"})
    place.ok("POST", f"{RUNS}/{run_id}/undo")
    found = [place.get(each) for each in (first, second)]
    assert [(each["firstName"], each["phone"]) for each in found] == [("Zoe", "0"), ("Ana1", "1")]


@pytest.mark.scenario("E8")
def test_a_chain_of_one_run_comes_apart_from_its_end(place: Place) -> None:
    """A run that went on after a kill found that a survivor is somebody else's duplicate."""
    one, two, three, four = people(place, "a", "a", "a", "a")
    before = images(place)
    begun = place.write(begin_merges, place.pool, None, None, place.now, worker="w")
    for pairs in ([Pair(three, four, 1)], [Pair(two, three, 1)], [Pair(one, two, 1)]):
        place.write(merge_part, begun, "w", pairs, place.now)
    assert place.get(four)["contactId"] == one
    place.write(end, merge_runs, begun["run_id"])
    done = place.ok("POST", f"{RUNS}/{begun['run_id']}/undo")
    assert (done["undone"], done["left"], done["refused"]) == (3, 0, {})
    assert images(place) == before
    assert place.rows(select(contact_redirects)) == []


async def end(conn: Any, jobs: Any, run_id: str) -> None:
    await conn.execute(update(jobs).where(jobs.c.run_id == run_id).values(state="finished"))


@pytest.mark.scenario("E8")
def test_what_cannot_be_undone_is_counted_and_listed_with_its_reason(place: Place) -> None:
    ids = people(place, "a", "a", "b", "b", "c", "c", "d", "d", "e", "e", "f")
    run_id = run(place)
    made = {each["mergedId"]: each["mergeId"] for each in place.ok("GET", MERGES)["elements"]}
    by_hand, deleted, grown, gone, last = (ids[n] for n in (1, 3, 5, 7, 9))
    place.ok("POST", f"{MERGES}/{made[by_hand]}/undo")
    place.ok("DELETE", f"{POOL}/contacts/{deleted}")
    place.now += DAY_MS
    more = [{"survivorId": grown, "mergedId": ids[10]}]
    [later] = place.ok("POST", MERGES, {"pairs": more})["ids"]
    [on] = place.ok("POST", MERGES, {"pairs": [{"survivorId": ids[0], "mergedId": gone}]})["ids"]
    assert place.ok("GET", f"{RUNS}/{run_id}/undo")["left"] == 3
    done = place.ok("POST", f"{RUNS}/{run_id}/undo")
    assert (done["state"], done["undone"], done["left"], done["gone"]) == ("finished", 1, 0, 1)
    assert done["refused"] == {"merge_not_latest": 1, "merge_undone": 1, "survivor_gone": 1}
    assert {each["mergeId"]: each["reason"] for each in done["merges"]} == {
        made[by_hand]: "merge_undone",
        made[grown]: "merge_not_latest",
        made[gone]: "survivor_gone",
    }
    assert place.get(last)["contactId"] == last
    # What stood in the way is undone: asked again, the job goes on with those.
    place.ok("POST", f"{MERGES}/{later}/undo")
    again = place.ok("POST", f"{RUNS}/{run_id}/undo")
    assert (again["undone"], again["refused"]) == (2, {"merge_undone": 1, "survivor_gone": 1})
    place.ok("POST", f"{MERGES}/{on}/undo")
    place.ok("POST", f"{MERGES}/{made[gone]}/undo")
    told = place.ok("GET", f"{RUNS}/{run_id}/undo")
    assert (told["undone"], told["left"], told["refused"]) == (3, 0, {"merge_undone": 1})
    assert place.get(gone)["contactId"] == gone
    place.ok("DELETE", f"{POOL}/contacts/{by_hand}")
    told = place.ok("GET", f"{RUNS}/{run_id}/undo")
    assert (told["gone"], told["refused"]) == (2, {})


@pytest.mark.scenario("E8")
def test_after_a_kill_it_goes_on_and_undoes_nothing_twice(place: Place) -> None:
    people(place, *"aabbccddee")
    before = images(place)
    run_id = run(place)
    undo = place.write(begin_undo, place.pool, run_id, None, place.now, worker="w")
    left = place.read(merges_left, run_id)
    assert len(left) == 5
    place.write(undo_part, undo, "w", left[:2], place.now)
    assert "merge_undo_running" in place.refused(409, "POST", MERGES, {})
    told = place.ok("POST", f"{RUNS}/{run_id}/undo")
    assert (told["state"], told["undone"], told["left"]) == ("running", 2, 3)
    assert place.in_loop(lambda: resume_undos(place.store, lambda: place.now)) == 0, "it lives"
    place.now += DAY_MS
    assert place.in_loop(lambda: resume_undos(place.store, lambda: place.now)) == 1
    with pytest.raises(Conflict, match="another worker"):  # the one that was believed dead
        place.write(undo_part, undo, "w", left[2:4], place.now)
    told = place.ok("GET", f"{RUNS}/{run_id}/undo")
    assert (told["state"], told["undone"], told["left"]) == ("finished", 5, 0)
    assert images(place) == before
    unmerged = select(touchpoints.c.contact_id).where(touchpoints.c.type == "contact_unmerged")
    assert len(place.rows(unmerged)) == len(place.all_contacts()) == 10


@pytest.mark.scenario("E8")
def test_a_part_whose_worker_is_not_the_one_any_more_undoes_nothing(place: Place) -> None:
    people(place, "a", "a")
    run_id = run(place)
    undo = place.write(begin_undo, place.pool, run_id, None, place.now, worker="w")
    with pytest.raises(Conflict, match="another worker"):
        place.write(undo_part, undo, "v", place.read(merges_left, run_id), place.now)
    assert len(place.all_contacts()) == 1
    assert place.rows(select(distinct_contacts)) == []


def test_who_may_not_undo_one_merge_may_not_undo_a_run(place: Place) -> None:
    people(place, "a", "a")
    run_id = run(place)
    here = f"{RUNS}/{run_id}/undo"
    reader = {place.pool: Role(access_contacts=True, manage_directory=False)}
    manager = {place.pool: Role(access_contacts=True, manage_directory=True)}
    asker = place.operator("reader", reader, ALL_SCOPES)
    for method in ("GET", "POST"):
        place.refused(403, method, here, token=asker)
    looker = place.operator("looker", manager, ["read:directory_contacts"])
    assert place.ok("GET", here, token=looker)["left"] == 1
    place.refused(403, "POST", here, token=looker)
    assert len(place.all_contacts()) == 1
    keeper = place.operator("keeper", manager, ALL_SCOPES)
    assert place.ok("POST", here, token=keeper)["undone"] == 1


def test_a_run_that_is_not_there_or_not_over_is_refused(place: Place) -> None:
    people(place, "a", "a")
    run_id = run(place)
    other = place.ok("POST", "/directories", {"name": "Other"})["id"]
    for method in ("GET", "POST"):
        place.refused(404, method, f"{RUNS}/MR_nothing/undo")
        place.refused(404, method, f"/directories/{other}/mergeruns/{run_id}/undo")
    begun = place.write(begin_merges, place.pool, None, None, place.now, worker="w")
    for each in (run_id, begun["run_id"]):
        assert "merge_running" in place.refused(409, "POST", f"{RUNS}/{each}/undo")
    assert place.rows(select(merge_undos)) == []
    place.write(end, merge_runs, begun["run_id"])
    said = place.refused(409, "POST", f"{RUNS}/{begun['run_id']}/undo")
    assert "merge_run_empty" in said


def test_merges_from_before_are_undone_one_by_one(place: Place) -> None:
    """They do not know which run made them."""
    people(place, "a", "a")
    run_id = run(place)
    place.write(lambda conn: conn.execute(update(merges).values(run_id=None)))
    assert "merge_run_empty" in place.refused(409, "POST", f"{RUNS}/{run_id}/undo")
    told = place.ok("GET", f"{RUNS}/{run_id}/undo")
    assert (told["left"], told["gone"]) == (0, 1)
    [made] = place.ok("GET", MERGES)["elements"]
    assert made["runId"] is None
    place.ok("POST", f"{MERGES}/{made['mergeId']}/undo")
    assert len(place.all_contacts()) == 2

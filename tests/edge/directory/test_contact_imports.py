"""Contacts imported by a JSON body: onto a list, with what they did, watched and summed up."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from api_place import Place
from sqlalchemy import select

from askwell_edge.access.roles import Role
from askwell_edge.directory.imports import contact_imports_api, uploads
from askwell_edge.directory.imports.importing import BATCH, go_on
from askwell_edge.directory.imports.outcomes import KEPT_MS
from askwell_edge.directory.imports.runs import ALIVE_MS
from askwell_edge.directory.imports.uploads import (
    import_upload,
    import_waiting,
    remove_leftovers,
    resume_uploads,
    upload_folder,
)
from askwell_edge.directory.imports.waiting import WAITING_LIMIT
from askwell_edge.directory.transactions import batches
from askwell_edge.store.tables import batched_transactions, contacts, import_runs, transactions

POOL = "/directories/{pool}"
REPORTS = f"{POOL}/imports/api-imports/jobs"
CSV = {"headers": {"Content-Type": "text/csv"}}
PEOPLE = [
    {"extRef": "U-1", "firstName": "Ana", "embeddedData": {"tier": "gold", "visits": 3}},
    {"extRef": "U-2", "email": "nowhere\x00@", "transactionData": {"item": "cup"}},
    {"extRef": "U-3", "unsubscribed": True, "transactionData": {"item": "pen", "price": 2}},
    {},
    {"extRef": "U-3", "lastName": "Roe", "transactionData": {"item": "ink", "price": None}},
]


class Cut(Exception):
    """The machine stopped here."""


class Lists:
    """A place with one list and one batch."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.list_id = str(place.ok("POST", f"{POOL}/mailinglists", {"name": "News"})["id"])
        self.here = f"{POOL}/mailinglists/{self.list_id}/transactioncontacts"
        self.batch = str(place.ok("POST", f"{POOL}/transactionbatches", {})["id"])

    def body(self, people: Any, *fields: str) -> dict[str, Any]:
        meta: dict[str, Any] = {"batchId": self.batch}
        return {"contacts": people, "transactionMeta": {**meta, "fields": fields or None}}

    def ended(self, import_id: str) -> dict[str, Any]:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found: dict[str, Any] = self.place.ok("GET", f"{self.here}/{import_id}/summary")
            if found["status"] not in ("queued", "inProgress"):
                return found
            self.place.now += 10  # calls have a rate limit
            time.sleep(0.01)
        raise AssertionError(found)

    def report(self, import_id: str) -> list[dict[str, Any]]:
        place = self.place
        answer = place.call("GET", f"{REPORTS}/{import_id}/report")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["results"]
        return found

    def inside(self) -> list[dict[str, Any]]:
        path = f"{POOL}/transactionbatches/{self.batch}/transactions"
        found: list[dict[str, Any]] = self.place.ok("GET", path)["elements"]
        return found

    def count(self, table: Any) -> int:
        return len(self.place.rows(select(table)))


@pytest.fixture
def lists(place: Place) -> Lists:
    return Lists(place)


def test_contacts_come_onto_the_list_with_what_they_did(place: Place, lists: Lists) -> None:
    started = place.ok("POST", lists.here, lists.body(PEOPLE, "item"))
    import_id = started["id"]
    assert import_id.startswith("PGRS_")
    assert started["contacts"] == {"count": 5}
    assert started["tracking"]["url"].endswith(f"/transactioncontacts/{import_id}")
    found = lists.ended(import_id)
    assert found == {
        "percentComplete": 100.0,
        "contacts": {"count": {"added": 2, "updated": 1, "failed": 2}},
        "invalidEmails": ["nowhere\N{REPLACEMENT CHARACTER}@"],
        "transactions": {"count": {"created": 2}},
        "status": "complete",
    }
    del found["invalidEmails"]
    assert place.ok("GET", f"{lists.here}/{import_id}") == found
    whole = place.ok("GET", f"{POOL}/imports/{import_id}")
    assert [(each["row"], each["message"][:12]) for each in whole["errors"]] == [
        (2, "email: must "),
        (4, "names nobody"),
    ]
    on_list = place.ok("GET", f"{POOL}/mailinglists/{lists.list_id}/contacts")["elements"]
    by_reference = {each["extRef"]: each for each in on_list}
    assert by_reference["U-1"]["embeddedData"] == {"tier": "gold", "visits": "3"}
    assert by_reference["U-3"]["lastName"] == "Roe"
    assert by_reference["U-3"]["mailingListUnsubscribed"] is True
    assert by_reference["U-3"]["unsubscribed"] is False, "it is about the list alone"
    inside = lists.inside()
    assert sorted(each["data"]["item"] for each in inside) == ["ink", "pen"]
    assert all(set(each["data"]) == {"item"} for each in inside), "no other field was named"
    assert {each["contactId"] for each in inside} == {by_reference["U-3"]["contactId"]}
    assert {each["mailingListId"] for each in inside} == {lists.list_id}
    timeline = f"{POOL}/contacts/{by_reference['U-3']['contactId']}/timeline"
    types = [each["type"] for each in place.ok("GET", timeline)["elements"]]
    assert types.count("transaction_added") == 2
    assert list(upload_folder(place.state.settings).iterdir()) == []
    report = lists.report(import_id)
    one, three = (by_reference[each]["contactId"] for each in ("U-1", "U-3"))
    assert [(each["row"], each["status"], each["contactId"]) for each in report] == [
        (1, "added", one),
        (2, "failed", None),
        (3, "added", three),
        (4, "failed", None),
        (5, "updated", three),
    ]
    assert report[0]["errorMessage"] is None
    assert report[1]["errorMessage"].startswith("email: must ")


def test_a_report_tells_of_contacts_one_by_one_and_is_forgotten_in_time(
    place: Place, lists: Lists
) -> None:
    people = [{"extRef": f"U-{n}", "email": "no" if n % 1000 == 7 else ""} for n in range(4500)]
    first = place.ok("POST", lists.here, {"contacts": people})["id"]
    lists.ended(first)
    report = lists.report(first)
    assert [each["row"] for each in report] == list(range(1, 4501))
    failed = [each["row"] for each in report if each["status"] == "failed"]
    assert failed == [8, 1008, 2008, 3008, 4008]
    wanted = select(contacts.c.external_reference, contacts.c.contact_id)
    ids = {each["external_reference"]: each["contact_id"] for each in place.rows(wanted)}
    assert {
        f"U-{each['row'] - 1}": each["contactId"] for each in report if each["contactId"]
    } == ids
    again = place.ok("POST", lists.here, {"contacts": people[:3]})["id"]
    lists.ended(again)
    assert [each["status"] for each in lists.report(again)] == ["unchanged"] * 3
    place.now += KEPT_MS + 1
    lists.ended(place.ok("POST", lists.here, {"contacts": [{"extRef": "U-0"}]})["id"])
    assert [each["status"] for each in lists.report(first)] == ["failed"] * 5
    assert "import" in place.refused(404, "GET", f"{REPORTS}/PGRS_none/report")


def test_what_they_did_brings_them_into_segments_at_once(place: Place, lists: Lists) -> None:
    criteria = {"field": "transactions.count", "cmp": "gte", "value": 1}
    segment = place.ok("POST", f"{POOL}/segments", {"name": "Buyers", "criteria": criteria})["id"]
    place.rebuild()
    people = [{"extRef": f"U-{n}"} for n in range(120)]
    people[7]["transactionData"] = {"item": "cup"}  # type: ignore[assignment]
    lists.ended(place.ok("POST", lists.here, {"contacts": people})["id"])
    shown = place.ok("GET", f"{POOL}/segments/{segment}")
    assert shown["memberCount"] == 1
    again = [{"extRef": "U-9", "transactionData": {"item": "pen"}}]
    lists.ended(place.ok("POST", lists.here, {"contacts": again})["id"])
    assert place.ok("GET", f"{POOL}/segments/{segment}")["memberCount"] == 2


def test_the_same_body_again_records_nothing_twice(place: Place, lists: Lists) -> None:
    body = lists.body(PEOPLE)
    first = place.ok("POST", lists.here, body)["id"]
    lists.ended(first)
    place.now += 60_000
    assert place.ok("POST", lists.here, body)["id"] == first, "it was done, and is not done again"
    other = f"{POOL}/mailinglists/{lists.list_id}/imports/contacts"
    assert place.ok("POST", other, body)["id"] == first, "the other address is the same call"
    assert lists.count(transactions) == 2
    place.now += contact_imports_api.SAME_MS
    later = place.ok("POST", lists.here, body)["id"]
    assert later != first
    lists.ended(later)
    assert lists.count(transactions) == 4
    plain = {"contacts": [{"extRef": "U-1", "firstName": "Ana"}]}
    one = place.ok("POST", lists.here, plain)["id"]
    lists.ended(one)
    there = place.all_contacts()[0]["contactId"]
    place.ok("PUT", f"{POOL}/contacts/{there}", {"firstName": "Eva"})
    two = place.ok("POST", lists.here, plain)["id"]
    assert two != one, "what it says is so again"
    assert lists.ended(two)["contacts"]["count"] == {"added": 0, "updated": 1, "failed": 0}
    assert lists.count(contacts) == 2


def test_an_import_that_was_cut_off_goes_on_and_records_nothing_twice(
    place: Place, lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [{"extRef": f"U-{n}", "transactionData": {"n": str(n)}} for n in range(BATCH + 100)]
    beside: list[Any] = []
    monkeypatch.setattr(
        uploads, "import_beside", lambda app, work, file: beside.append((work, file))
    )
    body = lists.body(people)
    import_id = place.ok("POST", lists.here, body)["id"]
    ((work, file),) = beside

    def cut() -> Iterator[bytes]:
        yield from file.read_bytes().splitlines(keepends=True)[: BATCH + 50]
        raise Cut

    with pytest.raises(Cut):
        place.in_loop(lambda: go_on(place.store, work, cut()))
    found = place.ok("GET", f"{lists.here}/{import_id}")
    assert (found["status"], found["percentComplete"]) == ("inProgress", 95)
    assert found["transactions"]["count"]["created"] == lists.count(transactions) == BATCH
    assert place.ok("POST", lists.here, body)["id"] == import_id
    assert len(beside) == 1, "it is being imported"
    place.now += ALIVE_MS
    resumed = resume_uploads(place.store, lambda: place.now, place.state.settings)
    assert place.in_loop(lambda: resumed) == 1
    found = place.ok("GET", f"{lists.here}/{import_id}")
    assert (found["status"], found["percentComplete"]) == ("complete", 100)
    assert found["contacts"]["count"] == {"added": BATCH + 100, "updated": 0, "failed": 0}
    assert lists.count(transactions) == lists.count(batched_transactions) == BATCH + 100


def test_one_import_is_made_after_the_other(place: Place, lists: Lists) -> None:
    many = [{"extRef": f"U-{n}", "firstName": "First"} for n in range(3000)]
    first = place.ok("POST", lists.here, {"contacts": many})["id"]
    seconds = [{"contacts": [{"extRef": "U-0", "firstName": name}]} for name in ("Ana", "Eva")]
    later = []
    for body in seconds:
        place.now += 10
        later.append(place.ok("POST", lists.here, body)["id"])
    assert place.ok("POST", lists.here, seconds[1])["id"] in later, "it waits, and does so once"
    place.now += 10
    file = place.ok("POST", f"{POOL}/imports", b"Email\nx@example.com\n", **CSV)["id"]
    place.refused(404, "GET", f"{REPORTS}/{file}/report")
    place.now += 10
    later.append(place.ok("POST", lists.here, {"contacts": [{"extRef": "U-1"}]})["id"])
    assert lists.count(import_runs) == 5
    for each in (first, *later):
        assert lists.ended(each)["status"] == "complete"
    wanted = select(contacts.c.first_name).where(contacts.c.external_reference == "U-0")
    assert place.rows(wanted) == [{"first_name": "Eva"}], "the last one has the last word"


def test_what_waits_is_imported_by_upkeep_when_nobody_is_at_anything(
    place: Place, lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside: list[Any] = []
    monkeypatch.setattr(
        uploads, "import_beside", lambda app, work, file: beside.append((work, file))
    )
    bodies = [{"contacts": [{"extRef": f"U-{n}"}]} for n in range(WAITING_LIMIT + 2)]
    started = [place.ok("POST", lists.here, body) for body in bodies[: WAITING_LIMIT + 1]]
    assert [each["status"] for each in started[:3]] == ["inProgress", "queued", "queued"]
    assert len(beside) == 1
    assert "import_limit" in place.refused(409, "POST", lists.here, bodies[-1])
    place.refused(409, "POST", f"{POOL}/imports", b"ExternalDataReference\nI-1\n", **CSV)

    def go_round() -> int:
        found: int = place.in_loop(
            lambda: import_waiting(place.store, lambda: place.now, place.state.settings)
        )
        return found

    assert go_round() == 0, "the first one is being imported"
    place.in_loop(lambda: import_upload(place.store, *beside[0]))
    folder = upload_folder(place.state.settings)
    assert len(list(folder.iterdir())) == WAITING_LIMIT
    place.now += 25 * 3_600_000
    leave = remove_leftovers(place.store, lambda: place.now, place.state.settings)
    assert place.in_loop(lambda: leave) == 0, "what waits keeps its file"
    rounds = 0
    while go_round():
        rounds += 1
    assert rounds == WAITING_LIMIT
    assert lists.count(contacts) == WAITING_LIMIT + 1
    assert list(folder.iterdir()) == []


def test_a_full_batch_takes_no_import_and_one_that_goes_away_ends_it(
    place: Place, lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = lists.body([{"extRef": str(n), "transactionData": {"a": "b"}} for n in range(3)])
    with monkeypatch.context() as patched:
        patched.setattr(batches, "SIZE_LIMIT", 2)
        assert "batch_limit" in place.refused(409, "POST", lists.here, body)
    unknown = {**body, "transactionMeta": {"batchId": "BT_000000000000000"}}
    assert "unknown_transaction_batch" in place.refused(404, "POST", lists.here, unknown)
    assert lists.count(import_runs) == 0
    assert list(upload_folder(place.state.settings).iterdir()) == []
    beside: list[Any] = []
    monkeypatch.setattr(
        uploads, "import_beside", lambda app, work, file: beside.append((work, file))
    )
    import_id = place.ok("POST", lists.here, body)["id"]
    place.ok("DELETE", f"{POOL}/transactionbatches/{lists.batch}")
    place.in_loop(lambda: import_upload(place.store, *beside[0]))
    assert place.ok("GET", f"{lists.here}/{import_id}")["status"] == "failed"
    (said,) = place.ok("GET", f"{POOL}/imports/{import_id}")["errors"]
    assert (said["row"], "transactionMeta.batchId" in said["message"]) == (0, True)
    assert lists.count(contacts) == lists.count(transactions) == 0


def test_what_is_no_import_changes_nothing(place: Place, lists: Lists) -> None:
    for wrong, said in [
        ({}, "contacts: is missing"),
        ({"contacts": []}, "contacts: "),
        ({"contacts": [{}] * 10_001}, "contacts: "),
        ({"contacts": [{"contactId": "CID_1"}]}, "contacts[0].contactId: is unknown"),
        ({"contacts": [{}, {"email": 5}]}, "contacts[1].email: "),
        ({"contacts": [{"transactionData": {"a": []}}]}, "contacts[0].transactionData"),
        ({"contacts": [{}], "transactionMeta": {}}, "transactionMeta.batchId: is missing"),
        ({"contacts": [{}], "transactionMeta": {"batchId": "x"}}, "transactionMeta.batchId: "),
    ]:
        assert said in place.refused(400, "POST", lists.here, wrong), wrong
    place.refused(413, "POST", lists.here, b" " * (contact_imports_api.BODY_LIMIT + 1))
    nowhere = lists.here.replace(lists.list_id, "CG_000000000000000")
    assert "unknown_mailing_list" in place.refused(404, "POST", nowhere, {"contacts": PEOPLE})
    reader = place.operator("reader", {place.pool: Role(True, False)})
    place.refused(403, "POST", lists.here, {"contacts": PEOPLE}, token=reader)
    scopes = ["manage:directory_contacts"]
    narrow = place.operator("narrow", {place.pool: Role(True, True)}, scopes)
    said = place.refused(403, "POST", lists.here, {"contacts": PEOPLE}, token=narrow)
    assert "manage:contact_transactions" in said
    assert lists.count(import_runs) == lists.count(contacts) == 0
    made = place.ok("POST", lists.here, {"contacts": [{"extRef": "U"}]}, token=narrow)["id"]
    lists.ended(made)
    place.refused(404, "GET", f"{nowhere}/{made}")
    place.refused(404, "GET", f"{lists.here}/PGRS_000000000000000/summary")
    place.refused(403, "GET", f"{lists.here}/{made}", token=reader)

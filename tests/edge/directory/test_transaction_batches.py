"""Batches of transactions: put together, read page by page, taken apart; nothing else is lost."""

from typing import Any

from api_place import Place
from sqlalchemy import select

from askwell_edge.access.roles import ROLES
from askwell_edge.store.tables import batched_transactions, transactions

ALL = "/directories/{pool}/transactionbatches"


def kept(place: Place, count: int) -> list[str]:
    """Ids of as many transactions of one new contact, in their order."""
    contact = place.contact(extRef=f"U-{place.now}")
    sent = {f"n{n}": {"contactId": contact, "data": {"n": str(n)}} for n in range(count)}
    made = place.ok("POST", "/directories/{pool}/transactions", sent)["createdTransactions"]
    return sorted(each["id"] for each in made.values())


def inside(place: Place, batch: str, query: str = "") -> list[str]:
    """All transactions of a batch, page by page."""
    found, path = [], f"{ALL}/{batch}/transactions{query}"
    while path:
        page: Any = place.ok("GET", path)
        found += [each["transactionId"] for each in page["elements"]]
        path = (page["nextPage"] or "").partition("/API/v3")[2]
    return found


def test_a_batch_is_made_grown_read_and_taken_apart(place: Place) -> None:
    ids = kept(place, 7)
    body = {"transactionIds": ids[:3], "creationDate": "2026-11-24T09:30:00Z"}
    batch = place.ok("POST", ALL, body)["id"]
    assert batch.startswith("BT_")
    shown = {"batchId": batch, "creationDate": 1_795_512_600_000}
    assert place.ok("GET", f"{ALL}/{batch}") == shown
    assert place.ok("POST", f"{ALL}/{batch}/transactions", {"transactionIds": ids[2:]}) == {
        "id": batch
    }
    assert inside(place, batch) == inside(place, batch, "?pageSize=2") == ids
    place.ok("DELETE", f"{ALL}/{batch}/transactions/{ids[0]}")
    place.refused(404, "DELETE", f"{ALL}/{batch}/transactions/{ids[0]}")
    place.ok("DELETE", f"/directories/{{pool}}/transactions/{ids[1]}")
    assert inside(place, batch) == ids[2:]
    place.ok("DELETE", f"{ALL}/{batch}")
    place.refused(404, "GET", f"{ALL}/{batch}")
    assert place.rows(select(batched_transactions)) == []
    left = sorted(row["transaction_id"] for row in place.rows(select(transactions)))
    assert left == [ids[0], *ids[2:]]


def test_batches_are_listed_newest_first(place: Place) -> None:
    made = []
    for _ in range(5):
        place.now += 1000
        made.append(place.ok("POST", ALL, {})["id"])
    found, path = [], f"{ALL}?pageSize=2"
    while path:
        page = place.ok("GET", path)
        found += [each["batchId"] for each in page["elements"]]
        path = (page["nextPage"] or "").partition("/API/v3")[2]
    assert found == made[::-1]


def test_what_does_not_belong_into_a_batch_changes_nothing(place: Place) -> None:
    ids = kept(place, 2)
    batch = place.ok("POST", ALL, {"transactionIds": ids[:1]})["id"]
    other = place.ok("POST", "/directories", {"name": "B"})["id"]
    at = f"{ALL}/{batch}/transactions"
    for wrong in ([ids[1], "TX_000000000000000"], [], ["\x00"], [1], ["x"] * 1001):
        said = place.refused(400, "POST", at, {"transactionIds": wrong})
        assert "transactionIds" in said or "body" in said
    assert inside(place, batch) == ids[:1]
    elsewhere = ALL.replace("{pool}", other)
    place.refused(404, "GET", f"{elsewhere}/{batch}")
    place.refused(400, "POST", elsewhere, {"transactionIds": ids})
    assert place.ok("GET", elsewhere)["elements"] == []
    stranger = place.operator("ann", {other: ROLES["access"]})  # type: ignore[dict-item]
    place.refused(404, "DELETE", f"{ALL}/{batch}", token=stranger)
    assert inside(place, batch) == ids[:1]


def test_a_directory_that_is_not_there_has_no_batches(place: Place) -> None:
    place.refused(404, "POST", "/directories/POOL_Nowhere000000/transactionbatches", {})

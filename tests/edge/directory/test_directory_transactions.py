"""Transactions and the timeline by the API."""

from typing import Any

from api_place import Place
from sqlalchemy import select

from askwell_edge.store.tables import audit, transactions

HERE = "/directories/{pool}/transactions"


def of(contact_id: str) -> str:
    return f"/directories/{{pool}}/contacts/{contact_id}/transactions"


def test_a_batch_is_kept_whole_and_each_can_be_changed(place: Place) -> None:
    ana, bob = place.contact(extRef="U-1"), place.contact(extRef="U-2")
    batch = {
        "a": {"contactId": ana, "data": {"type": "call", "n": 1}, "transactionDate": 5},
        "b": {"contactId": ana, "data": {}, "transactionDate": "2026-11-24T10:30:00+01:00"},
        "c": {"contactId": bob, "data": {"type": "visit"}},
    }
    made = place.ok("POST", HERE, batch)["createdTransactions"]
    shown = place.ok("GET", of(ana))["elements"]
    assert [(each["transactionId"], each["transactionDate"]) for each in shown] == [
        (made["b"]["id"], 1_795_512_600_000),
        (made["a"]["id"], 5),
    ]
    first = made["a"]["id"]
    place.ok("POST", f"{of(ana)}/{first}", {"data": {"city": "Köln"}})
    place.ok("PUT", f"{of(bob)}/{made['c']['id']}", {"data": {"x": "y"}, "transactionDate": 7})
    data = {"type": "call", "n": "1", "city": "Köln"}
    assert place.ok("GET", f"{HERE}/{first}")["data"] == data
    third = place.ok("GET", f"{of(bob)}/{made['c']['id']}")
    assert (third["data"], third["transactionDate"]) == ({"x": "y"}, 7)
    place.refused(404, "GET", f"{of(bob)}/{first}")
    place.ok("DELETE", f"{of(ana)}/{first}")
    place.refused(404, "GET", f"{HERE}/{first}")
    kept = place.rows(select(audit).where(audit.c.object_id == first).order_by(audit.c.action))
    images = {row["action"]: (row["before"], row["after"]) for row in kept}
    assert set(images) == {f"transaction.{verb}" for verb in ("create", "update", "delete")}
    assert images["transaction.delete"][0]["data"]["city"] == "Köln"


BAD: list[tuple[Any, str]] = [
    ({}, "body: must have 1 to 100 transactions"),
    ({str(n): {"contactId": "CID_1", "data": {}} for n in range(101)}, "must have 1 to 100"),
    ({"a": {"data": {}}}, "contactId: is missing"),
    ({"a": {"contactId": "ID", "data": {"points": 1}}}, "a.data.points: the name is reserved"),
    ({"a": {"contactId": "ID", "data": {"x": "y" * 1025}}}, "a.data.x: has 1025 characters"),
    ({"a": {"contactId": "ID", "data": {}, "transactionDate": "soon"}}, "a.transactionDate"),
    ({"a": {"contactId": "ID", "data": {}, "transactionDate": -1}}, "a.transactionDate"),
]


def test_one_bad_transaction_keeps_the_whole_batch_out(place: Place) -> None:
    contact_id = place.contact(extRef="U-1")
    for bad, said in BAD:
        body = {
            name: {**each, "contactId": contact_id} if each.get("contactId") == "ID" else each
            for name, each in bad.items()
        }
        good = {} if not body or len(body) > 99 else {"0": {"contactId": contact_id, "data": {}}}
        assert said in place.refused(400, "POST", HERE, {**good, **body})
    body = {"a": {"contactId": contact_id, "data": {}}, "b": {"contactId": "CID_9", "data": {}}}
    assert "unknown_contact" in place.refused(404, "POST", HERE, body)
    assert place.rows(select(transactions)) == []


def test_the_timeline_tells_everything_newest_first(place: Place) -> None:
    contact_id = place.contact(extRef="U-1")
    for n in range(3):
        place.now += 10
        body = {f"{n}": {"contactId": contact_id, "data": {"n": n}}}
        place.ok("POST", HERE, body)
    place.now += 10
    path = f"/directories/{{pool}}/contacts/{contact_id}"
    place.ok("PUT", path, {"unsubscribed": True})
    seen: list[Any] = []
    query = "?pageSize=2"
    while query:
        page = place.ok("GET", f"{path}/timeline{query}")
        seen += [(each["type"], each["date"]) for each in page["elements"]]
        query = "?" + page["nextPage"].partition("?")[2] if page["nextPage"] else ""
    start = place.now - 40
    assert seen == [
        ("opted_out", start + 40),
        *(("transaction_added", start + 30 - 10 * n) for n in range(3)),
        ("contact_created", start),
    ]
    assert place.ok("GET", f"{path}/history?type=response")["elements"] == []
    assert "type: must be one of" in place.refused(400, "GET", f"{path}/history?type=x")


def test_an_arrival_that_opts_out_says_so_on_the_timeline(place: Place) -> None:
    contact_id = place.contact(extRef="U-1", unsubscribed=True)
    place.contact(extRef="U-2")
    other = place.contact(extRef="U-2", unsubscribed=True)
    for each in (contact_id, other):
        types = [
            row["type"]
            for row in place.ok("GET", f"/directories/{{pool}}/contacts/{each}/timeline")[
                "elements"
            ]
        ]
        assert sorted(types) == ["contact_created", "opted_out"]

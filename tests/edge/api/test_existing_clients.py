"""Clients of the API from the package index work once their address is ours."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from program import done, start, stop
from qualtrics_helper import Qualtrics
from qualtrics_helper.common.config import Config
from QualtricsAPI.XM import MailingList, XMDirectory

from askwell_edge.directory.contacts.history_api import HISTORIES


@dataclass(frozen=True)
class Served:
    """An edge in its own process, as `init` made it."""

    address: str
    token: str
    pool: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    said = done(folder, "init", "--origin", "https://shop.example")
    token, pool = re.search(r"ask_\S+", said), re.search(r"POOL_\w{15}", said)
    assert token is not None
    assert pool is not None
    running, lines = start(folder / "data", "serve")
    try:
        yield Served(f"{lines[-1].removeprefix('ready ')}API/v3", token[0], pool[0])
    finally:
        assert stop(running) == 0


def by_client(served: Served, monkeypatch: pytest.MonkeyPatch, scopes: list[str]) -> Any:
    """The client that gets its token by OAuth, with nothing changed but the address."""
    body = json.dumps({"name": "helper", "scopes": scopes}).encode()
    headers = {"X-API-TOKEN": served.token, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{served.address}/clients", body, headers)
    with urllib.request.urlopen(request) as answer:
        made = json.load(answer)["result"]
    config = json.loads(Config._CONFIG_ENDPOINTS)
    config["main"] = served.address.removesuffix("v3")
    monkeypatch.setattr(Config, "_CONFIG_ENDPOINTS", json.dumps(config))
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # there is no HTTPS on loopback
    return Qualtrics(client_id=made["clientId"], client_secret=made["clientSecret"], scope=scopes)


def test_a_client_gets_its_token_by_oauth(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    scopes = ["read:directories", "manage:mailing_lists"]
    with by_client(served, monkeypatch, scopes) as client:
        listed = client.directories.list_directories()
        assert served.pool in [each["directoryId"] for each in listed]
        made = client.mailingLists.create_mailing_list(served.pool, "By OAuth")["id"]
        assert made.startswith("CG_")
        assert client.users.who_am_i()["scopes"] == sorted(scopes)
        assert client.users.list_users() == [], "it has no scope for that"


def test_a_client_knows_who_may_sign_in(served: Served, helper: Any) -> None:
    me = helper.users.who_am_i()
    assert (me["userName"], me["accountType"]) == (me["email"], "UT_BRANDADMIN")
    (found,) = helper.users.list_users()
    assert (found["id"], found["username"]) == (me["userId"], me["email"])
    assert (found["userType"], found["accountStatus"]) == ("UT_BRANDADMIN", "active")


@pytest.fixture
def helper(served: Served) -> Iterator[Any]:
    with Qualtrics(api_token=served.token) as client:
        client.base_url = served.address
        yield client


def at_ours(client: type, served: Served) -> Any:
    """The client with nothing changed but where it sends its requests."""

    def header_setup(
        self: object, content_type: bool = False, xm: bool = True, path: str | None = None
    ) -> tuple[dict[str, str], str]:
        place = f"directories/{served.pool}/" if xm else path
        headers = {"x-api-token": served.token}
        return headers, f"{served.address}/{place}"

    return type(client.__name__, (client,), {"header_setup": header_setup})()


@pytest.mark.filterwarnings("ignore")
def test_one_client_keeps_lists_and_contacts(served: Served) -> None:
    assert len(served.token) == 40  # as the client expects
    lists, people = at_ours(MailingList, served), at_ours(XMDirectory, served)
    name, list_id = lists.create_list(name="News")
    assert (name, list_id[:3], len(list_id)) == ("News", "CG_", 18)
    lists.rename_list(mailing_list=list_id, name="Letters")
    shown = lists.get_list(mailing_list=list_id)
    assert shown["name"][0] == "Letters"
    contact_id, lookup_id = lists.create_contact_in_list(
        mailing_list=list_id,
        first_name="Ana",
        email="ana@example.com",
        external_ref="Q-1",
        metadata={"tier": "gold"},
    )
    assert lookup_id.startswith("CGC_")
    other = people.create_contact_in_XM(first_name="Bob", external_ref="Q-2", phone="12345")
    assert other.startswith("CID_")
    table = lists.list_contacts(mailing_list=list_id)
    assert list(table["contactId"]) == [contact_id]
    assert "Letters" in list(lists.list_lists()["name"])
    said = people.update_contact(contact_id=other, last_name="Roe", metadata={"tier": "tin"})
    assert "was updated" in said
    one = people.get_contact(contact_id=other)
    assert (one["firstName"][0], one["lastName"][0]) == ("Bob", "Roe")
    more = people.get_contact_additional_info(contact_id=other, content="embeddedData")
    assert more["tier"][0] == "tin"
    stats = people.get_contact_additional_info(contact_id=contact_id, content="stats")
    assert "responseRate" in stats
    whole = people.list_contacts_in_directory()
    assert {contact_id, other} <= set(whole["contactId"])
    assert "has been deleted" in people.delete_contact(contact_id=other)
    lists.delete_list(mailing_list=list_id)
    assert list_id not in list(lists.list_lists()["mailingListId"])


def test_another_client_searches_and_keeps_transactions(served: Served, helper: Any) -> None:
    pool = served.pool
    assert pool in [each["directoryId"] for each in helper.directories.list_directories()]
    list_id = helper.mailingLists.create_mailing_list(pool, "Buyers")["id"]
    assert helper.mailingLists.search_mailing_list(pool, "Buyers")["mailingListId"] == list_id
    ids = [
        helper.contacts.create_contact_mailing_list(
            pool, list_id, {"extRef": f"H-{n}", "lastName": "Ruiz", "unsubscribed": n == 0}
        )["id"]
        for n in range(105)
    ]
    wanted = {"filter": {"filterType": "lastName", "comparison": "eq", "value": "ruiz"}}
    found = helper.contacts.search_contacts_of_directory(pool, wanted)
    assert sorted(each["contactId"] for each in found) == sorted(ids)
    listed = helper.contacts.list_contacts_of_mailing_lists(pool, list_id)
    assert len(listed) == 105
    out = helper.contacts.list_opted_out_contacts_of_mailing_lists(pool, list_id)
    assert [each["contactId"] for each in out] == [ids[0]]
    assert helper.contacts.list_opted_out_contacts_of_directory(pool) == []
    assert helper.contacts.list_bounced_contacts_of_mailing_lists(pool, list_id) == []
    one = helper.contacts.get_contact_of_mailing_list(pool, list_id, ids[0])
    assert one["mailingListUnsubscribed"] is True
    made = helper.transactions.create_create_contact_transaction_object(
        ids[1], list_id, "2026-11-24 09:30:00", {"type": "call"}
    )
    answer = helper.transactions.create_contact_transaction(pool, {"first": made})
    transaction_id = answer["result"]["createdTransactions"]["first"]["id"]
    got = helper.transactions.get_contact_transaction(pool, transaction_id)
    assert got["data"] == {"type": "call"}
    assert got["transactionDate"] == 1_795_512_600_000
    kept = helper.transactions.list_contact_transactions(pool, ids[1])
    assert [each["transactionId"] for each in kept] == [transaction_id]
    batch = helper.transactions.create_transaction_batch(pool, [transaction_id])["id"]
    assert batch in [each["batchId"] for each in helper.transactions.list_transaction_batches(pool)]
    assert helper.transactions.get_transaction_batch(pool, batch)["batchId"] == batch
    helper.transactions.remove_transaction_batch(pool, batch, transaction_id)
    assert helper.transactions.list_transactions_in_a_batch(pool, batch) == []
    helper.transactions.add_transactions_batch(pool, batch, [transaction_id])
    listed = helper.transactions.list_transactions_in_a_batch(pool, batch)
    assert [each["transactionId"] for each in listed] == [transaction_id]
    helper.transactions.delete_transaction_batch(pool, batch)
    assert helper.transactions.list_transaction_batches(pool) == []
    for kind in HISTORIES:
        assert helper.contacts.get_directory_contact_history(pool, ids[1], kind) == []
    assert helper.contacts.get_contact_of_directory(pool, ids[1])["extRef"] == "H-1"


def test_a_client_imports_contacts_with_what_they_did(served: Served, helper: Any) -> None:
    pool, client = served.pool, helper.transactions
    list_id = helper.mailingLists.create_mailing_list(pool, "Customers")["id"]
    batch = client.create_transaction_batch(pool, [])["id"]
    people = [
        {"extRef": f"I-{n}", "email": f"i{n}@example.com", "transactionData": {"item": str(n)}}
        for n in range(50)
    ]
    people.append({"extRef": "I-51", "email": "nonsense"})
    made = client.create_transaction_contacts_import(pool, list_id, people, batch, ["item"])
    assert made["contacts"]["count"] == 51
    until = time.monotonic() + 60
    while time.monotonic() < until:
        told = client.get_creation_transaction_contacts_import_progress(pool, list_id, made["id"])
        if told["percentComplete"] == 100:
            break
        time.sleep(0.05)
    assert told["status"] == "complete"
    assert told["contacts"]["count"] == {"added": 50, "updated": 0, "failed": 1}
    assert told["transactions"]["count"] == {"created": 50}
    listed = helper.contacts.list_contacts_of_mailing_lists(pool, list_id)
    assert {each["extRef"] for each in listed} == {f"I-{n}" for n in range(50)}
    inside = client.list_transactions_in_a_batch(pool, batch)
    assert sorted(int(each["data"]["item"]) for each in inside) == list(range(50))


def test_a_client_imports_contacts_and_reads_what_became_of_each(
    served: Served, helper: Any
) -> None:
    pool = served.pool
    list_id = helper.mailingLists.create_mailing_list(pool, "Reported")["id"]
    people = [{"extRef": "R-1", "firstName": "Ana"}, {"email": "nonsense"}, {"extRef": "R-1"}]
    report = helper.transactions.create_contact_import(pool, list_id, people)
    [listed] = helper.contacts.list_contacts_of_mailing_lists(pool, list_id)
    contact_id = listed["contactId"]
    assert [(each["row"], each["status"], each["contactId"]) for each in report] == [
        (1, "added", contact_id),
        (2, "failed", None),
        (3, "unchanged", contact_id),
    ]
    assert "e-mail address" in report[1]["errorMessage"]

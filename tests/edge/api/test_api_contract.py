"""The API is as described: calls made from its description, right and wrong ones, by schemathesis.

Right or wrong, each is answered as the description says; a wrong one is refused with its reason,
and what is refused changes nothing.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import schemathesis
from api_place import SHOP, Place, opened_place, settled
from described import ADDRESSES, DOCUMENT
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from askwell_edge.access.calls import JSON

CHECKS = [
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
EXAMPLES = 5
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
POOL = "/directories/{pool}"
CRITERIA = {"field": "firstName", "cmp": "eq", "value": "Ana"}


class Things:
    """One of each that an address can name: there already, or made."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def named(self, names: list[str]) -> dict[str, str]:
        """Ids by the names that addresses have for them."""
        found: dict[str, str] = {}
        for name in names:
            found[name] = found.get(name) or getattr(self, name)(found)
        return found

    def directory_id(self, _: Any) -> str:
        return self.place.pool

    def contact_id(self, near: dict[str, str]) -> str:
        self.place.identity_rules(["extRef"])
        made = self.place.contact(extRef="U-1", firstName="Ana", embeddedData={"a": "b"})
        if "list_id" in near:
            path = f"{POOL}/mailinglists/{near['list_id']}/contacts"
            self.place.ok("POST", path, {"extRef": "U-1"})
        return made

    def list_id(self, _: Any) -> str:
        return self._made(f"{POOL}/mailinglists", {"name": "News"})

    def segment_id(self, _: Any) -> str:
        made = self._first(f"{POOL}/segments", "segmentId")
        return made or self._made(f"{POOL}/segments", {"name": "S", "criteria": CRITERIA})

    def rule_id(self, _: Any) -> str:
        made = self._first(f"{POOL}/frequencyrules", "frequencyRuleId")
        return made or self._made(f"{POOL}/frequencyrules", {"minGapSeconds": 60})

    def transaction_id(self, near: dict[str, str]) -> str:
        one = {"contactId": near.get("contact_id") or self.contact_id({}), "data": {"a": "b"}}
        made = self.place.ok("POST", f"{POOL}/transactions", {"one": one})
        return str(made["createdTransactions"]["one"]["id"])

    def batch_id(self, near: dict[str, str]) -> str:
        near["transaction_id"] = self.transaction_id(near)
        body = {"transactionIds": [near["transaction_id"]]}
        return self._made(f"{POOL}/transactionbatches", body)

    def import_id(self, _: Any) -> str:
        headers = {"Content-Type": "text/csv"}
        body = b"ExternalDataReference,Email\nI-1,a@example.com\nI-2,nonsense\n"
        made = self.place.ok("POST", f"{POOL}/imports", body, headers=headers)["id"]
        settled(self.place)
        return str(made)

    def progress_id(self, near: dict[str, str]) -> str:
        list_id = near.get("list_id") or self.list_id(near)
        path = f"{POOL}/mailinglists/{list_id}/transactioncontacts"
        made = self._made(path, {"contacts": [{"extRef": "P-1"}, {"email": "nonsense"}]})
        settled(self.place)
        return made

    def merge_id(self, _: Any) -> str:
        self.place.identity_rules(["extRef"])
        two = [self.place.contact(extRef=f"M-{n}", firstName="Eva") for n in (self.place.now, 0)]
        pair = {"survivorId": two[0], "mergedId": two[1]}
        return str(self.place.ok("POST", f"{POOL}/merges", {"pairs": [pair]})["ids"][0])

    def run_id(self, _: Any) -> str:
        self.place.identity_rules()
        for _twice in range(2):
            self.place.contact(extRef=f"R-{self.place.now}")
        self.place.identity_rules(["extRef"])
        made = str(self.place.ok("POST", f"{POOL}/merges", {})["id"])
        settled(self.place)
        return made

    def project_id(self, _: Any) -> str:
        self.place.identity_rules(["extRef"])
        made = self._made("/projects", {"name": "Shop", "origins": [SHOP]})
        self.place.ok("POST", f"/projects/{made}/link", {"directoryId": self.place.pool})
        return made

    def creative_id(self, near: dict[str, str]) -> str:
        body = {"name": "C", "definition": {"title": "Hello"}}
        return self._made(f"/projects/{near['project_id']}/creatives", body)

    def intercept_id(self, near: dict[str, str]) -> str:
        draft = {"actions": [{"creative_id": self.creative_id(near)}]}
        body = {"name": "I", "draft": draft}
        return self._made(f"/projects/{near['project_id']}/intercepts", body)

    def operator_id(self, _: Any) -> str:
        return self._made("/operators", {"email": f"new-{self.place.now}@example.com"})

    def token_id(self, _: Any) -> str:
        return self._made("/tokens", {"name": "T", "scopes": ["read:segments"]})

    def client_id(self, _: Any) -> str:
        body = {"name": "C", "scopes": ["read:segments"]}
        return str(self.place.ok("POST", "/clients", body)["clientId"])

    def _made(self, path: str, body: Any) -> str:
        return str(self.place.ok("POST", path, body)["id"])

    def _first(self, path: str, name: str) -> str | None:
        found = self.place.ok("GET", path)["elements"]
        return str(found[0][name]) if found else None


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("contract")
    with opened_place(f"sqlite:///{folder}/store.sqlite", folder) as made:
        yield made


@pytest.fixture(scope="module")
def watch(place: Place) -> Iterator[sqlite3.Connection]:
    """A connection of its own, which sees from outside whether anything was committed."""
    with closing(sqlite3.connect(place.store.engine.url.database)) as conn:
        yield conn


@pytest.mark.parametrize(
    ("address", "mode"),
    [
        pytest.param(each, mode, id=f"{mode.value} {each.name}")
        for each in ADDRESSES
        for mode in GenerationMode
        # Nothing can be wrong where nothing is said; any bytes at all may be a file.
        if mode is GenerationMode.POSITIVE or each.body or (each.query and each.accepts == JSON)
    ],
)
def test_a_call_is_answered_as_described(
    place: Place, watch: sqlite3.Connection, address: Any, mode: GenerationMode
) -> None:
    place.now += 3_600_000
    operation = SCHEMA[address.path][address.method]
    headers = {"X-API-TOKEN": place.token}
    known = Things(place).named(list(address.param_convertors))

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode, path_parameters=known, headers=headers))
    def answered(case: Any) -> None:
        place.now += 60_000
        place.ok("GET", "/whoami")  # on a new day this is written down, and it is no change
        settled(place)
        sent = case.as_transport_kwargs(base_url="http://testserver")
        before = watch.execute("PRAGMA data_version").fetchone()
        answer = place.client.request(
            sent["method"],
            sent["url"],
            params=sent.get("params"),
            headers=sent["headers"],
            content=sent.get("data"),
            json=sent.get("json"),
        )
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            assert answer.status_code in (400, 404, 409, 413, 415), answer.text
            assert answer.json()["meta"]["error"]["errorMessage"]
            assert watch.execute("PRAGMA data_version").fetchone() == before, answer.text
        settled(place)

    answered()

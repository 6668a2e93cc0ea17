"""Every call that changes something is written down: who, what, and both images."""

import re
from typing import Any

from api_place import SHOP, Place, settled
from sqlalchemy import select, update

from askwell_edge.access.calls import Address
from askwell_edge.directory.imports.uploads import upload_folder
from askwell_edge.store.tables import audit, import_runs, merge_runs, merge_undos

# What is sent with POST and changes nothing that anybody keeps.
ASKS = {
    "POST /directories/{directory_id}/contacts/search",
    "POST /directories/{directory_id}/segments/preview",
    "POST /directories/{directory_id}/merges/preview",
    "POST /directories/{directory_id}/imports/preview",
    "POST /projects/{project_id}/debugger",
}
POOL = "/directories/{pool}"


class Walk:
    """Calls of the API, one after the other, each with what the audit log gained by it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.walked: set[str] = set()
        self._routes = [each for each in place.client.app.routes if isinstance(each, Address)]
        self._seen = self._kept()

    def mutating(self) -> set[str]:
        return {each.name for each in self._routes if each.method != "GET"}

    def go(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        self.place.now += 1000
        result = self.place.ok(method, path, body, **more)
        name = self._name(method, path)
        self.walked.add(name)
        now = self._kept()
        gained = [row for audit_id, row in now.items() if audit_id not in self._seen]
        self._seen = now
        if name in ASKS:
            assert gained == [], name
            return result
        assert gained, f"{name} is not written down"
        for row in gained:
            assert row["operator_id"], name
            assert re.fullmatch(r"[a-z_]+\.[a-z_]+", row["action"]), name
            assert row["object_id"], name
        if method == "PUT":
            assert all(row["before"] is not None and row["after"] is not None for row in gained), (
                name,
                gained,
            )
        return result

    def _name(self, method: str, path: str) -> str:
        wanted = f"/API/v3{path.partition('?')[0].replace('{pool}', self.place.pool)}"
        scope = {"type": "http", "method": method, "path": wanted}
        found = [each.name for each in self._routes if each.matches(scope)[0].name == "FULL"]
        return found[0]

    def _kept(self) -> dict[str, dict[str, Any]]:
        return {row["audit_id"]: row for row in self.place.rows(select(audit))}


def test_each_call_that_changes_something_is_written_down(place: Place) -> None:
    walk = Walk(place)
    contacts(walk)
    transactions_and_merges(walk)
    rules_and_segments(walk)
    projects(walk)
    operators(walk)
    assert walk.mutating() - walk.walked == set()


def contacts(walk: Walk) -> None:
    walk.go("POST", "/directories", {"name": "Other"})
    walk.go("PUT", POOL, {"name": "Customers of ours"})
    made = walk.go("POST", f"{POOL}/contacts", {"extRef": "U-1"})["id"]
    here = f"{POOL}/contacts/{made}"
    walk.go("POST", f"{POOL}/contacts/search", {})
    walk.go("PUT", here, {"firstName": "Ana"})
    walk.go("PUT", f"{here}/optout", {"scope": "directory", "unsubscribed": True})
    walk.go("PUT", f"{here}/suppression", {"suppressed": True})
    news = walk.go("POST", f"{POOL}/mailinglists", {"name": "News"})["id"]
    walk.go("PUT", f"{POOL}/mailinglists/{news}", {"name": "Letters"})
    on_list = f"{POOL}/mailinglists/{news}/contacts"
    walk.go("POST", on_list, {"extRef": "U-1"})
    walk.go("PUT", f"{on_list}/{made}", {"unsubscribed": True})
    walk.go("DELETE", f"{on_list}/{made}")
    walk.go("DELETE", f"{POOL}/mailinglists/{news}")
    walk.go("DELETE", here)
    headers = {"Content-Type": "text/csv"}
    table = b"ExternalDataReference\nI-1\n"
    walk.go("POST", f"{POOL}/imports/preview", table, headers=headers)
    sent = walk.go("POST", f"{POOL}/imports", table, headers=headers)["id"]
    settled(walk.place)
    under_way(walk, import_runs)
    walk.go("POST", f"{POOL}/imports/{sent}/stop")
    [run] = walk.place.rows(select(import_runs))
    (upload_folder(walk.place.state.settings) / run["file"]).write_bytes(table)
    walk.go("POST", f"{POOL}/imports/{sent}/continue")
    letters = walk.go("POST", f"{POOL}/mailinglists", {"name": "Letters"})["id"]
    for place in ("transactioncontacts", "imports/contacts"):
        settled(walk.place)
        body = {"contacts": [{"extRef": place}]}
        walk.go("POST", f"{POOL}/mailinglists/{letters}/{place}", body)
    settled(walk.place)


def under_way(walk: Walk, jobs: Any) -> None:
    """As if the jobs were not over yet."""
    walk.place.write(lambda conn: conn.execute(update(jobs).values(state="running")))


def transactions_and_merges(walk: Walk) -> None:
    walk.go("PUT", f"{POOL}/identityrules", {"rules": []})
    first = walk.go("POST", f"{POOL}/contacts", {"extRef": "M-1"})["id"]
    walk.go("POST", f"{POOL}/contacts", {"extRef": "M-1"})
    batch = {"a": {"contactId": first, "data": {}}, "b": {"contactId": first, "data": {}}}
    made = walk.go("POST", f"{POOL}/transactions", batch)["createdTransactions"]
    one = f"{POOL}/contacts/{first}/transactions/{made['a']['id']}"
    walk.go("POST", one, {"data": {"a": "b"}})
    walk.go("PUT", one, {"data": {"c": "d"}})
    bundle = {"transactionIds": [made["a"]["id"]]}
    together = walk.go("POST", f"{POOL}/transactionbatches", bundle)["id"]
    inside = f"{POOL}/transactionbatches/{together}"
    walk.go("POST", f"{inside}/transactions", {"transactionIds": [made["b"]["id"]]})
    walk.go("DELETE", f"{inside}/transactions/{made['a']['id']}")
    walk.go("DELETE", inside)
    walk.go("DELETE", one)
    walk.go("DELETE", f"{POOL}/transactions/{made['b']['id']}")
    walk.go("PUT", f"{POOL}/identityrules", {"rules": [{"fields": ["extRef"]}]})
    walk.go("POST", f"{POOL}/merges/preview", {})
    run = walk.go("POST", f"{POOL}/merges", {})["id"]
    under_way(walk, merge_runs)
    walk.go("POST", f"{POOL}/mergeruns/{run}/stop")
    walk.go("POST", f"{POOL}/mergeruns/{run}/undo")
    under_way(walk, merge_undos)
    walk.go("POST", f"{POOL}/mergeruns/{run}/undo/stop")
    made = walk.place.ok("GET", f"{POOL}/merges")["elements"][0]
    pair = {name: made[name] for name in ("survivorId", "mergedId")}
    [merge] = walk.go("POST", f"{POOL}/merges", {"pairs": [pair]})["ids"]
    walk.go("POST", f"{POOL}/merges/{merge}/undo")
    two = walk.place.ok("GET", f"{POOL}/distinctcontacts")["elements"][0]["contactIds"]
    walk.go("POST", f"{POOL}/distinctcontacts/takeback", {"contactIds": two})
    walk.go("POST", f"{POOL}/distinctcontacts", {"contactIds": two})


def rules_and_segments(walk: Walk) -> None:
    body = {"scope": "directory", "limits": [{"max": 1, "windowSeconds": 86400}]}
    rule = walk.go("POST", f"{POOL}/frequencyrules", body)["id"]
    walk.go("PUT", f"{POOL}/frequencyrules/{rule}", {"minGapSeconds": 60})
    walk.go("DELETE", f"{POOL}/frequencyrules/{rule}")
    criteria = {"field": "firstName", "cmp": "eq", "value": "Ana"}
    walk.go("POST", f"{POOL}/segments/preview", {"criteria": criteria})
    made = walk.go("POST", f"{POOL}/segments", {"name": "S", "criteria": criteria})["id"]
    walk.go("PUT", f"{POOL}/segments/{made}", {"name": "T"})
    walk.go("POST", f"{POOL}/segments/{made}/rebuild")
    walk.go("DELETE", f"{POOL}/segments/{made}")


def projects(walk: Walk) -> None:
    zone = walk.go("POST", "/projects", {"name": "Shop", "origins": [SHOP]})["id"]
    here = f"/projects/{zone}"
    walk.go("PUT", here, {"name": "Our shop"})
    walk.go("POST", f"{here}/link", {"directoryId": walk.place.pool})
    walk.go("PUT", f"{here}/link", {"directoryId": walk.place.pool})
    walk.go("POST", f"{here}/signingkeys")
    walk.go("POST", f"{here}/debugger")
    body = {"name": "C", "definition": {"title": "Hello"}}
    creative = walk.go("POST", f"{here}/creatives", body)["id"]
    walk.go("PUT", f"{here}/creatives/{creative}", {"name": "D"})
    draft = {"actions": [{"creative_id": creative}]}
    made = walk.go("POST", f"{here}/intercepts", {"name": "I", "draft": draft})["id"]
    one = f"{here}/intercepts/{made}"
    walk.go("PUT", one, {"name": "J"})
    walk.go("PUT", f"{here}/intercepts/order", {"interceptIds": [made]})
    walk.go("POST", f"{one}/link", {"directoryId": walk.place.pool})
    for verb in ("unlink", "publish", "activate", "deactivate"):
        walk.go("POST", f"{one}/{verb}")
    walk.go("POST", f"{here}/publish")
    walk.go("DELETE", one)
    walk.go("POST", f"{here}/unlink", {})


def operators(walk: Walk) -> None:
    made = walk.go("POST", "/operators", {"email": "ann@example.com"})["id"]
    walk.go("PUT", f"/operators/{made}", {"name": "Ann", "brandAdministrator": True})
    walk.go("POST", f"/operators/{made}/password")
    walk.go("PUT", f"/operators/{made}/roles/{walk.place.pool}", {"role": "access"})
    token = walk.go("POST", "/tokens", {"name": "T", "scopes": ["read:segments"]})["id"]
    walk.go("DELETE", f"/tokens/{token}")
    client = walk.go("POST", "/clients", {"name": "C", "scopes": ["read:segments"]})["clientId"]
    walk.go("DELETE", f"/clients/{client}")

"""One project with its directory on the real edge, and host pages that embed it."""

import itertools
import json
import sqlite3
import urllib.request
from typing import Any

from edge_process import Edge
from host_pages import HostPages, inline, policy, reference_snippet

_numbers = itertools.count(1)
# A busy machine is no reason not to show.
PATIENT = {"claim_timeout_ms": 5_000, "paint_timeout_ms": 20_000}
TEXTS = {
    "kind": "slide_in",
    "title": "How are we doing?",
    "body": "Two minutes.",
    "accept": "Take part",
    "decline": "Not now",
}
# Fits every page of a shop, but is a condition: so the loader leaves the client to be fetched.
SOME_ADDRESS = {"kind": "url", "cmp": "contains", "value": "/"}


class Shop:
    """A website that asks its visitors: made through the API, as an operator does it."""

    def __init__(self, edge: Edge, pages: HostPages, *, linked: bool = True) -> None:
        self.edge, self.pages = edge, pages
        self.name = f"shop {next(_numbers)}"
        self.directory_id: str = edge.api("POST", "/directories", {"name": self.name})["id"]
        rules = {"rules": [{"fields": ["extRef"], "enabled": True}]}
        edge.api("PUT", f"/directories/{self.directory_id}/identityrules", rules)
        origins = [pages.at(host) for host in ("shop.test", "a.x.test", "b.x.test")]
        project = {"name": self.name, "origins": origins, "settings": PATIENT}
        self.project_id: str = edge.api("POST", "/projects", project)["id"]
        if linked:
            self.call("POST", "/link", {"directoryId": self.directory_id})
        self.creative_id = self.creative()
        self.call("POST", "/publish")

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The API, below this project."""
        return self.edge.api(method, f"/projects/{self.project_id}{path}", body)

    def directory(self, method: str, path: str, body: Any = None) -> Any:
        """The API, below this directory."""
        return self.edge.api(method, f"/directories/{self.directory_id}{path}", body)

    def apply(self, **settings: Any) -> None:
        """Change the project's settings and publish them."""
        self.call("PUT", "", {"settings": settings})
        self.call("POST", "/publish")

    def creative(self, **texts: Any) -> str:
        """A creative; a slide-in unless it says otherwise."""
        definition = {**TEXTS, **texts}
        made = self.call("POST", "/creatives", {"name": "Invitation", "definition": definition})
        return str(made["id"])

    def intercept(self, *, live: bool = True, actions: Any = None, **draft: Any) -> str:
        """A live intercept; it shows the creative to everybody unless the draft says otherwise."""
        draft = {"actions": actions or [{"creative_id": self.creative_id}], **draft}
        made = self.call("POST", "/intercepts", {"name": self.name, "draft": draft})
        if live:
            for step in ("publish", "activate"):
                self.call("POST", f"/intercepts/{made['id']}/{step}")
        return str(made["id"])

    def capped(self, **draft: Any) -> str:
        """An intercept with its own link and frequency control."""
        return self.intercept(linked=True, frequency_control=True, **draft)

    def contact(self, reference: str, **fields: Any) -> str:
        """A contact of the directory."""
        return str(self.directory("POST", "/contacts", {"extRef": reference, **fields})["id"])

    def contacts(self) -> list[dict[str, Any]]:
        """Everybody in the directory."""
        found = self.directory("POST", "/contacts/search", {})
        return list(found["elements"])

    def rule(self, maximum: int = 1, window_s: int = 86_400) -> str:
        """A frequency rule of the whole directory."""
        limits = [{"max": maximum, "windowSeconds": window_s}]
        return str(self.directory("POST", "/frequencyrules", {"limits": limits})["id"])

    def timeline(self, contact_id: str, kind: str = "") -> list[dict[str, Any]]:
        """The contact's touchpoints, oldest first, read from the store itself."""
        path = self.edge.data / "askwell.sqlite3"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
            store.row_factory = sqlite3.Row
            asked = "SELECT * FROM touchpoints WHERE contact_id = ? ORDER BY at"
            rows = [dict(row) for row in store.execute(asked, [contact_id])]
        store.close()
        return [row for row in rows if not kind or row["type"] == kind]

    def displays(self, contact_id: str) -> int:
        """How many displays are on the contact's timeline."""
        return len(self.timeline(contact_id, "intercept_displayed"))

    def spoil_bundle(self) -> None:
        """Let the edge serve bytes that are no bundle under the published one's name."""
        start = f"http://127.0.0.1:{self.edge.port}/p/{self.project_id}/start.json"
        with urllib.request.urlopen(start) as answer:  # the edge has the true one in memory
            name = json.load(answer)["bundle"]
        with sqlite3.connect(self.edge.data / "askwell.sqlite3", timeout=10) as store:
            store.execute("UPDATE bundles SET body = ? WHERE hash = ?", [b"\xc1", name])
        store.close()

    def debug_token(self) -> str:
        """What the console's link to the debugger carries."""
        return str(self.call("POST", "/debugger")["token"])

    @property
    def script(self) -> str:
        """The address of the published second step."""
        return f"{self.edge.origin}/p/{self.project_id}.js"

    @property
    def tag(self) -> str:
        """The published second step."""
        return f'<script async src="{self.script}"></script>'

    def page(
        self,
        reference: str | None = None,
        *,
        path: str = "/",
        before: str = "",
        head: str | None = None,
        body: str = "",
        csp: str | None = None,
    ) -> str:
        """Write a page with the two snippets; its address.

        `reference` is the JavaScript expression in the place of extRef, `before` a script above.
        """
        if head is None:
            first = reference_snippet(reference) if reference is not None else ""
            head = (inline(before) if before else "") + first + self.tag
        allowed = policy(self.edge.origin) if csp is None else csp
        return self.pages.write(path, head, body, allowed)

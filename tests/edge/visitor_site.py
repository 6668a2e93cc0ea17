"""A website with its directory, as visitors meet it: the real edge over a real store."""

import asyncio
import base64
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgpack
from starlette.testclient import TestClient

from askwell_edge.access.references import sign_reference
from askwell_edge.app import create_app
from askwell_edge.directory.contacts.contacts import create_contact
from askwell_edge.directory.contacts.identity import set_rules
from askwell_edge.directory.directories import create_directory
from askwell_edge.directory.frequency_rules import create_rule
from askwell_edge.directory.segments.rebuild import rebuild
from askwell_edge.ledger.timeline import timeline
from askwell_edge.projects.creatives import create_creative
from askwell_edge.projects.intercepts import create_intercept
from askwell_edge.projects.links import link_project
from askwell_edge.projects.projects import change_project, create_project
from askwell_edge.projects.publishing import activate_intercept, publish, publish_intercept
from askwell_edge.settings import read_settings

SHOP = "https://shop.example"
DAY_MS = 24 * 60 * 60 * 1000
DAY_S = 24 * 60 * 60
START_AT = 1_800_000_000_000
_numbers = itertools.count(1)


class Site:
    """One project, linked with one directory, on one edge whose clock stands still."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.now = START_AT
        self.directory_id = ""
        self.project_id = ""
        self.creative_id = ""

    def write(self, change: Callable[..., Awaitable[Any]], *arguments: Any, **named: Any) -> Any:
        """Run one change of a room as a committed write."""
        writer = self.client.app.state.store.writer
        return self._in_loop(lambda: writer.submit(lambda conn: change(conn, *arguments, **named)))

    def read(self, look: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """What a room reads."""

        async def reading() -> Any:
            async with self.client.app.state.store.read() as conn:
                return await look(conn, *arguments)

        return self._in_loop(reading)

    def rows(self, wanted: Any) -> list[dict[str, Any]]:
        """The rows of a statement."""

        async def look(conn: Any) -> list[dict[str, Any]]:
            return [dict(each) for each in (await conn.execute(wanted)).mappings().all()]

        return self.read(look)

    def contact(self, reference: str | None, **fields: Any) -> str:
        """A contact of the directory."""
        given = {"external_reference": reference, **fields}
        return self.write(create_contact, self.directory_id, given, self.now)

    def rule(self, **rule: Any) -> str:
        """A frequency rule; of the directory unless it says otherwise."""
        return self.write(create_rule, self.directory_id, rule, self.now)

    def intercept(self, *, linked: bool = True, **draft: Any) -> str:
        """A live intercept."""
        self.now += 1
        actions = [{"creative_id": self.creative_id}]
        draft = {"linked": linked, "actions": actions, **draft}
        name = f"intercept {next(_numbers)}"
        made = self.write(create_intercept, self.project_id, name, draft, self.now)
        self.write(publish_intercept, made, self.now)
        self.write(activate_intercept, made, self.now)
        return str(made)

    def rebuild(self) -> None:
        """Build the directory's segments."""
        store = self.client.app.state.store
        self._in_loop(lambda: rebuild(store, self.directory_id, self.now))

    def apply(self, **settings: Any) -> None:
        """Change the project's settings and publish them."""
        self.write(change_project, self.project_id, settings=settings)
        self.write(publish, self.project_id, self.now)

    def post(self, place: str, body: Any, **headers: str) -> Any:
        """What a page of the shop is answered, refusals included."""
        sent = {"Origin": SHOP, "Content-Type": "text/plain"}
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        content = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.post(f"/p/{self.project_id}/{place}", content=content, headers=sent)

    def post_at_once(self, place: str, bodies: list[Any]) -> list[Any]:
        """The answers to requests that are all under way at the same time."""

        async def sending() -> list[Any]:
            transport = httpx2.ASGITransport(app=self.client.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://edge") as client:
                path = f"/p/{self.project_id}/{place}"
                return await asyncio.gather(*(client.post(path, json=each) for each in bodies))

        found: list[Any] = self._in_loop(sending)
        return found

    def new_project(self) -> str:
        """Another project, without a link and without a publication."""
        return str(self.write(create_project, "Another", [SHOP], self.now))

    def snapshot(self, reference: Any = None, **more: Any) -> dict[str, Any]:
        """The unpacked snapshot of a page view."""
        answer = self.post("snapshot", {"reference": reference, **more})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = msgpack.unpackb(answer.content)
        return found

    def decide(self, reference: Any = None, *, page: Any = None, **more: Any) -> dict[str, Any]:
        """`{intercept: reason}` by the edge's own core, and the whole answer under `""`."""
        facts = {"url": f"{SHOP}/", "storage": True, **(page or {})}
        body = {"now": self.now, "draw": "0" * 32, "page": facts, "reference": reference, **more}
        answer = self.post("decide", body)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        return {"": found, **{each["intercept"]: each["reason"] for each in found["decisions"]}}

    def claim(self, intercept: str, reference: Any, page_view_id: str = "", **more: Any) -> Any:
        """The answer to a claim in this page view; a new one unless it is named."""
        body = {
            "page_view_id": page_view_id or fresh("page-view"),
            "intercept": intercept,
            "reference": reference,
            **more,
        }
        answer = self.post("claim", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def beacon(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send one beacon; the answer."""
        beacon = {
            "id": fresh("beacon"),
            "kind": kind,
            "at": self.now,
            "page_view_id": fresh("page-view"),
            **fields,
        }
        answer = self.post("beacons", {"beacons": [beacon]})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def display(self, intercept: str, reference: Any) -> str:
        """Claim and show an intercept, as a page does; the page view's id."""
        page_view_id = fresh("page-view")
        granted = self.claim(intercept, reference, page_view_id)
        assert granted["granted"], granted
        about = {"intercept": intercept, "reference": reference, "page_view_id": page_view_id}
        self.beacon("displayed", claim=granted["claim"], **about)
        return page_view_id

    def timeline(self, contact_id: str, kind: str = "") -> list[dict[str, Any]]:
        """The contact's timeline, newest first; of one type if asked."""
        rows = [dict(each) for each in self.read(timeline, contact_id)]
        return [each for each in rows if not kind or each["type"] == kind]

    def token(self, key: bytes, reference: str, lives_ms: int = 60_000) -> str:
        """What the shop's own server signs."""
        return sign_reference(key, reference, self.now + lives_ms)

    def _in_loop(self, work: Callable[[], Awaitable[Any]]) -> Any:
        portal = self.client.portal
        assert portal is not None
        return portal.call(work)


def fresh(kind: str) -> str:
    """An id as a page makes it, used once."""
    number = next(_numbers).to_bytes(9, "big")
    return f"{kind}-{base64.urlsafe_b64encode(number).decode()}"


@contextmanager
def opened(store_url: str, folder: Path, **environ: str) -> Iterator[Site]:
    """A site on the edge at `store_url`, linked and published, with an identity rule."""
    site: Site
    settings = read_settings(
        {
            "ASKWELL_DATA_DIR": str(folder),
            "ASKWELL_DATABASE_URL": store_url,
            "ASKWELL_BUILT_DIR": str(folder / "built"),
            "ASKWELL_UPKEEP_S": "3600",  # the tests build segments themselves
            **environ,
        }
    )
    with TestClient(create_app(settings, clock=lambda: site.now)) as client:
        site = Site(client)
        site.directory_id = site.write(create_directory, "Customers", site.now)
        site.write(set_rules, site.directory_id, [(["external_reference"], True)])
        site.project_id = site.write(create_project, "Shop", [SHOP], site.now)
        site.write(link_project, site.project_id, site.directory_id)
        definition = {"title": "May we ask you something?"}
        site.creative_id = site.write(
            create_creative, site.project_id, "Invitation", definition, site.now
        )
        site.write(publish, site.project_id, site.now)
        yield site

"""The edge as an operator's programs meet it: the real application over a real store."""

import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from described import check
from starlette.testclient import TestClient

from askwell_edge.access.operators import create_operator
from askwell_edge.access.roles import Role, set_role
from askwell_edge.access.tokens import ALL_SCOPES, create_token
from askwell_edge.app import create_app
from askwell_edge.directory.segments.rebuild import rebuild
from askwell_edge.settings import read_settings

SHOP = "https://shop.example"
DAY_MS = 24 * 60 * 60 * 1000
DAY_S = 24 * 60 * 60
START_AT = 1_800_000_000_000
NO_PASSWORD = "none"  # these operators never sign in


class Place:
    """One edge whose clock stands still, with a brand administrator's token."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.now = START_AT
        self.token = ""
        self.pool = ""

    def write(self, change: Callable[..., Awaitable[Any]], *arguments: Any, **named: Any) -> Any:
        """Run one change of a room as a committed write."""
        writer = self.store.writer
        return self.in_loop(lambda: writer.submit(lambda conn: change(conn, *arguments, **named)))

    def read(self, look: Callable[..., Awaitable[Any]], *arguments: Any, **named: Any) -> Any:
        """What a room reads."""

        async def reading() -> Any:
            async with self.store.read() as conn:
                return await look(conn, *arguments, **named)

        return self.in_loop(reading)

    def rows(self, wanted: Any) -> list[dict[str, Any]]:
        """The rows of a statement."""

        async def look(conn: Any) -> list[dict[str, Any]]:
            return [dict(each) for each in (await conn.execute(wanted)).mappings().all()]

        found: list[dict[str, Any]] = self.read(look)
        return found

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The API's answer, refusals included; `{pool}` in the path is the directory.

        Every answer must be what the API's description says it is.
        """
        headers = {"X-API-TOKEN": more.pop("token", self.token), **more.pop("headers", {})}
        content = body if isinstance(body, bytes | None) else json.dumps(body)
        address = f"/API/v3{path.replace('{pool}', self.pool)}"
        answer = self.client.request(method, address, content=content, headers=headers, **more)
        check(method, address.partition("?")[0], answer)
        return answer

    def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The result of a call that is answered."""
        answer = self.call(method, path, body, **more)
        assert answer.status_code == 200, answer.text
        meta = answer.json()["meta"]
        assert meta["httpStatus"] == "200 - OK"
        assert meta["requestId"].startswith("RQ_")
        return answer.json().get("result")

    def refused(self, status: int, method: str, path: str, body: Any = None, **more: Any) -> str:
        """Code and message of a call that is refused with `status`."""
        answer = self.call(method, path, body, **more)
        assert answer.status_code == status, (answer.status_code, answer.text)
        meta = answer.json()["meta"]
        assert meta["httpStatus"].startswith(f"{status} - ")
        assert meta["requestId"].startswith("RQ_")
        return f"{meta['error']['errorCode']} {meta['error']['errorMessage']}"

    def contact(self, **fields: Any) -> str:
        """A contact made by the API."""
        return str(self.ok("POST", "/directories/{pool}/contacts", fields)["id"])

    def get(self, contact_id: str) -> dict[str, Any]:
        """A contact as the API shows it."""
        found: dict[str, Any] = self.ok("GET", f"/directories/{{pool}}/contacts/{contact_id}")
        return found

    def all_contacts(self) -> list[dict[str, Any]]:
        """Every contact of the directory."""
        found: list[dict[str, Any]] = self.ok("GET", "/directories/{pool}/contacts")["elements"]
        return found

    def identity_rules(self, *rules: list[str]) -> None:
        """Set the directory's identity rules."""
        body = {"rules": [{"fields": fields} for fields in rules]}
        self.ok("PUT", "/directories/{pool}/identityrules", body)

    def operator(self, name: str, pools: dict[str, Role], scopes: Any = ALL_SCOPES) -> str:
        """The token of an ordinary operator with these roles."""

        async def make(conn: Any) -> str:
            operator_id = await create_operator(
                conn, f"{name}@example.com", name, NO_PASSWORD, self.now
            )
            for pool, role in pools.items():
                await set_role(conn, operator_id, pool, role)
            return (await create_token(conn, operator_id, name, scopes, self.now))[1]

        return str(self.write(make))

    def rebuild(self) -> None:
        """Build the directory's segments."""
        self.in_loop(lambda: rebuild(self.store, self.pool, self.now))

    @property
    def state(self) -> Any:
        """What the edge's application holds."""
        return self.client.app.state  # type: ignore[attr-defined]

    @property
    def store(self) -> Any:
        """The edge's store."""
        return self.client.app.state.store

    def in_loop(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Run something in the edge's own event loop."""
        portal = self.client.portal
        assert portal is not None
        return portal.call(work)


def settled(place: Place) -> None:
    """Wait until what goes on in the background has come to its end."""
    until = time.monotonic() + 60
    state = place.state
    while state.imports or state.merges:
        assert time.monotonic() < until
        time.sleep(0.01)
    place.in_loop(state.last_use.settle)


@contextmanager
def opened_place(store_url: str, folder: Path, **environ: str) -> Iterator[Place]:
    """An edge at `store_url` with one directory, whose identity rule is the reference."""
    place: Place
    settings = read_settings(
        {
            "ASKWELL_DATA_DIR": str(folder),
            "ASKWELL_DATABASE_URL": store_url,
            "ASKWELL_BUILT_DIR": str(folder / "built"),
            "ASKWELL_UPKEEP_S": "3600",  # the tests build segments themselves
            **environ,
        }
    )
    with TestClient(create_app(settings, clock=lambda: place.now)) as client:
        place = Place(client)

        async def administrator(conn: Any) -> str:
            operator_id = await create_operator(
                conn,
                "admin@example.com",
                "Admin",
                NO_PASSWORD,
                place.now,
                brand_administrator=True,
            )
            return (await create_token(conn, operator_id, "admin", at=place.now))[1]

        place.token = place.write(administrator)
        place.pool = place.ok("POST", "/directories", {"name": "Customers"})["id"]
        place.identity_rules(["extRef"])
        yield place

"""One look at the console: who is signed in, what was typed, and how a page answers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from askwell_edge.access.bodies import read_json
from askwell_edge.access.calls import BODY_LIMIT, Answering, Call
from askwell_edge.access.refusals import Invalid
from askwell_edge.access.roles import Caller, Permission
from askwell_edge.access.sessions import OpenSession
from askwell_edge.console import words
from askwell_edge.console.navigation import navigation
from askwell_edge.console.templating import page_of, prefixed
from askwell_edge.directory.directories import list_directories
from askwell_edge.errors import EdgeError
from askwell_edge.store.engine import Store

T = TypeVar("T")


def misplaced(field: str, title: str, limit: str) -> Invalid:
    """A refusal of one of several like fields of a form, which people call by its title."""
    told = Invalid(field, limit)
    told.message = f"{title}: {limit}"
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Call):
    """A call of the API that the console makes in its operator's name."""

    places: Mapping[str, str]
    queries: Mapping[str, str]
    sent: object

    def path(self, name: str) -> str:
        """A part of the address."""
        return self.places[name]

    def query(self, name: str) -> str | None:
        """A query parameter, None when it is absent."""
        return self.queries.get(name)

    async def body(self, shape: type[T], limit: int = BODY_LIMIT) -> T:
        """What the form says, checked exactly as a body of the API is."""
        body = msgspec.json.encode(self.sent)
        if len(body) > limit:
            raise Invalid("body", f"at most {limit} bytes are allowed", status_code=413)
        try:
            return read_json(body, shape)
        except Invalid as refusal:
            raise Invalid(refusal.field, words.limit(refusal.limit)) from None


@dataclass(slots=True)
class Visit:
    """A request of somebody who is signed in. `problem` is why what was typed was refused."""

    request: Request
    session: OpenSession
    at: int
    form: FormData = field(default_factory=FormData)
    problem: EdgeError | None = None

    @property
    def caller(self) -> Caller:
        """The operator, with the roles as they are now."""
        return self.session.caller

    @property
    def store(self) -> Store:
        """The edge's store."""
        store: Store = self.request.app.state.store
        return store

    @property
    def in_part(self) -> bool:
        """True when htmx asks for a part of the page."""
        return "HX-Request" in self.request.headers

    def path(self, name: str) -> str:
        """A part of the address: `visit.path("directory_id")`."""
        return str(self.request.path_params[name])

    def query(self, name: str, longest: int = 2000) -> str:
        """A query parameter, cut to what anybody would type."""
        return self.request.query_params.get(name, "").replace("\x00", "")[:longest]

    def text(self, name: str) -> str:
        """A field of the form, trimmed; empty when it is not there."""
        value = self.form.get(name)
        return value.strip() if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """All values of a repeated field."""
        return [each for each in self.form.getlist(name) if isinstance(each, str)]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The form's fields in the order in which they stand on the page."""
        return [(name, each) for name, each in self.form.multi_items() if isinstance(each, str)]

    def whole(self, name: str) -> int | None:
        """A field that is a whole number; None when it is empty."""
        text = self.text(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 12):
            raise Invalid(name, "must be a whole number")
        return int(text)

    def may_manage(self, directory_id: str | None) -> bool:
        """True when the operator holds Manage Directory there."""
        return directory_id is not None and self.caller.may(
            Permission.MANAGE_DIRECTORY, directory_id
        )

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with."""
        async with self.store.read() as conn:
            yield conn

    async def write(self, change: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """The outcome of a change, once it is committed."""
        return await self.store.writer.submit(change)

    async def call(
        self,
        answering: Answering,
        sent: object = None,
        queries: Mapping[str, str] | None = None,
        **places: str,
    ) -> Any:
        """What a call of the API answers: its checks and its audit are the console's too."""
        return msgspec.to_builtins(await answering(self.asked(sent, queries, **places)))

    def asked(
        self, sent: object = None, queries: Mapping[str, str] | None = None, **places: str
    ) -> Asked:
        """A call of the API in the operator's name, whose answer may be a file."""
        return Asked(
            request=self.request,
            caller=self.caller,
            at=self.at,
            places={**self.request.path_params, **places},
            queries=queries or {},
            sent=sent,
        )

    async def page(self, template: str, **facts: Any) -> Response:
        """A whole page, with its navigation."""
        async with self.reading() as conn:
            rows = await list_directories(conn)
        seen = [row for row in rows if self.caller.sees(row["directory_id"])]
        current = self.request.path_params.get("directory_id") or facts.get("directory_id")
        return page_of(
            self.request,
            template,
            visit=self,
            caller=self.caller,
            csrf=self.session.csrf_token,
            directories=seen,
            done=self.query("done", 40),
            **navigation(self.caller, seen, current, self.request.url.path),
            **{"directory_id": current, **facts},
        )

    def part(self, template: str, **facts: Any) -> Response:
        """A part of a page, for htmx."""
        return page_of(
            self.request,
            template,
            visit=self,
            caller=self.caller,
            csrf=self.session.csrf_token,
            **facts,
        )

    def go(self, address: str, done: str = "", **more: str) -> Response:
        """Show another page after a change; `done` names what it says there."""
        said = {**({"done": done} if done else {}), **more}
        return RedirectResponse(
            prefixed(self.request, address) + (f"?{urlencode(said)}" if said else ""), 303
        )

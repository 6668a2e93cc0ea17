"""An operator at the console: a browser without script, as far as HTTP goes."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from api_place import Place
from argon2 import PasswordHasher
from sqlalchemy import select
from starlette.testclient import TestClient

from askwell_edge.access.operators import create_operator
from askwell_edge.access.roles import Role, set_role
from askwell_edge.store.tables import audit

PASSWORD = "correct horse battery"
# Cheap on purpose: what is tested is who gets in, not how long it takes.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
ACCESS = Role(access_contacts=True, manage_directory=False)
MANAGE = Role(access_contacts=True, manage_directory=True)


class Desk:
    """One operator's browser."""

    def __init__(self, place: Place) -> None:
        self.place = place
        # The place's own client runs the edge; this one has its own cookies.
        self.client = TestClient(place.client.app, follow_redirects=False)
        self.client.portal = place.client.portal
        self.operator_id = ""
        self.csrf = ""

    def new_operator(
        self, name: str, roles: Mapping[str, Role] | None = None, *, administrator: bool = False
    ) -> str:
        """An operator with the usual password; the id."""

        async def make(conn: Any) -> str:
            operator_id = await create_operator(
                conn,
                f"{name}@example.com",
                name.title(),
                QUICK,
                self.place.now,
                brand_administrator=administrator,
            )
            for pool, role in (roles or {}).items():
                await set_role(conn, operator_id, pool, role)
            return operator_id

        return str(self.place.write(make))

    def sign_in_new(
        self, name: str, roles: Mapping[str, Role] | None = None, **more: Any
    ) -> "Desk":
        """Make an operator and sign in."""
        self.operator_id = self.new_operator(name, roles, **more)
        answer = self.sign_in(f"{name}@example.com")
        assert answer.status_code == 303, answer.text
        self.csrf = self.token("/console/why")
        return self

    def sign_in(self, email: str, password: str = PASSWORD, **fields: str) -> Any:
        """The answer to the sign-in form."""
        token = self.token("/console/sign-in")
        sent = {"csrf": token, "email": email, "password": password, **fields}
        return self.client.post("/console/sign-in", data=sent)

    def token(self, path: str) -> str:
        """The token in a page's form."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.client.get(path).text)
        assert found
        return found[1]

    def get(self, path: str, **more: Any) -> Any:
        """The answer; `{pool}` in the path is the directory."""
        return self.client.get(self.at(path), **more)

    def shows(self, path: str, **more: Any) -> str:
        """The text of a page that is there."""
        answer = self.get(path, **more)
        assert answer.status_code == 200, (answer.status_code, path, answer.headers, answer.text)
        return text_of(answer.text)

    def post(self, path: str, sent: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """The answer to a form of this session's own page."""
        return self.client.post(self.at(path), data={"csrf": self.csrf, **(sent or {})}, **more)

    def does(self, path: str, sent: Mapping[str, Any] | None = None) -> str:
        """Send a form that is taken; where it leads."""
        answer = self.post(path, sent)
        assert answer.status_code == 303, (answer.status_code, text_of(answer.text))
        return str(answer.headers["Location"])

    def begins(self, path: str, sent: Mapping[str, Any] | None = None) -> str:
        """Send a form that begins something; the address of its page, below the console's."""
        here, _, said = self.does(path, sent).removeprefix("/console").partition("?")
        assert said == "done=begun"
        return here

    def refused(self, status: int, path: str, sent: Mapping[str, Any] | None = None) -> str:
        """Send a form that is refused; the text of the page that says so."""
        answer = self.post(path, sent)
        assert answer.status_code == status, (answer.status_code, text_of(answer.text))
        return text_of(answer.text)

    def at(self, path: str) -> str:
        """An address of the console."""
        return "/console" + path.replace("{pool}", self.place.pool)

    def audited(self, action: str) -> list[dict[str, Any]]:
        """What the audit log has of an action of this operator's."""
        wanted = select(audit).where(
            audit.c.action == action, audit.c.operator_id == self.operator_id
        )
        return self.place.rows(wanted)


def text_of(html: str) -> str:
    """What a person reads of a page, in one line."""
    plain = re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(head|script)\b.*?</\1>", "", html))
    return re.sub(r"\s+", " ", unescape(plain)).strip()

"""/API/v3 OAuth clients: one's own, and for a brand administrator everybody's."""

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit, clients
from askwell_edge.access.answers import Instant, Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.refusals import Unknown
from askwell_edge.access.roles import require_lasting, require_own
from askwell_edge.access.tokens import read_scopes
from askwell_edge.access.tokens_api import LastUsed, NewToken, whose

ALL = "/clients"


class Client(Shown):
    """A program that gets access tokens by its id and its secret, which nobody can read here."""

    client_id: str
    operator_id: str
    name: str
    scopes: list[str]
    creation_date: Instant
    revoked_date: Instant | None
    last_used_date: LastUsed


class ClientMade(Shown):
    """The new client's id and its secret, shown this once."""

    client_id: str
    client_secret: str


async def list_all(call: Call) -> Page[Client]:
    """GET: one's own OAuth clients; a brand administrator sees everybody's."""
    async with call.reading() as conn:
        rows = await clients.list_clients(conn, whose(call))
    return Page(elements=[_shape(row) for row in rows])


async def create(call: Call) -> ClientMade:
    """POST: an OAuth client of one's own, its secret shown this once; at most 50 live ones.

    It has no scope that this token lacks. A client's access token makes none: it would outlive it.
    """
    body = await call.body(NewToken)
    scopes = read_scopes(body.scopes)
    require_own(call.caller, scopes)
    require_lasting(call.caller)
    operator_id = call.caller.operator_id

    async def write(conn: AsyncConnection) -> tuple[str, str]:
        made = await clients.create_client(conn, operator_id, body.name, scopes, call.at)
        after = {"name": body.name.strip(), "scopes": scopes}
        await audit.record(conn, operator_id, "client.create", made[0], call.at, after=after)
        return made

    client_id, secret = await call.write(write)
    return ClientMade(client_id=client_id, client_secret=secret)


async def revoke(call: Call) -> None:
    """DELETE: the client and all its access tokens open nothing any more."""
    client_id = call.path("client_id")

    async def write(conn: AsyncConnection) -> None:
        rows = await clients.list_clients(conn, whose(call))
        row = next((each for each in rows if each["client_id"] == client_id), None)
        if row is None:
            raise Unknown("client", client_id)
        await clients.revoke_client(conn, client_id, call.at)
        before = {"operator_id": row["operator_id"], "name": row["name"]}
        who = call.caller.operator_id
        await audit.record(conn, who, "client.revoke", client_id, call.at, before=before)

    await call.write(write)


def _shape(row: RowMapping) -> Client:
    same = ("client_id", "operator_id", "name", "scopes")
    return Client(
        creation_date=row["created_at"],
        revoked_date=row["revoked_at"],
        last_used_date=row["last_used_at"],
        **{name: row[name] for name in same},
    )


routes: list[BaseRoute] = [
    api("GET", ALL, "read:operators", list_all),
    api("POST", ALL, "manage:operators", create, body=NewToken),
    api("DELETE", f"{ALL}/{{client_id}}", "manage:operators", revoke),
]

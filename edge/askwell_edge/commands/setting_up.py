"""`askwell init`: directory, project, keys, operator and a first intercept for one's own site."""

import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.operators import create_operator, operator_by_email
from askwell_edge.access.origins import read_origin
from askwell_edge.access.passwords import hash_password
from askwell_edge.access.tokens import create_token
from askwell_edge.commands.opening import opened
from askwell_edge.commands.telling import Trouble, complain, say
from askwell_edge.directory.contacts.identity import set_rules
from askwell_edge.directory.directories import create_directory, list_directories
from askwell_edge.projects.creatives import create_creative
from askwell_edge.projects.embedding import snippets
from askwell_edge.projects.intercepts import create_intercept
from askwell_edge.projects.keys import live_keys
from askwell_edge.projects.links import link_project
from askwell_edge.projects.projects import change_project, create_project
from askwell_edge.projects.publishing import activate_intercept, publish_intercept
from askwell_edge.settings import Settings
from askwell_edge.store.clock import now_ms
from askwell_edge.store.tables import projects


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed."""

    origin: str
    name: str
    email: str
    create_contacts: bool = False
    public_url: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What is printed once."""

    directory_id: str
    project_id: str
    signing_key: str
    email: str
    password: str | None
    token: str


async def init(settings: Settings, wanted: Wanted) -> None:
    """Make everything a site needs for its first invitation, and print what to paste where."""
    origin = read_origin(wanted.origin, "--origin")
    password = secrets.token_urlsafe(12)
    password_hash = await hash_password(password)
    async with opened(settings) as store:
        made = await store.writer.submit(
            lambda conn: _make(conn, wanted, origin, password, password_hash, now_ms())
        )
    address = wanted.public_url or settings.public_url
    if not address:
        address = f"http://{settings.host}:{settings.port}"
        complain(
            f"The snippets say {address}. If browsers reach the edge elsewhere, say so with "
            "--public-url https://ask.example.com or ASKWELL_PUBLIC_URL."
        )
    _print(made, origin, address.rstrip("/"))


async def _make(
    conn: AsyncConnection, wanted: Wanted, origin: str, password: str, password_hash: str, at: int
) -> Made:
    rows = await conn.execute(select(projects.c.project_id, projects.c.origins))
    for row in rows:
        if origin in row.origins:
            raise Trouble(
                f"the project {row.project_id} is for {origin} already. Import contacts with "
                "`python3 build.py askwell import contacts.csv`, or use another --data folder."
            )
    directory_id = await _directory(conn, wanted.name, at)
    operator_id, shown = await _operator(conn, wanted.email, password, password_hash, at)
    _, token = await create_token(conn, operator_id, "made by askwell init", at=at)
    project_id = await create_project(conn, wanted.name, [origin], at)
    await link_project(conn, project_id, directory_id)
    if wanted.create_contacts:
        await change_project(conn, project_id, settings={"create_contacts": True})
    await _first_intercept(conn, project_id, at)
    key = (await live_keys(conn, project_id))[0]
    return Made(directory_id, project_id, bytes(key["secret"]).decode(), wanted.email, shown, token)


async def _directory(conn: AsyncConnection, name: str, at: int) -> str:
    """The only directory there is, or a new one with the rule that links need."""
    present = await list_directories(conn)
    if len(present) == 1:
        return str(present[0]["directory_id"])
    directory_id = await create_directory(conn, f"Contacts of {name}"[:100], at)
    await set_rules(conn, directory_id, [(["external_reference"], True)])
    return directory_id


async def _operator(
    conn: AsyncConnection, email: str, password: str, password_hash: str, at: int
) -> tuple[str, str | None]:
    """The operator's id, and the password if it is new."""
    present = await operator_by_email(conn, email)
    if present is not None:
        return str(present["operator_id"]), None
    name = email.partition("@")[0] or "Operator"
    operator_id = await create_operator(
        conn, email, name, password_hash, at, brand_administrator=True
    )
    return operator_id, password


async def _first_intercept(conn: AsyncConnection, project_id: str, at: int) -> None:
    """An invitation for every known contact, live at once."""
    creative_id = await create_creative(
        conn,
        project_id,
        "First invitation",
        {
            "kind": "slide_in",
            "title": "How are we doing?",
            "body": "We would like to hear from you. It takes two minutes.",
            "accept": "Take part",
            "decline": "Not now",
        },
        at,
    )
    intercept_id = await create_intercept(
        conn,
        project_id,
        "First invitation",
        {"linked": True, "frequency_control": True, "actions": [{"creative_id": creative_id}]},
        at,
    )
    await publish_intercept(conn, intercept_id, at)
    await activate_intercept(conn, intercept_id, at)


def _print(made: Made, origin: str, address: str) -> None:
    reference, script = snippets(made.project_id, address)
    say(f"project      {made.project_id}   for pages of {origin}")
    say(f"directory    {made.directory_id}")
    say(f"console      {address}/console/")
    say(f"operator     {made.email}")
    if made.password is not None:
        say(f"password     {made.password}   (shown only now)")
    say(f"API token    {made.token}   (shown only now)")
    say(f"signing key  {made.signing_key}   (for signed references; keep it on your server)")
    say()
    say("Paste this into every page, above the second snippet. Instead of extRef write the")
    say("JavaScript expression that holds the signed-in visitor's own id:")
    say()
    say(reference)
    say()
    say("Below it, once a page:")
    say()
    say(script)
    say()
    say("Next: python3 build.py askwell import contacts.csv, then python3 build.py serve")
    say("(columns FirstName, LastName, Email, ExternalDataReference, Language, Phone; any other")
    say("column becomes embedded data). A page whose extRef is in that file gets its invitation;")
    say("so does a page that names nobody, while a reference that nobody knows gets none.")

"""`askwell demo`: the sample, loaded once, and the shop that lives on it."""

import asyncio
import json
import os
import secrets
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.operators import create_operator, operator_by_email, set_password
from askwell_edge.access.passwords import hash_password
from askwell_edge.access.tokens import create_token
from askwell_edge.commands.opening import opened
from askwell_edge.commands.serving import address_of, bind, serve
from askwell_edge.commands.telling import complain, say
from askwell_edge.demo.people import PEOPLE
from askwell_edge.sample.loading import load_sample, move_to
from askwell_edge.settings import Settings
from askwell_edge.store.clock import now_ms
from askwell_edge.store.engine import Store

EMAIL = "demo@example.com"
LOGIN_FILE = "demo-login.json"


def demo(settings: Settings) -> None:
    """Load the sample if it is not there yet, print the way in, serve until stopped."""
    bound = bind(settings)
    address = address_of(bound)
    port = bound.getsockname()[1]
    origins = [address, f"http://localhost:{port}"]
    login = asyncio.run(_prepare(settings, origins))

    def ready() -> None:
        for title, person in zip(["shop", *[""] * len(PEOPLE)], PEOPLE, strict=False):
            say(f"{title:<13}{address + person.address:<44}{person.short.lower()}")
        say(f"console      {address}/console/")
        say(f"login        {login['email']}  {login['password']}")
        say(f"API token    {login['token']}")
        say(f"ready {address}/")

    serve(settings, bound, ready, shop=True)


async def _prepare(settings: Settings, origins: list[str]) -> dict[str, str]:
    async with opened(settings) as store:
        if await load_sample(store, origins, now_ms()):
            complain("The sample directory is loaded: 2,000 contacts and a month of touchpoints.")
        await move_to(store, origins, now_ms())
        return await _login(store, settings.data_dir / LOGIN_FILE)


async def _login(store: Store, path: Path) -> dict[str, str]:
    """The demo's operator and token, made up at the first start and kept beside the store."""
    try:
        kept: dict[str, str] = json.loads(path.read_text())
        return kept
    except (OSError, ValueError):
        pass
    password = secrets.token_urlsafe(9)
    password_hash = await hash_password(password)
    email = EMAIL

    async def write(conn: AsyncConnection) -> dict[str, Any]:
        present = await operator_by_email(conn, email)
        if present is None:
            operator_id = await create_operator(
                conn, email, "Demo", password_hash, now_ms(), brand_administrator=True
            )
        else:
            operator_id = present["operator_id"]
            await set_password(conn, operator_id, password_hash)
        _, token = await create_token(conn, operator_id, "demo", at=now_ms())
        return {"email": email, "password": password, "token": token}

    login = await store.writer.submit(write)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(login, file)
    return login

"""Put the sample into a store: directory, people, a month of touchpoints and the shop's project."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.fields import keys_of
from askwell_edge.directory.contacts.identity import set_rules
from askwell_edge.directory.frequency_rules import create_rule
from askwell_edge.directory.lists.lists import create_list
from askwell_edge.directory.segments.rebuild import rebuild
from askwell_edge.directory.segments.segments import create_segment
from askwell_edge.projects.creatives import create_creative
from askwell_edge.projects.intercepts import (
    change_intercept,
    create_intercept,
    list_intercepts,
)
from askwell_edge.projects.links import link_project
from askwell_edge.projects.projects import change_project, create_project
from askwell_edge.projects.publishing import activate_intercept, publish_intercept
from askwell_edge.sample.constants import (
    DIRECTORY_ID,
    LIST_BETA,
    LIST_NEWSLETTER,
    PROJECT_ID,
    SURVEY_PATH,
)
from askwell_edge.sample.people import Sample
from askwell_edge.sample.shop import CREATIVES, RULES, SEGMENTS, intercepts_at
from askwell_edge.store.directory_keys import directory_key_of
from askwell_edge.store.engine import Store
from askwell_edge.store.tables import (
    contacts,
    directories,
    list_members,
    projects,
    touchpoints,
    transactions,
)

MONTH_MS = 30 * 86_400_000
ROWS_A_STATEMENT = 500


async def load_sample(store: Store, origins: Sequence[str], at: int) -> bool:
    """Load the sample as of `at`; False when it is there already, and nothing is done."""
    if await is_loaded(store):
        return False
    sample = Sample(at)
    await store.writer.submit(lambda conn: _directory(conn, sample))
    await rebuild(store, DIRECTORY_ID, at)
    await store.writer.submit(lambda conn: _shop(conn, origins, at))
    return True


async def is_loaded(store: Store) -> bool:
    """True once the sample is complete: the shop's project comes last."""
    async with store.read() as conn:
        wanted = select(projects.c.project_id).where(projects.c.project_id == PROJECT_ID)
        return await conn.scalar(wanted) is not None


async def move_to(store: Store, origins: Sequence[str], at: int) -> None:
    """Let the shop's pages ask from these origins and no others; the first is where they are."""

    async def write(conn: AsyncConnection) -> None:
        await change_project(conn, PROJECT_ID, origins=origins)
        for row in await list_intercepts(conn, PROJECT_ID):
            draft = _moved(row["draft"], origins[0])
            if draft != row["draft"]:
                await change_intercept(conn, row["intercept_id"], at, draft=draft)
                if row["published"] is not None:
                    await publish_intercept(conn, row["intercept_id"], at)

    await store.writer.submit(write)


def _moved(draft: dict[str, Any], origin: str) -> dict[str, Any]:
    """The draft with its invitations leading to the survey of the shop at `origin`."""
    actions = []
    for action in draft["actions"]:
        target = action["target"]
        if target.get("url", "").endswith(SURVEY_PATH):
            target = {**target, "url": origin + SURVEY_PATH}
        actions.append({**action, "target": target})
    return {**draft, "actions": actions}


async def _directory(conn: AsyncConnection, sample: Sample) -> None:
    present = select(directories.c.directory_id).where(directories.c.directory_id == DIRECTORY_ID)
    if await conn.scalar(present) is not None:
        return  # An earlier start was cut off after this; what follows is done again.
    began_at = sample.at - 900 * 86_400_000
    await conn.execute(
        insert(directories).values(
            directory_id=DIRECTORY_ID,
            name="Shop customers",
            membership_mode="live",
            created_at=began_at,
        )
    )
    await set_rules(conn, DIRECTORY_ID, [(["external_reference"], True), (["email"], True)])
    await create_list(conn, DIRECTORY_ID, "Newsletter", began_at, list_id=LIST_NEWSLETTER)
    await create_list(conn, DIRECTORY_ID, "Beta testers", began_at, list_id=LIST_BETA)
    key = await directory_key_of(conn, DIRECTORY_ID)
    people = [
        {
            **person,
            "directory_key": key,
            **keys_of(person),
            "unsubscribed_at": sample.at - MONTH_MS if person["unsubscribed"] else None,
            "suppressed_at": None,
        }
        for person in sample.contacts
    ]
    await _insert(conn, contacts, people)
    await _insert(conn, list_members, sample.list_members)
    await _insert(conn, transactions, sample.transactions)
    await _insert(conn, touchpoints, sample.touchpoints)
    for segment_id, name, criteria in SEGMENTS:
        await create_segment(conn, DIRECTORY_ID, name, criteria, began_at, segment_id=segment_id)
    for number, rule in enumerate(RULES):
        await create_rule(conn, DIRECTORY_ID, rule, began_at + number)


async def _insert(conn: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        await conn.execute(insert(table), list(rows[start : start + ROWS_A_STATEMENT]))


async def _shop(conn: AsyncConnection, origins: Sequence[str], at: int) -> None:
    began_at = at - MONTH_MS
    await create_project(conn, "Sample shop", origins, began_at, project_id=PROJECT_ID)
    await link_project(conn, PROJECT_ID, DIRECTORY_ID)
    await change_project(conn, PROJECT_ID, settings={"create_contacts": True})
    for creative_id, (name, definition) in CREATIVES.items():
        await create_creative(conn, PROJECT_ID, name, definition, began_at, creative_id=creative_id)
    for number, (intercept_id, name, state, draft) in enumerate(intercepts_at(at, origins[0])):
        created_at = began_at + number * 60_000
        await create_intercept(conn, PROJECT_ID, name, draft, created_at, intercept_id=intercept_id)
        if state != "draft":
            await publish_intercept(conn, intercept_id, created_at)
        if state == "active":
            await activate_intercept(conn, intercept_id, created_at)

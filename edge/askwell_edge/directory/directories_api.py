"""/API/v3 directories and their identity rules."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.answers import DirectoryId, Instant, Made, Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.contacts.identity import (
    api_field,
    read_rule_fields,
    rules_of,
    set_rules,
)
from askwell_edge.directory.directories import (
    MembershipMode,
    change_directory,
    counts_of,
    create_directory,
    get_directory,
    list_directories,
)

HERE = "/directories/{directory_id}"
Name = Annotated[str, Meta(min_length=1, max_length=100)]


class NewDirectory(Struct, rename="camel", forbid_unknown_fields=True):
    """A directory to create."""

    name: Name
    membership_mode: MembershipMode = "live"


class DirectoryChange(Struct, rename="camel", forbid_unknown_fields=True):
    """What may change of a directory; absent stays."""

    name: Name | None = None
    membership_mode: MembershipMode | None = None


class IdentityRule(Struct, forbid_unknown_fields=True):
    """One identity rule: contact fields that must all match."""

    fields: Annotated[list[str], Meta(examples=[["extRef"], ["email", "lastName"]])]
    enabled: bool = True


class IdentityRules(Struct, forbid_unknown_fields=True):
    """All identity rules of a directory, in their order."""

    rules: list[IdentityRule]


class Directory(Shown):
    """A directory."""

    directory_id: DirectoryId
    name: str
    membership_mode: MembershipMode
    creation_date: Instant


class DirectoryDetails(Directory):
    """A directory with how many contacts it has, and how many without a reference."""

    contact_count: int
    contact_count_without_ext_ref: int


def directory_shape(row: Mapping[Any, Any]) -> Directory:
    """A directory as the API shows it."""
    return Directory(**_shown(row))


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "directory_id": row["directory_id"],
        "name": row["name"],
        "membership_mode": row["membership_mode"],
        "creation_date": row["created_at"],
    }


async def list_all(call: Call) -> Page[Directory]:
    """GET: the directories that the operator may see."""
    async with call.reading() as conn:
        rows = await list_directories(conn)
    seen = [row for row in rows if call.caller.sees(row["directory_id"])]
    return Page(elements=[directory_shape(row) for row in seen])


async def create(call: Call) -> Made:
    """POST: a new directory; brand administrators only."""
    body = await call.body(NewDirectory)
    require(call.caller, Permission.BRAND_ADMINISTRATOR)

    async def write(conn: AsyncConnection) -> str:
        directory_id = await create_directory(
            conn, body.name, call.at, membership_mode=body.membership_mode
        )
        await audit.record(
            conn,
            call.caller.operator_id,
            "directory.create",
            directory_id,
            call.at,
            after={"name": body.name, "membership_mode": body.membership_mode},
        )
        return directory_id

    return Made(id=await call.write(write))


async def get(call: Call) -> DirectoryDetails:
    """GET: one directory with how many contacts it has, and how many without a reference."""
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with call.reading() as conn:
        row = await get_directory(conn, directory_id)
        contact_count, without_reference = await counts_of(conn, directory_id)
    return DirectoryDetails(
        **_shown(row),
        contact_count=contact_count,
        contact_count_without_ext_ref=without_reference,
    )


async def change(call: Call) -> None:
    """PUT: rename the directory, or keep its memberships live or daily."""
    body = await call.body(DirectoryChange)
    directory_id = call.path("directory_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)

    async def write(conn: AsyncConnection) -> None:
        before = await get_directory(conn, directory_id)
        await change_directory(
            conn, directory_id, name=body.name, membership_mode=body.membership_mode
        )
        after = await get_directory(conn, directory_id)
        await audit.record(
            conn,
            call.caller.operator_id,
            "directory.update",
            directory_id,
            call.at,
            before=directory_shape(before),
            after=directory_shape(after),
        )

    await call.write(write)


async def get_rules(call: Call) -> IdentityRules:
    """GET: the identity rules in their order."""
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with call.reading() as conn:
        await get_directory(conn, directory_id)
        return await _shown_rules(conn, directory_id)


async def put_rules(call: Call) -> None:
    """PUT: replace the identity rules; later arrivals alone use the new ones."""
    body = await call.body(IdentityRules)
    directory_id = call.path("directory_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)
    wanted = columns_of(body.rules)

    async def write(conn: AsyncConnection) -> None:
        await get_directory(conn, directory_id)
        before = await _shown_rules(conn, directory_id)
        await set_rules(conn, directory_id, wanted)
        await audit.record(
            conn,
            call.caller.operator_id,
            "identity_rules.update",
            directory_id,
            call.at,
            before=before,
            after=await _shown_rules(conn, directory_id),
        )

    await call.write(write)


def columns_of(rules: Sequence[IdentityRule]) -> list[tuple[list[str], bool]]:
    """Rules as `(columns, enabled)`; refuses an unknown field by name."""
    return [
        (read_rule_fields(rule.fields, f"rules[{i}].fields"), rule.enabled)
        for i, rule in enumerate(rules)
    ]


async def _shown_rules(conn: AsyncConnection, directory_id: str) -> IdentityRules:
    rules = await rules_of(conn, directory_id)
    return IdentityRules(
        [IdentityRule([api_field(each) for each in rule.fields], rule.enabled) for rule in rules]
    )


routes: list[BaseRoute] = [
    api("GET", "/directories", "read:directories", list_all),
    api("POST", "/directories", "manage:directories", create, body=NewDirectory),
    api("GET", HERE, "read:directories", get),
    api("PUT", HERE, "manage:directories", change, body=DirectoryChange),
    api("GET", f"{HERE}/identityrules", "read:directories", get_rules),
    api("PUT", f"{HERE}/identityrules", "manage:directories", put_rules, body=IdentityRules),
]

"""Directories: who exists for whom, and how fresh their memberships are kept."""

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Conflict, Invalid, Unknown
from askwell_edge.store.directory_keys import within
from askwell_edge.store.ids import new_id
from askwell_edge.store.locks import hold
from askwell_edge.store.tables import contacts, directories

NAME_LIMIT = 100
DIRECTORY_LIMIT = 50

MembershipMode = Literal["live", "daily"]


def read_name(text: str, field: str = "name") -> str:
    """A name that people will read, trimmed."""
    name = text.strip()
    if not 1 <= len(name) <= NAME_LIMIT or not name.isprintable():
        raise Invalid(field, f"must have 1 to {NAME_LIMIT} printable characters")
    return name


async def create_directory(
    conn: AsyncConnection, name: str, at: int, *, membership_mode: MembershipMode = "live"
) -> str:
    """The new directory's id. It has no identity rule and no contact yet."""
    await hold(conn, ["directories"])  # each gets a number of its own
    count = await conn.scalar(select(func.count()).select_from(directories))
    if (count or 0) >= DIRECTORY_LIMIT:
        raise Conflict("directory_limit", f"at most {DIRECTORY_LIMIT} directories are allowed")
    directory_id = new_id("POOL")
    await conn.execute(
        insert(directories).values(
            directory_id=directory_id,
            name=read_name(name),
            membership_mode=membership_mode,
            created_at=at,
        )
    )
    return directory_id


async def get_directory(conn: AsyncConnection, directory_id: str) -> RowMapping:
    """The directory's row."""
    wanted = select(directories).where(directories.c.directory_id == directory_id)
    found = (await conn.execute(wanted)).mappings().one_or_none()
    if found is None:
        raise Unknown("directory", directory_id)
    return found


async def list_directories(conn: AsyncConnection) -> Sequence[RowMapping]:
    """All directories, oldest first; the caller leaves out those the operator may not see."""
    wanted = select(directories).order_by(directories.c.created_at, directories.c.directory_id)
    return (await conn.execute(wanted)).mappings().all()


async def change_directory(
    conn: AsyncConnection,
    directory_id: str,
    *,
    name: str | None = None,
    membership_mode: MembershipMode | None = None,
) -> None:
    """Rename the directory or change how fresh its memberships are kept."""
    values: dict[str, str] = {}
    if name is not None:
        values["name"] = read_name(name)
    if membership_mode is not None:
        values["membership_mode"] = membership_mode
    if values:
        await conn.execute(
            update(directories).where(directories.c.directory_id == directory_id).values(**values)
        )


async def counts_of(conn: AsyncConnection, directory_id: str) -> tuple[int, int]:
    """How many contacts there are, and how many of them lack an external reference (A13)."""
    counted = select(func.count(), func.count(contacts.c.external_reference))
    row = (await conn.execute(counted.where(within(directory_id)))).one()
    return int(row[0]), int(row[0] - row[1])

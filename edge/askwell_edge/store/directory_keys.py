"""Contacts found by their directory's number, which every index of theirs but one begins with."""

from collections.abc import Sequence

from sqlalchemy import BindParameter, ColumnElement, ScalarSelect, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.tables import contacts, directories


def within(directory_id: str | BindParameter[str]) -> ColumnElement[bool]:
    """Whether a contact is in this directory, as the contacts' indexes have it."""
    return contacts.c.directory_key == _key_of(directory_id)


def within_any(directory_ids: Sequence[str]) -> ColumnElement[bool]:
    """Whether a contact is in one of these directories."""
    these = directories.c.directory_id.in_(directory_ids)
    return contacts.c.directory_key.in_(select(directories.c.directory_key).where(these))


async def directory_key_of(conn: AsyncConnection, directory_id: str) -> int | None:
    """The directory's number; None where there is no such directory."""
    key: int | None = await conn.scalar(select(_key_of(directory_id)))
    return key


def _key_of(directory_id: str | BindParameter[str]) -> ScalarSelect[int]:
    here = directories.c.directory_id == directory_id
    return select(directories.c.directory_key).where(here).scalar_subquery().correlate(None)

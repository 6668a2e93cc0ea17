"""Embedded data looked at by the database: the text under a name, and the names in use."""

from typing import Any

from sqlalchemy import ColumnElement, String, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import contacts

RECENT = 500
NAMES_LIMIT = 200


class _Under(FunctionElement[str]):
    """The text under any name at all."""

    inherit_cache = True
    type = String()

    def __init__(self, pairs: ColumnElement[Any], name: str) -> None:
        super().__init__(pairs, literal(name))


@compiles(_Under, "sqlite")
def _by_key(element: _Under, compiler: SQLCompiler, **options: Any) -> str:
    pairs, name = (compiler.process(each, **options) for each in element.clauses)
    return f"(SELECT value FROM json_each({pairs}) WHERE key = {name})"  # noqa: S608  compiled, not written


@compiles(_Under, "postgresql")
def _by_operator(element: _Under, compiler: SQLCompiler, **options: Any) -> str:
    pairs, name = (compiler.process(each, **options) for each in element.clauses)
    return f"({pairs} ->> {name})"


def text_under(name: str) -> ColumnElement[str]:
    """A contact's text under a name of its embedded data; NULL where there is none."""
    # SQLite compares a path with what is written, where `ü` is `\u00fc` and `"` has its escape.
    if name.isascii() and name.isprintable() and not set(name) & set('"\\'):
        text: ColumnElement[str] = contacts.c.embedded_data[name].as_string()
        return text
    return _Under(contacts.c.embedded_data, name)


async def names_in_use(conn: AsyncConnection, directory_id: str) -> list[str]:
    """Names of embedded data, at most 200, of the 500 contacts that changed last."""
    wanted = (
        select(contacts.c.embedded_data)
        .where(within(directory_id))
        .order_by(contacts.c.modified_at.desc())
        .limit(RECENT)
    )
    found = {name for pairs in (await conn.execute(wanted)).scalars() for name in pairs}
    return sorted(found, key=lambda name: (name.casefold(), name))[:NAMES_LIMIT]

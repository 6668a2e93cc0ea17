"""Texts under names in columns of JSON."""

from typing import Any

from sqlalchemy import ColumnElement, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


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


def text_under(pairs: ColumnElement[Any], name: str) -> ColumnElement[str]:
    """The text under a name of a JSON column; NULL where there is none. No name has a NUL."""
    # SQLite compares a path with what is written, where `ü` is `\u00fc` and `"` has its escape.
    if name.isascii() and name.isprintable() and not set(name) & set('"\\'):
        text: ColumnElement[str] = pairs[name].as_string()
        return text
    return _Under(pairs, name)

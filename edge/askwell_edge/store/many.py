"""A column that is one of many texts, with one parameter however many they are.

SQLAlchemy writes a statement anew for each number of values; of a look-up that was the most.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Dialect, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE, TypeDecorator, TypeEngine


class Texts(TypeDecorator[Sequence[str]]):
    """The texts as one parameter: an array, or JSON where the database knows no arrays."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """An array of PostgreSQL, or a text."""
        return ARRAY(String()) if dialect.name == "postgresql" else String()

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """`["a", "b"]` as the database takes it."""
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


class one_of(FunctionElement[bool]):  # noqa: N801  it reads as the operator that it is
    """`one_of(contacts.c.contact_id, bindparam("ids", type_=Texts()))`."""

    inherit_cache = True
    # Not a Boolean: SQLAlchemy compares those with 1, and no index finds that.
    type = NULLTYPE  # type: ignore[assignment]

    def __init__(self, column: ColumnElement[Any], texts: BindParameter[Any]) -> None:
        super().__init__(column, texts)


@compiles(one_of, "sqlite")
def _in_json(element: one_of, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({texts}))"  # noqa: S608  compiled, not written


@compiles(one_of, "postgresql")
def _in_array(element: one_of, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY({texts})"

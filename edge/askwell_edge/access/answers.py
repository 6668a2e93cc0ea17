"""What calls of the API answer with, whatever their noun: the envelope, pages, ids, instants.

A call's answer is what its function is annotated to return: the type checker holds the code to
it, and the API's description shows it.
"""

from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar, dataclass_transform

from msgspec import UNSET, Meta, Struct, UnsetType

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)  # for the type checker
class Shown(Struct, rename="camel", frozen=True, kw_only=True):
    """What an answer shows."""


Instant = Annotated[
    int,
    Meta(
        description="UTC milliseconds",
        examples=[1_795_512_600_000],
        extra_json_schema={"format": "int64"},
    ),
]
DirectoryId = Annotated[str, Meta(examples=["POOL_0a6k1WdZ9pQ3xYt"])]
ContactId = Annotated[str, Meta(examples=["CID_0a6k1WkR7mB2cVn"])]
ListId = Annotated[str, Meta(examples=["CG_0a6k1XpL4sH8fGq"])]
LookupId = Annotated[str, Meta(examples=["CGC_5tYh2NwJ6rDe1Kz"])]


class About(Struct, rename="camel", frozen=True):
    """How the call ended, and the number that the edge's log knows it by."""

    http_status: Annotated[str, Meta(examples=["200 - OK"])]
    request_id: Annotated[str, Meta(examples=["RQ_0a6k1Zb3uMx7TgE"])]


class Made(Shown):
    """The id of what was made."""

    id: str


class Page(Shown, Generic[T]):
    """Some elements, and the address of those that come after them: null on the last page."""

    elements: list[T]
    next_page: str | None = None


class TokenPage(Page[T], Generic[T]):
    """A page that also gives the token by which its next one is asked for."""

    skip_token: str | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class Results(Generic[T]):
    """A list that existing clients look for as `results`, where other calls have their result."""

    results: list[T]

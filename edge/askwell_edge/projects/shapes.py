"""The API's shapes of projects, intercepts and creatives, and the bodies that change them.

Names at the top are in camelCase as in the whole API; `settings`, `draft` and `definition` are
written exactly as in the bundle (docs/wire.md sections 1 and 5).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from askwell_edge.projects.drafts import warnings_for

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Choice = Literal["match", "unlink"]


class NewProject(Struct, rename="camel", forbid_unknown_fields=True):
    """A project to create."""

    name: Name
    origins: list[str]
    settings: dict[str, Any] = {}


class ProjectChange(Struct, rename="camel", forbid_unknown_fields=True):
    """What may change of a project; absent stays."""

    name: Name | None = None
    origins: list[str] | None = None
    settings: dict[str, Any] | None = None


class LinkBody(Struct, rename="camel", forbid_unknown_fields=True):
    """A directory to link with; `interceptLinks` says what becomes of linked intercepts."""

    directory_id: str
    intercept_links: Choice | None = None


class UnlinkBody(Struct, rename="camel", forbid_unknown_fields=True):
    """Unlink; `interceptLinks` must be `unlink` while intercepts are linked."""

    intercept_links: Choice | None = None


class InterceptLinkBody(Struct, rename="camel", forbid_unknown_fields=True):
    """The directory to link an intercept with."""

    directory_id: str


class NewIntercept(Struct, rename="camel", forbid_unknown_fields=True):
    """An intercept to create."""

    name: Name
    draft: dict[str, Any] = {}


class InterceptChange(Struct, rename="camel", forbid_unknown_fields=True):
    """What may change of an intercept; absent stays, also within the draft."""

    name: Name | None = None
    draft: dict[str, Any] | None = None


class NewCreative(Struct, rename="camel", forbid_unknown_fields=True):
    """A creative to create."""

    name: Name
    definition: dict[str, Any]


class CreativeChange(Struct, rename="camel", forbid_unknown_fields=True):
    """What may change of a creative; absent stays, also within the definition."""

    name: Name | None = None
    definition: dict[str, Any] | None = None


class OrderBody(Struct, rename="camel", forbid_unknown_fields=True):
    """Every intercept of the project, in the order in which they are judged."""

    intercept_ids: list[str]


def project_shape(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A project as the API shows it."""
    return {
        "projectId": row["project_id"],
        "name": row["name"],
        "directoryId": row["directory_id"],
        "origins": row["origins"],
        "settings": row["settings"],
        "bundle": row["bundle_hash"],
        "publishedDate": row["published_at"],
        "creationDate": row["created_at"],
    }


def intercept_shape(row: Mapping[Any, Any]) -> dict[str, Any]:
    """An intercept as the API shows it, with warnings about its draft."""
    return {
        "interceptId": row["intercept_id"],
        "projectId": row["project_id"],
        "name": row["name"],
        "state": state_of(row),
        "version": row["version"],
        "draft": row["draft"],
        "warnings": warnings_for(row["draft"]),
        "creationDate": row["created_at"],
        "lastModified": row["modified_at"],
    }


def state_of(row: Mapping[Any, Any]) -> str:
    """`draft`, `published` (changes are eligible, nothing is live) or `active`."""
    if row["published"] is None:
        return "draft"
    return "active" if row["active"] else "published"


def creative_shape(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A creative as the API shows it."""
    return {
        "creativeId": row["creative_id"],
        "name": row["name"],
        "definition": row["definition"],
        "creationDate": row["created_at"],
    }

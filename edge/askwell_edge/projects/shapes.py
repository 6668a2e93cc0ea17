"""The API's shapes of projects, intercepts and creatives, and the bodies that change them.

Names at the top are in camelCase as in the whole API; `settings`, `draft` and `definition` are
written exactly as in the bundle (docs/wire.md sections 1 and 5).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from askwell_edge.access.answers import DirectoryId, Instant, Shown
from askwell_edge.projects.drafts import warnings_for

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Choice = Literal["match", "unlink"]
State = Literal["draft", "published", "active"]
ProjectId = Annotated[str, Meta(examples=["ZN_0a6k1Tn5eK9wPuH"])]
InterceptId = Annotated[str, Meta(examples=["SI_0a6k1Vd2yF7cQbM"])]
Origins = Annotated[list[str], Meta(examples=[["https://shop.example"]])]


class NewProject(Struct, rename="camel", forbid_unknown_fields=True):
    """A project to create."""

    name: Name
    origins: Origins
    settings: dict[str, Any] = {}


class ProjectChange(Struct, rename="camel", forbid_unknown_fields=True):
    """What may change of a project; absent stays."""

    name: Name | None = None
    origins: Origins | None = None
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


class Project(Shown):
    """A project; `bundle` names what visitors get of it."""

    project_id: ProjectId
    name: str
    directory_id: DirectoryId | None
    origins: Origins
    settings: dict[str, Any]
    bundle: str | None
    published_date: Instant | None
    creation_date: Instant


class LinkProblem(Shown):
    """Why a project cannot be linked."""

    code: str
    message: str


class ProjectLink(Shown):
    """Whether a project can be linked with a directory, why not, and who is unmatched."""

    directory_id: DirectoryId | None
    available: bool | UnsetType = UNSET
    problem: LinkProblem | UnsetType | None = UNSET
    contact_count: int | UnsetType = UNSET
    contact_count_without_ext_ref: int | UnsetType = UNSET
    linked_intercept_ids: list[str] | UnsetType = UNSET


class Applied(Shown):
    """The bundle that visitors get from now on."""

    bundle: str


class NewKey(Shown):
    """A signing key; its secret is shown this once."""

    id: str
    secret: str


class DebuggerToken(Shown):
    """What opens the debugger on the project's pages."""

    token: str
    expires_date: Instant


class Intercept(Shown):
    """An intercept, with warnings about its draft."""

    intercept_id: InterceptId
    project_id: ProjectId
    name: str
    state: State
    version: int
    draft: dict[str, Any]
    warnings: list[str]
    creation_date: Instant
    last_modified: Instant


class Creative(Shown):
    """A creative."""

    creative_id: str
    name: str
    definition: dict[str, Any]
    creation_date: Instant


def project_shape(row: Mapping[Any, Any]) -> Project:
    """A project as the API shows it."""
    return Project(
        bundle=row["bundle_hash"],
        published_date=row["published_at"],
        creation_date=row["created_at"],
        **{name: row[name] for name in ("project_id", "name", "directory_id")},
        **{name: row[name] for name in ("origins", "settings")},
    )


def intercept_shape(row: Mapping[Any, Any]) -> Intercept:
    """An intercept as the API shows it, with warnings about its draft."""
    return Intercept(
        state=state_of(row),
        warnings=warnings_for(row["draft"]),
        creation_date=row["created_at"],
        last_modified=row["modified_at"],
        **{name: row[name] for name in ("intercept_id", "project_id", "name", "version", "draft")},
    )


def state_of(row: Mapping[Any, Any]) -> State:
    """`draft`, `published` (changes are eligible, nothing is live) or `active`."""
    if row["published"] is None:
        return "draft"
    return "active" if row["active"] else "published"


def creative_shape(row: Mapping[Any, Any]) -> Creative:
    """A creative as the API shows it."""
    return Creative(
        creative_id=row["creative_id"],
        name=row["name"],
        definition=row["definition"],
        creation_date=row["created_at"],
    )

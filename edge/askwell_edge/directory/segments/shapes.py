"""The API's shapes of segments, and the bodies that change them."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from askwell_edge.access.answers import DirectoryId, Instant, Shown
from askwell_edge.directory.contacts.shapes import ContactSummary
from askwell_edge.directory.segments.rebuild import DAY_MS

SegmentId = Annotated[str, Meta(examples=["SG_0a6k1Yq8vC3jRsT"])]
Criteria = Annotated[
    dict[str, Any],
    Meta(
        description="as docs/directory.md says it, each leaf a field, a comparison and a value",
        examples=[{"field": "embeddedData.tier", "cmp": "eq", "value": "gold"}],
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Description = Annotated[str, Meta(max_length=1000)]


class NewSegment(Struct, forbid_unknown_fields=True):
    """A segment to create; the criteria are described in askwell_runtime.segment."""

    name: Name
    criteria: Criteria
    description: Description | None = None


class SegmentChange(Struct, forbid_unknown_fields=True):
    """What may change of a segment; absent stays."""

    name: Name | None = None
    criteria: Criteria | None = None
    description: Description | None = None


class CriteriaBody(Struct, forbid_unknown_fields=True):
    """Criteria to try."""

    criteria: Criteria


class Segment(Shown):
    """A segment with its members counted now."""

    segment_id: SegmentId
    directory_id: DirectoryId
    name: str
    description: str | None
    match_mode: Literal["all", "any"]
    criteria: Criteria
    status: Literal["building", "ready", "failed"]
    member_count: int
    created_by: str | None
    creation_date: Instant
    last_built_date: Instant | None
    next_build_date: Instant | None


class SegmentPreview(Shown):
    """How many of the contacts examined would be members, and some of them."""

    member_count: int
    examined: int
    contact_count: int
    sample: list[ContactSummary]


class SegmentSize(Shown):
    """Members counted after a build."""

    date: Instant
    member_count: int


class SegmentOverlap(Shown):
    """Members that two segments share."""

    segment_ids: list[SegmentId]
    member_count: int


def segment_shape(row: Mapping[Any, Any], count: int) -> Segment:
    """A segment as the API shows it."""
    built_at = row["built_at"]
    return Segment(
        segment_id=row["segment_id"],
        directory_id=row["directory_id"],
        name=row["name"],
        description=row["description"],
        match_mode="any" if row["criteria"].get("op") == "or" else "all",
        criteria=row["criteria"],
        status=row["status"],
        member_count=count,
        created_by=row["created_by"],
        creation_date=row["created_at"],
        last_built_date=built_at,
        next_build_date=None if built_at is None else built_at + DAY_MS,
    )

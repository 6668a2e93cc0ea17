"""The API's shapes of merges and their runs, and the bodies that start them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from askwell_edge.access.answers import ContactId, Instant, Shown
from askwell_edge.directory.directories_api import IdentityRule
from askwell_edge.directory.merges.undos import Standing


class PairBody(Struct, rename="camel", forbid_unknown_fields=True):
    """Two contacts that are one person."""

    survivor_id: str
    merged_id: str


class MergeScope(Struct, forbid_unknown_fields=True):
    """`since`: only contacts created at this instant or later are merged into older ones."""

    since: int | None = None


class PreviewBody(MergeScope, forbid_unknown_fields=True):
    """By the directory's rules, or by these `rules`, which are not saved."""

    rules: list[IdentityRule] | None = None


class MergeBody(MergeScope, forbid_unknown_fields=True):
    """All duplicates by the rules, or these `pairs`."""

    pairs: Annotated[list[PairBody], Meta(min_length=1, max_length=100)] | None = None


class Difference(Shown):
    """A field in which two contacts differ, and the value that would be kept."""

    survivor: Any
    merged: Any
    kept: Any


class MergePair(Shown):
    """Two contacts that would become one, by the rule of this number."""

    survivor_id: ContactId
    merged_id: ContactId
    rule: int
    fields: dict[str, Difference]


class MergePreview(Shown):
    """How many would be merged, and the first hundred of them.

    Not `complete`: so many were found within two seconds, and more are looked for; ask again.
    """

    count: int
    complete: bool
    pairs: list[MergePair]


class MergeRun(Shown):
    """A merge of all duplicates: how many were found, how many are merged so far.

    `undo`: how the undoing of all its merges stands, once somebody asked for it.
    """

    id: str
    state: Literal["running", "finished", "stopped"]
    found: int
    merged: int
    since: Instant | None
    operator_id: str | None
    start_date: Instant
    end_date: Instant | None
    undo: Literal["running", "finished", "stopped"] | None


class RefusedMerge(Shown):
    """A merge that the undoing of its run left as it is, and why."""

    merge_id: str
    date: Instant
    survivor_id: ContactId
    merged_id: ContactId
    reason: str


class MergeUndo(Shown):
    """The undoing of all merges of a run: `none` while nobody has asked for it.

    `undone` merges are taken back so far, `left` ones are still to be: before it begins, all that
    it would try. `refused`: how many were left as they are, by the code with which a single undo
    is refused; `merges`: the newest hundred of them. Of `gone` ones nothing is kept: a contact
    was deleted.
    """

    state: Literal["none", "running", "finished", "stopped"]
    undone: int
    left: int
    refused: dict[str, int]
    gone: int
    operator_id: str | None
    start_date: Instant | None
    end_date: Instant | None
    merges: list[RefusedMerge]


class MergedByHand(Shown):
    """The ids of merges that were chosen by hand."""

    ids: list[str]


class Merge(Shown):
    """A merge that was made: by the rule of this number, or by hand (0).

    `runId`: by which run; null by hand, and of merges from before runs were remembered.
    """

    merge_id: str
    date: Instant
    rule: int
    survivor_id: ContactId
    merged_id: ContactId
    operator_id: str | None
    undone_date: Instant | None
    run_id: str | None


class MergeDetails(Merge):
    """A merge with both contacts as they were."""

    survivor_before: dict[str, Any]
    merged_before: dict[str, Any]


def run_shape(row: Mapping[Any, Any]) -> MergeRun:
    """A run as the API shows it."""
    return MergeRun(
        id=row["run_id"],
        start_date=row["started_at"],
        end_date=row["finished_at"],
        undo=row["undo_state"],
        **{name: row[name] for name in ("state", "found", "merged", "since", "operator_id")},
    )


def undo_shape(
    row: Mapping[Any, Any] | None, standing: Standing, refused: Sequence[Mapping[Any, Any]]
) -> MergeUndo:
    """The undoing of a run as the API shows it."""
    told = row or {"state": "none", "operator_id": None, "started_at": None, "finished_at": None}
    return MergeUndo(
        state=told["state"],
        operator_id=told["operator_id"],
        start_date=told["started_at"],
        end_date=told["finished_at"],
        merges=[
            RefusedMerge(
                date=each["at"],
                **{name: each[name] for name in ("merge_id", "survivor_id", "merged_id", "reason")},
            )
            for each in refused
        ],
        **asdict(standing),
    )


def merge_shape(row: Mapping[Any, Any]) -> Merge:
    """A merge as lists show it."""
    return Merge(**_shown(row))


def merge_details(row: Mapping[Any, Any]) -> MergeDetails:
    """A merge with both contacts as they were."""
    images = {name: row[name] for name in ("survivor_before", "merged_before")}
    return MergeDetails(**_shown(row), **images)


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "date": row["at"],
        "rule": row["rule_position"],
        "undone_date": row["undone_at"],
        **{name: row[name] for name in ("merge_id", "survivor_id", "merged_id", "operator_id")},
        "run_id": row["run_id"],
    }

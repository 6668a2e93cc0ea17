"""What a file's columns are and what its rows may do: the wizard's question and its answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import RowMapping
from starlette.responses import Response

from askwell_edge.access.refusals import Invalid
from askwell_edge.console.visit import Visit, misplaced
from askwell_edge.directory.imports.importing import chunks_of
from askwell_edge.directory.imports.preview import Glance, glance, meant_by
from askwell_edge.directory.imports.remembering import last_like
from askwell_edge.directory.imports.tables_in import HEADERS, BadColumn, Format, read_header
from askwell_edge.directory.lists.lists import lists_in

MODES = (
    ("upsert", "Create and change contacts"),
    ("create_only", "Create new contacts alone"),
    ("update_only", "Change known contacts alone"),
)
EMBEDDED = "="


@dataclass(frozen=True, slots=True)
class Answers:
    """What the form says: of each column what it is and its name as embedded data, and the rest."""

    fields: Sequence[str]
    names: Sequence[str]
    mode: str
    list_id: str
    like: RowMapping | None = None  # the run of which they are


def by_name(seen: Glance, list_id: str) -> Answers:
    """What the columns' names alone suggest."""
    fields = [meant_by(each) or EMBEDDED for each in seen.columns]
    return Answers(fields, seen.columns, MODES[0][0], list_id)


def typed(visit: Visit, seen: Glance) -> Answers:
    """What was said in the form, or what the names suggest where that is about other columns."""
    fields, names = visit.texts("to"), visit.texts("as")
    if not len(fields) == len(names) == len(seen.columns):
        first = by_name(seen, visit.text("list_id"))
        fields, names = list(first.fields), list(first.names)
    return Answers(fields, names, visit.text("mode"), visit.text("list_id"))


async def as_last_time(visit: Visit, seen: Glance) -> Answers:
    """What was said of these very columns the last time in this directory, if ever.

    A list that this file is sent for comes before the one of then.
    """
    chosen = visit.text("list_id")
    async with visit.reading() as conn:
        run = await last_like(conn, visit.path("directory_id"), seen.columns)
    if run is None:
        return by_name(seen, chosen)
    options = run["options"]
    said = [(each, options["mapping"][each]) for each in seen.columns]
    fields = [(to or "") if to is None or to in HEADERS else EMBEDDED for _, to in said]
    names = [to if to and to not in HEADERS else column for column, to in said]
    return Answers(fields, names, options["mode"], chosen or options["list_id"] or "", run)


async def question(
    visit: Visit,
    staged: str,
    name: str,
    seen: Glance,
    answers: Answers,
    *,
    afresh: bool = False,
    **facts: Any,
) -> Response:
    """The page that asks, with these answers in it."""
    async with visit.reading() as conn:
        lists = await lists_in(conn, visit.path("directory_id"))
    return await visit.page(
        "import_columns.html",
        staged=staged,
        name=name,
        seen=seen,
        answers=answers,
        asked_for=visit.text("list_id"),
        afresh=afresh,
        lists=lists,
        list_gone=answers.list_id not in {"", *(each["list_id"] for each in lists)},
        modes=MODES,
        fields=[
            (EMBEDDED, "embedded data"),
            *((each, each) for each in HEADERS),
            ("", "leave out"),
        ],
        **facts,
    )


async def meanings(visit: Visit, file: Path, format: Format) -> dict[str, str | None] | None:
    """What each column is to be: a field, embedded data by some name, or nothing."""
    if format == "jsonl":
        return None
    seen = await asyncio.to_thread(lambda: glance(chunks_of(file), format))
    chosen, names = visit.texts("to"), visit.texts("as")
    if len(chosen) != len(seen.columns) or len(names) != len(chosen):
        raise Invalid("to", "say what each column is")
    meant: dict[str, str | None] = {
        column: name.strip() if field == EMBEDDED else field or None
        for column, field, name in zip(seen.columns, chosen, names, strict=True)
    }
    try:
        read_header(list(seen.columns), meant)
    except BadColumn as problem:
        which = problem.number - 1
        place = "as" if chosen[which] == EMBEDDED else "to"
        title = f"Column {seen.columns[which] or problem.number}"
        raise misplaced(f"{place}-{problem.number}", title, problem.limit) from None
    except Invalid:
        raise Invalid("to", "one column at least must be a field such as Email") from None
    return meant

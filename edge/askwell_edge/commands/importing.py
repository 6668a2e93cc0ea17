"""`askwell import`: a file of contacts into a directory, with progress and an error report."""

from collections.abc import Iterator
from pathlib import Path

from askwell_edge.commands.opening import opened
from askwell_edge.commands.telling import Progress, Trouble, complain, say
from askwell_edge.directory.directories import list_directories
from askwell_edge.directory.imports.importing import chunks_of, digest_of, import_contacts
from askwell_edge.directory.imports.options import Options, Tally
from askwell_edge.directory.imports.refused_rows import errors_of
from askwell_edge.directory.upkeep import build_due
from askwell_edge.settings import Settings
from askwell_edge.store.clock import now_ms
from askwell_edge.store.engine import Store

ERRORS_SHOWN = 20


async def import_file(
    settings: Settings, path: Path, directory_id: str | None, options: Options
) -> int:
    """Import the file; the number of refused rows, each reported with its number."""
    if not path.is_file():
        raise Trouble(f"there is no file {path}. Give the path of a CSV, TSV or JSON lines file.")
    progress = Progress("rows")
    async with opened(settings) as store:
        chosen = directory_id or await only_directory(store)
        import_id, tally = await import_contacts(
            store,
            chosen,
            path.name,
            _chunks(path),
            digest_of(_chunks(path)),
            now_ms,
            options,
            progress=lambda tally: progress.tell(tally.rows),
        )
        progress.done(tally.rows)
        async with store.read() as conn:
            errors = await errors_of(conn, import_id)
        await build_due(store, now_ms())
    for error in errors[:ERRORS_SHOWN]:
        complain(f"row {error['row']}: {error['message']}")
    if tally.refused > ERRORS_SHOWN:
        complain(f"… and {tally.refused - ERRORS_SHOWN} more refused rows")
    say(in_words(tally))
    return tally.refused


def in_words(tally: Tally) -> str:
    """`3 rows: 2 created, 1 updated, 0 unchanged, 0 refused`."""
    noun = "row" if tally.rows == 1 else "rows"
    return (
        f"{tally.rows} {noun}: {tally.created} created, {tally.updated} updated, "
        f"{tally.unchanged} unchanged, {tally.refused} refused"
    )


async def only_directory(store: Store) -> str:
    """The directory, when there is one only."""
    async with store.read() as conn:
        rows = await list_directories(conn)
    if len(rows) == 1:
        return str(rows[0]["directory_id"])
    if not rows:
        raise Trouble("there is no directory yet. Run `askwell init --origin …` first.")
    names = ", ".join(f"{row['directory_id']} ({row['name']})" for row in rows)
    raise Trouble(f"say which directory with --directory: {names}")


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        yield from chunks_of(path)
    except OSError as problem:
        raise Trouble(f"cannot read {path}: {problem.strerror}") from None


def read_mapping(pairs: list[str]) -> dict[str, str | None]:
    """`["Kundennummer=ExternalDataReference", "Notes="]`; nothing after `=` leaves it out."""
    mapping: dict[str, str | None] = {}
    for pair in pairs:
        column, separator, name = pair.partition("=")
        if not separator or not column:
            raise Trouble(f"--map {pair}: write it as COLUMN=NAME, or COLUMN= to leave it out")
        mapping[column.strip()] = name.strip() or None
    return mapping

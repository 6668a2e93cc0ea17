"""`askwell import`: a file of contacts into a directory, with progress and an error report."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from askwell_edge.commands.opening import opened
from askwell_edge.commands.telling import Progress, Trouble, complain, say
from askwell_edge.directory.contacts.identity import api_field
from askwell_edge.directory.directories import list_directories
from askwell_edge.directory.imports.importing import chunks_of, digest_of, import_contacts
from askwell_edge.directory.imports.options import Options, Tally
from askwell_edge.directory.imports.refused_rows import errors_of
from askwell_edge.directory.imports.rehearsing import rehearse
from askwell_edge.directory.upkeep import build_due
from askwell_edge.settings import Settings
from askwell_edge.store.clock import now_ms
from askwell_edge.store.engine import Store

ERRORS_SHOWN = 20


async def import_file(
    settings: Settings, path: Path, directory_id: str | None, options: Options
) -> int:
    """Import the file; the number of refused rows, each reported with its number."""
    progress = _begun(path)
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
    _complain_of([(each["row"], each["message"]) for each in errors], tally.refused)
    say(in_words(tally))
    return tally.refused


async def rehearse_file(
    settings: Settings, path: Path, directory_id: str | None, options: Options
) -> int:
    """Say what importing the file would do, and change nothing; the number of refused rows."""
    progress = _begun(path)
    async with opened(settings) as store:
        chosen = directory_id or await only_directory(store)
        told = await rehearse(
            store,
            chosen,
            _chunks(path),
            options,
            now_ms(),
            progress=lambda tally: progress.tell(tally.rows),
        )
    progress.done(told.tally.rows)
    _complain_of(told.refused, len(told.refused))
    part = "" if told.is_whole or told.failure else "the first "
    say(f"dry run, {part}{in_words(told.tally)}")
    for rule in told.rules:
        if rule.enabled:
            fields = " and ".join(map(api_field, rule.fields))
            say(f"found by {fields}: {told.found_by[rule.position]}")
    if options.list_id is not None:
        say(f"added to the list: {told.listed}")
    for change in told.changes:
        pairs = (f"{name}: {b!r} -> {a!r}" for name, (b, a) in change.fields.items())
        say(f"{change.contact_id} {', '.join(pairs)}")
    say("nothing was changed")
    if told.failure:
        raise Trouble(f"the file cannot be read any further: {told.failure}")
    return told.tally.refused


def _begun(path: Path) -> Progress:
    if not path.is_file():
        raise Trouble(f"there is no file {path}. Give the path of a CSV, TSV or JSON lines file.")
    return Progress("rows")


def _complain_of(refused: Sequence[tuple[int, str]], count: int) -> None:
    for row, why in refused[:ERRORS_SHOWN]:
        complain(f"row {row}: {why}")
    if count > ERRORS_SHOWN:
        complain(f"… and {count - ERRORS_SHOWN} more refused rows")


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

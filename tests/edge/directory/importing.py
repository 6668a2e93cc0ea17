"""Tables imported as a test's own runs, a few bytes at a time."""

from collections.abc import Iterable
from typing import Any

from api_place import Place

from askwell_edge.directory.imports.importing import digest_of, import_contacts
from askwell_edge.directory.imports.options import Options, Tally


def run(place: Place, text: str | bytes, **options: Any) -> tuple[str, Tally]:
    body = text if isinstance(text, bytes) else text.encode()
    return run_chunks(place, [body[n : n + 7] for n in range(0, len(body), 7)], **options)


def run_chunks(place: Place, chunks: Iterable[bytes], **options: Any) -> tuple[str, Tally]:
    kept = list(chunks)
    digest = options.pop("digest", None) or digest_of(kept)
    found: tuple[str, Tally] = place.in_loop(
        lambda: import_contacts(
            place.store, place.pool, "people", kept, digest, lambda: place.now, Options(**options)
        )
    )
    return found

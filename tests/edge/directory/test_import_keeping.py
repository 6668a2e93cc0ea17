"""How many of an import's batches go into one transaction."""

from api_place import Place
from sqlalchemy import select

from askwell_edge.directory.imports.batches import BATCH, ready_batches
from askwell_edge.directory.imports.keeping import Work, keep_batches
from askwell_edge.directory.imports.options import Options, Tally
from askwell_edge.directory.imports.waiting import begin_import
from askwell_edge.store.tables import contacts, import_runs


def test_batches_are_kept_together_until_somebody_waits(place: Place) -> None:
    options = Options()
    lines = [b"ExternalDataReference\n", *(f"U-{n}\n".encode() for n in range(BATCH * 2 + 5))]
    left = list(ready_batches(lines, options, 0))
    assert [batch.count for batch in left] == [BATCH, BATCH, 5]
    run = place.write(begin_import, place.pool, "p", "digest", place.now, options, worker="W")
    work, tally = Work(run, "W", options, lambda: place.now), Tally()
    is_waited_for = iter([False, True])
    on_sqlite = place.store.engine.dialect.name == "sqlite"
    for wanted in (2, 1) if on_sqlite else (1, 1, 1):
        tally, kept = place.write(keep_batches, work, left, tally, lambda: next(is_waited_for))
        assert kept == wanted
        left = left[kept:]
        assert len(place.rows(select(contacts.c.contact_id))) == tally.rows == tally.created
        assert place.rows(select(import_runs.c.rows_done))[0]["rows_done"] == tally.rows
    assert left == []
    assert tally.rows == BATCH * 2 + 5

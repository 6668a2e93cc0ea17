"""How the contacts behind beacons are found: by their references, and nobody else is read."""

from typing import Any

import pytest
from api_place import Place

from askwell_edge.ledger.touchpoints import among


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_nobody_but_those_who_are_asked_for_is_read(place: Place) -> None:
    """On SQLite: PostgreSQL reads a small table whole, whatever its indexes."""
    wanted = among([(place.pool, f"U-{n}") for n in range(64)])

    async def explain(conn: Any) -> list[str]:
        compiled = wanted.compile(dialect=conn.dialect, compile_kwargs={"render_postcompile": True})
        values = tuple(compiled.params[name] for name in compiled.positiontup or ())
        steps = await conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)
        return [row[3] for row in steps]

    step, *_ = place.read(explain)
    assert step.startswith("SEARCH contacts USING"), step
    assert "directory_key=? AND external_reference=?" in step, step

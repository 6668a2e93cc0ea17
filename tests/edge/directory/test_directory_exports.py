"""Exports: what an import reads back, and no spreadsheet runs."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

from api_place import Place
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from askwell_edge.access.roles import Role
from askwell_edge.directory.history import change_row
from askwell_edge.directory.imports.tables_in import read_rows
from askwell_edge.directory.imports.tables_out import defused, header, lines
from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.tables import audit, touchpoints

HERE = "/directories/{pool}/exports/contacts"
FORMULA = '=HYPERLINK("https://evil.example","x")'


def export(place: Place, query: str = "") -> str:
    answer = place.call("GET", f"{HERE}{query}")
    assert answer.status_code == 200, answer.text
    return str(answer.content.decode())


def test_a_table_of_everybody_with_what_could_be_a_formula_marked(place: Place) -> None:
    place.contact(extRef="U-1", firstName=FORMULA, phone="+44 20 7946 0018", unsubscribed=True)
    place.contact(extRef="-1", lastName="@SUM(1)", embeddedData={"tier": "gold", "n": "-2.5"})
    place.contact(extRef="U-3", embeddedData={"Tier": 'a,"b"\nc', "=name": "+x"})
    answer = place.call("GET", HERE)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="contacts.csv"'
    rows = {row["ExternalDataReference"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    assert rows["U-1"]["FirstName"] == f"'{FORMULA}"
    assert rows["U-1"]["Phone"] == "+44 20 7946 0018"
    assert rows["U-1"]["Unsubscribed"] == "true"
    assert rows["-1"]["LastName"] == "'@SUM(1)"
    assert rows["-1"]["n"] == "-2.5"
    assert rows["U-3"]["'=name"] == "'+x"
    tiers = {row["tier"] if "tier" in row else row["Tier"] for row in rows.values()}
    assert tiers == {"", "gold", 'a,"b"\nc'}
    kept = place.rows(select(audit).where(audit.c.action == "contacts.export"))
    assert [row["object_id"] for row in kept] == [place.pool]


def test_lists_and_segments_are_exported_alone(place: Place) -> None:
    list_id = place.ok("POST", "/directories/{pool}/mailinglists", {"name": "News"})["id"]
    path = f"/directories/{{pool}}/mailinglists/{list_id}/contacts"
    place.ok("POST", path, {"extRef": "U-1", "unsubscribed": True})
    place.contact(extRef="U-2", embeddedData={"tier": "gold"})
    criteria = {"field": "embeddedData.tier", "cmp": "eq", "value": "gold"}
    made = place.ok("POST", "/directories/{pool}/segments", {"name": "G", "criteria": criteria})
    place.rebuild()
    listed = export(place, f"?format=jsonl&mailingListId={list_id}")
    assert listed == '{"extRef": "U-1", "unsubscribed": true, "embeddedData": {}}\n'
    assert '"U-2"' in (found := export(place, f"?format=jsonl&segmentId={made['id']}"))
    assert found.count("\n") == 1
    assert "unknown_segment" in place.refused(404, "GET", f"{HERE}?segmentId=SG_1")
    assert "format: must be one of" in place.refused(400, "GET", f"{HERE}?format=xls")
    token = place.operator("Lea", {place.pool: Role(access_contacts=True, manage_directory=False)})
    assert "Manage Directory" in place.refused(403, "GET", HERE, token=token)


def test_statistics_come_along_where_they_are_asked_for(place: Place) -> None:
    asked = place.contact(extRef="U-1", embeddedData={"tier": "gold"})
    place.contact(extRef="U-2")
    start = place.now - place.now % 1000
    rows = [
        {**change_row(place.pool, asked, type, start + after, "email"), "survey_id": "SV_1"}
        for type, after in (("email_sent", 0), ("survey_finished", 2500))
    ]
    place.write(insert_rows, touchpoints, rows)
    table = csv.DictReader(io.StringIO(export(place, "?includeStats=true")))
    assert (table.fieldnames or [])[7:9] == ["tier", "EmailCount"]
    told = {row["ExternalDataReference"]: list(row.values())[7:] for row in table}
    sent, answered = (datetime.fromtimestamp(start // 1000 + s, UTC).isoformat() for s in (0, 2))
    assert told == {
        "U-1": ["gold", "1", "1", sent, "1", answered, "100.0", "2500"],
        "U-2": ["", "0", "0", "", "0", "", "", ""],
    }
    lines = export(place, "?includeStats=true&format=jsonl").splitlines()
    stats = {each["extRef"]: each["stats"] for each in map(json.loads, lines)}
    assert stats["U-1"] == place.get(asked)["stats"]
    assert "EmailCount" not in export(place)
    assert "includeStats: must be" in place.refused(400, "GET", f"{HERE}?includeStats=maybe")


CELLS = st.text(st.sampled_from("=+-@'\t\r\n,;\"aÉ1 ."), max_size=6)


@settings(max_examples=300, deadline=None)
@given(first=CELLS, embedded=CELLS, name=st.sampled_from(["tier", "=x", "'+y"]))
def test_what_is_exported_is_imported_as_it_was(first: str, embedded: str, name: str) -> None:
    row: dict[str, Any] = {
        "first_name": first,
        "last_name": None,
        "email": None,
        "external_reference": "U-1",
        "language": None,
        "phone": None,
        "unsubscribed": False,
        "embedded_data": {name: embedded},
    }
    for kind in ("csv", "tsv"):
        text = header(kind, [name]) + lines(kind, [name], [row])  # type: ignore[arg-type]
        read = list(read_rows([text], kind))  # type: ignore[arg-type]
        assert len(read) == 1
        assert read[0].problem is None
        assert read[0].fields["first_name"] == first
        assert read[0].fields["embedded_data"] == {name: embedded}


def test_plain_numbers_are_no_formulas() -> None:
    for text in ("-5", "+44 (0)20 79", "-2.5", "a=b", "", "'quoted'"):
        assert defused(text) == text
    for text in ("=1", "+cmd|' /C calc'!A0", "-1+1", "@A1", "\t=1", "'=1"):
        assert defused(text) == f"'{text}"

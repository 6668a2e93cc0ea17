"""A rehearsal says what the import then does, and changes nothing."""

import random
from typing import Any

import pytest
from api_place import Place
from importing import run
from sqlalchemy import select

from askwell_edge.access.refusals import Conflict, Invalid
from askwell_edge.access.roles import Role
from askwell_edge.directory.imports import batches, rehearsing
from askwell_edge.directory.imports.options import Options, Tally
from askwell_edge.directory.imports.rehearsing import CHANGES_SHOWN, Change, Rehearsal, rehearse
from askwell_edge.directory.imports.uploads import upload_folder
from askwell_edge.store.tables import contacts, metadata

RULES = [{"fields": ["extRef"], "enabled": True}, {"fields": ["email"], "enabled": True}]
HERE = "/directories/{pool}/imports/preview"
CSV = {"Content-Type": "text/csv"}


def told_of(place: Place, text: str | bytes, **options: Any) -> Rehearsal:
    body = text if isinstance(text, bytes) else text.encode()
    told: Rehearsal = place.in_loop(
        lambda: rehearse(place.store, place.pool, [body], Options(**options), place.now)
    )
    return told


def everything(place: Place) -> dict[str, list[Any]]:
    return {each.name: place.rows(select(each)) for each in metadata.sorted_tables}


class People:
    """Tables in which many rows are one person by one rule or the other, and some are wrong.

    Nobody is two contacts: of these an import takes either where both were changed at once.
    """

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._known: set[int] = set()

    def table(self, count: int, among: int) -> str:
        """A header and so many rows about so many people."""
        header = "ExternalDataReference,Email,FirstName,Unsubscribed,tier"
        return "\n".join([header, *(self._row(among) for _ in range(count))])

    def _row(self, among: int) -> str:
        chance, n = self._chance, self._chance.randrange(among)
        both = f"U-{n},g{n}@example.com"
        either = [both, f"U-{n},", f",g{n}@example.com", f"U-{n},wrong", ","]
        who = chance.choice(either if n in self._known else [both])
        self._known.add(n)
        name, opts_out = chance.choice(["", "Ana", "Bob"]), chance.choice(["", "true"])
        return f"{who},{name if who != ',' else ''},{opts_out},{chance.choice(['', 'gold'])}"


@pytest.mark.parametrize("mode", ["upsert", "create_only", "update_only"])
@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_rehearsal_says_what_the_import_then_does(
    place: Place, monkeypatch: pytest.MonkeyPatch, mode: str, listed: bool, seed: int
) -> None:
    """Rows of a later batch meet contacts that earlier batches made or changed."""
    place.ok("PUT", "/directories/{pool}/identityrules", {"rules": RULES})
    list_id = None
    if listed:
        list_id = place.ok("POST", "/directories/{pool}/mailinglists", {"name": "News"})["id"]
    people = People(seed)
    run(place, people.table(6, 4))
    monkeypatch.setattr(batches, "BATCH", 4)
    text, options = people.table(40, 12), {"mode": mode, "list_id": list_id}
    before = everything(place)
    told = told_of(place, text, **options)
    assert everything(place) == before
    place.now += 1000
    import_id, tally = run(place, text, **options)
    assert told.tally == tally
    assert told.is_whole
    found = place.ok("GET", f"/directories/{{pool}}/imports/{import_id}")["errors"]
    assert [{"row": row, "message": why} for row, why in told.refused] == found
    if list_id is not None:
        members = "/directories/{pool}/mailinglists/" + list_id
        assert place.ok("GET", members)["contactCount"] == told.listed


def test_changes_are_shown_of_contacts_that_are_there(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(place, "ExternalDataReference,FirstName,tier\nU-1,Ana,gold\n")
    [known] = place.rows(select(contacts.c.contact_id))
    monkeypatch.setattr(batches, "BATCH", 2)
    told = told_of(
        place,
        "ExternalDataReference,FirstName,tier,Unsubscribed\n"
        "U-2,Eva,,\nU-2,Eve,,\nU-1,Anna,silver,\nU-1,Anna,silver,\nU-1,,,true\n",
    )
    assert (told.tally.created, told.tally.updated, told.tally.unchanged) == (1, 3, 1)
    assert told.found_by == {1: 4}
    contact_id = known["contact_id"]
    assert told.changes == [
        Change(contact_id, {"firstName": ("Ana", "Anna"), "embeddedData.tier": ("gold", "silver")}),
        Change(contact_id, {"unsubscribed": (False, True)}),
    ]
    many = "\n".join(f"U-1,A{n}" for n in range(CHANGES_SHOWN + 5))
    assert len(told_of(place, f"ExternalDataReference,FirstName\n{many}").changes) == CHANGES_SHOWN


def test_the_first_rows_of_a_long_file_are_looked_at(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH", 2)
    monkeypatch.setattr(rehearsing, "ROWS", 4)
    header = "ExternalDataReference\n"
    whole = told_of(place, header + "U-1\nU-2\nU-3\nU-4\n")
    assert (whole.tally.rows, whole.is_whole) == (4, True)
    longer = told_of(place, header + "U-1\nU-2\nU-3\nU-4\nU-5\n")
    assert (longer.tally.rows, longer.is_whole) == (4, False)


def test_a_rule_that_finds_nobody_at_once_cannot_be_foreseen(place: Place) -> None:
    rules = [{"fields": ["embeddedData.member"], "enabled": True}]
    place.ok("PUT", "/directories/{pool}/identityrules", {"rules": rules})
    with pytest.raises(Conflict, match="by importing alone"):
        told_of(place, "FirstName,member\nAna,1\n")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"FirstName\nM\xfcller\n", "not UTF-8"),
        (b"Email,Email\n", "Email is there twice"),
        (b'FirstName\nAna\n"Bob' + b"\nx" * 10**6, "is not closed"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_its_import_says(
    place: Place, body: bytes, why: str
) -> None:
    told = told_of(place, body)
    with pytest.raises(Invalid, match=why) as refused:
        run(place, body)
    assert told.failure == refused.value.message
    assert not told.is_whole


def test_an_empty_file_has_no_rows(place: Place) -> None:
    assert told_of(place, b"").tally == run(place, b"")[1] == Tally()


def test_a_row_is_refused_for_what_its_import_refuses_it(place: Place) -> None:
    rows = [b"Email,tier", b"ana@example.com,gold", b"nowhere,", b"bob@example.com," + b"x" * 10**7]
    body = b"\n".join(rows)
    told = told_of(place, body)
    import_id, tally = run(place, body)
    errors = place.ok("GET", f"/directories/{{pool}}/imports/{import_id}")["errors"]
    assert [{"row": row, "message": why} for row, why in told.refused] == errors
    assert [each["row"] for each in errors] == [3, 4]
    assert told.tally == tally


def test_a_preview_by_the_api_tells_it_all_and_leaves_nothing(place: Place) -> None:
    place.identity_rules(["extRef"])
    contact_id = place.contact(extRef="U-1", firstName="Ana")
    list_id = place.ok("POST", "/directories/{pool}/mailinglists", {"name": "News"})["id"]
    before = everything(place)
    query = f"?map=Customer%3DExternalDataReference&mailingListId={list_id}"
    body = b"Customer,FirstName,Email\nU-1,Eva,\nU-2,Bob,nowhere\nU-3,Cy,\n"
    told = place.ok("POST", HERE + query, body, headers=CSV)
    assert told == {
        "rows": 3,
        "complete": True,
        "failure": None,
        "created": 1,
        "updated": 1,
        "unchanged": 0,
        "refused": 1,
        "addedToList": 2,
        "foundBy": [{"fields": ["extRef"], "rows": 1}],
        "changes": [
            {
                "contactId": contact_id,
                "fields": [{"name": "firstName", "before": "Ana", "after": "Eva"}],
            }
        ],
        "errors": [{"row": 3, "message": "email: is not an e-mail address"}],
    }
    assert everything(place) == before
    assert list(upload_folder(place.state.settings).iterdir()) == []


def test_a_preview_is_refused_as_its_import_is(place: Place) -> None:
    for address in (HERE, HERE.removesuffix("/preview")):
        assert "mode" in place.refused(400, "POST", f"{address}?mode=maybe", b"", headers=CSV)
        assert "map" in place.refused(400, "POST", f"{address}?map=Tier", b"", headers=CSV)
        place.refused(415, "POST", address, b"", headers={"Content-Type": "image/png"})
        place.refused(404, "POST", f"{address}?mailingListId=CG_1", b"Email\n", headers=CSV)
    seen = place.operator("seen", {place.pool: Role(access_contacts=True, manage_directory=False)})
    place.refused(403, "POST", HERE, b"Email\n", headers={**CSV, "X-API-TOKEN": seen})
    assert list(upload_folder(place.state.settings).iterdir()) == []

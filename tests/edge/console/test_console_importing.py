"""Imports by the console: what columns mean, what a file would do, its turn, its progress."""

import re
import time
from typing import Any

import pytest
from desk import ACCESS, MANAGE, Desk, text_of
from forms import wrong_of
from sqlalchemy import select, update

from askwell_edge.directory.imports import uploads
from askwell_edge.directory.imports.waiting import WAITING_LIMIT
from askwell_edge.store.tables import contacts, import_runs

IMPORTS = "/directories/{pool}/imports"
CSV = b"Customer ID,E-Mail,Town,Notes\nU-1,ana@example.com,Oslo,x\nU-2,broken,Rome,y\n"


def upload(desk: Desk, body: bytes = CSV, name: str = "people.csv", **fields: str) -> Any:
    sent = {"csrf": desk.csrf, "mode": "upsert", "list_id": "", **fields}
    return desk.client.post(
        desk.at(f"{IMPORTS}/new"), data=sent, files={"file": (name, body, "text/csv")}
    )


def hidden(page: str) -> dict[str, str]:
    """What step 2 has besides the columns: what it carries on from step 1, and what is chosen."""
    found = {name: chosen_in(page, name) for name in ("mode", "list_id")}
    for name in ("staged", "name"):
        found[name] = re.findall(rf'name="{name}" value="([^"]*)"', page)[0]
    return found


def chosen_in(page: str, name: str) -> str:
    """What is chosen in the first field of this name."""
    options = page.partition(f'<select name="{name}"')[2].partition("</select>")[0]
    return re.findall(r'<option value="([^"]*)" selected>', options)[0]


def columns_of(page: str) -> tuple[list[str], list[str]]:
    """What each column is, and its name as embedded data."""
    table = page.partition("</tbody>")[0]
    fields = re.findall(r'<option value="([^"]*)" selected>', table)
    return fields, re.findall(r'<input name="as" value="([^"]*)"', table)


def finished(desk: Desk, here: str) -> str:
    """The import's page once it is over."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        page = desk.shows(here)
        if "ended" in page:
            return page
        time.sleep(0.05)
    raise AssertionError(page)


def test_a_file_is_explained_column_by_column_and_imported(desk: Desk) -> None:
    place = desk.place
    list_id = place.ok("POST", "/directories/{pool}/mailinglists", {"name": "News"})["id"]
    answer = upload(desk, list_id=list_id)
    assert answer.status_code == 200
    page = answer.text
    assert "What do the columns mean?" in page
    for cell in ("Customer ID", "ana@example.com", "Rome"):
        assert cell in page
    assert columns_of(page)[0] == ["ExternalDataReference", "Email", "=", "="]
    assert place.rows(select(contacts)) == []
    to = ["ExternalDataReference", "Email", "=", ""]
    sent = {**hidden(page), "to": to, "as": ["", "", "city", ""]}
    here = desk.begins(f"{IMPORTS}/columns", sent)
    said = finished(desk, here)
    assert "finished" in said
    assert "1 created" in said
    assert "3 email: is not an e-mail address" in said
    [row] = place.rows(select(contacts))
    assert row["external_reference"] == "U-1"
    assert row["embedded_data"] == {"city": "Oslo"}
    assert list_id in place.get(row["contact_id"])["mailingListMembership"]
    [entry] = desk.audited("import.start")
    assert entry["after"]["mapping"]["Town"] == "city"
    part = desk.get(here, headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "every 1s" not in part


def test_an_import_is_stopped_and_gone_on_with_on_its_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside: list[Any] = []
    with monkeypatch.context() as held:
        held.setattr(uploads, "import_beside", lambda _, work, file: beside.append(file))
        to = ["ExternalDataReference", "Email", "=", ""]
        sent = {**hidden(upload(desk).text), "to": to, "as": ["", "", "city", ""]}
        here = desk.begins(f"{IMPORTS}/columns", sent)
    assert "Stop this import" in desk.shows(here)
    assert "Begun: it goes on by itself." in desk.shows(f"{here}?done=begun")
    page = desk.shows(desk.does(f"{here}/stop").removeprefix("/console"))
    assert "Stopped: what was done until then stays." in page
    assert re.search("stopped 0 rows, begun .*, stopped .* by Boss", page)
    assert "Stop this import" not in page
    part = desk.get(here, headers={"HX-Request": "true"}).text
    assert "every 1s" not in part
    assert '<div id="stop" hx-swap-oob="true"></div>' in part
    beside[0].rename(beside[0].with_suffix(".away"))
    assert "Import the same file again to go on." in desk.shows(here)
    assert "same file again" in desk.refused(409, f"{here}/continue")
    beside[0].with_suffix(".away").rename(beside[0])
    assert "Go on with it" in desk.shows(here)
    desk.begins(f"{here}/continue")
    assert "1 created" in finished(desk, here)
    over = "The import is over: 1 created, 0 changed, 1 refused."
    assert over in desk.shows(f"{here}?done=begun"), "when its page comes too late to see it run"
    assert over not in desk.shows(here), "later there is nothing new"
    assert over in text_of(desk.get(here, headers={"HX-Request": "true"}).text)
    assert "nothing to stop" in desk.refused(409, f"{here}/stop")
    assert len(desk.audited("import.stop")) == len(desk.audited("import.continue")) == 1


def test_a_running_import_shows_how_much_of_its_file_is_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file is not here, only that it runs."""
    beside: list[Any] = []
    with monkeypatch.context() as held:
        held.setattr(uploads, "import_beside", lambda _, work, file: beside.append(file))
        to = ["ExternalDataReference", "Email", "=", ""]
        sent = {**hidden(upload(desk).text), "to": to, "as": ["", "", "city", ""]}
        here = desk.begins(f"{IMPORTS}/columns", sent)
    size = len(CSV)
    for done in (0, size // 2, size - 1, size):
        change = update(import_runs).values(bytes_done=done)
        desk.place.write(lambda conn, change=change: conn.execute(change))
        page = desk.get(here).text
        assert f'aria-label="Read of the file so far" value="{done}" max="{size}"' in page
        assert f" {done * 100 // size} % of the file read" in text_of(page)
    beside[0].unlink()
    page = desk.get(here).text
    assert '<progress aria-label="The import is running"></progress>' in page
    assert "% of the" not in text_of(page)


def test_refused_rows_are_summed_up_and_come_as_a_file(desk: Desk) -> None:
    body = CSV + b'U-3,=1+1,Rome,y\nU-4,eve@example.com,"' + b"x" * 1025 + b'",y\n'
    to = {"to": ["ExternalDataReference", "Email", "=", ""], "as": ["", "", "city", ""]}
    sent = {**hidden(upload(desk, body).text), **to}
    here = desk.begins(f"{IMPORTS}/columns", sent)
    said = finished(desk, here)
    assert "2 rows email: is not an e-mail address 1 row embeddedData.city:" in said
    assert "3 email: is not an e-mail address broken 4" in said, "what the row had is told too"
    answer = desk.get(f"{here}/refused.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="refused.csv"'
    first, second, third, fourth = answer.text.splitlines()
    assert first == "row,why,address"
    assert second == "3,email: is not an e-mail address,broken"
    assert third == "4,email: is not an e-mail address,'=1+1", "a spreadsheet must not run it"
    assert fourth.startswith("5,embeddedData.city: ")


@pytest.mark.parametrize(
    ("to", "names", "marked", "said"),
    [
        ("====", "abcd", ["to"] * 4, "one column at least must be a field"),
        (["Email", "Email", "", ""], "abcd", ["to-2"], "Column E-Mail: Email is there twice"),
        (["Email", "=", "=", ""], ["", "a", "A", ""], ["as-3"], "Column Town: A is there twice"),
        (["Email", "=", "", ""], ["", " ", "", ""], ["as-2"], "E-Mail: must have a name of 1 to"),
        (["Email", "=", "", ""], ["", "points", "", ""], ["as-2"], "points is a reserved name"),
        (["Email", "=", "", ""], ["", "n" * 201, "", ""], ["as-2"], "a name of 1 to 200"),
        (["Email"], [""], ["to"] * 4, "say what each column is"),
    ],
)
def test_a_wrong_explanation_is_asked_again_at_its_column(
    desk: Desk, to: list[str], names: list[str], marked: list[str], said: str
) -> None:
    sent = hidden(upload(desk).text)
    answer = desk.post(f"{IMPORTS}/columns", {**sent, "to": list(to), "as": list(names)})
    assert answer.status_code == 400
    assert said in text_of(answer.text)
    told = wrong_of(answer.text)
    assert [name for name, _ in told] == [each.partition("-")[0] for each in marked]
    assert all(text in said or said.partition(": ")[2] in text for _, text in told)
    for each in set(marked) - {"to"}:
        assert f'href="#field-{each}"' in answer.text
        assert f'id="field-{each}" aria-invalid="true"' in answer.text
    assert "ana@example.com" in answer.text
    assert desk.place.rows(select(contacts)) == []


def test_a_column_that_a_spreadsheet_marked_can_be_explained(desk: Desk) -> None:
    page = upload(desk, b"'=Mail,'@Town\nana@example.com,Oslo\n").text
    assert 'aria-label="=Mail is"' in page
    sent = {**hidden(page), "to": ["Email", "="], "as": ["", "city"]}
    finished(desk, desk.begins(f"{IMPORTS}/columns", sent))
    [row] = desk.place.rows(select(contacts))
    assert (row["email"], row["embedded_data"]) == ("ana@example.com", {"city": "Oslo"})


def test_files_that_cannot_be_read_say_why(desk: Desk) -> None:
    for body, said in (
        (b"", "is empty"),
        (b"Email,Email\na,b\n", "two columns of one name"),
        (b"Email\n\xff\xfe\xfd", "not UTF-8"),
        (b'Email\n"a\nb\n', "a quote that opens in row 2 is not closed"),
        (b'"Em"ail\na\n', "header: cannot be read"),
    ):
        answer = upload(desk, body)
        assert answer.status_code == 400, body
        assert said in text_of(answer.text)
    answer = desk.client.post(
        desk.at(f"{IMPORTS}/new"), data={"csrf": desk.csrf, "mode": "upsert"}, files={"x": b""}
    )
    assert "choose a file" in text_of(answer.text)


def test_a_broken_row_does_not_keep_the_columns_from_being_explained(desk: Desk) -> None:
    shown = text_of(upload(desk, b'Email\n"a"b\nc@x.example\n').text)
    assert "c@x.example" in shown
    assert '"a"b' not in shown


def test_a_file_waits_while_another_is_imported(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Any] = []
    monkeypatch.setattr(uploads, "import_beside", lambda *beside: begun.append(beside))
    to = {"to": ["ExternalDataReference", "Email", "=", ""], "as": ["", "", "city", ""]}

    def start(n: int) -> Any:
        desk.place.now += 10
        body = CSV + b"U-%d,,Rome,y\n" % n
        sent = {**hidden(upload(desk, body, f"people-{n}.csv").text), **to}
        return desk.post(f"{IMPORTS}/columns", sent)

    here = [start(n).headers["Location"].removeprefix("/console") for n in range(3)]
    assert len(begun) == 1
    assert "running" in desk.shows(here[0])
    page = desk.get(here[2]).text
    assert "waiting 0 rows so far" in text_of(page)
    assert "It waits for its turn: 2 imports of this directory come first." in text_of(page)
    assert "every 1s" in page
    assert desk.shows(IMPORTS).count("waiting") == 2
    for n in range(3, WAITING_LIMIT + 1):
        assert start(n).status_code == 303
    answer = start(WAITING_LIMIT + 1)
    assert answer.status_code == 409
    said = text_of(answer.text)
    assert "20 imports of this directory wait already; send it once some are done" in said
    assert "What do the columns mean?" in said, "what was said of the columns is still there"


def test_an_upload_is_its_operators_own(desk: Desk) -> None:
    sent = hidden(upload(desk).text)
    other = Desk(desk.place).sign_in_new("other", administrator=True)
    to = {"to": ["ExternalDataReference", "Email", "", ""], "as": [""] * 4}
    assert other.post(f"{IMPORTS}/columns", {**sent, **to}).status_code == 404
    for staged in ("", "../../etc/passwd", "0" * 32, "x" * 32):
        answer = desk.post(f"{IMPORTS}/columns", {**sent, **to, "staged": staged})
        assert answer.status_code == 404, staged


def test_without_manage_directory_no_upload_is_even_read(desk: Desk) -> None:
    clerk = Desk(desk.place).sign_in_new("clerk", {desk.place.pool: ACCESS})
    assert upload(clerk).status_code == 403
    assert clerk.get(IMPORTS).status_code == 403


def test_an_import_is_checked_first_and_changes_nothing(desk: Desk) -> None:
    place = desk.place
    place.identity_rules(["extRef"])
    contact_id = place.contact(extRef="U-1", firstName="Ana", embeddedData={"tier": "<b>gold"})
    body = b"ExternalDataReference,FirstName,tier,Email\nU-1,Eva,silver,\nU-2,Bob,,\nU-3,,,broken\n"
    page = upload(desk, body).text
    to = ["ExternalDataReference", "FirstName", "=", "Email"]
    sent = {**hidden(page), "to": to, "as": ["", "", "tier", ""]}
    answer = desk.post(f"{IMPORTS}/check", sent)
    assert answer.status_code == 200
    page = answer.text
    said = text_of(page)
    assert "Nothing has been changed. All 3 rows of the file were looked at." in said
    assert "1 would be created 1 would be changed 0 unchanged or passed over 1 would be" in said
    assert "1 row found by external reference" in said
    assert "Eva" in said
    assert "&lt;b&gt;gold" in page
    assert f"/contacts/{contact_id}" in page
    assert "4 email: is not an e-mail address" in said
    assert columns_of(page)[0] == to
    assert hidden(page) == hidden(upload(desk, body).text) | {"staged": hidden(page)["staged"]}
    assert place.get(contact_id)["firstName"] == "Ana"
    assert place.rows(select(import_runs)) == []
    wrong = desk.refused(400, f"{IMPORTS}/check", {**sent, "to": [*to[:3], "FirstName"]})
    assert "FirstName is there twice" in wrong
    here = desk.begins(f"{IMPORTS}/columns", {**hidden(page), "to": to, "as": sent["as"]})
    assert "1 created" in finished(desk, here)
    assert place.get(contact_id)["firstName"] == "Eva"


def test_a_file_with_the_same_columns_starts_as_the_last_one(desk: Desk) -> None:
    place = desk.place
    lists = "/directories/{pool}/mailinglists"
    news, other = (place.ok("POST", lists, {"name": name})["id"] for name in ("News", "Other"))
    to, names = ["ExternalDataReference", "", "=", "="], ["Customer ID", "E-Mail", "city", "Notes"]
    first = hidden(upload(desk).text)
    assert (first["mode"], first["list_id"]) == ("upsert", "")
    sent = {**first, "to": to, "as": names, "mode": "create_only", "list_id": news}
    finished(desk, desk.begins(f"{IMPORTS}/columns", sent))
    page = upload(desk, CSV + b"U-3,c@example.com,Bern,\n", "next.csv").text
    assert "people.csv had the same columns and was imported just now" in text_of(page)
    assert "what the file may do, the mailing list." in text_of(page)
    assert columns_of(page) == (to, names)
    again = hidden(page)
    assert (again["mode"], again["list_id"]) == ("create_only", news)
    assert hidden(upload(desk, list_id=other).text)["list_id"] == other, "it is sent for this one"

    fresh = desk.post(f"{IMPORTS}/afresh", {"staged": again["staged"], "name": "next.csv"})
    assert "Each column is what its name suggests." in text_of(fresh.text)
    assert "was imported" not in text_of(fresh.text)
    assert columns_of(fresh.text)[0] == ["ExternalDataReference", "Email", "=", "="]
    assert (hidden(fresh.text)["mode"], hidden(fresh.text)["list_id"]) == ("upsert", "")

    turned = upload(desk, b"Notes,Town,E-Mail,Customer ID\nx,Oslo,a@example.com,U-9\n").text
    assert columns_of(turned) == (to[::-1], names[::-1]), "their order means nothing"
    for body in (b"Customer ID,E-Mail,Town\nU-1,,\n", CSV.replace(b"Notes", b"Remarks")):
        assert "was imported" not in text_of(upload(desk, body).text)

    place.ok("DELETE", f"{lists}/{news}")
    page = upload(desk).text
    assert "The mailing list of then is there no more." in text_of(page)
    assert columns_of(page)[0] == to
    assert 'name="list_id"' in page
    assert " selected" not in page.partition('<select name="list_id"')[2].partition("</select>")[0]


def test_what_was_said_of_columns_stays_in_its_directory(desk: Desk) -> None:
    to = {"to": ["ExternalDataReference", "", "", ""], "as": [""] * 4}
    finished(desk, desk.begins(f"{IMPORTS}/columns", {**hidden(upload(desk).text), **to}))
    other = desk.place.ok("POST", "/directories", {"name": "Other"})["id"]
    clerk = Desk(desk.place).sign_in_new("clerk", {other: MANAGE})
    answer = clerk.client.post(
        clerk.at(f"/directories/{other}/imports/new"),
        data={"csrf": clerk.csrf},
        files={"file": ("people.csv", CSV, "text/csv")},
    )
    assert answer.status_code == 200
    assert "was imported" not in text_of(answer.text)
    assert columns_of(answer.text)[0] == ["ExternalDataReference", "Email", "=", "="]
    stolen = {"staged": hidden(upload(desk).text)["staged"], "name": "people.csv"}
    assert clerk.post(f"/directories/{other}/imports/afresh", stolen).status_code == 404
    assert clerk.post(f"{IMPORTS}/afresh", stolen).status_code == 404

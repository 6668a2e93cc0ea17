"""Contacts in the console: found while typing, shown, changed, opted out, deleted."""

import re
from typing import Any

import pytest
from api_place import DAY_MS, Place
from desk import ACCESS, Desk, text_of
from sqlalchemy import select

from askwell_edge.directory.contacts.contacts import create_contact, new_row
from askwell_edge.directory.contacts.finding import looks
from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import audit, contacts, touchpoints

FOUND = {"HX-Request": "true"}


def found(desk: Desk, typed: str) -> list[str]:
    """Names of the contacts that a text finds, in their order."""
    answer = desk.get("/directories/{pool}/contacts", params={"q": typed}, headers=FOUND)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    parts = answer.text.split('class="name">')[1:]
    return [text_of(part.split("</span>")[0]) for part in parts]


@pytest.fixture
def people(place: Place) -> dict[str, str]:
    rows = (
        ("Maria", "Garcia", "maria@example.com", "+34 600 111 222", "U-1"),
        ("Mario", "Garza", "m.garza@example.com", None, "U-10"),
        ("Ana", "de la Maria", "ana@example.org", None, "u-1"),
        ("Zoë", "Öztürk", "zoe@example.com", "030 123456", "X%_1"),
    )
    return {
        first: place.contact(firstName=first, lastName=last, email=email, phone=phone, extRef=ref)
        for first, last, email, phone, ref in rows
    }


def test_contacts_are_found_by_their_beginnings(desk: Desk, people: dict[str, str]) -> None:
    assert found(desk, "gar") == ["Maria Garcia", "Mario Garza"]
    assert found(desk, "  MARI ") == ["Maria Garcia", "Mario Garza"]
    assert found(desk, "maria g") == ["Maria Garcia"]
    assert found(desk, "garza, mar") == ["Mario Garza"]
    assert found(desk, "de la maria a") == ["Ana de la Maria"]
    assert found(desk, "ÖZ") == ["Zoë Öztürk"]
    assert found(desk, "ana@example.org") == ["Ana de la Maria"]
    assert found(desk, "+34600") == ["Maria Garcia"]
    assert found(desk, "030123") == ["Zoë Öztürk"]
    assert found(desk, "U-1") == ["Maria Garcia", "Mario Garza"]
    assert found(desk, "u-1") == ["Ana de la Maria"]
    assert found(desk, "X%") == ["Zoë Öztürk"]
    assert found(desk, "%") == found(desk, "_") == found(desk, "nobody") == []
    assert found(desk, people["Zoë"]) == ["Zoë Öztürk"]
    assert len(found(desk, "")) == 4


def test_looking_while_typing_never_reads_the_whole_directory(desk: Desk) -> None:
    """Each look-up is one range of an index, on both databases."""
    place = desk.place

    async def fill(conn: Any) -> None:
        rows = [
            {"external_reference": f"R-{n}", "first_name": f"First {n}", "last_name": f"Last {n}"}
            | {"email": f"{n}@example.com", "phone": f"030 {n:06}"}
            for n in range(3000)
        ]
        made = [new_row(f"CID_{n:05}", place.pool, row, n) for n, row in enumerate(rows)]
        await conn.execute(contacts.insert(), made)
        await conn.exec_driver_sql("ANALYZE")

    place.write(fill)

    async def plans(conn: Any) -> list[tuple[str, str]]:
        postgresql = conn.dialect.name == "postgresql"
        if postgresql:
            await conn.exec_driver_sql("SET enable_seqscan = off")  # the table is small
        said = []
        for where, order in looks("maria garcia 123"):
            wanted = (
                select(contacts.c.contact_id)
                .where(within(place.pool), where)
                .order_by(*order)
                .limit(20)
            )
            text = wanted.compile(dialect=conn.dialect, compile_kwargs={"literal_binds": True})
            explain = "EXPLAIN" if postgresql else "EXPLAIN QUERY PLAN"
            rows = (await conn.exec_driver_sql(f"{explain} {text}")).all()
            said.append((str(where), " ".join(str(each) for row in rows for each in row)))
        return said

    said = place.read(plans)
    assert len(said) == 12
    for where, plan in said:
        column = re.findall(r"contacts\.(\w+)", where)[0]
        bounds = re.search(r"Index Cond: (.*?)(?:Filter:|$)|USING.*?\((.*)\)", plan)
        assert bounds, plan
        assert column in bounds[0], (where, plan)


def test_the_newest_come_first_page_by_page(desk: Desk) -> None:
    place = desk.place

    async def many(conn: Any) -> None:
        for n in range(120):
            given = {"external_reference": f"N-{n:03}", "first_name": f"P{n:03}"}
            await create_contact(conn, place.pool, given, place.now + n // 7)

    place.write(many)
    seen: list[str] = []
    query = ""
    for size in (50, 50, 20):
        page = desk.get("/directories/{pool}/contacts" + query).text
        names = [text_of(part.split("</span>")[0]) for part in page.split('class="name">')[1:]]
        assert len(names) == size
        seen += names
        query = "?" + page.split("/contacts?")[-1].split('"')[0] if size == 50 else ""
    assert len(set(seen)) == 120
    assert seen[0].startswith("P119") or seen[0][:3] == "P11"
    for before in ("x", "1.", "99999999999999999.CID", "-1.a"):
        answer = desk.get("/directories/{pool}/contacts", params={"before": before})
        assert answer.status_code in (200, 400)


def test_a_contact_is_made_changed_and_shown(desk: Desk) -> None:
    sent = {
        "firstName": "Ana",
        "lastName": "Ruiz",
        "extRef": "U-7",
        "email": "ana@example.com",
        "phone": "",
        "language": "es",
        "pair_name": ["tier", "city", ""],
        "pair_value": ["gold", "Bilbao", ""],
    }
    leads = desk.does("/directories/{pool}/contacts/new", sent)
    here = leads.removeprefix("/console").partition("?")[0]
    page = desk.shows(here)
    for part in ("Ana Ruiz", "U-7", "ana@example.com", "tier gold", "city Bilbao"):
        assert part in page
    assert "Contact created" in page
    changed = {
        **sent,
        "lastName": "Sanz",
        "pair_name": ["tier", "city"],
        "pair_value": ["", "Oslo"],
    }
    desk.does(f"{here}/edit", changed)
    page = desk.shows(here)
    assert "Ana Sanz" in page
    assert "Oslo" in page
    assert "tier" not in page
    [entry] = desk.audited("contact.update")
    assert entry["before"]["last_name"] == "Ruiz"
    assert entry["after"]["last_name"] == "Sanz"
    assert len(desk.audited("contact.create")) == 1


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({"email": "not an address"}, "email", "is not an e-mail address"),
        ({"extRef": "x" * 101}, "extRef", "has 101 characters; at most 100 are allowed"),
        ({"firstName": "a\tb\x07"}, "firstName", "must not contain control characters"),
        ({"pair_name": ["", "x"], "pair_value": ["1", ""]}, "embeddedData", "needs a name"),
        ({"pair_name": ["x", "x"], "pair_value": ["1", "2"]}, "embeddedData", "is there twice"),
    ],
)
def test_what_is_refused_is_said_beside_its_field(
    desk: Desk, sent: dict[str, object], field: str, said: str
) -> None:
    answer = desk.post("/directories/{pool}/contacts/new", {"lastName": "Kept <b>", **sent})
    assert answer.status_code == 400
    beside = answer.text.split(f'id="wrong-{field}"')
    assert len(beside) == 2, "the field's own message"
    assert said in beside[1][:200]
    assert 'value="Kept &lt;b&gt;"' in answer.text
    assert desk.place.rows(select(contacts)) == []


@pytest.mark.scenario("B14")
def test_who_has_one_reference_with_another_is_warned_of(desk: Desk) -> None:
    """R1: also where letter case alone tells two references apart."""
    place = desk.place
    place.identity_rules(["email"])
    ids = [
        place.contact(firstName=name, extRef=reference, email=f"{name}@example.com")
        for name, reference in (
            ("Ana", "aB-1"),
            ("Ben", "aB-1"),
            ("Cleo", "Ab-1"),
            ("Dora", "aB-2"),
            ("Emil", "customer-77"),
            ("Fay", "CUSTOMER-77"),
            ("Gil", None),
            ("Hal", None),
        )
    ]
    other = place.ok("POST", "/directories", {"name": "Others"})["id"]
    place.ok("POST", f"/directories/{other}/contacts", {"extRef": "aB-1", "firstName": "Ida"})
    ana, ben, cleo, dora, emil, fay, gil, _ = (
        desk.shows(f"/directories/{{pool}}/contacts/{each}") for each in ids
    )
    same = "has the reference aB-1 too. Pages recognise whichever of them changed last."
    assert f"Ben {same}" in ana
    assert f"Ana {same}" in ben
    assert "Cleo has the reference Ab-1 , another by its letter case alone." in ana
    assert "Ana has the reference aB-1 , another by its letter case alone." in cleo
    assert "Fay has the reference CUSTOMER-77 , another" in emil
    assert "Emil has the reference customer-77 , another" in fay
    for alone in (dora, gil):
        assert "has the reference" not in alone
    assert "Ida" not in ana + cleo


def test_opting_out_is_by_directory_and_by_list(desk: Desk) -> None:
    place = desk.place
    contact_id = place.contact(firstName="Ana")
    here = f"/directories/{{pool}}/contacts/{contact_id}"
    lists = "/directories/{pool}/mailinglists"
    news, beta = (place.ok("POST", lists, {"name": name})["id"] for name in ("News", "Beta"))
    desk.does(f"{here}/lists", {"list_id": news})
    desk.does(f"{here}/lists", {"list_id": beta})
    desk.does(f"{here}/opt-out", {"list_id": news, "out": "yes"})
    on = place.get(contact_id)["mailingListMembership"]
    assert on[news]["unsubscribed"] is True
    assert on[beta]["unsubscribed"] is False
    assert place.get(contact_id)["directoryUnsubscribed"] is False
    desk.does(f"{here}/opt-out", {"out": "yes"})
    assert place.get(contact_id)["directoryUnsubscribed"] is True
    assert "opted out of the directory" in desk.shows(here)
    desk.does(f"{here}/opt-out", {"out": "no"})
    assert place.get(contact_id)["directoryUnsubscribed"] is False
    desk.does(f"{here}/lists", {"list_id": beta, "off": "yes"})
    assert set(place.get(contact_id)["mailingListMembership"]) == {news}
    page = desk.shows(here)
    for said in (
        "Opted out",
        "Opted in again",
        "Put on a mailing list",
        "Taken off a mailing list",
    ):
        assert said in page
    desk.refused(404, f"{here}/lists", {"list_id": "CG_Nowhere"})


@pytest.mark.scenario("L5")
def test_no_page_offers_to_opt_out_of_a_segment(desk: Desk) -> None:
    place = desk.place
    contact_id = place.contact(firstName="Ana")
    criteria = {"field": "firstName", "cmp": "eq", "value": "Ana"}
    body = {"name": "Anas", "criteria": criteria}
    segment_id = place.ok("POST", "/directories/{pool}/segments", body)["id"]
    place.rebuild()
    page = desk.get(f"/directories/{{pool}}/contacts/{contact_id}").text
    assert "Anas" in page
    assert "/opt-out" in page
    assert f'value="{segment_id}"' not in page
    here = f"/directories/{{pool}}/contacts/{contact_id}/opt-out"
    desk.refused(404, here, {"list_id": segment_id, "out": "yes"})


def test_deleting_asks_first_and_leaves_nothing_behind(desk: Desk) -> None:
    contact_id = desk.place.contact(firstName="Ana", email="ana@example.com")
    here = f"/directories/{{pool}}/contacts/{contact_id}/delete"
    assert "cannot be undone" in desk.shows(here)
    desk.does(here)
    assert desk.place.rows(select(contacts)) == []
    [entry] = desk.audited("contact.delete")
    assert entry["before"] is None
    kept = desk.place.rows(select(audit).where(audit.c.object_id == contact_id))
    assert "ana@example.com" not in str(kept)


def test_a_merged_contacts_old_address_leads_on(desk: Desk) -> None:
    place = desk.place
    older = place.contact(email="a@example.com")
    place.now += 1
    newer = place.contact(email="A@example.com", extRef="U-1")
    place.identity_rules(["extRef"], ["email"])
    place.ok("POST", "/directories/{pool}/merges", {})
    answer = desk.get(f"/directories/{{pool}}/contacts/{newer}")
    assert answer.headers["Location"].endswith(older)
    assert "Merged with a duplicate" in desk.shows(f"/directories/{{pool}}/contacts/{older}")


@pytest.mark.scenario("G8")
def test_the_timeline_is_the_same_from_everywhere_in_pages_by_kind(desk: Desk) -> None:
    place = desk.place
    contact_id = place.contact(firstName="Ana")
    here = f"/directories/{{pool}}/contacts/{contact_id}"

    async def fill(conn: Any) -> None:
        for n in range(45):
            kind = "intercept_displayed" if n % 3 else "email_sent"
            await conn.execute(
                touchpoints.insert().values(
                    touchpoint_id=f"TP_{n:03}",
                    contact_id=contact_id,
                    directory_id=place.pool,
                    at=place.now - n * DAY_MS,
                    type=kind,
                    channel="web" if n % 3 else "email",
                    counts_toward_caps=bool(n % 2),
                    test=False,
                )
            )

    place.write(fill)
    clerk = Desk(place).sign_in_new("clerk", {place.pool: ACCESS})
    assert clerk.shows(here).count("Invitation shown") == desk.shows(here).count("Invitation shown")
    seen, address = 0, f"{here}/timeline?kind=web"
    while address:
        page = desk.get(address, headers=FOUND).text
        assert "E-mail sent" not in page
        seen += page.count("Invitation shown")
        more = page.split('hx-get="/console')[-1].split('"')[0].replace("&amp;", "&")
        address = more if 'class="more"' in page else ""
    assert seen == 30
    page = desk.shows(here, params={"kind": "mail"})
    assert page.count("E-mail sent") == 15
    assert "counts toward caps" in page


def test_names_that_are_markup_stay_text(desk: Desk) -> None:
    evil = '<img src=x onerror="alert(1)">'
    contact_id = desk.place.contact(firstName=evil, embeddedData={evil: evil, "items": "keys"})
    for path in (f"/directories/{{pool}}/contacts/{contact_id}", "/directories/{pool}/contacts"):
        page = desk.get(path).text
        assert "<img" not in page
        assert "&lt;img" in page


def test_the_timeline_says_what_a_transaction_was(desk: Desk) -> None:
    place = desk.place
    contact_id = place.contact(firstName="Ana")
    sent = {"one": {"contactId": contact_id, "data": {"item": "kettle", "amount": "29"}}}
    place.ok("POST", "/directories/{pool}/transactions", sent)
    timeline = desk.get(f"/directories/{{pool}}/contacts/{contact_id}").text
    timeline = timeline.partition('id="timeline"')[2].partition("</section>")[0]
    assert re.search(r"Transaction .* UTC , amount: 29, item: kettle", text_of(timeline))

"""The console by the keyboard alone: where the focus goes, and what is heard of it."""

from pathlib import Path

from axe import violations
from console_tab import PHONE, Console, reach
from playwright.sync_api import expect
from shop_site import Shop

CSV = "Customer ID,Email,Town\nU-1,ana@example.com,Oslo\n"


def test_what_was_done_is_heard_and_escape_takes_a_question_back(
    console: Console, shop: Shop
) -> None:
    contact_id = shop.contact("U-1", firstName="Ana")
    page = console.open(f"/directories/{shop.directory_id}/contacts/{contact_id}")
    reach(page, "Edit")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Edit contact")).to_be_visible()
    page.get_by_label("First name").focus()
    page.keyboard.type("Anna")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_focused()
    shop.edge.api("POST", "/operators", {"email": f"{contact_id}@example.com", "name": "Ben"})
    page = console.open("/operators")
    reach(page, "Ben")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ben", exact=True)).to_be_visible()
    reach(page, "New password …")
    page.keyboard.press("Enter")
    question = page.locator("details.sure[open]")
    expect(question).to_contain_text("end at once")
    reach(page, "Make a new password", 1)
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    assert focused(console).startswith("New password …")


def test_escape_takes_back_what_would_be_deleted(console: Console, shop: Shop) -> None:
    list_id = shop.directory("POST", "/mailinglists", {"name": "News"})["id"]
    rule = {"scope": "directory", "limits": [{"max": 1, "windowSeconds": 86_400}]}
    rule_id = shop.directory("POST", "/frequencyrules", rule)["id"]
    for path, name, left in (
        (f"/lists/{list_id}", "Delete this list …", "No list yet"),
        (f"/frequency/{rule_id}", "Delete this rule …", "No rule yet"),
    ):
        page = console.open(f"/directories/{shop.directory_id}{path}")
        reach(page, name)
        page.keyboard.press("Enter")
        question = page.locator("details.sure[open]")
        expect(question).to_have_count(1)
        assert violations(page) == []
        reach(page, "Delete for good", 1)
        page.keyboard.press("Escape")
        expect(question).to_have_count(0)
        assert focused(console) == name
        page.keyboard.press("Enter")
        reach(page, "Delete for good", 1)
        page.keyboard.press("Enter")
        expect(page.get_by_text(left)).to_be_visible()


def test_escape_closes_the_menu_of_a_phone(console: Console) -> None:
    page = console.page
    page.set_viewport_size(PHONE)
    console.open("/projects")
    button = page.get_by_role("button", name="Menu")
    button.focus()
    page.keyboard.press("Enter")
    reach(page, "Overview", 3)
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")


def test_a_contact_gets_more_lines_and_hears_what_is_refused(console: Console, shop: Shop) -> None:
    page = console.open(f"/directories/{shop.directory_id}/contacts/new")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type("nobody")
    page.get_by_label("Name 2", exact=True).focus()
    page.keyboard.type("tier")
    page.keyboard.press("Tab")
    page.keyboard.type("gold")
    reach(page, "Add a line", 1)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name 3", exact=True)).to_be_focused()
    page.keyboard.type("city")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Value 3")).to_be_focused()
    page.keyboard.type("Oslo")
    page.keyboard.press("Enter")
    address = page.get_by_label("E-mail address")
    expect(address).to_be_focused()
    expect(address).to_have_accessible_description("is not an e-mail address")
    expect(page.get_by_label("Value 2")).to_have_value("Oslo")
    page.keyboard.type("ana@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_focused()
    assert shop.contacts()[0]["embeddedData"] == {"tier": "gold", "city": "Oslo"}


def test_the_log_is_narrowed(console: Console, shop: Shop) -> None:
    contact_id = shop.contact("U-1", firstName="Ana")
    page = console.open("/audit")
    page.get_by_label("Of one object").focus()
    page.keyboard.type(contact_id)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("What", exact=True)).to_be_focused()
    page.keyboard.type("contact.create")
    reach(page, "Show")
    page.keyboard.press("Enter")
    expect(page.locator("details.card")).to_have_count(1)
    expect(page.get_by_label("What", exact=True)).to_have_value("contact.create")
    reach(page, "contact.create")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="first_name")).to_contain_text("Ana")
    reach(page, "Show all")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Of one object")).to_have_value("")


def test_columns_are_explained_and_a_wrong_one_is_where_the_focus_is(
    console: Console, shop: Shop, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(CSV)
    page = console.open(f"/directories/{shop.directory_id}/imports/new")
    page.get_by_label("File").set_input_files(file)
    reach(page, "Next: its columns")
    page.keyboard.press("Enter")
    town = page.get_by_label("Town is")
    name = page.get_by_label("Name of Town as embedded data")
    expect(page.get_by_label("Name of Email as embedded data")).to_be_hidden()
    page.get_by_label("Email is").focus()
    page.keyboard.press("Tab")
    expect(town).to_be_focused()
    page.keyboard.press("Tab")
    expect(name).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Points")
    page.keyboard.press("Enter")
    expect(name).to_be_focused()
    expect(name).to_have_accessible_description("Points is a reserved name: give it another name")
    assert violations(page) == []
    town.focus()
    page.keyboard.type("Email")
    expect(name).to_be_hidden()
    reach(page, "Import")
    page.keyboard.press("Enter")
    expect(town).to_be_focused()
    expect(town).to_have_accessible_description("Email is there twice")
    assert violations(page) == []
    page.keyboard.type("leave")
    reach(page, "Import")
    page.keyboard.press("Enter")
    expect(page.locator("#progress")).to_contain_text("finished")
    assert shop.contacts()[0]["embeddedData"] == {}


def test_a_wrong_comparison_is_where_the_focus_is(console: Console, shop: Shop) -> None:
    """When it is counted and when it is saved; what is mended or added is not marked."""
    shop.contact("U-1", firstName="Ana", embeddedData={"tier": "gold"})
    page = console.open(f"/directories/{shop.directory_id}/segments/new")
    page.locator('[id="field-name"]').fill("Gold")
    page.get_by_label("Field", exact=True).select_option("firstName")
    page.get_by_label("Value").fill("Ana")
    page.get_by_role("button", name="Add comparison").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Embedded")
    wrong = page.get_by_role("textbox", name="Name").or_(page.get_by_role("combobox", name="Name"))
    wrong = wrong.last
    for button in ("Count", "Create"):
        reach(page, button)
        page.keyboard.press("Enter")
        expect(wrong).to_be_focused()
        expect(wrong).to_have_accessible_description("Embedded data: say which")
        expect(page.locator("[aria-invalid=true]")).to_have_count(1)
        assert violations(page) == []
    page.get_by_role("button", name="Add comparison").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-line]")).to_have_count(3)
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    page.get_by_role("button", name="Remove this comparison").last.focus()
    page.keyboard.press("Enter")
    wrong.focus()
    page.keyboard.type("tier")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("gold")
    reach(page, "Count")
    page.keyboard.press("Enter")
    expect(page.locator("#preview")).to_contain_text("1 contact of 1")
    expect(page.locator("#preview")).to_contain_text("Ana")
    reach(page, "Create")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Gold")).to_be_visible()


def test_a_segment_that_went_meanwhile_is_where_the_focus_is(console: Console, shop: Shop) -> None:
    gold = {"field": "embeddedData.tier", "cmp": "eq", "value": "gold"}
    made = shop.directory("POST", "/segments", {"name": "Gold", "criteria": gold})["id"]
    intercept_id = shop.intercept(live=False)
    page = console.open(f"/projects/{shop.project_id}/intercepts/{intercept_id}/edit")
    page.get_by_label("What is compared").focus()
    page.keyboard.type("A segment")
    box = page.get_by_role("checkbox", name="Gold")
    box.focus()
    page.keyboard.press("Space")
    shop.directory("DELETE", f"/segments/{made}")
    reach(page, "Save")
    page.keyboard.press("Enter")
    wrong = page.get_by_role("checkbox", name=made)
    expect(wrong).to_be_focused()
    expect(wrong).to_have_accessible_description(
        f"a segment of the contact: the project's directory has no segment {made}"
    )
    assert violations(page) == []


def focused(console: Console) -> str:
    """The text of what has the focus."""
    return str(console.page.evaluate("document.activeElement.textContent.trim()"))

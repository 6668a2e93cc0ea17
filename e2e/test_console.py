"""The console in a browser: an operator's journeys."""

from pathlib import Path

from axe import violations
from console_tab import PHONE, Console, reach
from edge_process import Edge
from playwright.sync_api import BrowserContext, expect
from shop_site import Shop

CSV = "Customer ID,Email,tier\nU-10,ana@example.com,gold\nU-11,broken,basic\n"


def test_from_signing_in_to_a_live_invitation(console: Console, shop: Shop) -> None:
    """Find a contact, read its timeline, ask why, publish, activate, ask again."""
    contact_id = shop.contact("U-1", firstName="Grace", lastName="Hopper")
    shop.contact("U-2", firstName="Alan", lastName="Turing")
    intercept_id = shop.intercept(live=False, linked=True)
    page = console.open(f"/directories/{shop.directory_id}/contacts")
    page.get_by_label("Find contacts").press_sequentially("hop")
    found = page.locator("#found .name")
    expect(found).to_have_text(["Grace Hopper"])
    found.click()
    expect(page.get_by_role("heading", name="Grace Hopper")).to_be_visible()
    expect(page.locator("#timeline")).to_contain_text("Contact created")
    page.get_by_role("link", name="Messages").click()
    expect(page.locator("#timeline")).to_contain_text("Nothing here yet")
    page.get_by_role("link", name="Why?", exact=True).first.click()
    page.get_by_label("Project").select_option(shop.project_id)
    page.get_by_label("Address of the page").fill("http://shop.test/cart")
    console.press("Ask")
    console.open(f"/projects/{shop.project_id}/intercepts/{intercept_id}")
    console.press("Publish")
    expect(page.get_by_role("status")).to_contain_text("Published")
    console.press("Activate")
    expect(page.get_by_role("status")).to_contain_text("Active")
    console.open(f"/why?project={shop.project_id}&contact={contact_id}&url=http://shop.test/cart")
    expect(page.get_by_role("heading", name="Grace Hopper is known.")).to_be_visible()
    expect(page.locator("details.card summary").first).to_contain_text("shows")
    console.open(f"/projects/{shop.project_id}/intercepts/{intercept_id}")
    console.press("Deactivate")
    expect(page.get_by_role("status")).to_contain_text("nobody sees it")


def test_an_invitation_is_written_with_its_preview(console: Console, shop: Shop) -> None:
    page = console.open(f"/projects/{shop.project_id}/intercepts/new")
    page.get_by_label("Name, for you").fill("First")
    preview = page.locator("[data-preview]")
    page.get_by_role("textbox", name="Question").fill("Did you find it?")
    expect(preview.get_by_text("Did you find it?")).to_be_visible()
    page.get_by_label("Accept says").fill("Tell us")
    expect(preview.get_by_text("Tell us")).to_be_visible()
    page.get_by_label("It shows").select_option("scroll")
    expect(page.get_by_label("Per cent scrolled")).to_be_visible()
    expect(page.get_by_label("Seconds")).to_be_hidden()
    page.get_by_label("Per cent scrolled").fill("150")
    console.press("Create")
    expect(page.get_by_label("Per cent scrolled")).to_be_focused()
    expect(page.get_by_label("Per cent scrolled")).to_have_accessible_description(
        "must be a whole number up to 100"
    )
    expect(preview.get_by_text("Did you find it?")).to_be_visible()
    page.get_by_label("Per cent scrolled").fill("50")
    console.press("Create")
    expect(page.get_by_role("heading", name="First", exact=True)).to_be_visible()


def test_a_segment_is_built_with_the_keyboard_alone(console: Console, shop: Shop) -> None:
    for reference, tier in (("U-1", "gold"), ("U-2", "basic"), ("U-3", "gold")):
        shop.contact(reference, firstName=reference, embeddedData={"tier": tier})
    page = console.open(f"/directories/{shop.directory_id}/segments/new")
    page.locator('[id="field-name"]').focus()
    page.keyboard.type("Gold or named")
    page.get_by_label("This group").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_label("Field", exact=True).focus()
    page.keyboard.type("Embedded")
    page.keyboard.press("Tab")
    page.keyboard.type("tier")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("gold")
    page.get_by_role("button", name="Add group").focus()
    page.keyboard.press("Enter")
    inner = page.locator("[data-group] [data-group]")
    expect(inner).to_have_count(1)
    inner.get_by_label("Field", exact=True).focus()
    page.keyboard.type("First")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("U-2")
    page.get_by_role("button", name="Count").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#preview")).to_contain_text("3 contacts of 3")
    page.get_by_role("button", name="Remove group").focus()
    page.keyboard.press("Enter")
    expect(inner).to_have_count(0)
    page.get_by_role("button", name="Count").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#preview")).to_contain_text("2 contacts of 3")
    page.get_by_role("button", name="Create").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Gold or named")).to_be_visible()
    [kept] = shop.directory("GET", "/segments")["elements"]
    assert kept["criteria"] == {"field": "embeddedData.tier", "cmp": "eq", "value": "gold"}


def test_a_segment_is_copied_and_narrowed_to_a_list(console: Console, shop: Shop) -> None:
    """By the keyboard alone, the list by its name."""
    list_id = shop.directory("POST", "/mailinglists", {"name": "Weekly news"})["id"]
    gold = {"field": "embeddedData.tier", "cmp": "eq", "value": "gold"}
    made = shop.directory("POST", "/segments", {"name": "Gold", "criteria": gold})["id"]
    page = console.open(f"/directories/{shop.directory_id}/segments/{made}")
    reach(page, "Copy")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name", exact=False).first).to_have_value("Gold (copy)")
    reach(page, "Add comparison")
    page.keyboard.press("Enter")
    page.keyboard.type("On the mailing")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Mailing list").last).to_be_focused()
    page.keyboard.type("Weekly")
    assert violations(page) == []
    reach(page, "Create")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Gold (copy)")).to_be_visible()
    _, copy = shop.directory("GET", "/segments")["elements"]
    on_it = {"field": f"list.{list_id}", "cmp": "is", "value": True}
    assert copy["criteria"] == {"op": "and", "items": [gold, on_it]}


def test_a_condition_is_written_with_the_keyboard_alone(console: Console, shop: Shop) -> None:
    days = {"kind": "weekday", "cmp": "is", "value": [1, 2], "zone": "Europe/Berlin"}
    intercept_id = shop.intercept(live=False, condition=[days])
    here = f"/projects/{shop.project_id}/intercepts/{intercept_id}"
    page = console.open(f"{here}/edit")
    line = page.locator("[data-line]")
    expect(line.get_by_label("Tue")).to_be_checked()
    expect(line.get_by_label("Value")).to_be_hidden()
    line.get_by_label("Tue").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Add comparison").focus()
    page.keyboard.press("Enter")
    expect(line).to_have_count(2)
    expect(line.last.get_by_label("What is compared")).to_be_focused()
    page.keyboard.type("The time of")
    page.keyboard.press("Tab")
    page.keyboard.type("is betw")
    page.keyboard.press("Tab")
    page.keyboard.type("0900AM")
    line.last.get_by_label("And").focus()
    page.keyboard.type("0530PM")
    page.get_by_role("button", name="Save draft", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("the time of day is between")).to_be_visible()
    expect(page.locator(".condition")).to_contain_text("09:00 and 17:30")
    expect(page.locator(".condition")).to_contain_text("Mon in Europe/Berlin")


def test_a_file_is_imported_and_its_progress_followed(
    console: Console, shop: Shop, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(CSV)
    page = console.open(f"/directories/{shop.directory_id}/imports/new")
    page.get_by_label("File").set_input_files(file)
    console.press("Next: its columns")
    expect(page.get_by_label("Customer ID is")).to_have_value("ExternalDataReference")
    expect(page.get_by_label("tier is")).to_have_value("=")
    console.press("Import")
    expect(page.locator("#progress")).to_contain_text("finished")
    expect(page.locator("#progress")).to_contain_text("email: is not an e-mail address")
    expect(page.locator(".tile").first).to_have_text("1created")


def test_duplicates_are_merged_and_undone_by_keyboard_alone(console: Console, shop: Shop) -> None:
    """Preview, the question before it, the run, what became of one pair, undo; the whole run."""
    for n in range(3):
        shop.contact(f"U-{n}", firstName=f"Grace{n}", email=f"g{n}@example.com")
        shop.contact(f"V-{n}", firstName=f"Gracie{n}", email=f"G{n}@example.com")
    rules = [{"fields": [name], "enabled": True} for name in ("extRef", "email")]
    shop.directory("PUT", "/identityrules", {"rules": rules})
    page = console.open(f"/directories/{shop.directory_id}/merges")
    reach(page, "Preview")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="3 contacts would be merged")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    reach(page, "Merge 3 contacts", 1)
    page.keyboard.press("Enter")
    expect(page.locator("#progress")).to_contain_text("3 of 3 duplicates merged")
    reach(page, "See what was merged")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Merged so far")).to_be_visible()
    reach(page, "Grace1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="First name")).to_have_text(
        "First nameGrace1Gracie1Gracie1"
    )
    expect(page.get_by_role("columnheader")).to_have_text(["Field", "Stayed", "Taken in", "Kept"])
    reach(page, "Undo this merge")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("two contacts again")
    reach(page, "The whole run")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Undo this run")).to_be_visible()
    reach(page, "Undo all its merges")
    page.keyboard.press("Enter")
    reach(page, "Undo 2 merges", 1)
    page.keyboard.press("Enter")
    expect(page.locator("#undo")).to_contain_text("2 of 2 merges undone")
    names = {each["firstName"] for each in shop.directory("GET", "/contacts")["elements"]}
    assert names == {"Grace0", "Grace1", "Grace2", "Gracie0", "Gracie1", "Gracie2"}


def test_rules_are_tried_before_they_are_saved(console: Console, shop: Shop) -> None:
    for n in range(3):
        shop.contact(f"U-{n}", firstName="Grace", email=f"g{n}@example.com")
        shop.contact(f"V-{n}", firstName=f"Gracie{n}", email=f"G{n}@example.com")
    before = shop.directory("GET", "/identityrules")
    page = console.open(f"/directories/{shop.directory_id}/identity")
    group = page.get_by_role("group", name="Rule 2")
    group.get_by_label("E-mail address").check()
    reach(page, "Preview")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="3 contacts would be merged")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("By the saved rules: 0 contacts")
    page.locator("#preview details").first.click()
    expect(page.locator("#preview")).to_contain_text("by e-mail address")
    assert violations(page) == []
    group.get_by_label("E-mail address").uncheck()
    group.get_by_label("First name").check()
    console.press("Preview")
    expect(page.get_by_role("heading", name="2 contacts would be merged")).to_be_visible()
    expect(page.locator("#preview h4")).to_have_text(["New by these rules 2"])
    third = page.get_by_role("group", name="Rule 3")
    third.get_by_label("First name").check()
    reach(page, "Preview")
    page.keyboard.press("Enter")
    expect(third.get_by_label("External reference")).to_be_focused()
    expect(third.get_by_label("External reference")).to_have_accessible_description(
        "two rules have the same fields"
    )
    expect(third.get_by_label("First name")).to_be_checked()
    expect(page.locator("#preview")).to_contain_text("Mend the rules above")
    assert violations(page) == []
    third.get_by_label("First name").uncheck()
    third.get_by_label("Embedded data").fill("n" * 300)
    console.press("Preview")
    expect(third.get_by_label("Embedded data")).to_be_focused()
    third.get_by_label("Embedded data").fill("")
    console.press("Preview")
    expect(page.get_by_role("heading", name="2 contacts would be merged")).to_be_visible()
    assert shop.directory("GET", "/identityrules") == before, "nothing was saved"
    console.press("Save")
    assert shop.directory("GET", "/identityrules") != before


def test_what_is_over_is_said_once_and_a_form_goes_once(
    console: Console, shop: Shop, tmp_path: Path
) -> None:
    """A screen reader hears of the end of a long import; a second press does nothing."""
    file = tmp_path / "many.csv"
    lines = (f"U-{n},g{n}@example.com" for n in range(9000))
    file.write_text("\n".join(["ExternalDataReference,Email", *lines]))
    page = console.open(f"/directories/{shop.directory_id}/imports/new")
    page.get_by_label("File").set_input_files(file)
    console.press("Next: its columns")
    sent: list[str] = []
    page.on("request", lambda each: sent.append(each.url) if each.method == "POST" else None)
    page.get_by_role("button", name="Import").dblclick()
    over = "The import is over: 9,000 created, 0 changed, 0 refused."
    expect(page.get_by_role("status").filter(has_text=over)).to_have_count(1, timeout=20_000)
    expect(page.locator("#progress")).to_contain_text("finished")
    assert len(sent) == 1


def test_the_way_in_is_accessible_too(context: BrowserContext, edge: Edge) -> None:
    console = Console(context.new_page(), f"http://127.0.0.1:{edge.port}")
    page = console.open("/")
    assert violations(page) == []
    page.get_by_label("E-mail address").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong")
    console.press("Sign in")
    expect(page.get_by_role("alert")).to_be_focused()
    assert violations(page) == []


def test_the_menu_opens_on_a_phone_and_by_keyboard(console: Console) -> None:
    page = console.page
    page.set_viewport_size(PHONE)
    console.open("/projects")
    menu = page.get_by_role("navigation", name="Console")
    expect(menu).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    button = page.get_by_role("button", name="Menu")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    menu.get_by_role("link", name="Why?").click()
    expect(page.get_by_role("heading", name="Why?", exact=True)).to_be_visible()

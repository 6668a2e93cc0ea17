"""The import wizard: an import is seen before it is done, and what columns are is remembered."""

from pathlib import Path
from typing import Any

from axe import violations
from console_tab import PHONE, Console, reach
from playwright.sync_api import Page, expect
from shop_site import Shop

WIDE: Any = {"width": 1280, "height": 900}


def test_an_import_is_checked_first_by_keyboard_alone(
    console: Console, shop: Shop, tmp_path: Path
) -> None:
    """What it would do is heard, on a phone and from right to left too; then it is done."""
    shop.contact("U-1", firstName="Ana", embeddedData={"tier": "gold"})
    file = tmp_path / "people.csv"
    rows = f"U-1,Anna,{'silver' * 60},\nU-2,Bob,,\nU-3,,,nowhere\nU-4,,,x@\n"
    file.write_text(f"ExternalDataReference,FirstName,tier,Email\n{rows}")
    page = console.open(f"/directories/{shop.directory_id}/imports/new")
    page.get_by_label("File").set_input_files(file)
    reach(page, "Next: its columns")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What do the columns mean?")).to_be_visible()
    reach(page, "Check it first")
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name="What it would do")
    expect(heading).to_be_focused()
    changes = page.get_by_role("table", name="What would change")
    expect(changes.get_by_role("row", name="First name")).to_have_text("AnaFirst nameAnaAnna")
    expect(page.get_by_role("table", name="Rows that would be refused")).to_contain_text("address")
    assert [each["firstName"] for each in shop.contacts()] == ["Ana"]
    look_at(page)
    page.get_by_role("button", name="Import", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#progress")).to_contain_text("finished")
    assert sorted(each["firstName"] for each in shop.contacts()) == ["Anna", "Bob"]


def test_the_same_columns_start_as_the_last_time_and_afresh(
    console: Console, shop: Shop, tmp_path: Path
) -> None:
    """It is heard that they do; by keyboard alone they are begun anew."""
    shop.directory("POST", "/mailinglists", {"name": "News"})
    file = tmp_path / f"{'people' * 30}.csv"
    file.write_text("Customer ID,Email,Town\nU-1,ana@example.com,Oslo\n")
    page = console.page
    for n in range(2):
        console.open(f"/directories/{shop.directory_id}/imports/new")
        page.get_by_label("File").set_input_files(file)
        reach(page, "Next: its columns")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="What do the columns mean?")).to_be_visible()
        if n == 0:
            page.get_by_label("Town is").select_option("leave out")
            page.get_by_label("What it may do").select_option("Create new contacts alone")
            page.get_by_label("Put its contacts on a mailing list").select_option("News")
            console.press("Import")
            expect(page.locator("#progress")).to_contain_text("finished")
    status = page.get_by_role("status").filter(has_text=f"{file.name} had the same columns")
    expect(status).to_be_focused()
    expect(page.get_by_label("Town is")).to_have_value("")
    expect(page.get_by_label("What it may do")).to_have_value("create_only")
    expect(page.get_by_label("Put its contacts on a mailing list")).not_to_have_value("")
    look_at(page)
    status.focus()
    reach(page, "Start afresh", 1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="what its name suggests")).to_be_focused()
    expect(page.get_by_label("Town is")).to_have_value("=")
    expect(page.get_by_label("What it may do")).to_have_value("upsert")
    expect(page.get_by_label("Put its contacts on a mailing list")).to_have_value("")
    assert violations(page) == []


def look_at(page: Page) -> None:
    """Nothing is wider than the page, and axe finds nothing: on a phone, from right to left too."""
    for direction in ("rtl", "ltr"):
        page.evaluate("direction => { document.documentElement.dir = direction }", direction)
        for size in (PHONE, WIDE):
            page.set_viewport_size(size)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            assert violations(page) == []

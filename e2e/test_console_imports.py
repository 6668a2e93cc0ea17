"""The import wizard: what an import would do is seen before it is done."""

from pathlib import Path
from typing import Any

from axe import violations
from console_tab import PHONE, Console, reach
from playwright.sync_api import expect
from shop_site import Shop

WIDE: Any = {"width": 1280, "height": 900}


def test_an_import_is_checked_first_by_keyboard_alone(
    console: Console, shop: Shop, tmp_path: Path
) -> None:
    """What it would do is heard, on a phone and from right to left too; then it is done."""
    shop.contact("U-1", firstName="Ana", embeddedData={"tier": "gold"})
    file = tmp_path / "people.csv"
    rows = "U-1,Anna,silver,\nU-2,Bob,,\nU-3,,,nowhere\nU-4,,,x@\n"
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
    for direction in ("ltr", "rtl"):
        page.evaluate("direction => { document.documentElement.dir = direction }", direction)
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            assert violations(page) == []
    page.evaluate("document.documentElement.dir = 'ltr'")
    page.get_by_role("button", name="Import", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#progress")).to_contain_text("finished")
    assert sorted(each["firstName"] for each in shop.contacts()) == ["Anna", "Bob"]

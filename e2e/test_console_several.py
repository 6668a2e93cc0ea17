"""Several contacts at once: by keyboard, on a phone, right to left, without script."""

from axe import violations
from console_tab import PHONE, Console, reach
from playwright.sync_api import Browser, expect
from shop_site import Shop


def people(shop: Shop) -> str:
    """Three contacts, two of them on a list; the list's id."""
    list_id: str = shop.directory("POST", "/mailinglists", {"name": "News"})["id"]
    for name in ("Ana", "Ben"):
        body = {"firstName": name, "extRef": f"U-{name}"}
        shop.directory("POST", f"/mailinglists/{list_id}/contacts", body)
    shop.contact("U-Cleo", firstName="Cleo")
    return list_id


def names(shop: Shop) -> set[str]:
    """Who is there."""
    return {each["firstName"] for each in shop.directory("GET", "/contacts")["elements"]}


def test_some_are_selected_asked_about_kept_and_deleted_by_the_keyboard(
    console: Console, shop: Shop
) -> None:
    people(shop)
    page = console.open(f"/directories/{shop.directory_id}/contacts")
    told = page.locator("[data-picked]")
    assert told.get_attribute("aria-live") == "polite"
    page.get_by_label("Select Ana, U-Ana").focus()
    page.keyboard.press("Space")
    expect(told).to_have_text("1 selected")
    expect(page.get_by_label("All on this page")).to_be_checked(indeterminate=True)
    page.get_by_label("All on this page").focus()
    page.keyboard.press("Space")
    expect(told).to_have_text("3 selected")
    page.get_by_label("Select Cleo, U-Cleo").focus()
    page.keyboard.press("Space")
    expect(told).to_have_text("2 selected")
    assert violations(page) == []
    page.get_by_label("What to do with several").select_option("Delete")
    reach(page, "Those selected")
    page.keyboard.press("Enter")
    asks = page.get_by_role("heading", name="Delete 2 contacts?")
    expect(asks).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Contacts", exact=True)).to_be_visible()
    assert names(shop) == {"Ana", "Ben", "Cleo"}
    page.get_by_label("Find contacts").focus()
    page.keyboard.type("be")
    expect(page.locator("#found .name")).to_have_text(["Ben"])
    page.get_by_label("All on this page").check()
    expect(told).to_have_text("1 selected")
    page.get_by_label("What to do with several").select_option("Delete")
    reach(page, "All that are found")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Delete 1 contact?")).to_be_focused()
    reach(page, "Delete 1 contact for good", 3)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_be_focused()
    expect(page.get_by_role("status").first).to_contain_text("They are deleted.")
    assert names(shop) == {"Ana", "Cleo"}


def test_nobody_selected_is_said_and_leads_back(console: Console, shop: Shop) -> None:
    list_id = people(shop)
    page = console.open(f"/directories/{shop.directory_id}/lists/{list_id}?q=a")
    console.press("Those selected …")
    expect(page.get_by_role("alert")).to_have_text("Contacts: select at least one contact")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="News")).to_be_visible()
    assert page.url.endswith(f"/lists/{list_id}?q=a")


def test_it_has_room_on_a_phone_and_right_to_left(console: Console, shop: Shop) -> None:
    list_id = people(shop)
    shop.contact("W" * 100, firstName="W" * 200, email=f"{'w' * 60}@{'w' * 60}.example.com")
    page = console.page
    page.set_viewport_size(PHONE)
    here = f"/directories/{shop.directory_id}"
    asks = f"{here}/several?which=found&doing"
    for path in (f"{here}/contacts", f"{here}/lists/{list_id}", f"{asks}=delete", f"{asks}=put"):
        console.open(path)
        for direction in ("ltr", "rtl"):
            page.evaluate("(dir) => { document.documentElement.dir = dir; }", direction)
            wide = "document.documentElement.scrollWidth > innerWidth"
            assert not page.evaluate(wide), (path, direction)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
                assert violations(page) == [], (path, direction, scheme)


def test_it_works_without_script(console: Console, shop: Shop, chromium: Browser) -> None:
    list_id = people(shop)
    kept = console.page.context.storage_state()
    plain = chromium.new_context(java_script_enabled=False, storage_state=kept)
    page = plain.new_page()
    page.goto(f"{console.origin}/console/directories/{shop.directory_id}/contacts")
    expect(page.get_by_label("All on this page")).to_be_hidden()
    page.get_by_label("Select Cleo, U-Cleo").check()
    page.get_by_role("button", name="Those selected …").click()
    expect(page.get_by_role("heading", name="Put 1 contact on a mailing list?")).to_be_visible()
    page.get_by_role("button", name="Put them on the list").click()
    expect(page.get_by_text("They are on the list.")).to_be_visible()
    plain.close()
    found = shop.directory("GET", f"/mailinglists/{list_id}/contacts")["elements"]
    assert {each["firstName"] for each in found} == {"Ana", "Ben", "Cleo"}

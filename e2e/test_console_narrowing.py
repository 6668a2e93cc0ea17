"""Contacts narrowed by embedded data: by keyboard, on a phone, right to left, without script."""

from axe import violations
from console_tab import PHONE, Console, reach
from playwright.sync_api import Browser, expect
from shop_site import Shop


def people(shop: Shop) -> None:
    """Three with a tier."""
    for n, (name, tier) in enumerate((("Ana", "gold"), ("Ann", "gold"), ("Ben", "Gold"))):
        shop.contact(f"U-{n}", firstName=name, embeddedData={"tier": tier, "größe": "m"})


def test_a_filter_is_set_kept_while_typing_and_removed_by_the_keyboard(
    console: Console, shop: Shop
) -> None:
    people(shop)
    page = console.open(f"/directories/{shop.directory_id}/contacts")
    opener = page.get_by_text("Filter by embedded data …")
    reach(page, "Filter by embedded data")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Value")).to_be_visible()
    assert page.locator("#names option").evaluate_all("all => all.map(e => e.value)") == [
        "größe",
        "tier",
    ]
    assert violations(page) == []
    page.get_by_label("Value").focus()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(page.get_by_label("Value")).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("tier")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("gold")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Only those whose tier is gold. Letter case matters.")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("2 contacts found")
    assert violations(page) == []
    page.get_by_label("Find contacts").focus()
    page.keyboard.type("ann")
    expect(page.locator("#found .name")).to_have_text(["Ann"])
    expect(page.get_by_role("status")).to_have_text("1 contact found")
    assert "value=gold" in page.url
    assert "q=ann" in page.url
    page.reload()
    expect(page.locator("#found .name")).to_have_text(["Ann"])
    reach(page, "Remove this filter")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Only those whose")).to_have_count(0)
    expect(page.locator("#found .name")).to_have_text(["Ann"])
    expect(page.get_by_label("Find contacts")).to_have_value("ann")


def test_it_has_room_on_a_phone_and_right_to_left(console: Console, shop: Shop) -> None:
    people(shop)
    page = console.page
    page.set_viewport_size(PHONE)
    for asked in ("field=tier&value=gold", "field=tier&value=", f"field=tier&value={'W' * 300}"):
        console.open(f"/directories/{shop.directory_id}/contacts?{asked}")
        for direction in ("ltr", "rtl"):
            page.evaluate("(dir) => { document.documentElement.dir = dir; }", direction)
            page.locator("details.filter").evaluate("each => { each.open = true; }")
            wide = "document.documentElement.scrollWidth > innerWidth"
            assert not page.evaluate(wide), (asked, direction)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
                assert violations(page) == [], (asked, direction, scheme)


def test_it_works_without_script(console: Console, shop: Shop, chromium: Browser) -> None:
    people(shop)
    kept = console.page.context.storage_state()
    plain = chromium.new_context(java_script_enabled=False, storage_state=kept)
    page = plain.new_page()
    page.goto(f"{console.origin}/console/directories/{shop.directory_id}/contacts")
    page.get_by_text("Filter by embedded data …").click()
    page.get_by_label("Name", exact=True).fill("tier")
    page.get_by_label("Value").fill("Gold")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator("#found .name")).to_have_text(["Ben"])
    plain.close()

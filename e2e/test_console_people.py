"""Lists, segments, people alike and operators, by the keyboard alone."""

from axe import violations
from console_tab import Console, reach
from playwright.sync_api import Locator, Page, expect
from shop_site import Shop


def test_a_list_is_made_filled_and_looked_through(console: Console, shop: Shop) -> None:
    page = console.open(f"/directories/{shop.directory_id}/lists")
    page.get_by_label("Name").focus()
    page.keyboard.type("News")
    page.keyboard.press("Enter")
    expect(heard(page, "Created.")).to_be_focused()
    for name in ("Ana", "Ben"):
        reach(page, "New contact on it")
        page.keyboard.press("Enter")
        expect(page.get_by_text("It is put on the mailing list News.")).to_be_visible()
        page.get_by_label("First name").focus()
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        expect(heard(page, "Put on the list.")).to_be_focused()
        reach(page, "News")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="News")).to_be_visible()
    page.get_by_label("Find on this list").focus()
    page.keyboard.type("be")
    page.keyboard.press("Enter")
    expect(page.locator(".results .name")).to_have_text(["Ben"])
    assert violations(page) == []
    page.get_by_label("Find on this list").focus()
    page.keyboard.type("x")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nobody on this list begins like that")).to_be_visible()
    assert violations(page) == []


def test_who_is_in_a_segment_is_looked_through(console: Console, shop: Shop) -> None:
    for n, name in enumerate(("Ana", "Ben", "Cleo")):
        shop.contact(f"U-{n}", firstName=name, embeddedData={"tier": "gold" if n else "basic"})
    criteria = {"field": "embeddedData.tier", "cmp": "eq", "value": "gold"}
    made = shop.directory("POST", "/segments", {"name": "Gold", "criteria": criteria})
    page = console.open(f"/directories/{shop.directory_id}/segments/{made['id']}")
    ready = page.locator(".head .badge")
    for _ in range(100):
        if ready.inner_text() == "ready":
            break
        page.wait_for_timeout(100)
        page.reload()
    reach(page, "Members")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Members")).to_be_visible()
    expect(page.locator(".results .name")).to_have_count(2)
    page.get_by_label("Find in this segment").focus()
    page.keyboard.type("cl")
    page.keyboard.press("Enter")
    expect(page.locator(".results .name")).to_have_text(["Cleo"])
    assert violations(page) == []
    reach(page, "Export …")
    page.keyboard.press("Enter")
    for name, columns in (("Contacts", 0), ("With statistics", 1)):
        reach(page, name, 1)
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        text = download.value.path().read_text()
        assert (text.count("gold"), text.count("ResponseCount")) == (2, columns)
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("details[open]")).to_have_count(0)
    assert page.evaluate("document.activeElement.textContent.trim()") == "Export …"


def test_people_alike_are_merged_and_told_apart(console: Console, shop: Shop) -> None:
    """Of several buttons of one name each says which pair it means; what was done is heard."""
    for n, name in enumerate(("Katherine", "Katharine", "Robert", "Roberta")):
        last = "Jonson" if n < 2 else "Smith"
        fields = {"firstName": name, "lastName": last, "email": f"{name[0]}@example.com"}
        shop.directory("POST", "/contacts", fields)
    page = console.open(f"/directories/{shop.directory_id}/merges")
    reach(page, "Look for people alike")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="People alike")).to_be_visible()
    apart = page.get_by_role("button", name="Two people").filter(visible=True)
    expect(apart).to_have_count(2)
    expect(apart.last).not_to_have_accessible_description(
        apart.first.evaluate("each => each.closest('article').querySelector('h2').textContent")
    )
    apart.first.focus()
    page.keyboard.press("Enter")
    expect(heard(page, "they are two people")).to_be_focused()
    reach(page, "Merge these two")
    page.keyboard.press("Enter")
    expect(heard(page, "Merged.")).to_be_focused()
    reach(page, "See what was kept, or undo it", 1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Merge of")).to_be_visible()
    reach(page, "Undo this merge")
    page.keyboard.press("Enter")
    expect(heard(page, "two contacts again")).to_be_focused()
    console.open(f"/directories/{shop.directory_id}/merges/told-apart")
    back = page.get_by_role("button", name="Take back")
    expect(back).to_have_count(2)
    said = [each.evaluate(DESCRIBED) for each in back.all()]
    assert "Jonson" in "".join(said)
    assert "Smith" in "".join(said)
    assert said[0] != said[1]
    assert violations(page) == []
    reach(page, "Take back")
    page.keyboard.press("Enter")
    expect(heard(page, "Taken back")).to_be_focused()
    expect(back).to_have_count(1)


DESCRIBED = "each => document.getElementById(each.getAttribute('aria-describedby')).textContent"


def test_what_somebody_can_do_is_read_and_changed(console: Console, shop: Shop) -> None:
    address = f"{shop.directory_id}@example.com"
    made = shop.edge.api("POST", "/operators", {"email": address, "name": "Ben"})
    page = console.open(f"/operators/{made['id']}")
    mine = page.get_by_role("article").filter(
        has=page.get_by_role("heading", name=shop.name, exact=True)
    )
    expect(mine).to_contain_text("no Access Contacts: no role in this directory gives it")
    expect(page.get_by_text(f"no role in {shop.name}, its directory")).to_be_visible()
    mine.get_by_label(f"Role in {shop.name}").focus()
    page.keyboard.type("Access")
    reach(page, "Give this role", 1)
    expect(mine.get_by_role("button")).to_have_accessible_description(shop.name)
    page.keyboard.press("Enter")
    expect(heard(page, "Saved.")).to_be_focused()
    expect(mine).to_contain_text("by the role Access Contacts in this directory")
    expect(page.get_by_text(f"by the role Access Contacts in {shop.name}")).to_be_visible()
    assert violations(page) == []


def heard(page: Page, text: str) -> Locator:
    """What a page says of an action."""
    return page.get_by_role("status").filter(has_text=text)

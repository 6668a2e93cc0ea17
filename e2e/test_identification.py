"""Who the visitor is: the published snippet in every way that sites use it (domain scenarios B)."""

import pytest
from playwright.sync_api import Page, expect
from shop_site import Shop

CREATIVE = "askwell-creative"


@pytest.mark.scenario("B1")
def test_the_published_snippet_matches_the_contact(page: Page, shop: Shop) -> None:
    contact = shop.contact("U-1")
    shop.capped()
    page.goto(shop.page('"U-1"'))
    expect(page.locator(CREATIVE)).to_be_attached()
    page.wait_for_timeout(500)
    assert len(shop.timeline(contact, "intercept_displayed")) == 1

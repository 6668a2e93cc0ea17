"""Where accepting leads: a tab, a frame inside the creative, or nowhere."""

import pytest

SURVEY = "https://ask.test/survey"
TAB = {"kind": "url", "url": SURVEY, "open": "tab"}
FRAME = {"kind": "url", "url": SURVEY, "open": "frame"}
KINDS = ("slide_in", "dialog")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", [None, "Enter"], ids=["mouse", "keyboard"])
def test_a_tab_knows_nothing_of_the_page(elsewhere, kind, key):
    host = elsewhere.open()
    host.show(kind=kind, target=TAB)
    link = host.page.get_by_role("link", name="Take part")
    with host.page.context.expect_page() as opening:
        link.press(key) if key else link.click()
    survey = opening.value
    survey.wait_for_load_state()
    assert survey.url == SURVEY
    assert survey.evaluate("opener") is None
    host.gone()
    assert host.heard() == ["clicked"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_takes_the_card_s_place(elsewhere, kind):
    host = elsewhere.open(
        policy="default-src 'none'; script-src https://ask.test; frame-src https://ask.test"
    )
    host.show(kind=kind, target=FRAME)
    host.page.get_by_role("button", name="Take part").click()
    frame = host.page.frame_locator("iframe[title='How was your visit?']")
    assert frame.get_by_role("heading", name="Survey").is_visible()
    assert host.page.evaluate("document.activeElement.tagName") == "ASKWELL-CREATIVE"
    host.page.get_by_role("button", name="Close").click()
    host.gone()
    assert host.heard() == ["clicked"]  # finished with, not dismissed
    assert host.console == []


def test_where_the_site_forbids_the_frame_a_tab_is_offered(elsewhere):
    host = elsewhere.open(policy="default-src 'none'; script-src https://ask.test")
    host.show(target=FRAME)
    host.page.get_by_role("button", name="Take part").click()
    link = host.page.get_by_role("link", name="Take part")
    with host.page.context.expect_page() as opening:
        link.click()
    assert opening.value.url == SURVEY
    host.gone()
    assert host.heard() == ["clicked"]


def test_without_a_target_accepting_only_tells(elsewhere):
    host = elsewhere.open()
    host.show()
    host.page.get_by_role("button", name="Take part").click()
    host.gone()
    assert host.heard() == ["clicked"]


def test_an_address_that_is_none_leads_nowhere(elsewhere):
    host = elsewhere.open()
    host.show(target={"kind": "url", "url": "javascript:heard.push('run')", "open": "tab"})
    host.page.get_by_role("button", name="Take part").click()
    host.gone()
    assert host.heard() == ["clicked"]

"""The five people of the demo shop, each with what happens to them and what the panel tells."""

import pytest
from playwright.sync_api import expect

GOLD = "You know our shop best"


@pytest.mark.scenario("B1")
def test_a_newcomer_sees_an_invitation_slide_in_and_is_told_why(visit):
    before = visit.demo.touches("U-1")
    visit.go("/")
    assert visit.page.url == f"{visit.demo.origin}/demo/?ref=U-1"
    visit.told("Invited")
    expect(visit.reason("Gold customers on the home page")).to_contain_text("Shows.")
    expect(visit.reason("Winter sale")).to_contain_text("Its first day has not come yet.")
    expect(visit.panel).to_contain_text("by the Python core on the edge")
    invitation = visit.invitation(GOLD)
    expect(invitation).to_be_visible()
    visit.until(lambda: visit.demo.touches("U-1") == [*before, "intercept_displayed"])
    invitation.get_by_role("button", name="Gladly").click()
    survey = visit.page.frame_locator("askwell-creative iframe")
    survey.get_by_label("Very much").check()
    survey.get_by_role("button", name="Send").click()
    expect(survey.get_by_role("heading", name="Thank you!")).to_be_visible()
    visit.page.get_by_role("button", name="Close").click()
    expect(visit.page.locator("askwell-creative")).to_have_count(0)
    added = ["intercept_displayed", "intercept_clicked"]
    visit.until(lambda: visit.demo.touches("U-1") == [*before, *added])


def test_on_the_next_page_the_engine_of_this_browser_decides(visit):
    visit.go("/demo/help?ref=U-1")
    expect(visit.panel).to_contain_text("by the Python core on the edge")
    for _ in range(20):  # the engine is fetched in idle time
        visit.page.wait_for_timeout(1000)
        visit.page.reload()
        expect(visit.panel).to_contain_text("Decided by")
        if visit.panel.get_by_text("by the Python core, in this browser").count():
            return
    raise AssertionError("the edge still decides after twenty pages")


def test_a_contact_at_the_cap_is_left_in_peace(visit):
    visit.go("/demo/")
    visit.panel.get_by_role("link", name="A contact at the cap").click()
    visit.told("Left in peace")
    expect(visit.panel).to_contain_text("this contact was asked often enough")
    expect(visit.reason("Gold customers")).to_contain_text("as often as the rules allow")
    visit.nothing_shows()
    assert visit.demo.touches("U-2") == []


@pytest.mark.scenario("F15")
def test_a_stranger_who_did_not_agree_is_not_added_and_not_asked(visit):
    visit.go("/demo/")
    visit.panel.get_by_role("link", name="A stranger").click()
    visit.told("Left in peace")
    expect(visit.reason("Gold customers")).to_contain_text("the directory does not know this one")
    visit.nothing_shows()
    assert visit.demo.contacts("X-9") == []


def test_nobody_in_particular_can_still_give_feedback(visit):
    visit.go("/demo/?ref=U-1")
    visit.panel.get_by_role("link", name="Nobody in particular").click()
    visit.told("Left in peace")
    expect(visit.reason("Feedback button")).to_contain_text("when the Feedback button is pressed")
    visit.nothing_shows()
    visit.page.get_by_role("button", name="Feedback").click()
    dialog = visit.page.get_by_role("dialog", name="What is on your mind?")
    expect(dialog).to_be_visible()
    with visit.page.context.expect_page() as opening:
        dialog.get_by_role("link", name="Write to us").click()
    assert opening.value.url == f"{visit.demo.origin}/demo/survey"


@pytest.mark.scenario("F1")
def test_a_new_customer_is_added_once_and_welcomed_at_once(visit):
    visit.go("/demo/")
    link = visit.panel.get_by_role("link", name="A new customer")
    link.click()
    visit.told("Invited")
    expect(visit.invitation("Welcome, glad you found us")).to_be_visible()
    first = visit.page.url.partition("ref=")[2]
    assert first.startswith("N-")
    assert len(visit.demo.contacts(first)) == 1
    visit.page.reload()
    visit.told("Invited")
    assert len(visit.demo.contacts(first)) == 1
    link.click()
    visit.told("Invited")
    second = visit.page.url.partition("ref=")[2]
    assert second != first
    assert len(visit.demo.contacts(second)) == 1


def test_asked_three_times_u1_is_at_the_cap_too_until_it_starts_over(visit):
    for number in range(3):
        visit.go("/demo/?ref=U-1")
        expect(visit.invitation(GOLD)).to_be_visible()
        visit.until(lambda number=number: len(visit.demo.touches("U-1")) > number)
    visit.go("/demo/?ref=U-1")
    visit.told("Left in peace")
    expect(visit.panel).to_contain_text("this contact was asked often enough")
    visit.panel.get_by_role("button", name="Forget what I was shown").click()
    visit.told("Invited")
    expect(visit.invitation(GOLD)).to_be_visible()


def test_in_the_cart_a_dialog_asks_and_the_keyboard_is_enough(visit):
    visit.go("/demo/?ref=U-1")
    visit.page.get_by_role("link", name="Cart").click()
    dialog = visit.page.get_by_role("dialog", name="Did you find everything?")
    expect(dialog).to_be_visible()
    visit.page.keyboard.press("Tab")
    accept = dialog.get_by_role("link", name="Something was missing")
    assert accept.evaluate("(element) => element.matches(':focus')")
    visit.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    visit.until(lambda: "intercept_dismissed" in visit.demo.touches("U-1"))


@pytest.mark.scenario("H2", "H3", "H9")
def test_the_debugger_opens_on_request_and_names_no_segment(visit):
    bodies: list[str] = []

    def keep(response):
        kind = response.headers.get("content-type", "")
        if response.ok and ("json" in kind or "javascript" in kind or "html" in kind):
            bodies.append(response.text())

    visit.go("/demo/?ref=U-1")
    visit.told("Invited")
    assert visit.page.locator("askwell-debugger").count() == 0
    visit.page.on("requestfinished", lambda request: keep(request.response()))
    visit.panel.get_by_role("button", name="Open the debugger").click()
    window = visit.page.get_by_role("region", name="Askwell debugger")
    window.get_by_text("SI_CartQuestion001", exact=True).click()
    cart = window.locator("details", has_text="SI_CartQuestion001")
    row = cart.locator("li").first
    expect(row).to_contain_text("✕ fail")
    expect(row).to_contain_text("expected/demo/cart")
    expect(row).to_contain_text(f"actual{visit.demo.origin}/demo/?ref=U-1")
    expect(cart).to_contain_text("SG_Reachable000001")
    expect(window).to_contain_text("POOL_SampleDirectory")
    seen = [*bodies, visit.page.content(), window.inner_text()]
    for name in visit.demo.segment_names():
        assert not any(name in text for text in seen), name
    visit.page.reload()
    visit.told("Invited")
    expect(visit.page.locator("askwell-debugger")).to_have_count(0)

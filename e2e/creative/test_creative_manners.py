"""Creatives as guests of a page: nothing of the page breaks them, and they break nothing of it."""

import brotli
import pytest
from playwright.sync_api import Error, Page

STRICT = "default-src 'none'; script-src https://ask.test; require-trusted-types-for 'script'"
HOSTILE = """<style>
  * { all: unset !important; display: none !important; visibility: hidden !important;
    opacity: 0 !important }
  html, head, body, main { display: block !important; visibility: visible !important;
    opacity: 1 !important }
  html { transform: rotate(4deg) !important; filter: blur(3px) !important;
    font-size: 4px !important }
  #cover { display: block !important; position: fixed !important; inset: 0 !important;
    z-index: 2147483647 !important; background: red !important; visibility: visible !important }
</style>"""
# Everything that a page could notice of a guest, gathered from before the guest comes.
WATCH = """window.shifts = []; window.violations = []; window.names = Object.keys(window).length;
new PerformanceObserver((list) => shifts.push(...list.getEntries().map((each) => each.value)))
    .observe({type: "layout-shift", buffered: true});
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
window.heardByPage = [];
for (const name of ["click", "keydown", "focusin"]) {
    document.addEventListener(name, ({target}) => heardByPage.push([name, target.tagName]));
}
"""
KINDS = ("slide_in", "dialog")


def at_the_accept_button(page: Page) -> str:
    """The tag that lies on top where the button is, as the page sees it."""
    tag: str = page.evaluate(
        """() => {
            const {shadowRoot} = document.querySelector("askwell-creative");
            const accept = shadowRoot.querySelector(".accept");
            const {left, top, width, height} = accept.getBoundingClientRect();
            return document.elementFromPoint(left + width / 2, top + height / 2).tagName;
        }"""
    )
    return tag


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.scenario("H14")
def test_the_strictest_policy_is_enough(elsewhere, kind):
    """No inline style, no eval, no markup: a policy that allows our one address allows it all."""
    host = elsewhere.open(policy=STRICT)
    host.page.evaluate(WATCH)
    host.show(kind=kind, accent="#e11d48")
    button = host.page.get_by_role("button", name="Take part")
    colour = button.evaluate("(element) => getComputedStyle(element).backgroundColor")
    assert colour == "rgb(225, 29, 72)"
    button.click()
    host.gone()
    assert host.page.evaluate("violations") == []
    assert host.console == []


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_styles_do_not_reach_it(elsewhere, kind):
    host = elsewhere.open(head=HOSTILE, body='<div id="cover"></div>')
    host.show(kind=kind)
    button = host.page.get_by_role("button", name="Take part")
    # Laid out, not as drawn: the page turns what is drawn, and the creative moves as it comes.
    assert button.evaluate("(element) => element.offsetHeight") >= 44
    assert at_the_accept_button(host.page) == "ASKWELL-CREATIVE"
    button.click()
    host.gone()
    assert host.heard() == ["clicked"]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_page_moves(elsewhere, kind):
    host = elsewhere.open(body="<p>text</p>" * 80)
    host.page.evaluate(WATCH)
    where = """[...document.querySelectorAll("main *")]
        .map((each) => JSON.stringify(each.getBoundingClientRect()))"""
    before = host.page.evaluate(where)
    host.show(kind=kind)
    during = host.page.evaluate(where)
    host.page.get_by_role("button", name="Not now").click()
    host.gone()
    assert before == during == host.page.evaluate(where)
    assert host.page.evaluate("shifts") == []
    assert host.page.evaluate("scrollX + scrollY") == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_hears_and_sees_nothing_of_it(elsewhere, kind):
    host = elsewhere.open(opened=False)
    host.page.evaluate(WATCH)
    names = host.page.evaluate("Object.keys(window).length")
    host.show(kind=kind)
    assert host.page.evaluate("document.querySelector('askwell-creative').shadowRoot") is None
    if kind == "slide_in":
        host.page.locator("#search").focus()
    host.page.keyboard.press("Tab")
    host.page.evaluate("heardByPage.length = 0")
    host.page.keyboard.press("Tab")
    host.page.keyboard.press("Enter")
    host.gone()
    heard = host.page.evaluate("heardByPage")
    assert [name for name, tag in heard if tag.startswith("ASKWELL")] == []
    # Four of the test's own: what it heard, how it aborts, what it painted, that it went away.
    assert host.page.evaluate("Object.keys(window).length") == names + 4
    assert host.console == []


def test_a_dialog_of_the_page_goes_first(elsewhere):
    """Beside it a slide-in would be dead, above it a dialog rude: neither is painted."""
    host = elsewhere.open(body="<dialog id=own>Log in<button>ok</button></dialog>")
    host.page.evaluate("document.querySelector('#own').showModal()")
    with pytest.raises(Error, match="dialog of its own"):
        host.show()
    assert host.page.locator("askwell-creative").count() == 0


def test_a_creative_that_finds_no_place_leaves_nothing_behind(elsewhere):
    host = elsewhere.open()
    host.page.evaluate("""new MutationObserver(() => {
        document.querySelector("askwell-creative")?.remove();
    }).observe(document, {childList: true, subtree: true})""")
    with pytest.raises(Error, match="no place"):
        host.show()
    assert host.page.locator("askwell-creative").count() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_taken_away_it_says_nothing(elsewhere, kind):
    host = elsewhere.open()
    host.page.locator("#buy").focus()
    host.show(kind=kind)
    host.page.evaluate("painted.remove()")
    host.gone()
    host.show(kind=kind)
    host.page.evaluate("aborting.abort()")
    host.gone()
    assert host.heard() == []
    assert host.page.evaluate("document.activeElement.id") == "buy"


def test_aborted_before_it_is_drawn_it_never_shows(elsewhere):
    """The page's watchdog gave up: a late frame must not paint what was cancelled already."""
    host = elsewhere.open()
    host.show()
    host.page.evaluate("painted.remove()")
    said = host.page.evaluate(
        """async ([module, creative]) => {
            const { paint } = await import(module);
            const aborting = new AbortController();
            const nothing = () => {};
            const show = { creative, target: { kind: "none" } };
            const hearing = { onClicked: nothing, onDismissed: nothing, signal: aborting.signal };
            const painting = paint(show, hearing);
            aborting.abort(new Error("too late"));
            return painting.then(() => "painted", (problem) => problem.message);
        }""",
        [
            "https://ask.test/paint.js",
            {
                **dict.fromkeys(("title", "body", "accept", "decline", "close"), "x"),
                "kind": "slide_in",
                "language": "en",
                "direction": "ltr",
            },
        ],
    )
    assert said == "too late"
    assert host.page.locator("askwell-creative").count() == 0


def test_it_is_small(modules):
    assert len(brotli.compress(modules["/paint.js"], quality=11)) <= 6 * 1024

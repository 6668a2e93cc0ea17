"""Creatives for everybody: keyboard, screen reader, colours, motion, direction, small screens."""

import pytest
from playwright.sync_api import expect

KINDS = ("slide_in", "dialog")
LONG = {
    "title": "Donaudampfschifffahrtsgesellschaftskapitänsmütze " * 2,
    "body": "Sehr viele Worte über eine ganz kurze Befragung. " * 12,
    "accept": "Ja, ich nehme sehr gerne an dieser Befragung teil, danke",
    "decline": "Nein, ich möchte jetzt lieber in Ruhe weiter einkaufen",
}
ARABIC = {
    "title": "رأيك يهمّنا",
    "body": "ثلاثة أسئلة قصيرة عن تجربتك في المتجر.",
    "accept": "بكل سرور",
    "decline": "ليس الآن",
    "close": "إغلاق",
    "language": "ar",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "texts",
    [{}, LONG, ARABIC, {"body": "", "decline": ""}],
    ids=["plain", "long", "arabic", "short"],
)
def test_axe_finds_nothing(elsewhere, kind, scheme, texts):
    host = elsewhere.open(color_scheme=scheme)
    host.show(kind=kind, **texts)
    assert host.complaints() == []


@pytest.mark.parametrize("accent", ["#ffe600", "#1e1f25"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_with_any_accent(elsewhere, accent, scheme):
    host = elsewhere.open(color_scheme=scheme)
    host.show(accent=accent)
    assert host.complaints() == []


def test_every_accent_becomes_readable(elsewhere):
    """4,096 accents: text on the button at least 4.5, the button on the card at least 3."""
    host = elsewhere.open()
    worst = host.page.evaluate(
        """async () => {
            const { contrast, tones } = await import("https://ask.test/colour.js");
            let [text, control] = [21, 21];
            for (let number = 0; number < 4096; number++) {
                const accent = "#" + number.toString(16).padStart(3, "0").replace(/./g, "$&$&");
                for (const scheme of tones(accent).split("@media")) {
                    const wanted = /--card:(.{7});--accent:(.{7});--on-accent:(.{7})/;
                    const [, card, fill, on] = scheme.match(wanted);
                    text = Math.min(text, contrast(fill, on));
                    control = Math.min(control, contrast(fill, card));
                }
            }
            return [text, control];
        }"""
    )
    assert worst[0] >= 4.5
    assert worst[1] >= 3


def test_a_dialog_keeps_the_keyboard_and_gives_it_back(elsewhere):
    host = elsewhere.open()
    page = host.page
    page.locator("#buy").focus()
    host.show(kind="dialog")
    dialog = page.get_by_role("dialog", name="How was your visit?")
    assert dialog.evaluate("(element) => element.matches(':focus') && element.matches(':modal')")
    visited = set()
    for _ in range(6):
        page.keyboard.press("Tab")
        visited.add(page.evaluate("document.activeElement.tagName"))
        assert not page.evaluate("document.querySelector('main').contains(document.activeElement)")
    assert "ASKWELL-CREATIVE" in visited
    page.keyboard.press("Escape")
    host.gone()
    assert host.heard() == ["dismissed"]
    assert page.evaluate("document.activeElement.id") == "buy"


def test_a_slide_in_leaves_the_keyboard_where_it_is(elsewhere):
    host = elsewhere.open()
    page = host.page
    page.locator("#search").focus()
    host.show()
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("lamp")
    page.keyboard.press("Escape")
    assert page.locator("#search").input_value() == "lamp"
    assert host.heard() == []
    page.keyboard.press("Tab")
    assert page.get_by_role("button", name="Take part").evaluate(
        "(element) => element.matches(':focus')"
    )
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.get_by_role("button", name="Close").evaluate(
        "(element) => element.matches(':focus')"
    )
    page.keyboard.press("Escape")
    host.gone()
    assert host.heard() == ["dismissed"]
    assert page.evaluate("document.activeElement.id") == "search"


def test_escape_closes_a_slide_in_when_nobody_else_wants_it(elsewhere):
    host = elsewhere.open()
    host.show()
    host.page.keyboard.press("Escape")
    host.gone()
    assert host.heard() == ["dismissed"]


def test_escape_is_the_pages_when_the_page_takes_it(elsewhere):
    host = elsewhere.open()
    host.page.evaluate("document.addEventListener('keydown', (event) => event.preventDefault())")
    host.show()
    host.page.keyboard.press("Escape")
    host.page.wait_for_timeout(300)
    assert host.heard() == []
    assert host.page.get_by_role("button", name="Take part").is_visible()


def test_a_slide_in_is_announced_once(elsewhere):
    host = elsewhere.open()
    host.show()
    said = host.page.get_by_role("status")
    assert said.text_content() == "How was your visit? Three questions, two minutes."
    assert host.page.get_by_role("region", name="How was your visit?").is_visible()
    expect(said).to_be_empty(timeout=8000)


def test_a_click_beside_a_dialog_dismisses_it(elsewhere):
    host = elsewhere.open()
    host.show(kind="dialog")
    host.page.mouse.click(5, 5)
    host.gone()
    assert host.heard() == ["dismissed"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["Not now", "Close"])
def test_declining_and_closing_dismiss(elsewhere, kind, way):
    host = elsewhere.open()
    host.show(kind=kind)
    host.page.get_by_role("button", name=way).dblclick()
    host.gone()
    assert host.heard() == ["dismissed"]


@pytest.mark.parametrize("kind", KINDS)
def test_reduced_motion_moves_nothing(elsewhere, kind):
    still = elsewhere.open(reduced_motion="reduce")
    still.show(kind=kind)
    assert still.animations() == 0
    moving = elsewhere.open()
    moving.show(kind=kind)
    assert moving.animations() > 0


@pytest.mark.parametrize(
    ("texts", "position", "left"),
    [({}, "end", False), ({}, "start", True), (ARABIC, "end", True), (ARABIC, "start", False)],
)
def test_start_and_end_are_those_of_the_language(elsewhere, texts, position, left):
    """`auto` finds the direction by the text itself."""
    host = elsewhere.open(reduced_motion="reduce")
    host.show(position=position, **texts)
    card = host.page.get_by_role("region").bounding_box()
    close = host.page.locator(".close").bounding_box()
    assert card is not None
    assert close is not None
    assert (card["x"] < 100) is left
    assert (close["x"] < card["x"] + card["width"] / 2) is (texts is ARABIC)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("texts", [{}, LONG], ids=["plain", "long"])
def test_it_fits_a_small_phone(elsewhere, kind, texts):
    host = elsewhere.open(width=320, height=480, reduced_motion="reduce", has_touch=True)
    host.show(kind=kind, **texts)
    card = host.page.locator(".card")
    box = card.bounding_box()
    assert box is not None
    assert box["x"] >= 8
    assert box["x"] + box["width"] <= 312
    assert box["y"] >= 8
    assert box["y"] + box["height"] <= 472
    assert card.evaluate("(element) => element.scrollWidth <= element.clientWidth")
    for button in host.page.locator(".card button").all():
        size = button.bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 44
    host.page.locator(".decline").tap()
    host.gone()
    assert host.heard() == ["dismissed"]


def test_forced_colours_keep_edges(elsewhere):
    host = elsewhere.open(forced_colors="active")
    host.show()
    for part in (".card", ".accept", ".decline", ".close"):
        width = host.page.locator(part).evaluate(
            "(element) => getComputedStyle(element).borderTopWidth"
        )
        assert float(width.removesuffix("px")) >= 1


def test_the_reader_s_font_size_counts_not_the_page_s(elsewhere):
    host = elsewhere.open(head="<style>html { font-size: 62.5% } body { font-size: 7px }</style>")
    host.show()
    size = host.page.locator(".card p").evaluate("(element) => getComputedStyle(element).fontSize")
    assert size == "16px"

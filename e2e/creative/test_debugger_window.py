"""The debugger's window by itself, on somebody else's page, with an answer that the core gave."""

import json
from typing import Any

import msgpack
import pytest
from playwright.sync_api import expect

from askwell_runtime import wire
from askwell_runtime.answer import answer
from askwell_runtime.request import read_request

NOW = 1_800_000_000_000
SEGMENT = "SG_1hHhxvjX3PAZ34k"
POLICY = "default-src 'none'; script-src https://ask.test; require-trusted-types-for 'script'"


def intercept(name: str, **changes: Any) -> dict[str, Any]:
    """A live, linked, capped intercept with one action set."""
    action = {"id": f"AS_{name}", "sample_rate": 10_000, "condition": None, "creative_id": "CR_a"}
    return {
        "id": f"SI_{name}",
        "version": 3,
        "created_at": 0,
        "active": True,
        "linked": True,
        "frequency_control": True,
        "sample_rate": 10_000,
        "actions": [{**action, "survey_id": None, "target": {"kind": "none"}}],
        **changes,
    }


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """One of each: shown, not targeted, pending, sampled out, capped, switched off."""
    cart = {"kind": "url", "cmp": "contains", "value": "/cart"}
    segment = {"kind": "segment", "cmp": "is", "value": [SEGMENT]}
    bundle = {
        "v": 1,
        "project_id": "ZN_Shop",
        "directory_id": "POOL_Shop",
        "intercepts": [
            intercept("shown"),
            intercept("elsewhere", condition=[cart, "and", segment]),
            intercept("pending", condition=[{**segment, "value": ["SG_pending"]}]),
            intercept("sampled", sample_rate=1),
            intercept("capped", survey_id="SV_often"),
            intercept("off", active=False),
        ],
        "creatives": {"CR_a": {"kind": "dialog", "title": "?"}},
        "rules": [
            {
                "id": "FR_often",
                "scope": "survey",
                "survey_id": "SV_often",
                "limits": [{"max": 1, "window_s": 86_400}],
            }
        ],
    }
    snapshot = {
        "v": 1,
        "visitor": "known",
        "as_of": NOW,
        "segments": [SEGMENT],
        "pending": ["SG_pending"],
        "allows_at": {"FR_often": NOW + 60_000},
    }
    request = {
        "now": NOW,
        "draw": "f" * 32,
        "debug": True,
        "page": {"url": "https://shop.test/thanks"},
    }
    decided = answer(
        wire.read_bundle(wire.pack_bundle(bundle)),
        wire.read_snapshot(msgpack.packb(snapshot)),
        read_request(json.dumps(request)),
    )
    return {
        "project": "ZN_Shop",
        "reference": {"given": True, "masked": "U-… (3)", "warnings": ["snippet_below"]},
        "visitor": "known",
        "creation": "exists",
        "notes": ["attribute_too_long:Location"],
        "path": "engine-alive",
        "failure": None,
        "answer": decided,
        "marks": [
            {"name": "snapshot", "from_ms": 10, "to_ms": 42},
            {"name": "decide", "from_ms": 42, "to_ms": 43.2},
            {"name": "claim", "from_ms": 44, "to_ms": 60},
            {"name": "paint", "from_ms": 60, "to_ms": 93},
        ],
        "claims": [{"intercept": "SI_shown", "granted": True, "rule": None}],
    }


class Window:
    """The window on a host page."""

    def __init__(self, host: Any, report: dict[str, Any]) -> None:
        self.host, self.page = host, host.page
        self.page.evaluate(
            "async (report) => {"
            "window.opened = (await import('https://ask.test/debugger.js')).open(report) }",
            report,
        )
        self.frame = self.page.get_by_role("region", name="Askwell debugger")

    def unfold(self, intercept: str) -> Any:
        """The lines of one intercept."""
        self.frame.get_by_text(intercept, exact=True).click()
        return self.frame.locator("details", has_text=intercept)


@pytest.fixture
def window(elsewhere, report) -> Window:
    return Window(elsewhere.open(policy=POLICY), report)


@pytest.mark.scenario("H2")
def test_a_failed_condition_says_expected_and_actual(window):
    lines = window.unfold("SI_elsewhere")
    expect(lines).to_contain_text("The targeting does not match.")
    row = lines.locator("li").first
    expect(row).to_contain_text("✕ fail")
    expect(row).to_contain_text("url contains")
    expect(row).to_contain_text("expected/cart")
    expect(row).to_contain_text("actualhttps://shop.test/thanks")
    expect(row).to_contain_text("placecondition[0]")
    expect(lines.locator("li").nth(1)).to_contain_text("✓ pass")


def test_every_intercept_says_what_became_of_it(window):
    said = {
        "SI_shown": "Shows on this page.",
        "SI_pending": "membership is not known yet",
        "SI_sampled": "The draw left this page view out.",
        "SI_capped": "this contact was asked often enough",
        "SI_off": "Published, but switched off.",
    }
    for name, words in said.items():
        expect(window.frame.locator("summary", has_text=name)).to_contain_text(words)
    expect(window.unfold("SI_capped")).to_contain_text("held back by FR_often")
    expect(window.unfold("SI_shown")).to_contain_text("allowed, the edge granted the display")
    expect(window.unfold("SI_sampled")).to_contain_text("0.01 % of page views; this one is out")
    expect(window.unfold("SI_pending").locator("li")).to_contain_text("… pending")
    expect(window.frame).to_contain_text("1 of 6 shown")


def test_a_claim_that_was_refused_is_not_called_shown(elsewhere, report):
    refused = [{"intercept": "SI_shown", "granted": False, "rule": "FR_late"}]
    window = Window(elsewhere.open(), {**report, "claims": refused})
    expect(window.frame).to_contain_text("0 of 6 shown")
    expect(window.unfold("SI_shown")).to_contain_text("refused by the edge by FR_late")


def test_who_is_looking_is_masked_and_warned_about(window):
    expect(window.frame).to_contain_text("given: U-… (3)")
    expect(window.frame).to_contain_text("Move that snippet above it.")
    expect(window.frame).to_contain_text("attribute too long: Location")


def test_the_timeline_is_drawn_to_scale(window):
    rows = window.frame.get_by_role("row")
    expect(rows).to_have_count(4)
    widths = [bar.bounding_box()["width"] for bar in window.frame.locator("rect.bar").all()]
    track = window.frame.locator("rect.track").first.bounding_box()["width"]
    assert widths[0] / track == pytest.approx(32 / 83, abs=0.01)
    assert widths[3] / track == pytest.approx(33 / 83, abs=0.01)
    expect(window.frame).to_contain_text("alive from an earlier page")


def test_it_works_by_keyboard_and_keeps_its_place_when_told_more(window, report):
    page = window.page
    summary = window.frame.locator("summary").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(window.frame.locator("details").first).to_have_attribute("open", "")
    told = {**report, "claims": [], "visitor": "unknown"}
    page.evaluate("(report) => opened.update(report)", told)
    expect(window.frame).to_contain_text("has no contact with this reference")
    expect(window.frame.locator("details").first).to_have_attribute("open", "")
    assert window.frame.locator("summary").first.evaluate("(element) => element.matches(':focus')")
    page.keyboard.press("Escape")
    expect(page.locator("askwell-debugger")).to_have_count(0)
    assert window.host.console == []


def test_it_folds_and_is_folded_on_a_phone(elsewhere, report):
    window = Window(elsewhere.open(width=320, height=560), report)
    fold = window.frame.get_by_role("button", name="Fold")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(window.frame.get_by_text("Who is looking")).to_be_hidden()
    fold.click()
    expect(window.frame.get_by_text("Who is looking")).to_be_visible()
    box = window.frame.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    window.frame.get_by_role("button", name="Close the debugger").click()
    expect(window.page.locator("askwell-debugger")).to_have_count(0)


def test_the_receipt_is_copied_or_shown(elsewhere, report):
    window = Window(elsewhere.open(permissions=["clipboard-read", "clipboard-write"]), report)
    window.frame.get_by_role("button", name="Copy receipt").click()
    expect(window.frame.get_by_role("status")).to_have_text("Copied.")
    assert window.page.evaluate("navigator.clipboard.readText()") == report["answer"]["receipt"]
    without = Window(elsewhere.open(), report)
    refuse = "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }"
    without.page.evaluate(refuse)
    without.frame.get_by_role("button", name="Copy receipt").click()
    area = without.frame.get_by_role("textbox", name="Receipt")
    expect(area).to_have_value(report["answer"]["receipt"])


def test_axe_finds_nothing(elsewhere, report):
    window = Window(elsewhere.open(), report)
    window.unfold("SI_elsewhere")
    assert window.host.complaints() == []


def test_a_failure_says_what_to_look_at(elsewhere, report):
    told = {**report, "answer": None, "failure": "Failed to fetch", "path": "nothing", "marks": []}
    window = Window(elsewhere.open(), told)
    expect(window.frame).to_contain_text("allow our address in connect-src")
    expect(window.frame.get_by_role("button", name="Copy receipt")).to_be_disabled()

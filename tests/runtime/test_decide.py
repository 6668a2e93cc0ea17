"""What holds of every decision: total, pure, one reason each, and it replays from its receipt."""

import base64
import copy
import json

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import anything, bundles, conditions, requests, snapshots, world

from askwell_runtime import browser, wire
from askwell_runtime.answer import answer
from askwell_runtime.decide import decide
from askwell_runtime.errors import BundleError, CoreError, ReceiptError, RequestError, SnapshotError
from askwell_runtime.model import Reason
from askwell_runtime.receipt import answer_text, pack_receipt, replay
from askwell_runtime.request import request_facts, request_from

SHOWN_REASONS = (Reason.SHOWN, Reason.LIST_RULE_TIE, Reason.ANOTHER_ACTIVE)


@given(bundles(), snapshots, requests)
def test_every_intercept_gets_one_reason(bundle, snapshot, request):
    _, (compiled, known, asked) = world(bundle, snapshot, request)
    decisions = decide(compiled, known, asked)
    assert [each.intercept_id for each in decisions] == [
        each["id"] for each in bundle["intercepts"]
    ]
    for each in decisions:
        assert isinstance(each.reason, Reason)
        assert (each.rule_id is not None) == (each.reason is Reason.FREQUENCY_RULE)
        assert each.action_id is not None or each.reason not in SHOWN_REASONS


@given(bundles(), snapshots, requests)
def test_the_same_question_gives_the_same_bytes_and_changes_nothing(bundle, snapshot, request):
    before = copy.deepcopy((bundle, snapshot, request))
    body, (compiled, known, asked) = world(bundle, snapshot, request)
    first = answer_text(answer(compiled, known, asked))
    facts = copy.deepcopy(request_facts(asked))
    again = world(bundle, snapshot, request)[1]
    assert answer_text(answer(*again)) == first
    assert answer_text(answer(compiled, known, asked)) == first
    assert (bundle, snapshot, request) == before
    assert request_facts(asked) == facts
    assert wire.pack_bundle(bundle) == body


@given(bundles(), snapshots, requests)
def test_a_receipt_replays_to_the_same_bytes(bundle, snapshot, request):
    body, (compiled, known, asked) = world(bundle, snapshot, request)
    receipt = pack_receipt(compiled.hash, known, asked)
    expected = answer_text(answer(compiled, known, asked))
    assert replay(receipt, body) == expected
    if asked.debug:
        text = json.loads(expected)["receipt"]
        assert base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) == receipt


@given(bundles(), snapshots, requests, conditions)
def test_only_a_more_willing_targeting_shows_more(bundle, snapshot, request, more):
    """Joining a condition with `and` never makes an intercept pass that did not pass before."""
    bundle["intercepts"] = bundle["intercepts"][:1]
    narrower = copy.deepcopy(bundle)
    narrower["intercepts"][0]["condition"] = [more, "and", bundle["intercepts"][0]["condition"]]
    wide = decide(*world(bundle, snapshot, request)[1])[0].reason
    narrow = decide(*world(narrower, snapshot, request)[1])[0].reason
    if narrow is Reason.SHOWN:
        assert wide is Reason.SHOWN


@given(bundles(), requests)
def test_no_reference_is_never_stopped_by_the_contact(bundle, request):
    request["debug"] = False
    snapshot = {"v": 1, "visitor": "anonymous", "allows_at": {}, "list_rules": True}
    about_contacts = {
        Reason.FREQUENCY_RULE,
        Reason.UNKNOWN_REFERENCE,
        Reason.UNSIGNED_REFERENCE,
        Reason.MEMBERSHIP_PENDING,
        Reason.LIST_RULE_TIE,
    }
    decisions = decide(*world(bundle, snapshot, request)[1])
    assert not about_contacts & {each.reason for each in decisions}


@given(anything, st.text())
def test_a_request_is_read_whatever_it_holds(page, text):
    for raw in (page, {"now": 5, "draw": "0" * 32, "page": page, "debug": page}, text):
        try:
            asked = wire.read_request(raw if isinstance(raw, str) else json.dumps(raw))
        except RequestError:
            assert not (isinstance(raw, dict) and {"now", "draw"} <= set(raw))
        else:
            assert request_from(request_facts(asked)) == asked


PAGE = ["url", "history", "cookies", "values", "tracked", "displayed", "actions", "surveys",
        "utc_offset_s", "page_count", "time_on_site_s", "storage", "active", "language"]  # fmt: skip


@settings(max_examples=200)
@given(bundles(), snapshots, st.dictionaries(st.sampled_from(PAGE), anything), st.booleans())
def test_any_page_that_reads_is_answered(bundle, snapshot, page, debug):
    request = {"now": 1_795_521_600_000, "draw": "a" * 32, "debug": debug, "page": page}
    body = wire.pack_bundle(bundle)
    known = wire.pack_snapshot(snapshot)
    answered = browser.answer_bytes(body, wire.bundle_hash(body), known, json.dumps(request))
    assert len(json.loads(answered)["decisions"]) == len(bundle["intercepts"])


@pytest.mark.parametrize(
    "text",
    ["", "[", "null", "[]", "7", '"now"', "{}", '{"now": 1}', '{"draw": "' + "0" * 32 + '"}',
     '{"now": 1, "draw": "short"}', '{"now": -1, "draw": "' + "0" * 32 + '"}',
     '{"now": 1.5, "draw": "' + "0" * 32 + '"}', '{"now": true, "draw": "' + "0" * 32 + '"}',
     '{"now": 1e999, "draw": "' + "0" * 32 + '"}', '{"now": ' + "9" * 5000 + "}", "[" * 100_000, b"\xff"],
)  # fmt: skip
def test_what_is_no_question_is_refused(text):
    with pytest.raises(RequestError):
        wire.read_request(text)


@settings(max_examples=300)
@given(
    st.binary(max_size=60) | anything.map(lambda value: msgpack.packb({"v": 1, "x": repr(value)}))
)
def test_bytes_that_are_no_bundle_snapshot_or_receipt_are_refused(body):
    for read in (wire.read_bundle, wire.read_snapshot, lambda b: replay(b, b"")):
        with pytest.raises((BundleError, SnapshotError, ReceiptError)):
            read(body)


@settings(max_examples=300)
@given(bundles(), snapshots, st.data())
def test_a_damaged_bundle_is_refused_or_still_decides(bundle, snapshot, data):
    """Whatever value is put into whatever place, reading refuses it or deciding works."""
    damaged = copy.deepcopy(bundle)
    place = damaged
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and data.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = data.draw(anything)
        break
    request = {"now": 5, "draw": "0" * 32, "debug": True, "page": {"url": "https://shop.test/"}}
    try:
        _, (compiled, known, asked) = world(damaged, snapshot, request)
    except CoreError:
        return
    json.loads(answer_text(answer(compiled, known, asked)))

"""Bundles, snapshots and receipts as bytes: canonical, bounded, refused with a path."""

import subprocess
import sys
from pathlib import Path

import msgpack
import pytest
from hypothesis import given
from worlds import anything, bundles, snapshots

from askwell_runtime import browser, wire
from askwell_runtime.errors import BundleError, ReceiptError, SnapshotError
from askwell_runtime.receipt import pack_receipt, replay
from askwell_runtime.request import read_request

SMALL = {
    "v": 1,
    "project_id": "ZN_1",
    "creatives": {"CR_1": {"kind": "dialog"}},
    "intercepts": [
        {"id": "SI_1", "created_at": 1, "actions": [{"id": "AS_1", "creative_id": "CR_1"}]}
    ],
}
ANYBODY = wire.pack_snapshot({"v": 1, "visitor": "anonymous"})
QUESTION = '{"now": 1, "draw": "' + "0" * 32 + '"}'


def reversed_keys(value):
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return [reversed_keys(each) for each in value] if isinstance(value, list) else value


@given(bundles(), snapshots)
def test_the_order_of_keys_does_not_change_the_bytes(bundle, snapshot):
    assert wire.pack_bundle(bundle) == wire.pack_bundle(reversed_keys(bundle))
    assert wire.pack_snapshot(snapshot) == wire.pack_snapshot(reversed_keys(snapshot))


@given(snapshots)
def test_a_snapshot_survives_its_facts(snapshot):
    read = wire.read_snapshot(wire.pack_snapshot(snapshot))
    assert wire.read_snapshot(wire.pack_snapshot(wire.snapshot_facts(read))) == read


def test_these_bytes_stay_readable():
    """Bytes of version 1, written down once: a later core must read them and call them the same."""
    body = bytes.fromhex(
        "84a963726561746976657381a443525f3181a46b696e64a66469616c6f67aa696e746572636570747391"
        "83a7616374696f6e739182ab63726561746976655f6964a443525f31a26964a441535f31aa637265617465"
        "645f617401a26964a453495f31aa70726f6a6563745f6964a45a4e5f31a17601"
    )
    assert wire.pack_bundle(SMALL) == body
    assert wire.read_bundle(body).intercepts[0].id == "SI_1"
    assert wire.bundle_hash(body) == wire.read_bundle(body).hash
    assert len(wire.bundle_hash(body)) == 32


@pytest.mark.parametrize(
    "body",
    [b"", b"\xc1", b"\x90", b"\x81\xa1v\x02", b"\xdf\xff\xff\xff\xff", b"\x91" * 100_000,
     msgpack.packb({"v": 1}) + b"x", msgpack.packb({1: 2}, strict_types=True), b"\xc7\x0c\xff" + b"\xff" * 12,
     msgpack.packb({"v": True}), b"\x00" * (wire.BODY_LIMIT + 1)],
)  # fmt: skip
def test_bytes_that_are_not_ours_are_refused(body):
    with pytest.raises(BundleError):
        wire.read_bundle(body)
    with pytest.raises(SnapshotError):
        wire.read_snapshot(body)
    with pytest.raises(ReceiptError):
        replay(body, wire.pack_bundle(SMALL))


def test_a_bundle_with_too_many_or_too_deep_is_refused():
    crowd = [SMALL["intercepts"][0] | {"id": f"SI_{i}"} for i in range(201)]
    with pytest.raises(BundleError) as refused:
        wire.pack_bundle(SMALL | {"intercepts": crowd})
    assert refused.value.path == "intercepts"
    deep: list = []
    for _ in range(2000):
        deep = [deep]
    with pytest.raises(BundleError):
        wire.pack_bundle(SMALL | {"more": deep})
    with pytest.raises(BundleError):
        wire.pack_bundle(SMALL | {"more": "x" * wire.BODY_LIMIT})


@pytest.mark.parametrize("strange", [2**70, object(), {1: 2}, b"x" * 3, "\ud800"])
def test_what_cannot_cross_is_refused_or_carried(strange):
    try:
        body = wire.pack_bundle(SMALL | {"more": strange})
    except BundleError:
        assert strange not in (b"xxx", "\ud800")
    else:
        assert wire.read_bundle(body).project_id == "ZN_1"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"visitor": "guest"}, "visitor"),
        ({"visitor": None}, "visitor"),
        ({"segments": "SG_1"}, "segments"),
        ({"segments": [1]}, "segments"),
        ({"allows_at": {"FR_1": "soon"}}, "allows_at.FR_1"),
        ({"allows_at": {"FR_1": -1}}, "allows_at.FR_1"),
        ({"allows_at": []}, "allows_at"),
        ({"list_rules": 1}, "list_rules"),
        ({"as_of": 1.5}, "as_of"),
        ({"notes": [None]}, "notes"),
        ({"v": 2}, "v"),
    ],
)
def test_a_malformed_snapshot_is_refused_with_its_path(change, path):
    with pytest.raises(SnapshotError) as refused:
        wire.pack_snapshot({"v": 1, "visitor": "known"} | change)
    assert refused.value.path == path


def test_a_receipt_belongs_to_its_bundle():
    known, asked = wire.read_snapshot(ANYBODY), read_request(QUESTION)
    body = wire.pack_bundle(SMALL)
    receipt = pack_receipt(wire.bundle_hash(body), known, asked)
    assert replay(receipt, body) == browser.answer_bytes(
        body, wire.bundle_hash(body), ANYBODY, QUESTION
    )
    with pytest.raises(ReceiptError) as refused:
        replay(receipt, wire.pack_bundle(SMALL | {"directory_id": "POOL_2"}))
    assert refused.value.path == "bundle"


@pytest.mark.parametrize(
    "change",
    [
        {"snapshot": {}},
        {"request": {"now": 1}},
        {"bundle": 7},
        {"snapshot": {"v": 1, "visitor": "?"}},
    ],
)
def test_a_damaged_receipt_is_refused_as_a_receipt(change):
    body = wire.pack_bundle(SMALL)
    whole = msgpack.unpackb(
        pack_receipt(wire.bundle_hash(body), wire.read_snapshot(ANYBODY), read_request(QUESTION))
    )
    with pytest.raises(ReceiptError):
        replay(msgpack.packb(whole | change), body)


@given(anything)
def test_any_receipt_is_refused_as_a_receipt(value):
    body = wire.pack_bundle(SMALL)
    head = {"v": 1, "bundle": wire.bundle_hash(body), "snapshot": {"v": 1, "visitor": "known"}}
    receipt = wire.pack(head | {"request": {"x": repr(value)}}, ReceiptError)
    with pytest.raises(ReceiptError):
        replay(receipt, body)


def test_the_door_keeps_a_few_bundles_and_checks_their_names():
    bodies = [
        wire.pack_bundle(SMALL | {"directory_id": f"POOL_{i}"}) for i in range(browser.KEPT + 2)
    ]
    for body in bodies:
        browser.answer_bytes(body, wire.bundle_hash(body), ANYBODY, QUESTION)
    newest = wire.bundle_hash(bodies[-1])
    assert browser.compiled(b"", newest).hash == newest
    with pytest.raises(BundleError):
        browser.compiled(b"", wire.bundle_hash(bodies[0]))
    with pytest.raises(BundleError):
        browser.compiled(bodies[0], "0" * 32)


def test_the_core_brings_in_nothing_heavy():
    """What a visitor's browser would pay for without need."""
    heavy = [
        "dataclasses",
        "typing",
        "inspect",
        "urllib",
        "asyncio",
        "random",
        "time",
        "js",
        "logging",
    ]
    code = (
        "before = set(sys.modules); import askwell_runtime.browser;"
        f"print([name for name in {heavy} if name in set(sys.modules) - before])"
    )
    here = str(Path(wire.__file__).parents[1])  # however it was installed
    script = f"import sys; sys.path[:] = {[here, *sys.path]}; {code}"
    run = [sys.executable, "-S", "-c", script]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

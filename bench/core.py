"""Microseconds a decision: the core over its corpus, and beside GrowthBook's Python SDK.

Both sides decide the same intercepts for the same pages, in one process, in turns; first it is
checked that they agree. `--json` prints one line of JSON last.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import time
from pathlib import Path

from growthbook import GrowthBook

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "runtime"), str(ROOT / "tests" / "decisions")]

import driver

from askwell_runtime import wire
from askwell_runtime.decide import decide

ROUNDS = 15


def leaf(kind, cmp, value=None, **more):
    return {"kind": kind, "cmp": cmp, **({} if value is None else {"value": value}), **more}


CART = leaf("url", "contains", "/cart")
PHONE = leaf("device", "is", ["mobile", "tablet"])
TOTAL = leaf("value", "between", [20, 100], path="cart.total")
GOLD = leaf("segment", "is", ["SG_gold"])
PRO = leaf("cookie", "is", "pro", name="plan")
ENGLISH = leaf("language", "is", "en")
THIRD = leaf("page_count", "gte", 3)
COUPON = leaf("value", "set", path="cart.coupon")

URL_HAS_CART = {"url": {"$regex": "/cart"}}
ON_PHONE = {"device": {"$in": ["mobile", "tablet"]}}
IN_TOTAL = {"cart.total": {"$gte": 20, "$lte": 100}}
IN_GOLD = {"segments": {"$elemMatch": {"$eq": "SG_gold"}}}
HAS_PRO = {"cookies.plan": "pro"}
IN_ENGLISH = {"language": {"$regex": "^en(-|$)"}}
FROM_THIRD = {"page_count": {"$gte": 3}}
HAS_COUPON = {"cart.coupon": {"$exists": True}}

# The same ten targetings in both languages.
TARGETINGS = [
    ([CART], URL_HAS_CART),
    ([PHONE], ON_PHONE),
    ([TOTAL, "and", CART], {"$and": [IN_TOTAL, URL_HAS_CART]}),
    ([GOLD], IN_GOLD),
    ([PRO, "or", GOLD], {"$or": [HAS_PRO, IN_GOLD]}),
    ([ENGLISH, "and", THIRD], {"$and": [IN_ENGLISH, FROM_THIRD]}),
    ([COUPON, "and", PHONE, "or", PRO], {"$or": [{"$and": [HAS_COUPON, ON_PHONE]}, HAS_PRO]}),
    ([leaf("url", "not_contains", "/checkout")], {"$not": {"url": {"$regex": "/checkout"}}}),
    (
        [THIRD, "and", [CART, "or", [ENGLISH, "and", GOLD]]],
        {"$and": [FROM_THIRD, {"$or": [URL_HAS_CART, {"$and": [IN_ENGLISH, IN_GOLD]}]}]},
    ),
    ([], {}),
]


def pages():
    """Ninety-six page views, as the page tells them, each with the visitor's segments."""
    urls = ["https://shop.test/en/cart?step=2", "https://shop.test/checkout", "https://shop.test/"]
    carts = [{"total": 64.5, "coupon": "SPRING"}, {"total": 12}]
    visitors = itertools.product(urls, carts, ["mobile", "desktop"], ["en-GB", "de"], [1, 4])
    for url, cart, device, language, count in visitors:
        for segments, plan in ((["SG_gold"], "pro"), (["SG_other"], "free")):
            yield url, cart, device, language, count, segments, plan


def ours():
    """The compiled bundle and each page as the core takes it."""
    intercepts = [
        {
            "id": f"SI_{i}",
            "created_at": i,
            "condition": condition,
            "actions": [{"id": f"AS_{i}", "creative_id": "CR_a"}],
        }
        for i, (condition, _) in enumerate(TARGETINGS)
    ]
    body = wire.pack_bundle(
        {
            "v": 1,
            "project_id": "ZN_shop",
            "settings": {"single_active": False},
            "creatives": {"CR_a": {"kind": "dialog"}},
            "intercepts": intercepts,
        }
    )
    asked = []
    for url, cart, device, language, count, segments, plan in pages():
        page = {"url": url, "device": device, "language": language, "page_count": count}
        page["values"] = {f"cart.{name}": value for name, value in cart.items()}
        page["cookies"] = {"plan": plan}
        text = json.dumps({"now": 5, "draw": "0" * 32, "page": page})
        snapshot = wire.pack_snapshot({"v": 1, "visitor": "known", "segments": segments})
        asked.append((wire.read_snapshot(snapshot), wire.read_request(text)))
    return wire.read_bundle(body), asked


def theirs():
    """GrowthBook with the same targetings as feature rules, and each page as attributes."""
    features = {
        f"SI_{i}": {"defaultValue": False, "rules": [{"condition": condition, "force": True}]}
        for i, (_, condition) in enumerate(TARGETINGS)
    }
    attributes = [
        {
            "url": url,
            "device": device,
            "language": language,
            "page_count": count,
            "cart": cart,
            "segments": segments,
            "cookies": {"plan": plan},
        }
        for url, cart, device, language, count, segments, plan in pages()
    ]
    return GrowthBook(features=features), list(features), attributes


def seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def beside_growthbook():
    """Microseconds for one intercept or feature on one page: ours, theirs."""
    bundle, asked = ours()
    growthbook, names, attributes = theirs()

    def ask_core():
        return [
            [each.reason == "shown" for each in decide(bundle, snapshot, request)]
            for snapshot, request in asked
        ]

    def ask_growthbook():
        answers = []
        for each in attributes:
            growthbook.set_attributes(each)
            answers.append([growthbook.is_on(name) for name in names])
        return answers

    if ask_core() != ask_growthbook():
        raise SystemExit("the two do not mean the same")
    times = [(seconds(ask_core), seconds(ask_growthbook)) for _ in range(ROUNDS)]
    growthbook.destroy()
    decisions = len(asked) * len(names)
    return [statistics.median(column) / decisions * 1e6 for column in zip(*times, strict=True)]


def over_the_corpus():
    """Microseconds for one intercept: deciding alone, and through the browser's door."""
    texts = [file.read_text() for file in sorted((ROOT / "tests" / "decisions").glob("*.json"))]
    cases = [each for text in texts for each in driver.cases_of(text) if "refused" not in each]
    asked = []
    for case in cases:
        body = wire.pack_bundle(driver.bundle_of(case))
        snapshot = wire.pack_snapshot(case["snapshot"])
        text = json.dumps({"now": case["now"], "draw": case["draw"], "page": case["page"]})
        asked.append((wire.read_bundle(body), snapshot, text))
    read = [(b, wire.read_snapshot(s), wire.read_request(t)) for b, s, t in asked]
    decisions = sum(len(bundle.intercepts) for bundle, _, _ in asked)

    def alone():
        for bundle, snapshot, request in read:
            decide(bundle, snapshot, request)

    def with_reading():
        for bundle, snapshot, text in asked:
            decide(bundle, wire.read_snapshot(snapshot), wire.read_request(text))

    return len(cases), *(
        statistics.median(seconds(work) for _ in range(ROUNDS)) / decisions * 1e6
        for work in (alone, with_reading)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    cases, alone, with_reading = over_the_corpus()
    core, growthbook = beside_growthbook()
    print(f"corpus, {cases} cases: {alone:.1f} µs a decision, {with_reading:.1f} µs with reading")
    print(f"same ten targetings, 96 pages: core {core:.2f} µs, GrowthBook {growthbook:.2f} µs")
    print(f"ratio core / GrowthBook: {core / growthbook:.2f}")
    if as_json:
        found = {"corpus_us": alone, "corpus_with_reading_us": with_reading}
        found |= {"core_us": core, "growthbook_us": growthbook, "ratio": core / growthbook}
        print(json.dumps({name: round(value, 3) for name, value in found.items()}))


if __name__ == "__main__":
    main()

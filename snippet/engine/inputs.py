"""Varied questions for the core, from a seed: what the engine is trained on and compared over.

Most are believable, some are hostile: wrong types, huge numbers, odd text, bundles that the core refuses.
"""

import json
import random
from typing import Any

import msgpack

from askwell_runtime.errors import CoreError
from askwell_runtime.wire import bundle_hash, pack_bundle

Json = Any

NOW = 1_795_500_000_000
TEXTS = [
    "", "/", "cart", "CART", "https://shop.test/cart", "*cart*", "?", "*", "https://shop.test/*", "ä", "İ", "ß", "😀",
    "a" * 300, "en", "en-GB", "de", "ref", "undefined", "null", "0", "1", "-1.5", "1e3", "NaN", " x ", "a,b", "\u0000",
    "shop.test", "query=1&b=%20x", "/a/b?c=d#e", "ﬁ", "Σ", "ς", "\ud83d", "2026-11-24", "09:30",
]
ODD: list[Json] = [
    None, True, False, 0, 1, -1, 2**31, 2**53, 2**63, -(2**63), 1.5, -0.0, 1e308, [], {}, [1], {"a": 1}, "text",
    [[[[[[[[[1]]]]]]]]], {"at": NOW}, {"at": "x"}, "\u2028",
]
TEXT_CMP = ["is", "contains", "starts_with", "ends_with", "matches"]
TEXT_CMP += [f"not_{cmp}" for cmp in TEXT_CMP[1:]] + ["is_not"]
NUMBER_CMP = ["eq", "neq", "lt", "lte", "gt", "gte"]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata"]
INTERCEPTS = [f"SI_{n:015d}" for n in range(12)]
ACTIONS = [f"AS_{n:015d}" for n in range(6)]
SEGMENTS = [f"SG_{n:015d}" for n in range(6)]
SURVEYS = [f"SV_{n:015d}" for n in range(4)]
RULES = [f"FR_{n:015d}" for n in range(5)]
CREATIVES = [f"CR_{n:015d}" for n in range(3)]


class Inputs:
    """One stream of questions; every choice comes from its seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.pick = self.chance.choice

    def some(self, choices: list[Json], most: int) -> list[Json]:
        """A few different ones, in any order."""
        return self.chance.sample(choices, self.chance.randint(0, min(most, len(choices))))

    def likely(self, share: float) -> bool:
        """True in that share of cases."""
        return self.chance.random() < share

    def instant(self) -> int:
        """Within some days of the others."""
        return NOW + self.chance.randint(-(10**9), 10**9)

    def leaf(self) -> Json:
        """One condition of any kind."""
        kind = self.pick(list(LEAVES))
        node = {"kind": kind, **LEAVES[kind](self)}
        if self.likely(0.003):
            node[self.pick(list(node))] = self.pick(ODD)
        return node

    def text_leaf(self, **extra: Json) -> Json:
        """A text comparison."""
        return {**extra, "cmp": self.pick(TEXT_CMP), "value": self.pick(TEXTS if self.likely(0.01) else TEXTS[1:])}

    def number_leaf(self, **extra: Json) -> Json:
        """A number comparison."""
        if self.likely(0.2):
            low = self.chance.randint(0, 50)
            return {**extra, "cmp": "between", "value": [low, low + self.chance.randint(0, 50)]}
        return {**extra, "cmp": self.pick(NUMBER_CMP), "value": self.pick([0, 1, 2, 3.5, 10, 60])}

    def listed_leaf(self, choices: list[str], **extra: Json) -> Json:
        """Is, or is not, one of."""
        value = self.pick(choices) if self.likely(0.5) else self.some(choices, 3) or choices[:1]
        return {**extra, "cmp": self.pick(["is", "is_not"]), "value": value}

    def named_leaf(self, kind: str) -> Json:
        """A query parameter, cookie or value of the page, by its name."""
        plain = {"query": ["empty", "not_empty"]}.get(kind, ["set", "not_set"])
        key = {"value": "path"}.get(kind, "name")
        name = {key: self.pick(["a", "b", "cart.total", "cart.items[0].price", "query"])}
        if self.likely(0.3):
            return {**name, "cmp": self.pick(plain)}
        if kind == "value" and self.likely(0.5):
            return self.number_leaf(**name) if self.likely(0.6) else {**name, "cmp": self.pick(["is_true", "is_false"])}
        return self.text_leaf(**name)

    def clock_leaf(self, kind: str) -> Json:
        """A date, weekday or time of day, perhaps in a zone."""
        zone = {"zone": self.pick(ZONES)} if self.likely(0.5) else {}
        if kind == "weekday":
            return {**zone, "cmp": self.pick(["is", "is_not"]), "value": self.some([1, 2, 3, 4, 5, 6, 7], 4) or [1]}
        choices = ["2026-11-24", "2026-11-25", "2027-03-28"] if kind == "date" else ["00:00", "09:30", "22:15"]
        cmp = self.pick(["before", "after", "between"] + (["is", "is_not"] if kind == "date" else []))
        value = self.pick(choices)
        if cmp == "between":
            value = [choices[0], choices[1]] if kind == "date" else self.chance.sample(choices, 2)
        return {**zone, "cmp": cmp, "value": value}

    def condition(self, depth: int = 0) -> Json:
        """Nested lists joined by and / or, as a person writes them."""
        if self.likely(0.1):
            return self.pick([None, []])
        if depth > 2 or self.likely(0.35):
            return self.leaf()
        node: list[Json] = [self.condition(depth + 1)]
        for _ in range(self.chance.randint(0, 3)):
            node += [self.pick(["and", "or"]), self.condition(depth + 1)]
        return node

    def bundle(self) -> Json:
        """What a project published."""
        ids = self.chance.sample(INTERCEPTS, self.chance.randint(0, 8))
        return {
            "v": 1, "project_id": "ZN_000000000000001", "directory_id": self.pick([None, "POOL_000000000000001"]),
            "settings": {
                "mode": "auto", "sample_rate": self.pick([10000, 10000, 10000, 10000, 5000, 0]), "linked": self.likely(0.8),
                "sampling": self.pick(["request", "visitor"]), "single_active": self.likely(0.7),
                "create_contacts": self.likely(0.5), "require_token": self.likely(0.1),
                "reevaluate_on_url": False, "cookie_domain": self.pick([None, "shop.test"]),
                "claim_timeout_ms": 800, "paint_timeout_ms": 5000,
            },
            "intercepts": [self.intercept(name) for name in ids],
            "creatives": {name: self.creative() for name in CREATIVES},
            "rules": [self.rule(name) for name in self.some(RULES, 4)],
            "zones": {zone: [[0, 3600], [NOW - 10**9, 7200], [NOW + 10**9, -18000]] for zone in ZONES},
        }

    def intercept(self, name: str) -> Json:
        """One intercept with its action set."""
        return {
            "id": name, "version": self.chance.randint(1, 9), "created_at": self.instant(),
            "active": self.likely(0.9), "linked": self.likely(0.7), "frequency_control": self.likely(0.6),
            "passive": self.likely(0.2), "requires_storage": self.likely(0.3), "randomise": self.likely(0.3),
            "sample_rate": self.pick([10000, 10000, 10000, 2500]), "survey_id": self.pick([None, *SURVEYS]),
            "schedule": self.schedule(),
            "repeat_s": self.pick([None, 3600, 86400 * 30]), "timing": self.timing(),
            "condition": self.condition(), "actions": [self.action(a) for a in self.some(ACTIONS, 4)],
        }

    def schedule(self) -> Json:
        """Mostly open, sometimes over or yet to begin."""
        from_at = NOW - self.chance.randint(-(10**9), 10**10) if self.likely(0.3) else None
        until_at = NOW + self.chance.randint(10**9, 10**10) if self.likely(0.3) else None
        return {"from_at": from_at, "until_at": until_at}

    def timing(self) -> Json:
        """When a creative appears."""
        on = self.pick(["load", "delay", "scroll", "exit", "click", "manual"])
        extra = {"delay": {"delay_s": 5}, "scroll": {"percent": 50}, "click": {"selector": "#buy"}}
        return {"on": on, **extra.get(on, {})}

    def action(self, name: str) -> Json:
        """One action of a set."""
        target = {"kind": "url", "url": "https://survey.test/1", "open": self.pick(["tab", "frame"])}
        return {
            "id": name, "sample_rate": self.pick([10000, 10000, 100]), "condition": self.condition(2),
            "creative_id": self.pick(CREATIVES), "survey_id": self.pick([None, *SURVEYS]),
            "target": self.pick([target, {"kind": "none"}]),
        }

    def creative(self) -> Json:
        """What is drawn."""
        return {
            "kind": self.pick(["dialog", "slide_in"]), "title": self.pick(TEXTS), "body": self.pick(TEXTS),
            "accept": "Yes", "decline": "No", "close": "Close", "language": "en", "direction": "auto",
            "position": "end", "accent": self.pick([None, "#0b6cff"]),
        }

    def rule(self, name: str) -> Json:
        """A frequency rule."""
        scope = self.pick(["directory", "survey", "list"])
        return {
            "id": name, "scope": scope, "survey_id": self.pick(SURVEYS) if scope == "survey" else None,
            "list_id": "CG_000000000000001" if scope == "list" else None, "messages": self.pick(["all", "invites"]),
            "ignore_directory": self.likely(0.2), "limits": [{"max": 1, "window_s": 86400}],
            "min_gap_s": self.pick([None, 3600]),
        }

    def snapshot(self) -> Json:
        """What one visitor needs."""
        made = {
            "v": 1, "visitor": self.pick(["anonymous", "unsigned", "unknown", "known", "known", "known"]),
            "as_of": self.instant(), "segments": self.some(SEGMENTS, 4), "pending": self.some(SEGMENTS, 1),
            "segments_at": self.pick([None, self.instant()]), "list_rules": self.likely(0.1),
            "allows_at": {rule: self.pick([0, self.instant()]) for rule in self.some(RULES, 5)},
            "creation": self.pick([None, None, "created", "exists"]), "notes": [],
        }
        if self.likely(0.01):
            made[self.pick(list(made))] = self.pick(ODD)
        return made

    def seen(self, ids: list[str]) -> Json:
        """What this browser remembers having shown or clicked."""
        return {name: {"at": self.instant(), "session": self.likely(0.5)} for name in self.some(ids, 3)}

    def page(self) -> Json:
        """Facts of a page view."""
        path = self.pick(["", "cart", "checkout?step=2&a=1", "Ä/ö?query=%C3%BC", "p/1#top"])
        page = {
            "url": f"https://shop.test/{path}", "referrer": self.pick(TEXTS), "language": self.pick(["en-GB", "de", ""]),
            "device": self.pick(["desktop", "mobile", "tablet"]), "browser": self.pick(["chrome", "firefox"]),
            "os": self.pick(["linux", "ios"]), "utc_offset_s": self.pick([0, 3600, -18000, 19800]),
            "page_count": self.chance.randint(0, 20), "time_on_site_s": self.chance.randint(0, 500),
            "time_on_page_s": self.chance.randint(0, 90), "history": [self.pick(TEXTS) for _ in range(3)],
            "cookies": {"a": self.pick(TEXTS), "b": self.pick(TEXTS)}, "storage": self.likely(0.9),
            "values": {"cart.total": self.pick(ODD), "a": self.pick(TEXTS), "b": self.pick(ODD)},
            "tracked": {"a": self.chance.randint(0, 3)}, "displayed": self.seen(INTERCEPTS),
            "actions": self.seen(ACTIONS), "surveys": self.some(SURVEYS, 2), "active": self.likely(0.05),
        }
        for _ in range(self.pick([0, 0, 0, 1, 4])):
            page[self.pick(list(page))] = self.pick(ODD)
        for name in self.some(list(page), self.pick([0, 0, 0, 6])):
            page.pop(name)
        return page

    def request(self) -> Json:
        """The whole question of a page."""
        asked = {
            "now": self.instant(), "draw": f"{self.chance.getrandbits(128):032x}", "page_view_id": "pv-1234567890abcdef",
            "debug": self.likely(0.25), "page": self.page(),
        }
        if self.likely(0.01):
            asked[self.pick(list(asked))] = self.pick(ODD)
        return asked if self.likely(0.997) else self.pick(ODD)


LEAVES: dict[str, Any] = {
    **{kind: Inputs.text_leaf for kind in ("url", "referrer", "history")},
    **{kind: lambda inputs, kind=kind: inputs.named_leaf(kind) for kind in ("query", "cookie", "value")},
    **{kind: Inputs.number_leaf for kind in ("page_count", "time_on_site_s", "time_on_page_s")},
    **{kind: lambda inputs, kind=kind: inputs.clock_leaf(kind) for kind in ("date", "weekday", "time")},
    "language": lambda inputs: inputs.listed_leaf(["en", "de", "en-GB", "fr"]),
    "device": lambda inputs: inputs.listed_leaf(["desktop", "mobile", "tablet"]),
    "browser": lambda inputs: inputs.listed_leaf(["chrome", "firefox", "safari"]),
    "os": lambda inputs: inputs.listed_leaf(["linux", "ios", "windows"]),
    "tracked": lambda inputs: inputs.number_leaf(name="a"),
    "segment": lambda inputs: {"cmp": inputs.pick(["is", "is_not"]), "value": inputs.some(SEGMENTS, 3) or SEGMENTS[:1]},
    "displayed": lambda inputs: {
        "intercept_id": inputs.pick(["any", *INTERCEPTS]), "within": inputs.pick(["session", "ever"]),
        "cmp": inputs.pick(["is", "is_not"]),
    },
    "action_taken": lambda inputs: {
        "action_id": inputs.pick(ACTIONS), "within": inputs.pick(["session", "ever"]),
        "cmp": inputs.pick(["is", "is_not"]),
    },
    "survey_taken": lambda inputs: {"survey_id": inputs.pick(SURVEYS), "cmp": inputs.pick(["is", "is_not"])},
}


def packed(bundle: Json) -> bytes:
    """The bundle as published, or as it is where the core refuses to publish it."""
    try:
        return pack_bundle(bundle)
    except (CoreError, TypeError, ValueError):
        return msgpack.packb(bundle, default=str, unicode_errors="replace")


def questions(seed: int, count: int) -> list[tuple[bytes, str, bytes, bytes]]:
    """Bundle, its hash, snapshot and request, `count` times; several share a bundle, as pages do."""
    inputs = Inputs(seed)
    made: list[tuple[bytes, str, bytes, bytes]] = []
    body = b""
    for number in range(count):
        if number % 5 == 0:
            body = packed(inputs.bundle())
        snapshot = msgpack.packb(inputs.snapshot(), default=str)
        request = json.dumps(inputs.request(), ensure_ascii=inputs.likely(0.5)).encode("utf-8", "replace")
        made.append((body, bundle_hash(body), snapshot, request))
    return made

"""Varied bundles from a seed: most are believable, some the core refuses."""

import random
from collections.abc import Callable
from typing import Any

import msgpack

from askwell_runtime.errors import CoreError
from askwell_runtime.wire import pack_bundle

Json = Any

NOW = 1_795_500_000_000
TEXTS = [
    "",
    "/",
    "cart",
    "CART",
    "https://shop.test/cart",
    "*cart*",
    "?",
    "*",
    "https://shop.test/*",
    "https://shop.test/*/cart",
    "0.00001",
    "🛒",
    "ä",
    "İ",
    "ß",
    "😀",
    "a" * 300,
    "en",
    "en-GB",
    "de",
    "ref",
    "undefined",
    "null",
    "0",
    "1",
    "-1.5",
    "1e3",
    "NaN",
    " x ",
    "a,b",
    "\u0000",
    "shop.test",
    "query=1&b=%20x",
    "/a/b?c=d#e",
    "ﬁ",
    "Σ",
    "ς",
    "\ud83d",
    "2026-11-24",
    "09:30",
]
ODD: list[Json] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2**31,
    2**53,
    2**63,
    -(2**63),
    1.5,
    -0.0,
    1e-5,
    1234.56,
    1e21,
    1e308,
    float("inf"),
    [],
    {},
    [1],
    {"a": 1},
    "text",
    [[[[[[[[[1]]]]]]]]],
    {"at": NOW},
    {"at": "x"},
    "\u2028",
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


class Bundles:
    """One stream of bundles; every choice comes from its seed."""

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
        return {
            **extra,
            "cmp": self.pick(TEXT_CMP),
            "value": self.pick(TEXTS if self.likely(0.01) else TEXTS[1:]),
        }

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
        names = ["a", "b", "cart.total", "cart.items[0].price", "query", "preview"]
        name = {key: self.pick(names)}
        if self.likely(0.3):
            return {**name, "cmp": self.pick(plain)}
        if kind == "value" and self.likely(0.5):
            return (
                self.number_leaf(**name)
                if self.likely(0.6)
                else {**name, "cmp": self.pick(["is_true", "is_false"])}
            )
        return self.text_leaf(**name)

    def clock_leaf(self, kind: str) -> Json:
        """A date, weekday or time of day, perhaps in a zone."""
        zone = {"zone": self.pick(ZONES)} if self.likely(0.5) else {}
        if kind == "weekday":
            return {
                **zone,
                "cmp": self.pick(["is", "is_not"]),
                "value": self.some([1, 2, 3, 4, 5, 6, 7], 4) or [1],
            }
        choices = (
            ["2026-11-24", "2026-11-25", "2027-03-28"]
            if kind == "date"
            else ["00:00", "09:30", "22:15"]
        )
        cmp = self.pick(
            ["before", "after", "between"] + (["is", "is_not"] if kind == "date" else [])
        )
        value: Json = self.pick(choices)
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
            "v": 1,
            "project_id": "ZN_000000000000001",
            "directory_id": self.pick([None, "POOL_000000000000001"]),
            "settings": {
                "mode": "auto",
                "sample_rate": self.pick([10000, 10000, 10000, 10000, 5000, 0]),
                "linked": self.likely(0.8),
                "sampling": self.pick(["request", "visitor"]),
                "single_active": self.likely(0.7),
                "create_contacts": self.likely(0.5),
                "require_token": self.likely(0.1),
                "reevaluate_on_url": False,
                "cookie_domain": self.pick([None, "shop.test"]),
                "claim_timeout_ms": 800,
                "paint_timeout_ms": 5000,
            },
            "intercepts": [self.intercept(name) for name in ids],
            "creatives": {name: self.creative() for name in CREATIVES},
            "rules": [self.rule(name) for name in self.some(RULES, 4)],
            "zones": {
                zone: [[0, 3600], [NOW - 10**9, 7200], [NOW + 10**9, -18000]] for zone in ZONES
            },
        }

    def intercept(self, name: str) -> Json:
        """One intercept with its action set."""
        return {
            "id": name,
            "version": self.chance.randint(1, 9),
            "created_at": self.pick([NOW, self.instant()]),
            "active": self.likely(0.9),
            "linked": self.likely(0.7),
            "frequency_control": self.likely(0.6),
            "passive": self.likely(0.2),
            "requires_storage": self.likely(0.3),
            "randomise": self.likely(0.3),
            "sample_rate": self.pick([10000, 10000, 10000, 2500]),
            "survey_id": self.pick([None, *SURVEYS]),
            "schedule": self.schedule(),
            "repeat_s": self.pick([None, 3600, 86400 * 30]),
            "timing": self.timing(),
            "condition": self.condition(),
            "actions": [self.action(a) for a in self.some(ACTIONS, 4)],
        }

    def schedule(self) -> Json:
        """Mostly open, sometimes over or yet to begin."""
        from_at = NOW - self.chance.randint(-(10**9), 10**10) if self.likely(0.3) else None
        until_at = (from_at or NOW - 10**9) + self.chance.randint(1, 10**10)
        return {"from_at": from_at, "until_at": until_at if self.likely(0.3) else None}

    def timing(self) -> Json:
        """When a creative appears."""
        on = self.pick(["load", "delay", "scroll", "exit", "click", "manual"])
        extra: dict[str, Json] = {
            "delay": {"delay_s": 5},
            "scroll": {"percent": 50},
            "click": {"selector": "#buy"},
        }
        return {"on": on, **extra.get(on, {})}

    def action(self, name: str) -> Json:
        """One action of a set."""
        target = {
            "kind": "url",
            "url": "https://survey.test/1",
            "open": self.pick(["tab", "frame"]),
        }
        return {
            "id": name,
            "sample_rate": self.pick([10000, 10000, 100]),
            "condition": self.condition(2),
            "creative_id": self.pick(CREATIVES),
            "survey_id": self.pick([None, *SURVEYS]),
            "target": self.pick([target, {"kind": "none"}]),
        }

    def creative(self) -> Json:
        """What is drawn."""
        return {
            "kind": self.pick(["dialog", "slide_in"]),
            "title": self.pick(TEXTS),
            "body": self.pick(TEXTS),
            "accept": "Yes",
            "decline": "No",
            "close": "Close",
            "language": "en",
            "direction": "auto",
            "position": "end",
            "accent": self.pick([None, "#0b6cff"]),
        }

    def rule(self, name: str) -> Json:
        """A frequency rule."""
        scope = self.pick(["directory", "survey", "list"])
        limits = self.pick([[], [{"max": 1, "window_s": 86400}]])
        return {
            "id": name,
            "scope": scope,
            "survey_id": self.pick(SURVEYS) if scope == "survey" else None,
            "list_id": "CG_000000000000001" if scope == "list" else None,
            "messages": self.pick(["all", "invites"]),
            "ignore_directory": self.likely(0.5),
            "limits": limits,
            "min_gap_s": self.pick([None, 3600]) if limits else 3600,
        }


LEAVES: dict[str, Callable[[Any], Json]] = {
    **dict.fromkeys(("url", "referrer", "history"), Bundles.text_leaf),
    **{
        kind: lambda inputs, kind=kind: inputs.named_leaf(kind)
        for kind in ("query", "cookie", "value")
    },
    **dict.fromkeys(("page_count", "time_on_site_s", "time_on_page_s"), Bundles.number_leaf),
    **{
        kind: lambda inputs, kind=kind: inputs.clock_leaf(kind)
        for kind in ("date", "weekday", "time")
    },
    "language": lambda inputs: inputs.listed_leaf(["en", "de", "en-GB", "fr"]),
    "device": lambda inputs: inputs.listed_leaf(["desktop", "mobile", "tablet"]),
    "browser": lambda inputs: inputs.listed_leaf(["chrome", "firefox", "safari"]),
    "os": lambda inputs: inputs.listed_leaf(["linux", "ios", "windows"]),
    "tracked": lambda inputs: inputs.number_leaf(name="a"),
    "segment": lambda inputs: {
        "cmp": inputs.pick(["is", "is_not"]),
        "value": inputs.some(SEGMENTS, 3) or SEGMENTS[:1],
    },
    "displayed": lambda inputs: {
        "intercept_id": inputs.pick(["any", *INTERCEPTS]),
        "within": inputs.pick(["session", "ever"]),
        "cmp": inputs.pick(["is", "is_not"]),
    },
    "action_taken": lambda inputs: {
        "action_id": inputs.pick(ACTIONS),
        "within": inputs.pick(["session", "ever"]),
        "cmp": inputs.pick(["is", "is_not"]),
    },
    "survey_taken": lambda inputs: {
        "survey_id": inputs.pick(SURVEYS),
        "cmp": inputs.pick(["is", "is_not"]),
    },
}


def packed(bundle: Json) -> bytes:
    """The bundle as published, or as it is where the core refuses to publish it."""
    try:
        return pack_bundle(bundle)
    except (CoreError, TypeError, ValueError):
        return bytes(msgpack.packb(bundle, default=str, unicode_errors="replace"))

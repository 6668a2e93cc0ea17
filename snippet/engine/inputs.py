"""Varied questions for the core, from a seed: what the engine is trained on and compared over.

Most are believable, some are hostile: wrong types, huge numbers, odd text, refused bundles.
"""

import json

import msgpack
from bundles import ACTIONS, INTERCEPTS, ODD, RULES, SEGMENTS, SURVEYS, TEXTS, Bundles, Json, packed

from askwell_runtime.wire import bundle_hash


class Inputs(Bundles):
    """One stream of questions."""

    def snapshot(self) -> Json:
        """What one visitor needs."""
        made = {
            "v": 1,
            "visitor": self.pick(["anonymous", "unsigned", "unknown", "known", "known", "known"]),
            "as_of": self.instant(),
            "segments": self.some(SEGMENTS, 4),
            "pending": self.some(SEGMENTS, 1),
            "segments_at": self.pick([None, self.instant()]),
            "list_rules": self.likely(0.1),
            "allows_at": {rule: self.pick([0, self.instant()]) for rule in self.some(RULES, 5)},
            "creation": self.pick([None, None, "created", "exists"]),
            "notes": [],
        }
        if self.likely(0.01):
            made[self.pick(list(made))] = self.pick(ODD)
        return made

    def seen(self, ids: list[str]) -> Json:
        """What this browser remembers having shown or clicked."""
        return {
            name: {"at": self.instant(), "session": self.likely(0.5)} for name in self.some(ids, 3)
        }

    def page(self) -> Json:
        """Facts of a page view."""
        paths = ["", "cart", "checkout?step=2&a=1", "Ä/ö?query=%C3%BC", "p/1#top", "?preview=1"]
        path = self.pick([*paths, "?a=%zz%", "en/gb/cart", "🛒", self.pick(TEXTS)])
        page = {
            "url": f"https://shop.test/{path}",
            "referrer": self.pick(TEXTS),
            "language": self.pick(["en-GB", "de", ""]),
            "device": self.pick(["desktop", "mobile", "tablet"]),
            "browser": self.pick(["chrome", "firefox"]),
            "os": self.pick(["linux", "ios"]),
            "utc_offset_s": self.pick([0, 3600, -18000, 19800]),
            "page_count": self.chance.randint(0, 20),
            "time_on_site_s": self.chance.randint(0, 500),
            "time_on_page_s": self.chance.randint(0, 90),
            "history": [self.pick(TEXTS) for _ in range(3)],
            "cookies": {"a": self.pick(TEXTS), "b": self.pick(TEXTS)},
            "storage": self.likely(0.9),
            "values": {"cart.total": self.pick(ODD), "a": self.pick(TEXTS), "b": self.pick(ODD)},
            "tracked": {"a": self.chance.randint(0, 3)},
            "displayed": self.seen(INTERCEPTS),
            "actions": self.seen(ACTIONS),
            "surveys": self.some(SURVEYS, 2),
            "active": self.likely(0.05),
        }
        for _ in range(self.pick([0, 0, 0, 1, 4])):
            page[self.pick(list(page))] = self.pick(ODD)
        for name in self.some(list(page), self.pick([0, 0, 0, 6])):
            page.pop(name)
        return page

    def request(self) -> Json:
        """The whole question of a page."""
        asked = {
            "now": self.instant(),
            "draw": f"{self.chance.getrandbits(128):032x}",
            "page_view_id": "pv-1234567890abcdef",
            "debug": self.likely(0.25),
            "page": self.page(),
        }
        if self.likely(0.01):
            asked[self.pick(list(asked))] = self.pick(ODD)
        return asked if self.likely(0.997) else self.pick(ODD)


def questions(seed: int, count: int) -> list[tuple[bytes, str, bytes, bytes]]:
    """Bundle, its hash, snapshot and request, `count` times; five in turn share a bundle."""
    inputs = Inputs(seed)
    made: list[tuple[bytes, str, bytes, bytes]] = []
    body = b""
    for number in range(count):
        if number % 5 == 0:
            body = packed(inputs.bundle())
        snapshot = msgpack.packb(inputs.snapshot(), default=str)
        request = json.dumps(inputs.request(), ensure_ascii=inputs.likely(0.5)).encode(
            "utf-8", "replace"
        )
        made.append((body, bundle_hash(body), snapshot, request))
    return made

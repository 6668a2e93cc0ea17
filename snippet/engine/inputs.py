"""Varied questions for the core, from a seed: what the engine is trained on and compared over."""

import hashlib
import json
import random

import msgpack


def questions(seed: int, count: int) -> list[tuple[bytes, str, bytes, str]]:
    """Bundle, its hash, snapshot and request, `count` times."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        bundle = msgpack.packb({"intercepts": [{"id": f"SI_{n}", "url": ".*cart.*"} for n in range(chance.randint(0, 9))]})
        request = json.dumps({"draw": str(number), "page": {"url": chance.choice(["https://x/cart", "y", "\u00e4"])}})
        made.append((bundle, hashlib.sha256(bundle).hexdigest()[:32], msgpack.packb({}), request))
    return made

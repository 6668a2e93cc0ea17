"""The page's own modules beside what they must agree with, in Node."""

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from askwell_runtime.prefilter import may_show

ASK = Path(__file__).with_name("ask.mjs")
SHOP = {"a": {"b": [{"c d": 7, "": 8}], "e.f": None, "'": 9}, "zero": 0}


def ask(questions: list[list[Any]]) -> list[Any]:
    """The modules' answers."""
    said = subprocess.check_output(["node", ASK], input=json.dumps(questions), text=True)
    answers: list[Any] = json.loads(said)
    return answers


def test_the_prefilter_is_the_cores() -> None:
    chance = random.Random(7)
    words = ["/cart", "shop", "?x=1", "ä", "k", "/", "%20", "checkout"]
    capital = ["/CART", "Shop", "?X=1", "Ä", "\u212a", "/", "%20", "ChecKout", "straße"]

    def entry() -> dict[str, Any]:
        urls = [chance.sample(words, chance.randint(1, 3)) for _ in range(chance.randint(0, 3))]
        return {
            "from_at": chance.choice([None, 5, 10]),
            "until_at": chance.choice([None, 8, 12]),
            "urls": chance.choice([None, urls]),
        }

    worlds = [
        (
            [entry() for _ in range(chance.randint(0, 3))],
            "https://" + "".join(chance.choices(words + capital, k=4)),
            chance.randint(0, 15),
        )
        for _ in range(500)
    ]
    expected = [may_show(*world) for world in worlds]
    assert ask([["may_show", *world] for world in worlds]) == expected
    assert 50 < sum(expected) < 450


@pytest.mark.scenario("I9")
def test_paths_are_read_as_the_expression_would_be() -> None:
    cases = {
        "a.b[0]['c d']": 7,
        'a["b"][0]["c d"]': 7,
        "a['e.f']": None,
        'a["\'"]': 9,
        "zero": 0,
        "nothing": "undefined",
        "a.nothing": "undefined",
        "a.nothing.more": "!TypeError",
        "nothing[0]": "!TypeError",
        "a['e.f'].g": "!TypeError",
        "a.b()": "!SyntaxError",
        "a b": "!SyntaxError",
        "a[b]": "!SyntaxError",
        "alert(1)": "!SyntaxError",
    }
    asked = [["look_up", SHOP, path] for path in cases]
    assert ask(asked) == list(cases.values())


def test_devices_are_known_by_what_they_say() -> None:
    windows, mac = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Mozilla/5.0 (Macintosh; Intel)"
    kit, phone = "AppleWebKit/537.36 (KHTML, like Gecko)", "Mozilla/5.0 (Linux; Android 14;"
    iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)"
    cases = [
        (f"{windows} {kit} Chrome/140.0 Safari/537.36", False, ["desktop", "chrome", "windows"]),
        (f"{windows} {kit} Chrome/140 Safari/5 Edg/140.0", False, ["desktop", "edge", "windows"]),
        (f"{windows} Gecko/20100101 Firefox/140.0", False, ["desktop", "firefox", "windows"]),
        (f"{mac} {kit} Version/18.0 Safari/605.1", False, ["desktop", "safari", "macos"]),
        (f"{mac} {kit} Version/18.0 Safari/605.1", True, ["tablet", "safari", "ios"]),
        (f"{iphone} {kit} CriOS/140 Mobile Safari/604", True, ["mobile", "chrome", "ios"]),
        (
            f"{phone} Pixel 8) {kit} Chrome/140 Mobile Safari/5",
            True,
            ["mobile", "chrome", "android"],
        ),
        (f"{phone} SM-X200) {kit} Chrome/140 Safari/5", True, ["tablet", "chrome", "android"]),
        ("curl/8", False, ["desktop", None, None]),
    ]
    asked = ask([["device", agent, touch] for agent, touch, _ in cases])
    assert asked == [expected for _, _, expected in cases]

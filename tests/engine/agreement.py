"""Compares a built engine with CPython: the same questions, and every byte of every answer."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import msgpack

REPOSITORY = Path(__file__).parents[2]
ENGINE = REPOSITORY / "snippet" / "engine"
CORPUS = REPOSITORY / "tests" / "decisions"

Asked = tuple[bytes, str, bytes, bytes]


# Requests that training never comes near.
ODD_TEXTS = [
    "",
    "nul",
    "[" * 2000,
    '{"now": 1e999, "draw": "x"}',
    "\ufeff{}",
    '{"now": NaN}',
    "{" + '"a":1,' * 5000 + '"b":2}',
    '"' + "\\u00e9" * 9000 + '"',
    '{"now": ' + "9" * 4400 + "}",
    '{"now": 1.7976931348623157e308, "draw": "é"}',
]


def load(name: str, folder: Path = ENGINE) -> ModuleType:
    """A module that belongs to the engine's build, or to the corpus, and is in no package."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return import_module(name)


def corpus_questions(file: Path) -> list[Asked]:
    """A corpus file's cases as the engine is asked them, with and without the debugger.

    A bundle that must be refused is sent as it would be if nothing had refused to publish it.
    """
    driver = load("driver", CORPUS)
    asked: list[Asked] = []
    for case in driver.cases_of(file.read_text()):
        pack = msgpack.packb if "refused" in case else driver.wire.pack_bundle
        bundle = pack(driver.bundle_of(case))
        snapshot = driver.wire.pack_snapshot(case["snapshot"])
        for debug in (False, True):
            request = {
                "now": case["now"],
                "draw": case["draw"],
                "page": case["page"],
                "debug": debug,
            }
            asked.append(
                (bundle, driver.wire.bundle_hash(bundle), snapshot, json.dumps(request).encode())
            )
    return asked


def cpython_answers(asked: Iterable[Asked]) -> list[bytes]:
    """What the core says on this interpreter, through the engine's own door."""
    door = load("door")
    return [
        door.answer(bundle, name.encode(), snapshot, request)
        for bundle, name, snapshot, request in asked
    ]


def engine_answers(built: Path, asked: Iterable[Asked], *options: str) -> tuple[list[bytes], int]:
    """What a built engine says in Node, and how often the plain one had to take over."""
    ran = subprocess.run(
        ["node", str(ENGINE / "answers.mjs"), str(built), *options],
        input=framed(asked),
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:].decode()
    return list(_unframed(ran.stdout)), int(ran.stderr.split()[-1])


def framed(asked: Iterable[Asked]) -> bytes:
    """Questions as the programs of the engine's build read them."""
    parts = (part for b, name, s, r in asked for part in (b, name.encode(), s, r))
    return b"".join(len(part).to_bytes(4, "little") + part for part in parts)


def _unframed(body: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(body):
        length = int.from_bytes(body[at : at + 4], "little")
        yield body[at + 4 : at + 4 + length]
        at += 4 + length

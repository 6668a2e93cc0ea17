"""What a page pays in bytes, held; and what its scripts may not contain."""

import json
import os
import re
from pathlib import Path

import brotli
import pytest

ROOT = Path(__file__).parents[2]
BUILT = Path(os.environ.get("ASKWELL_BUILT_DIR", ROOT / "build"))
KIB = 1024


def built(stem: str) -> bytes:
    """The file that the build made for this stem."""
    made = json.loads((BUILT / "manifest.json").read_text())
    return (BUILT / made["files"][stem]["name"]).read_bytes()


@pytest.mark.parametrize(("stem", "most"), [("loader", 3 * KIB), ("client", 12 * KIB)])
def test_scripts_stay_small(stem: str, most: int) -> None:
    assert len(brotli.compress(built(stem), quality=11)) <= most


@pytest.mark.parametrize("stem", ["loader", "client", "debugger"])
def test_scripts_evaluate_no_text_and_write_no_markup(stem: str) -> None:
    text = built(stem).decode()
    assert not re.search(r"\beval\b|new Function|innerHTML|outerHTML|document\.write", text)


@pytest.mark.parametrize("stem", ["loader", "client", "debugger"])
def test_scripts_say_nothing_on_the_console(stem: str) -> None:
    assert not re.search(rb"console\.(log|info|warn|error|debug)", built(stem))

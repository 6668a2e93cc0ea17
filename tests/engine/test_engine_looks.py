"""Loads and stores that the engine's build leaves without a look of their own."""

import json
import subprocess
from pathlib import Path

import pytest
from agreement import REPOSITORY, framed, load

QUESTIONS = load("inputs").questions(17, 100)


def test_no_look_is_left_out_that_is_needed(built: Path, tmp_path: Path) -> None:
    files = json.loads((built / "engine.json").read_text())["files"]
    questions = tmp_path / "questions"
    questions.write_bytes(framed(QUESTIONS))
    library = built / files["engine-library"]["name"]
    script = Path(__file__).parent / "looks.mjs"
    ran = subprocess.run(
        ["node", str(script), str(library), str(questions)],
        cwd=REPOSITORY / "snippet",
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    counts = json.loads(ran.stdout)
    assert counts["again"] + counts["stack"] > counts["own"] + counts["around"]


# Variable 0 is an address; L loads through it at offset 0, M at 4, F at 300. S sets it.

CODE = {
    "L": [0x20, 0, 0x28, 2, 0, 0x1A],
    "M": [0x20, 0, 0x28, 2, 4, 0x1A],
    "F": [0x20, 0, 0x28, 2, 0xAC, 0x02, 0x1A],
    "S": [0x41, 8, 0x21, 0],
    "copy": [0x20, 0, 0x21, 1],
    "other": [0x20, 1, 0x28, 2, 0, 0x1A],
    "frame": [0x23, 0, 0x41, 16, 0x6B, 0x21, 0],
    "store": [0x20, 0, 0x41, 1, 0x36, 2, 0],
    "late": [0x20, 0, 0x41, 8, 0x22, 0, 0x36, 2, 0],
    "if": [0x20, 2, 0x04, 0x40],
    "else": [0x05],
    "block": [0x02, 0x40],
    "loop": [0x03, 0x40],
    "leave": [0x20, 2, 0x0D, 0],
    "end": [0x0B],
}


@pytest.mark.parametrize(
    ("code", "looks"),
    [
        ("L M L store", "aaaa"),
        ("L F L", "aba"),
        ("L S L", "ab"),
        ("L copy other", "aa"),
        ("copy L S other", "aa"),
        ("frame L M", "=="),
        ("L late", "a?"),
        ("if L else L end L", "abc"),
        ("L if M S L else M end L", "aabac"),
        ("L block leave M end M", "aaa"),
        ("block leave L end L", "ab"),
        ("L loop L S end L", "abc"),
        ("L loop M end M", "aaa"),
    ],
)
def test_one_look_serves_as_long_as_the_address_stays(code: str, looks: str) -> None:
    body = [byte for word in f"{code} end".split() for byte in CODE[word]]
    program = (
        "import { planLooks } from './engine/known.mjs';"
        f"const body = new Uint8Array({body});"
        "const seen = [];"
        "const letter = (access) => { if (access === 'stack') return '=';"
        "  if (access === 'unknown') return '?';"
        "  if (!seen.includes(access)) seen.push(access);"
        "  return 'abcdef'[seen.indexOf(access)]; };"
        "const plan = planLooks(body, 0, { stackPointer: 0, types: [], called: () => null });"
        "process.stdout.write(plan.map(letter).join(''));"
    )
    command = ["node", "--input-type=module", "-e", program]
    ran = subprocess.run(command, cwd=REPOSITORY / "snippet", capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == (looks, "")

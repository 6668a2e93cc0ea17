"""What the engine's build makes, and what it does where something is missing."""

import base64
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import brotli
from agreement import REPOSITORY, cpython_answers, engine_answers, load
from building import run_build

FIRST = ("engine-frame", "engine-worker", "engine", "engine-memory")
QUESTIONS = load("inputs").questions(11, 120)


def files_of(built: Path) -> dict[str, dict[str, str]]:
    """The build's list."""
    return dict(json.loads((built / "engine.json").read_text())["files"])


def test_every_file_is_named_and_packed_by_its_content(built: Path) -> None:
    for entry in files_of(built).values():
        body = (built / entry["name"]).read_bytes()
        assert hashlib.sha256(body).hexdigest()[:16] in entry["name"]
        assert (
            entry["integrity"]
            == f"sha384-{base64.b64encode(hashlib.sha384(body).digest()).decode()}"
        )
        assert gzip.decompress((built / f"{entry['name']}.gz").read_bytes()) == body
        assert brotli.decompress((built / f"{entry['name']}.br").read_bytes()) == body


def test_a_first_decision_costs_little(built: Path) -> None:
    files = files_of(built)
    assert sum((built / f"{files[stem]['name']}.br").stat().st_size for stem in FIRST) <= 450_000


def test_nothing_of_this_machine_is_in_the_image(built: Path) -> None:
    files = files_of(built)
    image = (built / files["engine-memory"]["name"]).read_bytes()
    for secret in (str(REPOSITORY), str(built), "engine/build.mjs", os.environ.get("PATH", "?")):
        assert secret.encode() not in image


def test_answers_do_not_hang_on_the_hash_seed() -> None:
    program = (
        "import sys, hashlib; sys.path[:0] = sys.argv[1:]\n"
        "from agreement import cpython_answers, load\n"
        "answers = cpython_answers(load('inputs').questions(11, 400))\n"
        "print(hashlib.sha256(b''.join(answers)).hexdigest())"
    )
    paths = [str(Path(__file__).parent), str(REPOSITORY / "runtime")]
    said = {
        subprocess.run(
            [sys.executable, "-c", program, *paths],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4294967295")
    }
    assert len(said) == 1


def test_a_missing_export_is_named() -> None:
    program = (
        "import { mustExport } from './engine/snapshot.mjs';"
        "mustExport({ malloc() {} }, ['malloc', 'PyObject_Vectorcall']);"
    )
    command = ["node", "--input-type=module", "-e", program]
    ran = subprocess.run(command, cwd=REPOSITORY / "snippet", capture_output=True, text=True)
    assert "this Pyodide does not export PyObject_Vectorcall, which" in ran.stderr


def test_a_broken_assumption_leaves_the_plain_engine(tmp_path: Path) -> None:
    """A decision that asks the clock, which the image has none of."""
    core = tmp_path / "askwell_runtime"
    shutil.copytree(REPOSITORY / "runtime" / "askwell_runtime", core)
    with (core / "browser.py").open("a") as module:
        module.write(
            "\nimport time\n_decide = answer_bytes\n"
            "def answer_bytes(*asked):\n    time.time()\n    return _decide(*asked)\n"
        )
    built = tmp_path / "built"
    said = run_build(built, core)
    assert "NO QUICK ENGINE, only the plain one: a decision called" in said
    assert "image" not in json.loads((built / "engine.json").read_text())
    assert engine_answers(built, QUESTIONS, "plain")[0] == cpython_answers(QUESTIONS)

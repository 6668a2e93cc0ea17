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
import pytest
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
    assert sum((built / f"{files[stem]['name']}.br").stat().st_size for stem in FIRST) <= 1_200_000


def test_nothing_of_this_machine_is_in_the_image(built: Path) -> None:
    files = files_of(built)
    image = b"".join(
        (built / files[stem]["name"]).read_bytes() for stem in ("engine-memory", "engine-deferred")
    )
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


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder that holds node alone, to stand for a machine without Binaryen."""
    folder = tmp_path / "bin"
    folder.mkdir()
    node = shutil.which("node")
    assert node
    (folder / "node").symlink_to(Path(node).resolve())
    return folder


def test_without_binaryen_the_engine_is_in_one_piece(tools: Path, tmp_path: Path) -> None:
    said = run_build(tmp_path, path=str(tools))
    assert "no wasm-split" in said
    assert "engine-deferred" not in files_of(tmp_path)
    assert engine_answers(tmp_path, QUESTIONS) == (cpython_answers(QUESTIONS), False)


def test_a_missing_export_is_named() -> None:
    program = (
        "import { mustExport } from './engine/snapshot.mjs';"
        "mustExport({ malloc() {} }, ['malloc', 'PyObject_Vectorcall']);"
    )
    command = ["node", "--input-type=module", "-e", program]
    ran = subprocess.run(command, cwd=REPOSITORY / "snippet", capture_output=True, text=True)
    assert "this Pyodide does not export PyObject_Vectorcall, which" in ran.stderr


def test_a_broken_assumption_leaves_the_plain_engine(tools: Path, tmp_path: Path) -> None:
    for name in ("wasm-split", "wasm-opt"):
        (tools / name).write_text(
            '#!/bin/sh\n[ "$1" = --version ] || { echo "cannot read this" >&2; exit 1; }\n'
        )
        (tools / name).chmod(0o755)
    (tools / "sh").symlink_to("/bin/sh")
    said = run_build(tmp_path, path=str(tools))
    assert "NO QUICK ENGINE" in said
    assert "cannot read this" in said
    assert "image" not in json.loads((tmp_path / "engine.json").read_text())
    assert engine_answers(tmp_path, QUESTIONS, "plain")[0] == cpython_answers(QUESTIONS)

"""The corpus under Node: in Pyodide as published, and in both engines that ship."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import msgpack
import pytest
from agreement import CORPUS, REPOSITORY, corpus_questions, cpython_answers, engine_answers, load

FILES = sorted(CORPUS.glob("*.json"))
QUESTIONS = [question for file in FILES for question in corpus_questions(file)]


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """The core's wheel, made as `build.py` makes it, beside the sources that others read."""
    core = tmp_path / "runtime"
    aside = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
    shutil.copytree(REPOSITORY / "runtime", core, ignore=aside)
    options = ["-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(core)]
    subprocess.run(command, check=True)
    return next(tmp_path.glob("askwell_runtime-*-py3-none-any.whl"))


def test_pyodide_as_published_passes_every_case_as_cpython_does(wheel: Path) -> None:
    script, library = Path(__file__).with_name("in_node.mjs"), Path(msgpack.__file__).parent
    command = ["node", script, wheel, library, *FILES]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    driver = load("driver", CORPUS)
    assert json.loads(ran.stdout) == {
        file.stem: {"failures": [], "digest": driver.digest(file.read_text())} for file in FILES
    }


@pytest.mark.parametrize("variant", ["image", "plain"])
def test_a_shipped_engine_answers_every_case_as_cpython_does(built: Path, variant: str) -> None:
    assert len(QUESTIONS) >= 600
    assert engine_answers(built, QUESTIONS, variant)[0] == cpython_answers(QUESTIONS)


def test_what_may_be_published_needs_no_other_engine(built: Path) -> None:
    """Training foresaw it all; what the edge refuses to publish never gets to a browser."""
    answers = cpython_answers(QUESTIONS)
    accepted = [
        question
        for question, answer in zip(QUESTIONS, answers, strict=True)
        if not answer.startswith(b"!")
    ]
    assert engine_answers(built, accepted)[1] == 0

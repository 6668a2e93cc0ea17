"""The corpus on CPython, and what the corpus owes to its readers."""

import json
from pathlib import Path

import driver
import pytest

from askwell_runtime.kinds import KINDS
from askwell_runtime.model import Reason
from askwell_runtime.number import NUMBER
from askwell_runtime.text import TEXT

FILES = sorted((Path(__file__).parents[1] / "decisions").glob("*.json"))
TEXTS = {file.stem: file.read_text() for file in FILES}
CASES = [(name, case) for name, text in TEXTS.items() for case in driver.cases_of(text)]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case, id=f"{name}: {case['name']}", marks=pytest.mark.scenario(*case["scenarios"])
        )
        for name, case in CASES
    ],
)
def test_decision(case):
    assert driver.problem(case) is None


def test_a_wrong_expectation_is_reported():
    whole = json.loads(TEXTS["urls"])
    whole["cases"] = whole["cases"][:2]
    whole["cases"][1]["decisions"] = [["SI_a", "shown"]]
    failures = json.loads(driver.run(json.dumps(whole)))
    assert [name for name, _ in failures] == [whole["cases"][1]["name"]]


def test_every_file_gives_the_same_answers_twice():
    for text in TEXTS.values():
        assert driver.digest(text) == driver.digest(text)


def test_the_corpus_is_large_and_every_case_says_where_it_comes_from():
    assert len(CASES) >= 300
    assert len({(name, case["name"]) for name, case in CASES}) == len(CASES)
    assert all(case["source"] for _, case in CASES)


def test_every_reason_occurs():
    decided = {part[1] for _, case in CASES for part in case.get("decisions", [])}
    assert decided == set(Reason)


def test_every_kind_and_comparison_occurs():
    used = set()

    def collect(node):
        if isinstance(node, dict):
            used.add((node["kind"], node["cmp"]))
        elif isinstance(node, list):
            for part in node:
                collect(part)

    for _, case in CASES:
        for intercept in [case["intercept"], *case.get("intercepts", [])]:
            if "refused" not in case:
                collect(intercept.get("condition"))
    # Comparisons of texts and numbers are one implementation: addresses and values stand for all.
    shared = set(TEXT) | set(NUMBER)
    alone = {(kind, cmp) for kind in KINDS for cmp in KINDS[kind][1] if cmp not in shared}
    assert alone <= used
    assert {("url", cmp) for cmp in TEXT} | {("value", cmp) for cmp in NUMBER} <= used
    assert {kind for kind, _ in used} == set(KINDS)

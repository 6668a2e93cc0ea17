"""The shipped engine says, byte for byte, what CPython says."""

from pathlib import Path

import pytest
from agreement import ODD_TEXTS, cpython_answers, engine_answers, load

QUESTIONS = load("inputs").questions(2026, 1500)


@pytest.mark.parametrize("options", [("image",), ("image", "--deferred"), ("plain",)])
def test_questions_from_a_seed(built: Path, options: tuple[str, ...]) -> None:
    answers, _ = engine_answers(built, QUESTIONS, *options)
    assert answers == cpython_answers(QUESTIONS)


def test_questions_reach_every_kind_of_answer() -> None:
    said = b" ".join(cpython_answers(QUESTIONS))
    for reason in (
        "shown",
        "not_targeted",
        "sampled_out",
        "frequency_rule",
        "repeated_display",
        "another_active",
    ):
        assert f'"{reason}"'.encode() in said
    assert b"!BundleError" in said
    assert b"!RequestError" in said


def test_common_questions_need_the_first_part_only(built: Path) -> None:
    _, deferred = engine_answers(built, QUESTIONS[:200])
    assert not deferred


def test_what_was_never_trained_for_is_answered_by_the_deferred_part(built: Path) -> None:
    bundle, name, snapshot, _ = QUESTIONS[0]
    odd = [(bundle, name, snapshot, text.encode()) for text in ODD_TEXTS]
    answers, deferred = engine_answers(built, odd)
    assert answers == cpython_answers(odd)
    assert deferred

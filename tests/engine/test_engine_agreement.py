"""The shipped engine says, byte for byte, what CPython says."""

from pathlib import Path

import pytest
from agreement import ODD_TEXTS, cpython_answers, engine_answers, load

QUESTIONS = load("inputs").questions(2026, 1500)


@pytest.mark.parametrize("variant", ["image", "plain"])
def test_questions_from_a_seed(built: Path, variant: str) -> None:
    """Hostile ones among them, for which the plain engine may have to take over."""
    assert engine_answers(built, QUESTIONS, variant)[0] == cpython_answers(QUESTIONS)


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


def test_what_the_core_does_not_refuse_needs_no_other_engine(built: Path) -> None:
    answers = zip(QUESTIONS, cpython_answers(QUESTIONS), strict=True)
    accepted = [question for question, answer in answers if not answer.startswith(b"!")]
    assert len(accepted) > 1000
    assert engine_answers(built, accepted)[1] == 0


def test_what_was_never_trained_for_is_answered_by_the_plain_engine(built: Path) -> None:
    bundle, name, snapshot, _ = QUESTIONS[0]
    odd = [(bundle, name, snapshot, text.encode()) for text in ODD_TEXTS]
    answers, taken_over = engine_answers(built, odd)
    assert answers == cpython_answers(odd)
    assert taken_over > 0

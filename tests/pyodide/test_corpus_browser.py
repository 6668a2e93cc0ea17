"""The corpus in Chromium's worker, asked through the engine's frame as a page asks."""

from collections.abc import Callable

import pytest
from agreement import CORPUS, corpus_questions, cpython_answers
from playwright.sync_api import Page
from serving import Place

QUESTIONS = [
    question for file in sorted(CORPUS.glob("*.json")) for question in corpus_questions(file)
]
ASK_ALL = """async ([address, questions]) => {
  await embed(address);
  const answers = [];
  for (const question of questions) answers.push(await ask(question));
  return answers;
}"""


@pytest.mark.parametrize("variant", ["image", "plain"])
def test_a_browsers_worker_answers_every_case_as_cpython_does(
    visit: Callable[[], Page], edge: Place, site: Place, variant: str
) -> None:
    """The quick engine those that may be published; it leaves the others to the plain one."""
    sure = cpython_answers(QUESTIONS)
    cases = [
        (question, answer)
        for question, answer in zip(QUESTIONS, sure, strict=True)
        if variant == "plain" or not answer.startswith(b"!")
    ]
    edge.serve_frame({"origins": [site.origin], "variants": [variant]})
    edge.bundles.update({name: bundle for (bundle, name, _, _), _ in cases})
    questions = [[name, list(snapshot), text.decode()] for (_, name, snapshot, text), _ in cases]
    answers = visit().evaluate(ASK_ALL, [f"{edge.origin}/p/ZN_1/frame", questions])
    assert {each["variant"] for each in answers if "answer" in each} == {variant}
    said = [(each.get("answer") or f"!{each['error']}").encode() for each in answers]
    assert said == [answer for _, answer in cases]

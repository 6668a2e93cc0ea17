"""The corpus in a real browser's worker: every case as CPython decides it, in both engines."""

from collections.abc import Callable

import pytest
from agreement import CORPUS, corpus_questions, cpython_answers
from playwright.sync_api import Page
from serving import Place

QUESTIONS = [
    question for file in sorted(CORPUS.glob("*.json")) for question in corpus_questions(file)
]
ASK_ALL = """async (questions) => {
    const answers = [];
    for (const each of questions) answers.push(await ask(each));
    return answers;
}"""


@pytest.mark.parametrize("variant", ["image", "plain"])
def test_the_corpus(visit: Callable[..., Page], edge: Place, site: Place, variant: str) -> None:
    assert len(QUESTIONS) >= 300
    edge.serve_frame({"origins": [site.origin], "variants": [variant]})
    edge.bundles.update({name: bundle for bundle, name, _, _ in QUESTIONS})
    page = visit()
    page.evaluate("address => embed(address)", f"{edge.origin}/p/ZN_1/frame")
    asked = [[name, list(snapshot), text.decode()] for _, name, snapshot, text in QUESTIONS]
    answers = page.evaluate(ASK_ALL, asked)
    assert {answer.get("variant") for answer in answers} == {variant}
    told = [answer["answer"].encode() for answer in answers]
    assert told == cpython_answers(QUESTIONS)

"""The engine behind its frame, in Chromium: one for many tabs, for allowed origins only."""

from collections.abc import Callable

import pytest
from agreement import cpython_answers, load
from playwright.sync_api import Page
from serving import Place

QUESTIONS = load("inputs").questions(5, 40)
Visit = Callable[..., Page]


def for_page(question: tuple[bytes, str, bytes, bytes]) -> list[object]:
    """A question as client.js takes it."""
    _, name, snapshot, request = question
    return [name, list(snapshot), request.decode()]


def embed(page: Page, edge: Place, site: Place, **settings: object) -> str:
    """Puts the frame into a page; gives the state that it tells first."""
    edge.serve_frame({"origins": [site.origin], **settings})
    edge.bundles.update({name: bundle for bundle, name, _, _ in QUESTIONS})
    return str(page.evaluate("address => embed(address)", f"{edge.origin}/p/ZN_1/frame"))


def ask(page: Page, question: tuple[bytes, str, bytes, bytes] = QUESTIONS[0]) -> dict[str, object]:
    """One answer of the frame."""
    return dict(page.evaluate("question => ask(question)", for_page(question)))


def engine_files(edge: Place) -> list[str]:
    """What was fetched to boot an engine: anything but the frame's and the worker's script."""
    return [
        path
        for path in edge.asked
        if path.startswith("/a/") and "-frame" not in path and "-worker" not in path
    ]


def outcome(answer: dict[str, object]) -> bytes:
    """As CPython's door says it."""
    return str(answer["answer"]).encode() if "answer" in answer else f"!{answer['error']}".encode()


@pytest.mark.parametrize("variant", ["image", "plain"])
def test_answers_are_those_of_cpython(visit: Visit, edge: Place, site: Place, variant: str) -> None:
    page = visit()
    assert embed(page, edge, site, variants=[variant]) == "cold"
    answers = [ask(page, question) for question in QUESTIONS]
    assert [outcome(answer) for answer in answers] == cpython_answers(QUESTIONS)
    assert {answer["variant"] for answer in answers if "answer" in answer} == {variant}


def test_an_answer_says_where_its_time_went(visit: Visit, edge: Place, site: Place) -> None:
    page = visit()
    embed(page, edge, site)
    booted, alive = ask(page)["marks"], ask(page)["marks"]
    assert isinstance(booted, dict)
    assert isinstance(alive, dict)
    assert set(booted) == {"fetch", "compile", "restore", "wait", "decide", "since_start"}
    assert all(spent >= 0 for spent in booted.values())
    assert booted["fetch"] + booted["compile"] + booted["restore"] <= booted["wait"] + 1
    assert set(alive) == {"wait", "decide", "since_start"}


def test_one_engine_serves_many_tabs_and_the_next_page(
    visit: Visit, edge: Place, site: Place
) -> None:
    first = visit()
    embed(first, edge, site)
    assert "answer" in ask(first)
    fetched = engine_files(edge)
    second = visit()
    assert embed(second, edge, site) == "alive"
    assert ask(second)["answer"] == ask(first)["answer"]
    second.goto(f"{site.origin}/")
    first.close()
    assert embed(second, edge, site) == "alive"
    assert engine_files(edge) == fetched


def test_a_bundle_is_fetched_once(visit: Visit, edge: Place, site: Place) -> None:
    page = visit()
    embed(page, edge, site)
    for _ in range(3):
        assert "answer" in ask(page)
    assert edge.asked.count(f"/b/{QUESTIONS[0][1]}") == 1


def test_a_missing_bundle_is_an_error_and_tried_again(
    visit: Visit, edge: Place, site: Place
) -> None:
    page = visit()
    embed(page, edge, site)
    body = edge.bundles.pop(QUESTIONS[0][1])
    assert ask(page)["error"] == "BundleMissing"
    edge.bundles[QUESTIONS[0][1]] = body
    assert "answer" in ask(page)


@pytest.mark.parametrize("bundle", ["../p/ZN_1/frame", "", "0" * 31, "A" * 32])
def test_a_bundle_has_a_hash_for_a_name(
    visit: Visit, edge: Place, site: Place, bundle: str
) -> None:
    page = visit()
    embed(page, edge, site)
    answer = page.evaluate("question => ask(question)", [bundle, [128], "{}"])
    assert answer["error"] == "BundleName"


def test_a_malformed_question_is_refused(visit: Visit, edge: Place, site: Place) -> None:
    page = visit()
    embed(page, edge, site)
    answer = page.evaluate(
        "() => new Promise(done => { asked.set(9, done); port.postMessage({id: 9, bundle: 1}); })"
    )
    assert answer == {"id": 9, "error": "Question"}


def test_a_foreign_origin_is_told_nothing(visit: Visit, edge: Place, site: Place) -> None:
    edge.serve_frame({"origins": ["https://another.test"]})
    page = visit()
    assert page.evaluate("address => embed(address)", f"{edge.origin}/p/ZN_1/frame") == "nothing"


def test_a_page_without_the_greeting_is_told_nothing(
    visit: Visit, edge: Place, site: Place
) -> None:
    edge.serve_frame({"origins": [site.origin]})
    page = visit()
    said = page.evaluate(
        """address => new Promise(done => {
          const frame = document.createElement("iframe");
          frame.src = address;
          frame.onload = () => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => done("something");
            frame.contentWindow.postMessage({hello: true}, "*", [channel.port2]);
            setTimeout(done, 1000, "nothing");
          };
          document.body.append(frame);
        })""",
        f"{edge.origin}/p/ZN_1/frame",
    )
    assert said == "nothing"


def test_a_strict_host_page_grants_three_addresses_of_the_edge(
    visit: Visit, edge: Place, site: Place
) -> None:
    client = site.pages["/"][0].split("<script>")[1].split("</script>")[0]
    edge.pages["/client.js"] = (client, {"Content-Type": "text/javascript"})
    granted = (f"{kind}-src {edge.origin}" for kind in ("frame", "connect", "script"))
    policy = "; ".join(["default-src 'none'", *granted])
    site.pages["/strict"] = (
        f'<!doctype html><script src="{edge.origin}/client.js"></script><body>',
        {"Content-Security-Policy": policy},
    )
    page = visit("/strict")
    assert embed(page, edge, site) == "cold"
    assert ask(page)["variant"] == "image"

"""Where the best way is not to be had: every fallback in Chromium, none of them silence."""

import pytest
from agreement import ODD_TEXTS, cpython_answers
from playwright.sync_api import Browser
from serving import Place
from test_engine_frame import QUESTIONS, Visit, ask, embed, engine_files, for_page, outcome

WITHOUT_SHARING = "delete window.SharedWorker;"
WITHOUT_LIFETIME = """
  const Shared = window.SharedWorker;
  window.SharedWorker = function (script, options) {
    delete options.extendedLifetime;
    return new Shared(script, options);
  };
"""

# Tells the server with which priority the worker fetches.
TELL_PRIORITY = """
  const fetchFirst = self.fetch;
  self.fetch = (address, options) => {
    if (options?.priority) fetchFirst(`/priority/${options.priority}`).catch(() => {});
    return fetchFirst(address, options);
  };
"""
STICK_AT_WORD = """
  const encode = TextEncoder.prototype.encode;
  TextEncoder.prototype.encode = function (text) {
    if (text === "stick") for (;;);
    return encode.call(this, text);
  };
"""


def test_without_extended_lifetime_tabs_still_share(visit: Visit, edge: Place, site: Place) -> None:
    first, second = visit(script=WITHOUT_LIFETIME), visit(script=WITHOUT_LIFETIME)
    embed(first, edge, site)
    assert "answer" in ask(first)
    assert embed(second, edge, site) == "alive"


def test_without_shared_workers_a_frame_has_its_own(visit: Visit, edge: Place, site: Place) -> None:
    first, second = visit(script=WITHOUT_SHARING), visit(script=WITHOUT_SHARING)
    assert embed(first, edge, site) == "cold"
    assert ask(first)["variant"] == "image"
    assert embed(second, edge, site) == "cold"


def test_a_frame_on_another_site_has_a_worker_of_its_own(
    visit: Visit, edge: Place, site: Place
) -> None:
    page = visit()
    edge.serve_frame({"origins": [site.origin]})
    edge.bundles[QUESTIONS[0][1]] = QUESTIONS[0][0]
    other = edge.origin.replace("127.0.0.1", "localhost")
    assert page.evaluate("address => embed(address)", f"{other}/p/ZN_1/frame") == "cold"
    assert ask(page)["variant"] == "image"


@pytest.mark.parametrize("missing", ["WebAssembly", "Worker"])
def test_a_browser_that_cannot_says_so(
    visit: Visit, edge: Place, site: Place, missing: str
) -> None:
    page = visit(script=f"delete window.{missing};")
    assert embed(page, edge, site) == "absent"
    assert ask(page)["error"] == "EngineAbsent"


def test_a_worker_that_cannot_be_fetched_is_absent(visit: Visit, edge: Place, site: Place) -> None:
    edge.failing.add(edge.built_name("engine-worker"))
    page = visit()
    embed(page, edge, site)
    page.wait_for_function("() => states.at(-1) === 'absent'")


@pytest.mark.parametrize("stem", ["engine", "engine-memory"])
def test_a_broken_image_falls_back_to_the_plain_engine(
    visit: Visit, edge: Place, site: Place, stem: str
) -> None:
    edge.failing.add(edge.built_name(stem))
    page = visit()
    embed(page, edge, site)
    assert ask(page)["variant"] == "plain"


@pytest.mark.parametrize("stem", ["engine", "engine-memory"])
def test_an_image_of_other_bytes_falls_back_to_the_plain_engine(
    visit: Visit, edge: Place, site: Place, stem: str
) -> None:
    """Of one bit; the browser sees it before anything of it runs, and says so in the console."""
    edge.damaged.add(edge.built_name(stem))
    page = visit()
    embed(page, edge, site)
    assert ask(page)["variant"] == "plain"


@pytest.mark.parametrize("stem", ["engine-loader", "engine-glue", "engine-full", "engine-library"])
def test_a_plain_engine_of_other_bytes_is_absent(
    visit: Visit, edge: Place, site: Place, stem: str
) -> None:
    edge.damaged.add(edge.built_name(stem))
    page = visit()
    embed(page, edge, site, variants=["plain"])
    assert ask(page)["error"] == "EngineAbsent"


def test_what_was_never_trained_for_falls_back_to_the_plain_engine(
    visit: Visit, edge: Place, site: Place
) -> None:
    page = visit()
    embed(page, edge, site)
    assert ask(page)["variant"] == "image"
    bundle, name, snapshot, _ = QUESTIONS[0]
    odd = [(bundle, name, snapshot, text.encode()) for text in ODD_TEXTS]
    assert [outcome(ask(page, question)) for question in odd] == cpython_answers(odd)
    assert ask(page)["variant"] == "plain"


def test_all_who_waited_for_an_engine_that_breaks_are_answered(
    visit: Visit, edge: Place, site: Place
) -> None:
    """Asked together while it is cold; the first one breaks it for all."""
    page = visit()
    embed(page, edge, site)
    bundle, name, snapshot, _ = QUESTIONS[0]
    odd = [(bundle, name, snapshot, text.encode()) for text in ODD_TEXTS]
    asked = [*odd, *QUESTIONS[:4]]
    told = page.evaluate(
        "asked => Promise.all(asked.map((each) => ask(each)))", [for_page(each) for each in asked]
    )
    assert [outcome(each) for each in told] == cpython_answers(asked)
    assert told[-1]["variant"] == "plain"


def test_an_only_engine_that_breaks_is_absent(visit: Visit, edge: Place, site: Place) -> None:
    """Until it is tried again; nobody is told that it is alive."""
    page = visit()
    embed(page, edge, site, variants=["image"])
    assert ask(page)["variant"] == "image"
    bundle, name, snapshot, _ = QUESTIONS[0]
    told = [ask(page, (bundle, name, snapshot, text.encode())) for text in ODD_TEXTS]
    assert told[-1]["error"] == "EngineAbsent"
    page.wait_for_function("() => states.at(-1) === 'absent'")


def test_with_no_engine_at_all_the_page_is_told(visit: Visit, edge: Place, site: Place) -> None:
    edge.failing |= {edge.built_name("engine"), edge.built_name("engine-full")}
    page = visit()
    embed(page, edge, site)
    assert ask(page)["error"] == "EngineAbsent"
    page.wait_for_function("() => states.at(-1) === 'absent'")


def test_a_hanging_engine_is_replaced(visit: Visit, edge: Place, site: Place) -> None:
    page = visit()
    embed(page, edge, site, boot_timeout_ms=1500)
    stalled = f"/b/{QUESTIONS[0][1]}"
    edge.stalled.add(stalled)
    assert ask(page)["error"] == "EngineLost"
    edge.stalled.clear()
    assert "answer" in ask(page)


def test_a_killed_worker_is_replaced(
    chromium: Browser, visit: Visit, edge: Place, site: Place
) -> None:
    page = visit()
    embed(page, edge, site, answer_timeout_ms=500)
    assert "answer" in ask(page)
    session = chromium.new_browser_cdp_session()
    targets = session.send("Target.getTargets")["targetInfos"]
    workers = [
        target
        for target in targets
        if target["type"] == "shared_worker" and edge.origin in target["url"]
    ]
    assert len(workers) == 1
    session.send("Target.closeTarget", {"targetId": workers[0]["targetId"]})
    lost = ask(page)
    assert lost.get("error") == "EngineLost" or "answer" in lost
    assert "answer" in ask(page)


def test_an_idle_engine_gives_its_memory_back(
    chromium: Browser, visit: Visit, edge: Place, site: Place
) -> None:
    page = visit()
    embed(page, edge, site, idle_ms=700)
    first = ask(page)
    page.wait_for_function("() => states.at(-1) === 'cold'")
    session = chromium.new_browser_cdp_session()
    for _ in range(100):
        targets = session.send("Target.getTargets")["targetInfos"]
        if not any(t["type"] == "shared_worker" and edge.origin in t["url"] for t in targets):
            break
        page.wait_for_timeout(50)
    else:
        pytest.fail("the shared worker is still there")
    assert outcome(ask(page)) == outcome(first)


def test_the_engine_is_fetched_ahead_of_need_at_low_priority(
    visit: Visit, edge: Place, site: Place
) -> None:
    edge.first[edge.built_name("engine-worker")] = TELL_PRIORITY
    page = visit()
    assert embed(page, edge, site) == "cold"
    assert engine_files(edge) == []
    page.evaluate("() => port.postMessage({warm: true})")
    page.wait_for_function("() => states.at(-1) === 'alive'")
    assert len(engine_files(edge)) == 2
    assert [path for path in edge.asked if path.startswith("/priority/")] == ["/priority/low"] * 2


def test_an_engine_ahead_of_need_has_met_the_question(
    visit: Visit, edge: Place, site: Place
) -> None:
    """What is run for the first time takes longest; so its bundle is there, and nobody is told."""
    page = visit()
    embed(page, edge, site)
    bundle, _, request = for_page(QUESTIONS[0])
    page.evaluate(
        "([bundle, request]) => port.postMessage({warm: true, bundle, request})", [bundle, request]
    )
    for _ in range(400):
        if f"/b/{bundle}" in edge.asked:
            break
        page.wait_for_timeout(50)
    else:
        pytest.fail("its bundle was never fetched")
    assert [outcome(ask(page))] == cpython_answers(QUESTIONS[:1])
    assert edge.asked.count(f"/b/{bundle}") == 1


@pytest.mark.parametrize("rehearsed", [["../p", "{}"], [1, 2], ["0" * 32, "no JSON"]])
def test_a_question_that_is_none_hinders_no_engine_ahead_of_need(
    visit: Visit, edge: Place, site: Place, rehearsed: list[object]
) -> None:
    page = visit()
    embed(page, edge, site)
    page.evaluate(
        "([bundle, request]) => port.postMessage({warm: true, bundle, request})", rehearsed
    )
    page.wait_for_function("() => states.at(-1) === 'alive'")
    assert [outcome(ask(page))] == cpython_answers(QUESTIONS[:1])


def test_an_engine_that_is_waited_for_is_fetched_at_high_priority(
    visit: Visit, edge: Place, site: Place
) -> None:
    edge.first[edge.built_name("engine-worker")] = TELL_PRIORITY
    page = visit()
    embed(page, edge, site)
    assert "answer" in ask(page)
    assert edge.asked.count("/priority/high") == 2
    assert "/priority/low" not in edge.asked


def test_a_shared_worker_that_never_speaks_is_left_behind(
    visit: Visit, edge: Place, site: Place
) -> None:
    """This page uses a worker of its own meanwhile; the next page shares a new one."""
    edge.first[edge.built_name("engine-worker")] = "if (self.name === 'askwell-0') for (;;);\n"
    first = visit()
    embed(first, edge, site)
    assert ask(first)["variant"] == "image"
    second = visit()
    assert embed(second, edge, site) == "cold"
    assert ask(second)["variant"] == "image"
    assert embed(visit(), edge, site) == "alive"


def test_a_worker_stuck_in_a_decision_is_replaced_for_the_next_page_too(
    visit: Visit, edge: Place, site: Place
) -> None:
    edge.first[edge.built_name("engine-worker")] = STICK_AT_WORD
    page = visit()
    embed(page, edge, site, answer_timeout_ms=700)
    assert "answer" in ask(page)
    bundle, name, snapshot, _ = QUESTIONS[0]
    assert ask(page, (bundle, name, snapshot, b"stick"))["error"] == "EngineLost"
    assert "answer" in ask(page)
    assert embed(visit(), edge, site, answer_timeout_ms=700) == "alive"


def test_a_slow_bundle_is_no_reason_to_give_a_good_engine_up(
    visit: Visit, edge: Place, site: Place
) -> None:
    page = visit()
    embed(page, edge, site, answer_timeout_ms=1500)
    assert "answer" in ask(page)
    fetched = engine_files(edge)
    other = next(question for question in QUESTIONS if question[1] != QUESTIONS[0][1])
    edge.stalled.add(f"/b/{other[1]}")
    page.evaluate("asked => { window.slow = ask(asked) }", for_page(other))
    page.wait_for_timeout(2500)
    edge.stalled.clear()
    assert outcome(page.evaluate("() => slow")) == cpython_answers([other])[0]
    assert engine_files(edge) == fetched


@pytest.mark.parametrize(("script", "state"), [("", "alive"), (WITHOUT_LIFETIME, "cold")])
def test_an_engine_outlives_its_last_page_where_the_browser_lets_it(
    visit: Visit, edge: Place, site: Place, script: str, state: str
) -> None:
    """One tab alone; on its way it stands for a while on a page without Askwell."""
    site.pages["/elsewhere"] = ("<!doctype html><title>Elsewhere</title>", {})
    page = visit(script=script)
    embed(page, edge, site)
    assert "answer" in ask(page)
    page.goto(f"{site.origin}/elsewhere")
    page.wait_for_timeout(1000)
    page.goto(f"{site.origin}/")
    assert embed(page, edge, site) == state


def test_an_engine_that_has_grown_is_replaced(visit: Visit, edge: Place, site: Place) -> None:
    page = visit()
    embed(page, edge, site, answer_timeout_ms=60_000)
    first = outcome(ask(page))
    long = page.evaluate(
        "name => ask([name, [128], '\"' + 'x'.repeat(3e7) + '\"'])", QUESTIONS[0][1]
    )
    assert long["error"] == "SnapshotError"
    page.wait_for_function("() => states.filter(state => state === 'alive').length === 2")
    assert outcome(ask(page)) == first

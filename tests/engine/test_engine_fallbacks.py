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
    assert embed(page, edge, site) == "absent"


@pytest.mark.parametrize("stem", ["engine", "engine-memory"])
def test_a_broken_image_falls_back_to_the_plain_engine(
    visit: Visit, edge: Place, site: Place, stem: str
) -> None:
    edge.failing.add(edge.built_name(stem))
    page = visit()
    embed(page, edge, site)
    assert ask(page)["variant"] == "plain"


def test_a_memory_of_other_bytes_falls_back_to_the_plain_engine(
    visit: Visit, edge: Place, site: Place
) -> None:
    """Of one bit; the browser sees it before anything runs in it, and says so in the console."""
    edge.damaged.add(edge.built_name("engine-memory"))
    page = visit()
    embed(page, edge, site)
    assert ask(page)["variant"] == "plain"


def test_a_missing_deferred_part_falls_back_to_the_plain_engine(
    visit: Visit, edge: Place, site: Place
) -> None:
    edge.failing.add(edge.built_name("engine-deferred"))
    page = visit()
    embed(page, edge, site)
    assert ask(page)["variant"] == "image"
    bundle, name, snapshot, _ = QUESTIONS[0]
    odd = [(bundle, name, snapshot, text.encode()) for text in ODD_TEXTS]
    assert [outcome(ask(page, question)) for question in odd] == cpython_answers(odd)
    assert f"/a/{edge.built_name('engine-deferred')}" in edge.asked
    assert ask(page)["variant"] == "plain"


def test_all_who_waited_for_an_engine_that_breaks_are_answered(
    visit: Visit, edge: Place, site: Place
) -> None:
    """Asked together while it is cold; the first one breaks it for all."""
    edge.failing.add(edge.built_name("engine-deferred"))
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
    edge.failing.add(edge.built_name("engine-deferred"))
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


def test_the_engine_is_fetched_ahead_of_need_when_asked(
    visit: Visit, edge: Place, site: Place
) -> None:
    page = visit()
    assert embed(page, edge, site) == "cold"
    assert engine_files(edge) == []
    page.evaluate("() => port.postMessage({warm: true})")
    page.wait_for_function("() => states.at(-1) === 'alive'")
    assert len(engine_files(edge)) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("connection", "{saveData: true}"),
        ("connection", "{effectiveType: '2g'}"),
        ("deviceMemory", "0.5"),
    ],
)
def test_the_engine_is_not_fetched_at_a_visitors_cost(
    visit: Visit, edge: Place, site: Place, name: str, value: str
) -> None:
    page = visit(
        script=f"Object.defineProperty(Navigator.prototype, '{name}', {{get: () => ({value})}});"
    )
    embed(page, edge, site)
    page.evaluate("() => port.postMessage({warm: true})")
    page.wait_for_timeout(1000)
    assert engine_files(edge) == []
    assert "answer" in ask(page)


def test_an_engine_that_has_grown_is_replaced(visit: Visit, edge: Place, site: Place) -> None:
    page = visit()
    embed(page, edge, site)
    first = outcome(ask(page))
    long = page.evaluate(
        "name => ask([name, [128], '\"' + 'x'.repeat(3e7) + '\"'])", QUESTIONS[0][1]
    )
    assert long["error"] == "SnapshotError"
    page.wait_for_function("() => states.filter(state => state === 'alive').length === 2")
    assert outcome(ask(page)) == first

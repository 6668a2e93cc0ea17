"""What scripts take of a page's main thread, read from the browser's own trace."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page

# V8's own events: reading a script, running it, a call of the browser's into one, and what
# follows from promises. Few events, so that the trace itself takes little of what it measures.
RUNS = {"v8.compile", "v8.run", "v8.evaluateModule", "v8.callFunction", "RunMicrotasks"}
CATEGORIES = ["v8", "v8.execute", "blink.user_timing"]


def script_ms(browser: Browser, page: Page, visit: Callable[[], None]) -> float:
    """The processor's milliseconds of the page's thread in scripts, layout that they ask for too.

    `visit` navigates the page. (The browser's own `ScriptDuration` leaves out what follows a
    promise, and so does the timeline's `FunctionCall`.)
    """
    session = browser.new_browser_cdp_session()
    events: list[dict[str, Any]] = []
    ended: list[object] = []
    session.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    session.on("Tracing.tracingComplete", lambda told: ended.append(told))
    traced = {"traceConfig": {"includedCategories": CATEGORIES}, "transferMode": "ReportEvents"}
    session.send("Tracing.start", traced)
    visit()
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(50)
    session.detach()
    thread = showing_thread(events, page.url)
    runs = [
        each
        for each in events
        if each["name"] in RUNS and "tdur" in each and (each["pid"], each["tid"]) == thread
    ]
    total, until = 0.0, 0.0
    for run in sorted(runs, key=lambda each: (each["ts"], -each["dur"])):
        if run["ts"] >= until:  # else it is inside of one that is counted
            total += run["tdur"] / 1000
            until = run["ts"] + run["dur"]
    return total


def showing_thread(events: list[dict[str, Any]], url: str) -> tuple[int, int]:
    """Process and thread of the page that was navigated to."""
    [thread] = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "navigationStart"
        and each["args"]["data"].get("documentLoaderURL") == url
    }
    return thread

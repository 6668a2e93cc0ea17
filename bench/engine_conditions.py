"""A benchmark's conditions: Chromium's own network throttling, and a slower processor."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page


@dataclass(frozen=True)
class Condition:
    """Rates in bytes a second, as the developer tools' presets have them; None is loopback."""

    name: str
    latency_ms: float = 0
    download: float | None = None
    upload: float = 0
    slower: int = 1


LOOPBACK = Condition("Loopback")
CONDITIONS = (
    Condition("Broadband, 50 Mbit/s", 20, 6_250_000, 1_250_000),
    Condition("4G", 165, 1_012_500, 168_750),
    Condition("Slow 4G", 562.5, 180_000, 84_375),
    Condition("Loopback, processor 4 times slower", slower=4),
)
# A dedicated worker shares the throttling of its page; the protocol cannot reach a shared one's.
OWN_WORKER = "delete window.SharedWorker;"
RUN_S = 0.008


def throttle(context: BrowserContext, page: Page, condition: Condition) -> None:
    """The page and its dedicated workers get the condition's network."""
    if condition.download is None:
        return
    session = context.new_cdp_session(page)
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": condition.latency_ms,
            "downloadThroughput": condition.download,
            "uploadThroughput": condition.upload,
        },
    )


@contextmanager
def slowed(context: BrowserContext, times: int) -> Iterator[None]:
    """Lets the browser's renderers run for one part of the time only, workers included.

    Chromium's own slow-down reaches no worker, and in one all of this happens.
    """
    if times == 1:
        yield
        return
    browser = context.browser
    assert browser is not None
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    parent = next(each["id"] for each in told if each["type"] == "browser")
    over = threading.Event()
    holding = threading.Thread(target=_hold, args=(parent, times, over))
    holding.start()
    try:
        yield
    finally:
        over.set()
        holding.join()


def _hold(parent: int, times: int, over: threading.Event) -> None:
    looked, held = 0.0, []
    while not over.is_set():
        if time.monotonic() - looked > 0.1:
            looked, held = time.monotonic(), _renderers(parent)
        _signal(held, signal.SIGSTOP)
        over.wait(RUN_S * (times - 1))
        _signal(held, signal.SIGCONT)
        time.sleep(RUN_S)


def _signal(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def _renderers(parent: int) -> list[int]:
    """This browser's renderers; they descend from it by way of its zygotes."""
    parents: dict[int, int] = {}
    renderers = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                process = int(folder.name)
                parents[process] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if b"--type=renderer" in (folder / "cmdline").read_bytes():
                    renderers.append(process)
    return [each for each in renderers if parent in _ancestors(each, parents)]


def _ancestors(process: int, parents: dict[int, int]) -> Iterator[int]:
    while (process := parents.get(process, 0)) > 1:
        yield process

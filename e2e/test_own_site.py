"""A site of one's own, from nothing: init, import, serve, and a page with what was printed."""

import html
import re
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from accessible import Accessible
from edge_process import ASKWELL, environment
from host_pages import HostPages
from page_guard import Guard
from playwright.sync_api import Page

CONTACTS = "FirstName,ExternalDataReference,Tier\nAna,A-1,gold\nBob,A-2,\n"
PLAIN = """<!doctype html>
<title>My little shop</title>
<h1>My little shop</h1>
<script>var extRef = {reference};</script>
{snippets}
"""


class OwnSite:
    """What a person has after the three commands: a data folder, two snippets, pages."""

    def __init__(self, data: Path, snippets: list[str], pages: HostPages) -> None:
        self.data, self.snippets, self.pages = data, snippets, pages

    def page_for(self, reference: str) -> str:
        """A plain page for whom the site knows as `reference`, a JavaScript expression."""
        text = PLAIN.format(reference=reference, snippets="\n".join(self.snippets))
        path = f"/{len(self.pages.pages)}.html"
        self.pages.pages[path] = (text, {})
        return self.pages.origin + path

    def displays(self) -> list[str]:
        """Who has a display on the timeline, by reference."""
        asked = (
            "SELECT external_reference FROM touchpoints JOIN contacts USING (contact_id) "
            "WHERE type = 'intercept_displayed'"
        )
        with closing(sqlite3.connect(self.data / "askwell.sqlite3")) as store:
            return [reference for (reference,) in store.execute(asked)]


@pytest.fixture(scope="module")
def own_site(host_server: HostPages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnSite]:
    """`askwell init`, `import` and `serve`, as the README says it."""
    folder = tmp_path_factory.mktemp("own")
    data, port = folder / "data", free_port()
    address = f"http://127.0.0.1:{port}"
    said = run(folder, data, "init", "--origin", host_server.origin, "--public-url", address)
    snippets = re.findall(r"^<script.*</script>$", said, flags=re.M)
    assert len(snippets) == 2
    (folder / "contacts.csv").write_text(CONTACTS)
    assert run(folder, data, "import", "contacts.csv").startswith("2 rows: 2 created")
    with serving(folder, data, port):
        yield OwnSite(data, snippets, host_server)


def run(folder: Path, data: Path, *words: str) -> str:
    """One verb of the command line, which must do its work."""
    done = subprocess.run(
        [ASKWELL, *words], cwd=folder, env=environment(data), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def serving(folder: Path, data: Path, port: int) -> Iterator[None]:
    """`askwell serve` while the block runs; it ends well when it is interrupted."""
    command = [ASKWELL, "serve", "--port", str(port)]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment(data),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == f"ready http://127.0.0.1:{port}/\n"
            yield
        finally:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@pytest.mark.scenario("B1", "G4")
def test_a_plain_page_with_the_two_snippets_gets_its_invitation(
    own_site: OwnSite, page: Page, guard: Guard
) -> None:
    a_page_of_its_own(guard)
    page.goto(own_site.page_for('"A-1"'))
    invitation = Accessible(page)
    invitation.wait_for("button", "Take part")
    assert "How are we doing?" in invitation.text()
    page.screenshot(path=str(own_site.data / "invited.png"))
    invitation.press("button", "Take part")
    page.locator("askwell-creative").wait_for(state="detached")
    eventually(lambda: own_site.displays() == ["A-1"])


@pytest.mark.scenario("B8", "B3", "G6")
def test_a_placeholder_is_nobody_and_nobody_has_no_timeline(
    own_site: OwnSite, page: Page, guard: Guard
) -> None:
    """Caps and contacts are for somebody; the invitation itself is for everybody."""
    a_page_of_its_own(guard)
    before = own_site.displays()
    page.goto(own_site.page_for('"undefined"'))
    invitation = Accessible(page)
    invitation.press("button", "Not now")
    page.locator("askwell-creative").wait_for(state="detached")
    page.wait_for_timeout(500)
    assert own_site.displays() == before


@pytest.mark.scenario("B2", "B4", "G6")
@pytest.mark.parametrize("reference", ['"X-9"', '"a-1"'])
def test_whom_the_list_does_not_name_is_not_bothered(
    own_site: OwnSite, page: Page, guard: Guard, reference: str
) -> None:
    a_page_of_its_own(guard)
    before = own_site.displays()
    with page.expect_response(re.compile("/(decide|snapshot)$")):
        page.goto(own_site.page_for(reference))
    page.wait_for_timeout(500)
    assert page.locator("askwell-creative").count() == 0
    assert own_site.displays() == before


def test_the_snippets_are_the_published_two_steps(own_site: OwnSite) -> None:
    first, second = map(html.unescape, own_site.snippets)
    assert first == (
        '<script>if(typeof QSI === "undefined") '
        "{QSI = {};QSI.config = {externalReference: extRef};}</script>"
    )
    assert re.fullmatch(
        r'<script async src="http://127\.0\.0\.1:\d+/p/ZN_\w{15}\.js"></script>', second
    )


def a_page_of_its_own(guard: Guard) -> None:
    """What the plain page does itself: its variable, and no picture for the browser's tab."""
    guard.allow_globals("extRef")
    guard.allow(r"favicon\.ico")


def eventually(true: Callable[[], bool]) -> None:
    """Wait for what happens right after, within 10 s."""
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)

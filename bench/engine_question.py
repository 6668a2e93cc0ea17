"""What the engine's benchmark asks: the demo shop's page, as a visitor's browser asks it."""

import sys
import tempfile
from pathlib import Path

from engine_files import REPOSITORY
from playwright.sync_api import Playwright, Request

sys.path[:0] = [str(REPOSITORY / "e2e" / "demo"), str(REPOSITORY / "e2e")]

from demo_shop import start

ASKED = ("now", "draw", "page_view_id", "debug", "page")


def demo_question(playwright: Playwright, flags: list[str]) -> tuple[bytes, str, bytes, bytes]:
    """Bundle, its hash, snapshot and request of the demo's first visitor, caught on their way."""
    with tempfile.TemporaryDirectory() as folder:
        demo = start(Path(folder))
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        try:
            page = browser.new_page()

            def decides(request: Request) -> bool:
                return request.url.endswith("/decide")

            with page.expect_request(decides) as caught:
                page.goto(f"{demo.origin}/demo/?ref=U-1")
            project = caught.value.url.removesuffix("/decide")
            body = caught.value.post_data_json
            who = {name: value for name, value in body.items() if name not in ASKED}
            visit = {**who, "page_view_id": body["page_view_id"]}
            name = page.request.get(f"{project}/start.json").json()["bundle"]
            bundle = page.request.get(f"{demo.origin}/b/{name}").body()
            headers = {"Origin": demo.origin}
            answer = page.request.post(f"{project}/snapshot", data=visit, headers=headers)
            if not answer.ok:
                raise SystemExit(f"no snapshot: {answer.status} {answer.text()}")
            asked = {name: body[name] for name in ASKED if name in body}
            return bundle, name, answer.body(), page.evaluate("JSON.stringify", asked).encode()
        finally:
            browser.close()
            demo.process.terminate()
            demo.process.wait()

"""Takes the picture of the demo that the README shows: `python e2e/demo/picture.py`, after a build.

It starts a demo of its own, opens the printed address as a newcomer does, and writes docs/demo.png.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "e2e"), str(ROOT / "e2e" / "demo")]

from demo_shop import start  # noqa: E402 - found by the line above

PICTURE = ROOT / "docs" / "demo.png"
LIMIT_BYTES = 200_000
PAGES = 20


def main() -> None:
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        demo = start(Path(data))
        try:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            for _ in range(PAGES):  # until this browser's own engine decides
                page.request.post(f"{demo.origin}/demo/forget?ref=U-1")
                page.goto(f"{demo.origin}/")
                page.locator(".verdict .word").wait_for()
                page.wait_for_timeout(3000)  # the invitation has slid in
                if page.get_by_text("Python core, in this browser").count():
                    break
            page.screenshot(path=PICTURE)
            browser.close()
        finally:
            demo.process.terminate()
            demo.process.communicate(timeout=20)
    size = PICTURE.stat().st_size
    print(f"{PICTURE}: {size:,} bytes")
    if size > LIMIT_BYTES:
        sys.exit(f"larger than {LIMIT_BYTES:,} bytes")


if __name__ == "__main__":
    main()

"""One operator's tab of the console."""

from typing import Any

from playwright.sync_api import Page, expect

PHONE: Any = {"width": 390, "height": 844}


class Console:
    """One operator's tab. Whatever the browser complains about fails the test."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page, self.origin = page, origin
        self.complaints: list[str] = []
        page.on("console", lambda line: self.complaints.append(f"{line.type}: {line.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.origin}/console{path}")
        return self.page

    def sign_in(self, email: str, password: str) -> None:
        page = self.open("/")
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()


def reach(page: Page, name: str, most: int = 60) -> None:
    """Go on with the tabulator until what has the focus begins with this name."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.textContent.trim()")
        if focused.startswith(name):
            return
    raise AssertionError(f"{name} was not reached; the focus is on {focused!r}")

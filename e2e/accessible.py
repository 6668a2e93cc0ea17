"""A page as a screen reader has it, through closed shadow roots: what is named can be pressed."""

import time
from typing import Any

from playwright.sync_api import Page

PATIENCE_S = 15


class Accessible:
    """The accessibility tree of one page, asked anew each time."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)

    def nodes(self) -> list[dict[str, Any]]:
        """Every node that assistive technology is told of."""
        tree = self._session.send("Accessibility.getFullAXTree")
        return [node for node in tree["nodes"] if not node.get("ignored")]

    def find(self, role: str, name: str) -> dict[str, Any] | None:
        """The node with this role and name, if it is there."""
        for node in self.nodes():
            if (node["role"]["value"], node.get("name", {}).get("value")) == (role, name):
                return node
        return None

    def wait_for(self, role: str, name: str) -> dict[str, Any]:
        """The same, once it appears."""
        until = time.monotonic() + PATIENCE_S
        while (found := self.find(role, name)) is None:
            assert time.monotonic() < until, f"no {role} {name!r} in: {self.text()}"
            self._page.wait_for_timeout(50)
        return found

    def text(self) -> str:
        """All names in reading order."""
        names = (node.get("name", {}).get("value", "") for node in self.nodes())
        return "\n".join(filter(None, names))

    def press(self, role: str, name: str) -> None:
        """Click where the node is drawn."""
        node = self.wait_for(role, name)
        box = self._session.send("DOM.getBoxModel", {"backendNodeId": node["backendDOMNodeId"]})
        corners = box["model"]["content"]
        self._page.mouse.click(sum(corners[::2]) / 4, sum(corners[1::2]) / 4)

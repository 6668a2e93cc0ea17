"""The forms of a page as a browser without script would send them."""

import re
from html.parser import HTMLParser
from typing import Any


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, list[tuple[str, str]]] = {}
        self.pairs: list[tuple[str, str]] = []
        self.name = ""
        self.options: list[tuple[str, bool]] | None = None
        self.text: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.pairs = self.forms.setdefault(given["action"], [])
        elif tag == "input" and "name" in given:
            kind = given.get("type", "text")
            if kind in ("checkbox", "radio"):
                if "checked" in given:
                    self.pairs.append((given["name"], given.get("value", "on")))
            else:
                self.pairs.append((given["name"], one_row(given.get("value", ""))))
        elif tag == "select":
            self.name, self.options = given["name"], []
        elif tag == "option" and self.options is not None:
            self.options.append((given["value"], "selected" in given))
        elif tag == "textarea":
            self.name, self.text = given["name"], ""

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self.options is not None:
            chosen = [value for value, on in self.options if on] or [self.options[0][0]]
            self.pairs.append((self.name, chosen[-1]))
            self.options = None
        elif tag == "textarea" and self.text is not None:
            text = self.text.removeprefix("\n").replace("\r\n", "\n").replace("\n", "\r\n")
            self.pairs.append((self.name, text))
            self.text = None


def one_row(text: str) -> str:
    """A text field has no line ends."""
    return text.replace("\r", "").replace("\n", "")


def form_of(html: str, action: str) -> list[tuple[str, str]]:
    """What the form that goes to `action` would send, buttons aside."""
    parser = _Forms()
    parser.feed(html)
    return parser.forms[action]


def changed(pairs: list[tuple[str, str]], **texts: Any) -> list[tuple[str, str]]:
    """The same with other texts in these fields."""
    return [(name, texts.get(name, text)) for name, text in pairs]


def wrong_of(html: str) -> list[tuple[str, str]]:
    """The fields that are marked as refused, each with the text that describes it."""
    found = []
    for tag in re.findall(r'<(?:input|select|textarea)\b[^>]*aria-invalid="true"[^>]*>', html):
        name, said = (re.search(rf'{part}="([^" ]+)', tag) for part in ("name", "aria-describedby"))
        assert name
        assert said
        text = re.search(rf'id="{re.escape(said[1])}">([^<]*)<', html)
        assert text, "what describes it is on the page"
        found.append((name[1], text[1]))
    return found

"""Comparisons of texts, all without letter case, as tables from name to test."""

from __future__ import annotations

from .fact import ABSENT, as_text, fold, without_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .fact import Comparisons, Test


TEXT_LIMIT = 2_000
CHOICE_LIMIT = 500


def wildcard(pattern: str) -> Callable[[str], bool]:
    """Match a whole text, `*` any characters and `?` any one, in time linear in the text.

    Bit i of `state` says that i characters of the pattern are matched; a `*` lets its bit stay.
    """
    literals = [char for char in pattern if char != "*"]
    stay = anyone = 0
    masks: dict[str, int] = {}
    place = 0
    for char in pattern:
        if char == "*":
            stay |= 1 << place
            continue
        if char == "?":
            anyone |= 1 << place
        else:
            masks[char] = masks.get(char, 0) | 1 << place
        place += 1
    done = 1 << len(literals)

    def matches(text: str) -> bool:
        state = 1
        for char in text:
            state = (state & (masks.get(char, 0) | anyone)) << 1 | state & stay
            if not state:
                return False
        return bool(state & done)

    return matches


MATCHERS: Mapping[str, Callable[[str], Callable[[str], bool]]] = {
    "is": lambda wanted: wanted.__eq__,
    "contains": lambda wanted: lambda text: wanted in text,
    "starts_with": lambda wanted: lambda text: text.startswith(wanted),
    "ends_with": lambda wanted: lambda text: text.endswith(wanted),
    "matches": wildcard,
}


def expected_text(value: object, empty: bool) -> str:
    if not isinstance(value, str) or len(value) > TEXT_LIMIT:
        raise ValueError(f"a text of at most {TEXT_LIMIT} characters is expected")
    if not value and not empty:
        raise ValueError("an empty text would always pass")
    return value


def text_test(name: str, negative: bool) -> Callable[[object], Test]:
    """The test of one text comparison, ignoring case, or of its negative."""

    def compare(value: object) -> Test:
        matches = MATCHERS[name](fold(expected_text(value, empty=name == "is")))

        def test(actual: object) -> bool:
            if actual is ABSENT:
                return negative
            text = as_text(actual)
            return text is not None and matches(fold(text)) is not negative

        return test

    return compare


def any_text(name: str, negative: bool) -> Callable[[object], Test]:
    """Whether any text of a list passes the comparison; the negative: whether none does."""

    def compare(value: object) -> Test:
        test = text_test(name, negative=False)(value)
        return lambda texts: any(test(text) for text in texts) is not negative

    return compare


def choices(value: object) -> list[str]:
    """One text or a list of them."""
    wanted = value if isinstance(value, list) else [value]
    if not wanted or len(wanted) > CHOICE_LIMIT:
        raise ValueError(f"1 to {CHOICE_LIMIT} texts are expected")
    return [expected_text(each, empty=False) for each in wanted]


def choice_test(negative: bool, language: bool = False) -> Callable[[object], Test]:
    """One of some texts, ignoring case; for languages "en" also means "en-GB"."""

    def prepare(value: object) -> Test:
        wanted = [fold(each) for each in choices(value)]

        def test(actual: str) -> bool:
            text = fold(actual)
            found = text in wanted or (
                language and any(text.startswith(each + "-") for each in wanted)
            )
            return found is not negative

        return test

    return prepare


def with_negatives(test: Callable[[str, bool], Callable[[object], Test]]) -> Comparisons:
    table = {name: test(name, False) for name in MATCHERS}
    negatives = {"is_not" if name == "is" else f"not_{name}": name for name in MATCHERS}
    return table | {negative: test(name, True) for negative, name in negatives.items()}


TEXT: Comparisons = with_negatives(text_test)
ANY_TEXT: Comparisons = with_negatives(any_text)
EMPTY: Comparisons = {
    "empty": without_value(lambda actual: actual in (ABSENT, "")),
    "not_empty": without_value(lambda actual: actual not in (ABSENT, "")),
}
CHOICE: Comparisons = {"is": choice_test(False), "is_not": choice_test(True)}
LANGUAGE: Comparisons = {"is": choice_test(False, True), "is_not": choice_test(True, True)}

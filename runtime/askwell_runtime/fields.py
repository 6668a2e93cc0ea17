"""Reading a decoded map field by field, refusing with the path of what is wrong."""

from __future__ import annotations

from .errors import CoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

REQUIRED: Any = object()
TEXT_LIMIT = 2_000
INSTANT_LIMIT = 253_370_764_800_000  # 9999-01-01: later instants have no date in Python


class Fields:
    """One map, its path and the error that refusals are raised as."""

    __slots__ = ("error", "path", "raw")

    def __init__(self, raw: object, path: str, error: type[CoreError]) -> None:
        self.path = path
        self.error = error
        if not isinstance(raw, dict):
            raise error(path, "a map is expected")
        self.raw = raw

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def refuse(self, name: str, problem: str) -> CoreError:
        return self.error(self.at(name), problem)

    def text(self, name: str, default: Any = REQUIRED, limit: int = TEXT_LIMIT) -> Any:
        value = self.raw.get(name, default)
        if value is default and default is not REQUIRED:
            return default
        if not isinstance(value, str) or not value or len(value) > limit:
            raise self.refuse(name, f"a text of 1 to {limit} characters is expected")
        return value

    def one_of(self, name: str, allowed: Collection[str], default: Any = REQUIRED) -> Any:
        value = self.text(name, default)
        if value is not default and value not in allowed:
            raise self.refuse(name, f"{value!r} is none of {', '.join(sorted(allowed))}")
        return value

    def whole(self, name: str, low: int, high: int, default: Any = REQUIRED) -> Any:
        value = self.raw.get(name, default)
        if value is default and default is not REQUIRED:
            return default
        if type(value) is not int or not low <= value <= high:
            raise self.refuse(name, f"a whole number from {low} to {high} is expected")
        return value

    def instant(self, name: str, default: Any = REQUIRED) -> Any:
        return self.whole(name, 0, INSTANT_LIMIT, default)

    def rate(self, name: str) -> int:
        rate: int = self.whole(name, 0, 10_000, 10_000)
        return rate

    def truth(self, name: str, default: bool) -> bool:
        value = self.raw.get(name, default)
        if not isinstance(value, bool):
            raise self.refuse(name, "true or false is expected")
        return value

    def items(self, name: str, limit: int, default: Any = REQUIRED) -> list[Any]:
        value = self.raw.get(name, default)
        if not isinstance(value, list) or len(value) > limit:
            raise self.refuse(name, f"a list of at most {limit} is expected")
        return value

    def texts(self, name: str, limit: int, default: Any = REQUIRED) -> list[str]:
        values = self.items(name, limit, default)
        if not all(isinstance(value, str) and len(value) <= TEXT_LIMIT for value in values):
            raise self.refuse(name, "a list of texts is expected")
        return values

    def map(self, name: str, limit: int, default: Any = REQUIRED) -> dict[str, Any]:
        value = self.raw.get(name, default)
        if not isinstance(value, dict) or len(value) > limit:
            raise self.refuse(name, f"a map of at most {limit} is expected")
        if not all(isinstance(key, str) for key in value):
            raise self.refuse(name, "texts are expected as keys")
        return value

    def fields(self, name: str, default: Any = REQUIRED) -> Fields:
        value = self.raw.get(name, default)
        return Fields(value, self.at(name), self.error)

"""Frozen, slotted records without `dataclasses`, whose import a visitor's browser would pay for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, dataclass_transform
else:

    def dataclass_transform(**_: object):
        return lambda shape: shape


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Shape(type):
    """Makes the annotated names of a class its slots."""

    __slots__: tuple[str, ...]
    _fillers: tuple[tuple[str, Any], ...]

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Shape:
        names = body["__slots__"] = tuple(body.get("__annotations__", ()))
        shape = super().__new__(mcs, name, bases, body)
        # Each slot's own writer, past `__setattr__`: a decision makes many records.
        shape._fillers = tuple((each, shape.__dict__[each].__set__) for each in names)
        return shape


class Value(metaclass=Shape):
    """A record whose fields are given by name, once: `Limit(max=1, window_s=86_400)`."""

    def __init__(self, **fields: object) -> None:
        fillers = type(self)._fillers
        if len(fields) != len(fillers):
            raise TypeError(f"{type(self).__name__} takes {', '.join(type(self).__slots__)}")
        for name, fill in fillers:
            fill(self, fields[name])

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} is read-only")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} is read-only")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).__slots__)
        return f"{type(self).__name__}({shown})"

    def _fields(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in type(self).__slots__)

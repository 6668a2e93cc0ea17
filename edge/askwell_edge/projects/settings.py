"""A project's settings, as the bundle carries them: defaults, limits and who depends on whom."""

import re
from collections.abc import Mapping
from typing import Any

from askwell_edge.access.refusals import Conflict, Invalid

DEFAULTS: Mapping[str, Any] = {
    "mode": "auto",
    "sample_rate": 10_000,
    "sampling": "request",
    "single_active": True,
    "linked": False,
    "create_contacts": False,
    "require_token": False,
    "reevaluate_on_url": False,
    "cookie_domain": None,
    "claim_timeout_ms": 800,
    "paint_timeout_ms": 5_000,
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "mode": ("auto", "browser", "edge"),
    "sampling": ("request", "visitor"),
}
RANGES: Mapping[str, tuple[int, int]] = {
    "sample_rate": (0, 10_000),
    "claim_timeout_ms": (100, 10_000),
    "paint_timeout_ms": (500, 60_000),
}
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def changed_settings(present: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`present` with the `given` changes; refuses what it does not know or allow, by name.

    `linked` changes by linking alone.
    """
    settings = {**DEFAULTS, **present}
    for name, value in given.items():
        path = f"settings.{name}"
        if name not in DEFAULTS:
            raise Invalid(path, f"must be one of {', '.join(DEFAULTS)}")
        if name == "linked" and value != settings["linked"]:
            raise Invalid(path, "changes by linking the project with a directory")
        _check(name, value, path)
        settings[name] = value
    if settings["create_contacts"] and not settings["linked"]:
        raise Conflict(
            "project_not_linked",
            "settings.create_contacts: link the project with a directory first",
        )
    return settings


def _check(name: str, value: object, path: str) -> None:
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise Invalid(path, f"must be one of {', '.join(CHOICES[name])}")
    elif name in RANGES:
        low, high = RANGES[name]
        if type(value) is not int or not low <= value <= high:
            raise Invalid(path, f"must be a whole number from {low} to {high}")
    elif name == "cookie_domain":
        if value is not None and not (isinstance(value, str) and _DOMAIN.fullmatch(value)):
            raise Invalid(path, "must be a domain such as shop.example, or null")
    elif type(value) is not bool:
        raise Invalid(path, "must be true or false")

"""Refusals that every room shares; each says in words what was refused and what would be right.

EdgeError
├── Invalid        400 or 413  one field of the input is not acceptable
├── NotSignedIn    401         no operator stands behind the request
├── Forbidden      403         the operator lacks a permission, which is named
├── Unknown        404         there is no such thing, or not for this operator
├── Conflict       409         a limit or another record stands in the way
├── Throttled      429         too many requests; come back later
└── Busy           503         too much work is waiting
"""

from collections.abc import Mapping

from askwell_edge.errors import EdgeError


class Invalid(EdgeError):
    """A field of the input is not acceptable: `field` names it, `limit` says what would be."""

    def __init__(self, field: str, limit: str, *, status_code: int = 400) -> None:
        self.field = field
        self.limit = limit
        super().__init__(status_code, "invalid_input", f"{field}: {limit}")


class NotSignedIn(EdgeError):
    """The request carries no live session or token."""

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(401, "not_signed_in", message, headers)


class Forbidden(EdgeError):
    """The operator lacks a permission."""

    def __init__(
        self, permission: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.permission = permission
        super().__init__(403, "permission_missing", message, headers)


class Unknown(EdgeError):
    """There is no such thing, or it is not visible to this operator."""

    def __init__(self, kind: str, wanted: str) -> None:
        super().__init__(404, f"unknown_{kind}", f"{kind}: there is none with the id {wanted!r}")


class Conflict(EdgeError):
    """A limit is reached, or another record stands in the way."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(409, code, message)


class Throttled(EdgeError):
    """More requests than the limit allows."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(429, "throttled", message, {"Retry-After": str(max(1, retry_after_s))})


class Busy(EdgeError):
    """Too much work is waiting already."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(503, "busy", message, {"Retry-After": str(max(1, retry_after_s))})

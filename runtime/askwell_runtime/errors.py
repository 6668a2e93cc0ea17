"""What can go wrong in the core. Reading can fail; deciding cannot.

CoreError
├── WireError            something that crossed a border is malformed; `path` says where
│   ├── BundleError      what a project published
│   ├── SnapshotError    what is known of one visitor
│   ├── RequestError     what the page asked
│   └── ReceiptError     a kept decision
└── CriteriaError        a segment's definition; `path` says where
"""

from __future__ import annotations


class CoreError(Exception):
    """The core refused what it was given."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.path = path
        self.problem = problem


class WireError(CoreError):
    """Bytes or text that crossed a border are not what they should be."""


class BundleError(WireError):
    """The bundle is malformed."""


class SnapshotError(WireError):
    """The snapshot is malformed."""


class RequestError(WireError):
    """The request is not a JSON object with `now` and `draw`."""


class ReceiptError(WireError):
    """The receipt is malformed or belongs to another bundle."""


class CriteriaError(CoreError):
    """The segment's criteria are malformed."""

"""What the menu offers: only what this operator may open (L1, C25)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping

from askwell_edge.access.roles import Caller, Permission


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu."""

    title: str
    address: str
    icon: str
    current: bool


# Path below the directory, title, icon, and whether it needs Manage Directory.
OF_DIRECTORY = (
    ("contacts", "Contacts", "people", True),
    ("lists", "Mailing lists", "list", False),
    ("segments", "Segments", "segment", False),
    ("imports", "Imports", "upload", True),
    ("merges", "Duplicates", "merge", True),
    ("identity", "Identity rules", "key", True),
    ("frequency", "Frequency rules", "clock", True),
    ("settings", "Settings", "gear", True),
)


def navigation(
    caller: Caller, seen: Sequence[RowMapping], directory_id: str | None, path: str
) -> dict[str, Any]:
    """The menu's three parts; `directory_id` is the one at hand, else the first."""
    chosen = next((row for row in seen if row["directory_id"] == directory_id), None)
    directory = chosen or (seen[0] if seen else None)
    managed = directory is not None and caller.may(
        Permission.MANAGE_DIRECTORY, directory["directory_id"]
    )

    def entry(address: str, title: str, icon: str) -> Entry:
        current = path == address or path.startswith(f"{address}/")
        return Entry(title, address, icon, current)

    of_directory = [
        entry(f"/console/directories/{directory['directory_id']}/{name}", title, icon)
        for name, title, icon, needs in OF_DIRECTORY
        if directory is not None and (managed or not needs)
    ]
    websites = [
        entry("/console/projects", "Projects", "window"),
        entry("/console/why", "Why?", "question"),
    ]
    account = [
        entry("/console/tokens", "API tokens", "key"),
        entry("/console/clients", "API clients", "window"),
    ]
    if caller.brand_administrator:
        account = [
            entry("/console/directories", "Directories", "book"),
            entry("/console/operators", "Operators", "people"),
            *account,
            entry("/console/audit", "Audit log", "clock"),
        ]
        first = account[0]
        account[0] = Entry(first.title, first.address, first.icon, path == first.address)
    return {
        "directory": directory,
        "menu_directory": of_directory,
        "menu_websites": websites,
        "menu_account": account,
    }

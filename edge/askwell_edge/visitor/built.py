"""What the build made for browsers: files named by their content, listed with their integrity.

`manifest.json` and `engine.json` list them: `{"files": {stem: {"name", "integrity", "bytes"}}}`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LISTS = ("manifest.json", "engine.json")
LOADER, CLIENT, DEBUGGER = "loader", "client", "debugger"
FRAME, ENGINE_WORKER = "engine-frame", "engine-worker"
FRAME_PAGE = "engine-frame.html"


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One file as pages may ask for it: `/a/` and its name."""

    name: str
    path: Path
    integrity: str


@dataclass(frozen=True, slots=True)
class Built:
    """The files by stem (`client`) and by name (`client-0123….js`). Nothing else is served."""

    folder: Path
    by_stem: Mapping[str, BuiltFile]
    by_name: Mapping[str, BuiltFile]

    def text(self, name: str) -> str | None:
        """A built text, or None while it is not built."""
        path = self.folder / name
        return path.read_text("utf-8") if path.is_file() else None


def read_built(folder: Path) -> Built:
    """What lies in `folder`; nothing while it was not built yet."""
    by_stem: dict[str, BuiltFile] = {}
    for name in LISTS:
        path = folder / name
        listed: Mapping[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        for stem, entry in listed.get("files", {}).items():
            file = BuiltFile(entry["name"], folder / entry["name"], entry["integrity"])
            by_stem[stem] = file
    return Built(folder, by_stem, {file.name: file for file in by_stem.values()})

"""Who may know whom: the core knows nobody, the store no room, no room the console."""

import json
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from sources import ROOT, files, imported, is_standard, module_name

CORE = list(files("runtime/askwell_runtime", ".py"))
EDGE = list(files("edge/askwell_edge", ".py"))
# What stands above the rooms, and may know them all.
ABOVE = {"app", "cli", "commands", "console", "demo", "sample"}
# What every room stands on.
BELOW = {"access", "border", "errors", "health", "settings", "store"}
IMPURE = {"time", "random", "secrets", "socket", "os", "subprocess", "threading", "asyncio", "js"}


def room(module: str) -> str:
    """`ledger` of `askwell_edge.ledger.claims`."""
    return module.split(".")[1] if module.count(".") else ""


def edge_imports(path: Path) -> set[str]:
    return {each for each in imported(path) if each.startswith("askwell_edge.")}


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_the_core_knows_the_standard_library_and_msgpack_alone(path: Path) -> None:
    for module in imported(path):
        assert is_standard(module) or module.split(".")[0] in ("askwell_runtime", "msgpack")
        assert module.split(".")[0] not in IMPURE, f"{module} is no pure computation"


def test_the_core_reads_no_clock() -> None:
    for path in CORE:
        assert not re.search(r"\.(now|utcnow|today)\(", path.read_text()), path


def test_a_room_knows_nothing_that_stands_above_it() -> None:
    for path in EDGE:
        own = room(module_name(path))
        if own in ABOVE:
            continue
        for module in edge_imports(path):
            assert room(module) not in ABOVE, f"{module_name(path)} imports {module}"


def test_what_rooms_stand_on_knows_no_room() -> None:
    for path in EDGE:
        if room(module_name(path)) in BELOW:
            for module in edge_imports(path):
                assert room(module) in BELOW, f"{module_name(path)} imports {module}"


def test_the_store_knows_settings_and_errors_alone() -> None:
    for path in EDGE:
        if room(module_name(path)) == "store":
            for module in imported(path):
                inside = module.startswith(("askwell_edge.", "askwell_runtime"))
                assert not inside or room(module) in {"store", "settings", "errors"}, module


def test_no_room_imports_anothers_routes() -> None:
    for path in EDGE:
        own = room(module_name(path))
        for module in edge_imports(path):
            last = module.split(".")[-1] if module.count(".") > 1 else ""
            if last == "routes" or last.endswith("_api"):
                # The console makes the API's calls in its operator's name.
                assert own in (room(module), "app", "console"), f"{module_name(path)}: {module}"


def test_rooms_of_the_directory_stand_on_one_another() -> None:
    """Which one stands on which is an order: none is below itself."""
    below: dict[str, set[str]] = {}
    for path in EDGE:
        name = module_name(path).split(".")
        if name[1:2] == ["directory"] and len(name) == 4 and not name[3].endswith("_api"):
            known = [each.split(".") for each in edge_imports(path)]
            rooms = {each[2] for each in known if each[1] == "directory" and len(each) > 3}
            below.setdefault(name[2], set()).update(rooms - {name[2]})
    assert len(below) > 5
    list(TopologicalSorter(below).static_order())  # raises CycleError, which names the circle


def test_journeys_know_the_edge_by_its_addresses_alone() -> None:
    for path in files("e2e", ".py"):
        assert not [each for each in imported(path) if each.startswith("askwell_edge")], path


def test_scripts_for_browsers_import_nothing_from_outside() -> None:
    """What a visitor loads is ours, but for what its package.json names."""
    packages = json.loads((ROOT / "snippet" / "package.json").read_text())["dependencies"]
    outside = re.compile(r"""(?:from|import\()\s*["'](?!\.)([^"']+)["']""")
    for path in files("snippet/src", ".js"):
        files_of = tuple(f"{package}/" for package in packages)
        named = set(outside.findall(path.read_text())) - set(packages)
        named = {each for each in named if not each.startswith(files_of)}
        assert not named, f"{path.relative_to(ROOT)} imports {named}"

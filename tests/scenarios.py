"""docs/scenarios.md: which test modules prove which acceptance scenario, read from the tests.

`python tests/scenarios.py` writes it; `tests/structure/test_scenarios.py` holds it to the tests.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "scenarios.md"
FOLDERS = ("tests", "e2e")
HEAD = """\
# Acceptance scenarios, and the tests that prove them

Written by `python tests/scenarios.py` from the tests' `@pytest.mark.scenario(…)` and the
corpus's `"scenarios"`. A dash means: not covered yet.
"""


def areas() -> dict[str, dict[str, str]]:
    """`{"A. Set-up and linking": {"A1": "Linking says …"}, …}`."""
    known = json.loads((ROOT / "tests" / "scenarios.json").read_text())
    return {f"{letter}. {area['title']}": area["scenarios"] for letter, area in known.items()}


def claims() -> Iterator[tuple[str, Path]]:
    """Each scenario that some test claims, with the file that does."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for scenario in _marks(ast.parse(path.read_text())):
                yield scenario, path.relative_to(ROOT)
    for path in sorted((ROOT / "tests" / "decisions").glob("*.json")):
        for case in json.loads(path.read_text())["cases"]:
            for scenario in case.get("scenarios", []):
                yield scenario, path.relative_to(ROOT)


def _marks(tree: ast.AST) -> Iterator[str]:
    """The ids written out in `pytest.mark.scenario("B1", "B2")`."""
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr == "scenario":
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def proven() -> dict[str, list[Path]]:
    """The files that prove each scenario, in order of their paths."""
    found: dict[str, set[Path]] = {}
    for scenario, path in claims():
        found.setdefault(scenario, set()).add(path)
    return {scenario: sorted(paths) for scenario, paths in found.items()}


def table() -> str:
    """The whole page."""
    by = proven()
    known = [scenario for area in areas().values() for scenario in area]
    missing = [scenario for scenario in known if scenario not in by]
    lines = [HEAD, f"{len(known) - len(missing)} of {len(known)} are covered."]
    if missing:
        lines.append(f"Not covered yet: {' '.join(missing)}.")
    for title, scenarios in areas().items():
        lines += ["", f"## {title}", "", "| | scenario | tests |", "|---|---|---|"]
        for scenario, text in scenarios.items():
            lines.append(f"| {scenario} | {text} | {_links(by.get(scenario, []))} |")
    return "\n".join(lines) + "\n"


def _links(paths: list[Path]) -> str:
    return ", ".join(f"[{_name(path)}](../{path})" for path in paths) or "–"


def _name(path: Path) -> str:
    """`ledger caps` of `tests/edge/ledger/test_ledger_caps.py`, `corpus: urls` of the corpus."""
    name = re.sub("^test_", "", path.stem).replace("_", " ")
    if path.suffix == ".json":
        return f"corpus: {name}"
    return f"journey: {name}" if path.parts[0] == "e2e" else name


if __name__ == "__main__":
    TABLE.write_text(table())

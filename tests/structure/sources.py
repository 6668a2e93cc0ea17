"""The project's own sources, as the tests of its structure read them."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ASIDE = {"node_modules", "build", "data", "__pycache__"}


def files(folder: str, *endings: str) -> Iterator[Path]:
    """Files of ours below a folder, without what is built, installed or hidden."""
    for path in sorted((ROOT / folder).rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part in ASIDE or part.startswith(".") for part in parts)
        if path.suffix in endings and path.is_file() and not hidden:
            yield path


def module_name(path: Path) -> str:
    """`askwell_edge.store.engine` of `edge/askwell_edge/store/engine.py`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    start = next(i for i, part in enumerate(parts) if part.startswith("askwell_"))
    return ".".join(parts[start:]).removesuffix(".__init__")


def imported(path: Path) -> Iterator[str]:
    """Every module that the file imports, wherever in it, by its whole name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module_name(path).split(".")
                inside = package if path.stem == "__init__" else package[:-1]
                inside = inside[: len(inside) - node.level + 1]
                base = ".".join([*inside, base]) if base else ".".join(inside)
            yield base
            yield from (f"{base}.{each.name}" for each in node.names)


def is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names

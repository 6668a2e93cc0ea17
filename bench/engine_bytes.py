"""What a visitor's first decision costs in bytes: this engine beside stock Pyodide, brotli 11."""

import argparse
import json
import tempfile
from pathlib import Path

import brotli
from engine import REPOSITORY, STOCK, STOCK_FILES, build_engine, core_archive

FIRST = ("engine-frame", "engine-worker", "engine", "engine-memory")
LOADER = REPOSITORY / "build" / "manifest.json"


def loader_brotli() -> int | None:
    """The loader's size, where the project was built."""
    if not LOADER.is_file():
        return None
    entry = json.loads(LOADER.read_text())["files"].get("loader")
    return len(brotli.compress((LOADER.parent / entry["name"]).read_bytes())) if entry else None


def main() -> None:
    """Prints a table, or with --json one line last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--built", type=Path, help="a built engine; one is built without it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        built = options.built or build_engine(Path(folder))
        files = json.loads((built / "engine.json").read_text())["files"]
        sizes = {stem: len((built / f"{files[stem]['name']}.br").read_bytes()) for stem in files}
    stock = {name: len(brotli.compress((STOCK / name).read_bytes())) for name in STOCK_FILES}
    stock["core"] = len(core_archive())
    for stem, size in sizes.items():
        print(f"{stem:16} {size:9,} bytes{'' if stem in FIRST else '   only if needed'}")
    first, all_stock = sum(sizes[stem] for stem in FIRST), sum(stock.values())
    print(
        f"first decision {first:,} bytes, stock {all_stock:,} bytes, ratio {first / all_stock:.3f}"
    )
    if options.json:
        figures = {
            "engine_first_decision_brotli": first,
            "loader_brotli": loader_brotli(),
            "stock_brotli": all_stock,
        }
        print(json.dumps(figures))


if __name__ == "__main__":
    main()

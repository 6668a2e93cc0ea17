"""What a visitor's first decision costs in bytes: this engine beside stock Pyodide, brotli 11."""

import argparse
import json
from pathlib import Path

from engine_files import (
    FIRST,
    engine_sizes,
    peer_sizes,
    project_build,
    script_sizes,
    stock_size,
)


def main() -> None:
    """Prints a table, or with --json one line last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--built", type=Path, help="a built engine; without it the project's")
    options = parser.parse_args()
    built = options.built or project_build()
    sizes, scripts, stock = engine_sizes(built), script_sizes(built), stock_size()
    for stem, size in sizes.items():
        print(f"{stem:24} {size:9,} bytes{'' if stem in FIRST else '   only if needed'}")
    for name, size in {**scripts, **peer_sizes()}.items():
        print(f"{name:24} {size:9,} bytes")
    first = sum(sizes[stem] for stem in FIRST)
    print(f"first decision {first:,} bytes, stock {stock:,} bytes, ratio {first / stock:.3f}")
    if options.json:
        figures = {
            "engine_first_decision_brotli": first,
            "loader_brotli": scripts.get("loader"),
            "stock_brotli": stock,
        }
        print(json.dumps(figures))


if __name__ == "__main__":
    main()

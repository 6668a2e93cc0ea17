"""Bytes of what a page loads, beside what others have their users load; the last line is JSON.

`python bench/snippet_bytes.py [--json]`: raw, gzip and brotli at their best, and how many times
more than ours. Peers are the browser bundles of their npm packages (`snippet/package.json`).
"""

import argparse
import gzip
import json
import os
from pathlib import Path

import brotli

ROOT = Path(__file__).parents[1]
BUILT = Path(os.environ.get("ASKWELL_BUILT_DIR", ROOT / "build"))
PACKAGES = ROOT / "snippet" / "node_modules"
# What each loads on a page that may ask its visitor something.
PEERS = {
    "posthog-js": ["posthog-js/dist/array.js", "posthog-js/dist/surveys.js"],
    "@formbricks/js": ["@formbricks/js/dist/index.js"],
    "@growthbook/growthbook": ["@growthbook/growthbook/dist/bundles/auto.min.js"],
}
NOTES = {"@formbricks/js": "its door only; the rest comes from a server"}


def ours() -> dict[str, list[Path]]:
    """The loader alone, as on pages where nothing can show, and with the client."""
    files = json.loads((BUILT / "manifest.json").read_text())["files"]
    loader, client = (BUILT / files[stem]["name"] for stem in ("loader", "client"))
    return {"askwell, nothing can show": [loader], "askwell": [loader, client]}


def sizes(paths: list[Path]) -> dict[str, int]:
    """`{"raw", "gzip", "brotli"}` in bytes, each file compressed by itself."""
    bodies = [path.read_bytes() for path in paths]
    return {
        "raw": sum(map(len, bodies)),
        "gzip": sum(len(gzip.compress(body, 9)) for body in bodies),
        "brotli": sum(len(brotli.compress(body, quality=11)) for body in bodies),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="only the last line")
    asked = parser.parse_args()
    found = {name: sizes(paths) for name, paths in ours().items()}
    base = found["askwell"]["brotli"]
    for name, paths in PEERS.items():
        found[name] = sizes([PACKAGES / path for path in paths])
    if not asked.json:
        print(f"{'':28}{'raw':>10}{'gzip':>10}{'brotli':>10}{'× askwell':>11}")
        for name, size in found.items():
            numbers = "".join(f"{size[form]:>10,}" for form in ("raw", "gzip", "brotli"))
            print(f"{name:28}{numbers}{size['brotli'] / base:>11.2f}  {NOTES.get(name, '')}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()

"""The files that the engine's benchmarks compare: ours, stock Pyodide's, and peers' scripts."""

import io
import json
import os
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli
import msgpack

REPOSITORY = Path(__file__).resolve().parents[1]
BUILT = Path(os.environ.get("ASKWELL_BUILT_DIR", REPOSITORY / "build"))
CORE = REPOSITORY / "runtime" / "askwell_runtime"
MSGPACK = Path(msgpack.__file__).parent
PACKAGES = REPOSITORY / "snippet" / "node_modules"
STOCK = PACKAGES / "pyodide"
STOCK_FILES = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
FIRST = ("engine-frame", "engine-worker", "engine", "engine-memory")
# What a page loads of each before it can show a survey or decide a feature.
PEERS = {
    "posthog-js with surveys": ("posthog-js/dist/array.js", "posthog-js/dist/surveys.js"),
    "Formbricks' loader alone": ("@formbricks/js/dist/index.js",),
    "GrowthBook": ("@growthbook/growthbook/dist/bundles/auto.min.js",),
}


def project_build() -> Path:
    """The engine that `build.py` made."""
    if not (BUILT / "engine.json").is_file():
        raise SystemExit("no engine is built; run `python3 build.py build`")
    return BUILT


def core_archive() -> bytes:
    """The core and msgpack as a wheel would hold them, for stock Pyodide."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in (CORE, MSGPACK):
            for file in sorted(package.rglob("*.py")):
                archive.write(file, file.relative_to(package.parent))
    return body.getvalue()


def engine_sizes(built: Path) -> dict[str, int]:
    """Brotli bytes of each of the engine's files, as they are served."""
    files = json.loads((built / "engine.json").read_text())["files"]
    return {stem: len((built / f"{files[stem]['name']}.br").read_bytes()) for stem in files}


def script_sizes(built: Path) -> dict[str, int]:
    """Brotli bytes of loader, client and debugger, where they are built."""
    listed = built / "manifest.json"
    files = json.loads(listed.read_text())["files"] if listed.is_file() else {}
    return {
        stem: packed_size([built / entry["name"]])
        for stem, entry in files.items()
        if entry["name"].endswith(".js")
    }


def stock_size() -> int:
    """Brotli bytes of stock Pyodide with the core."""
    return len(core_archive()) + packed_size(STOCK / name for name in STOCK_FILES)


def packed_size(files: Iterable[Path]) -> int:
    """Brotli bytes of files together, each packed by itself, on all cores."""
    with ThreadPoolExecutor() as threads:
        packed = threads.map(brotli.compress, (file.read_bytes() for file in files))
        return sum(map(len, packed))


def peer_sizes() -> dict[str, int]:
    """Brotli bytes of the peers' scripts that are installed."""
    found = {}
    for name, paths in PEERS.items():
        files = [PACKAGES / path for path in paths]
        if all(file.is_file() for file in files):
            found[name] = packed_size(files)
    return found


def all_sizes(built: Path) -> dict[str, int]:
    """What is drawn side by side: a visitor's first decision, ours, stock's and peers' scripts."""
    sizes, scripts = engine_sizes(built), script_sizes(built)
    page = sum(scripts.get(stem, 0) for stem in ("loader", "client"))
    return {
        "Stock Pyodide, core and msgpack": stock_size(),
        "Our engine's first decision": sum(sizes[stem] for stem in FIRST),
        **peer_sizes(),
        "Our loader and client": page,
        "Our loader: most page views": scripts.get("loader", 0),
    }

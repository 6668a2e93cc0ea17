"""Packs the standard library that the core really imports, compiled, into one archive.

Runs inside Pyodide at build time, so that the byte code has the browser's own magic number.
"""

import importlib
import importlib.util
import io
import marshal
import sys
import zipfile

STOCK = next(p for p in sys.path if p.endswith(".zip"))

# Imported late or only in a browser, and small: a missing one would fail a decision.
ALWAYS = [
    "_strptime",
    "calendar",
    "encodings.ascii",
    "encodings.latin_1",
    "encodings.utf_8",
    "encodings.utf_16_le",
    "locale",
    "traceback",
    "linecache",
    "tokenize",
    "textwrap",
    "contextlib",
    "importlib.metadata",
]


def loaded_names():
    """Names of the modules that were loaded from the standard library's archive or /build."""
    names = set()
    for name, module in list(sys.modules.items()):
        origin = getattr(getattr(module, "__spec__", None), "origin", None) or ""
        if origin.startswith((STOCK, "/build/modules/")):
            names.add(name)
    return names


def compiled(source, shown_as):
    """One unchecked-hash .pyc: no docstrings, no assertions, no source needed beside it."""
    code = compile(source, shown_as, "exec", dont_inherit=True, optimize=2)
    head = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little")
    return head + importlib.util.source_hash(source) + marshal.dumps(code)


def pack(names):
    """The archive's bytes: stored, not deflated, since brotli on the way packs it better."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(names):
            spec = importlib.util.find_spec(name)
            source = spec.loader.get_data(spec.origin)
            inside = spec.origin.split(".zip/")[-1].removeprefix("/build/modules/")
            entry = zipfile.ZipInfo(inside.removesuffix(".py") + ".pyc", (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, compiled(source, "/" + inside))
    return body.getvalue()

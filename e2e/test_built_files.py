"""What the build made for browsers, byte by byte as a served edge gives it away."""

import hashlib
import json
import urllib.request
from base64 import b64encode

import brotli
import pytest
from edge_process import BUILT
from shop_site import Shop

TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".wasm": "application/wasm",
    ".bin": "application/octet-stream",
    ".zip": "application/octet-stream",
}


@pytest.mark.parametrize("made", ["manifest.json", "engine.json"])
def test_every_built_file_is_served_compressed_and_whole(shop: Shop, made: str) -> None:
    listed = json.loads((BUILT / made).read_text())["files"].values()
    assert len(listed) > 5
    for file in listed:
        name = file["name"]
        asked = urllib.request.Request(
            f"http://127.0.0.1:{shop.edge.port}/a/{name}", headers={"Accept-Encoding": "br, gzip"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            sent, told = answer.read(), answer.headers
        assert told["Content-Encoding"] == "br", name
        assert told["Content-Type"].split(";")[0] == TYPES[name[name.rindex(".") :]]
        assert "immutable" in told["Cache-Control"]
        assert int(told["Content-Length"]) == len(sent) == file.get("brotli", len(sent))
        whole = hashlib.sha384(brotli.decompress(sent)).digest()
        assert file["integrity"] == f"sha384-{b64encode(whole).decode()}", name

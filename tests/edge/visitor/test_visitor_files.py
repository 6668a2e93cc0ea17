"""What browsers load: start file, bundle, loader, built files, the engine's frame."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from visitor_site import SHOP, Site, opened

from askwell_edge.projects.projects import change_project
from askwell_edge.settings import read_settings
from askwell_runtime.wire import bundle_hash, read_bundle

SCRIPT = b"(() => { document.currentScript.askwell(42); })();\n" * 40
CART = {"kind": "url", "cmp": "contains", "value": "/cart"}
LOADER = b"{ begin(ASKWELL_START) }" + b"/* more */" * 40


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A build's folder with one script, compressed beforehand, and what opens the engine."""
    folder = tmp_path / "built"
    folder.mkdir()
    files = {}
    for stem in ("loader", "client", "engine-frame", "engine-worker"):
        name = f"{stem}-{hashlib.sha256(SCRIPT).hexdigest()[:16]}.js"
        (folder / name).write_bytes(LOADER if stem == "loader" else SCRIPT)
        files[stem] = {"name": name, "integrity": f"sha384-of-{stem}", "bytes": len(SCRIPT)}
    client = folder / files["client"]["name"]
    client.with_name(client.name + ".br").write_bytes(brotli.compress(SCRIPT))
    (folder / "secret.txt").write_text("not listed")
    (folder / "wheels.whl").write_bytes(b"PK")
    engine = {stem: files.pop(stem) for stem in list(files) if stem.startswith("engine")}
    (folder / "manifest.json").write_text(json.dumps({"files": files}))
    (folder / "engine.json").write_text(json.dumps({"files": engine}))
    (folder / "engine-frame.html").write_text(
        "<!doctype html><script>{{settings}}</script>"
        '<script type="module" src="{{script}}" integrity="{{integrity}}"></script>'
    )
    return folder


@pytest.fixture
def shop(store_url: str, tmp_path: Path, built: Path) -> Iterator[Site]:
    """A site whose edge has a build."""
    with opened(store_url, tmp_path, ASKWELL_BUILT_DIR=str(built)) as site:
        yield site


def test_the_start_file_says_what_a_page_must_know(shop: Site) -> None:
    shop.intercept(
        condition=[
            CART,
            "and",
            {"kind": "cookie", "cmp": "set", "name": "seen"},
        ]
    )
    answer = shop.client.get(f"/p/{shop.project_id}/start.json", headers={"Origin": SHOP})
    start = answer.json()
    assert start["project"] == shop.project_id
    assert (start["mode"], start["linked"], start["creates"]) == ("auto", True, False)
    assert start["reads"]["cookies"] == ["seen"]
    assert start["prefilter"][0]["urls"] == [["/cart"]]
    assert start["files"]["client"].startswith("/a/client-")
    assert start["files"]["frame"] == f"/p/{shop.project_id}/frame"
    assert start["files"]["engine"].startswith("/a/engine-worker-")
    assert start["integrity"]["client"] == "sha384-of-client"
    assert start["engine"] == {"variants": ["image", "plain"]}
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert answer.headers["cache-control"] == "public, max-age=30"
    again = shop.client.get(
        f"/p/{shop.project_id}/start.json", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    before = start["bundle"]
    shop.intercept()
    changed = shop.client.get(
        f"/p/{shop.project_id}/start.json", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert changed.status_code == 200
    assert changed.json()["bundle"] != before


@pytest.mark.scenario("H10", "F10")
def test_a_draft_that_is_not_applied_changes_nothing(shop: Site) -> None:
    start = shop.client.get(f"/p/{shop.project_id}/start.json").json()
    shop.write(change_project, shop.project_id, settings={"mode": "edge", "create_contacts": True})
    assert shop.client.get(f"/p/{shop.project_id}/start.json").json() == start
    shop.apply()
    applied = shop.client.get(f"/p/{shop.project_id}/start.json").json()
    assert (applied["mode"], applied["creates"]) == ("edge", True)


@pytest.mark.parametrize("accepted", ["", "gzip", "br", "gzip, deflate, br", "br;q=0, gzip"])
def test_a_bundle_is_named_by_its_content(shop: Site, accepted: str) -> None:
    intercept = shop.intercept()
    name = shop.client.get(f"/p/{shop.project_id}/start.json").json()["bundle"]
    headers = {"Accept-Encoding": accepted, "Origin": SHOP}
    with shop.client.stream("GET", f"/b/{name}", headers=headers) as answer:
        sent = b"".join(answer.iter_raw())
    encoding = answer.headers.get("content-encoding", "")
    assert encoding == ("br" if accepted.endswith("br") else "gzip" if accepted else "")
    undo = {"": bytes, "br": brotli.decompress, "gzip": gzip.decompress}[encoding]
    body = undo(sent)
    assert bundle_hash(body) == name
    assert [each.id for each in read_bundle(body).intercepts] == [intercept]
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["vary"] == "Accept-Encoding, Origin"
    assert answer.headers["access-control-allow-origin"] == SHOP
    held = shop.client.get(f"/b/{name}", headers={"If-None-Match": f'W/"{name}"'})
    assert held.status_code == 304


def test_a_bundle_of_yesterday_is_still_there(shop: Site) -> None:
    before = shop.client.get(f"/p/{shop.project_id}/start.json").json()["bundle"]
    shop.intercept()
    assert shop.client.get(f"/b/{before}").is_success
    assert shop.client.get("/b/" + "0" * 32).status_code == 404
    stranger = shop.client.get(f"/b/{before}", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in stranger.headers


def test_the_loader_brings_the_start_file_along(shop: Site) -> None:
    path = f"/p/{shop.project_id}.js"
    first = shop.client.get(path)
    start = shop.client.get(f"/p/{shop.project_id}/start.json").text
    assert first.content == LOADER.replace(b"ASKWELL_START", start.encode())
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["cache-control"] == "public, max-age=30"
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    assert first.headers["vary"] == "Accept-Encoding, Origin"
    held = {"If-None-Match": first.headers["etag"]}
    assert shop.client.get(path, headers=held).status_code == 304
    shop.intercept(condition=CART)
    changed = shop.client.get(path, headers=held)
    assert changed.status_code == 200
    assert shop.client.get(f"/p/{shop.project_id}/start.json").text in changed.text
    assert shop.client.get("/p/ZN_other.js").status_code == 404


def test_the_loader_brings_the_client_where_every_page_needs_it(shop: Site) -> None:
    def loaded() -> tuple[str, str]:
        start = shop.client.get(f"/p/{shop.project_id}/start.json").text
        return start, shop.client.get(f"/p/{shop.project_id}.js").text

    for draft in ({"condition": CART}, {"schedule": {"until_at": 4_000_000_000_000}}):
        shop.intercept(**draft)
        start, loader = loaded()
        assert loader == LOADER.decode().replace("ASKWELL_START", start)
    shop.intercept()
    start, loader = loaded()
    client = SCRIPT.decode().replace("document.currentScript.askwell(", "askwell(")
    brought = start[:-1] + ',"client":askwell=>{' + client + "}}"
    assert loader == LOADER.decode().replace("ASKWELL_START", brought)


def test_only_the_projects_pages_may_read_its_loader(shop: Site) -> None:
    path = f"/p/{shop.project_id}.js"
    own = shop.client.get(path, headers={"Origin": SHOP})
    assert own.headers["access-control-allow-origin"] == SHOP
    strange = shop.client.get(path, headers={"Origin": "https://evil.example"})
    assert strange.status_code == 403
    assert "access-control-allow-origin" not in strange.headers


def test_built_files_are_served_by_name_and_nothing_else(shop: Site) -> None:
    path = shop.client.get(f"/p/{shop.project_id}/start.json").json()["files"]["client"]
    for accepted, encoding in (("br", "br"), ("gzip", None), ("", None)):
        answer = shop.client.get(path, headers={"Accept-Encoding": accepted})
        assert answer.headers.get("content-encoding") == encoding
        assert answer.content == SCRIPT
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["access-control-allow-origin"] == "*"
    for name in (
        "secret.txt",
        "manifest.json",
        "..%2Fsecret.txt",
        "%2e%2e/secret.txt",
        "client-.js",
        "wheels.whl",
    ):
        assert shop.client.get(f"/a/{name}").status_code == 404


def test_the_frame_may_be_held_by_the_projects_pages_alone(shop: Site) -> None:
    answer = shop.client.get(f"/p/{shop.project_id}/frame")
    policy = answer.headers["content-security-policy"]
    assert f"frame-ancestors 'self' {SHOP}" in policy
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy
    settings = json.dumps({"origins": [SHOP], "variants": ["image", "plain"]})
    assert settings in answer.text
    assert 'src="/a/engine-frame-' in answer.text
    assert "sha384-of-engine-frame" in answer.text
    assert shop.client.get("/p/ZN_other/frame").status_code == 404


def test_the_plain_engine_can_be_chosen(store_url: str, tmp_path: Path, built: Path) -> None:
    environ = {"ASKWELL_BUILT_DIR": str(built), "ASKWELL_ENGINES": "plain"}
    with opened(store_url, tmp_path, **environ) as site:
        assert '"variants": ["plain"]' in site.client.get(f"/p/{site.project_id}/frame").text
        start = site.client.get(f"/p/{site.project_id}/start.json").json()
        assert start["engine"] == {"variants": ["plain"]}
    with pytest.raises(ValueError, match="ENGINES"):
        read_settings({"ASKWELL_ENGINES": "quick"})


def test_without_a_build_nothing_fails_that_need_not(site: Site) -> None:
    start = site.client.get(f"/p/{site.project_id}/start.json").json()
    assert start["files"] == {"frame": f"/p/{site.project_id}/frame"}
    assert site.client.get(f"/p/{site.project_id}/frame").is_success
    assert site.client.get(f"/p/{site.project_id}.js").status_code == 404
    assert site.decide(None)[""]["decisions"] == []


def test_behind_a_path_of_the_shop_addresses_of_the_edge_have_it(
    store_url: str, tmp_path: Path, built: Path
) -> None:
    environ = {
        "ASKWELL_BUILT_DIR": str(built),
        "ASKWELL_PUBLIC_URL": "https://shop.example:8443/ask/",
    }
    with opened(store_url, tmp_path, **environ) as site:
        files = site.client.get(f"/p/{site.project_id}/start.json").json()["files"]
        assert files["client"].startswith("/a/client-")  # after the loader's own address
        assert 'src="/ask/a/engine-frame-' in site.client.get(f"/p/{site.project_id}/frame").text
        assert site.post("snapshot", {}, Origin="https://shop.example:8443").is_success
        assert site.post("snapshot", {}, Origin="http://testserver").status_code == 403

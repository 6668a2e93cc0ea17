"""What the documentation owes: links that lead somewhere, every address, every dependency."""

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest
from sources import ROOT, files
from starlette.routing import Mount, Route

from askwell_edge.app import create_app
from askwell_edge.settings import read_settings

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
LOCKS = ["edge/requirements.txt", "tests/requirements.txt", "snippet/package-lock.json"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    for target in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.S)):
        if re.match(r"https?://|mailto:", target):
            continue
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target}"
        if heading:
            assert heading in headings(file), f"{page.name}: {target}"


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made where it is shown."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_page_is_reached_from_the_readme() -> None:
    reached, open_pages = set(), [ROOT / "README.md"]
    while open_pages:
        page = open_pages.pop()
        reached.add(page)
        for target in LINK.findall(page.read_text()):
            file = (page.parent / target.partition("#")[0]).resolve()
            if file.suffix == ".md" and file.exists() and file not in reached:
                open_pages.append(file)
    assert set(PAGES) <= reached, {page.name for page in set(PAGES) - reached}


def addresses(routes: list[object], before: str = "") -> set[str]:
    found = set()
    for route in routes:
        if isinstance(route, Mount):
            found |= addresses(list(route.routes), before + route.path)
        elif isinstance(route, Route):
            found.add(before + route.path)
    return found


def test_every_address_is_documented() -> None:
    """Each word of each address is written in some page of the documentation."""
    written = "\n".join(page.read_text() for page in PAGES)
    for address in addresses(list(create_app(read_settings({})).routes)):
        if address.startswith("/console"):
            continue  # pages that lead to each other
        for word in re.sub(r"\{[^}]*\}", "", address).split("/"):
            assert word in written, address


REFUSALS = {"EdgeError", "UnknownPage", "Conflict", "Busy"}


def refusal_codes() -> set[str]:
    """What is written as the code of a refusal, wherever one is made or declared."""
    found = set()
    for path in files("edge/askwell_edge", ".py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            first = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
            declared = called == "super().__init__" and first and isinstance(first[0], int)
            if declared or called in REFUSALS:
                found |= {each for each in first if isinstance(each, str) and " " not in each}
    return found


def test_every_code_of_a_refusal_is_documented() -> None:
    codes = refusal_codes()
    assert {"throttled", "segment_limit", "unknown_intercept"} <= codes
    written = (ROOT / "docs" / "edge.md").read_text()
    assert {code for code in codes if f"`{code}`" not in written} == set()


def dependencies() -> set[str]:
    """What is named in pyproject.toml files, in tests/requirements.in and in package.json."""
    found = set()
    for project in ("runtime", "edge"):
        settings = tomllib.loads((ROOT / project / "pyproject.toml").read_text())
        found |= set(settings["project"]["dependencies"])
    found |= set((ROOT / "tests" / "requirements.in").read_text().splitlines())
    names = {re.split(r"[\[<>=!~ ]", each)[0] for each in found if re.match(r"\w", each)}
    packages = json.loads((ROOT / "snippet" / "package.json").read_text())
    names |= {*packages["dependencies"], *packages["devDependencies"]}
    return names - {"askwell-runtime"}


def test_every_dependency_says_why_it_is_there() -> None:
    written = (ROOT / "docs" / "dependencies.md").read_text()
    assert {name for name in dependencies() if f"`{name}`" not in written} == set()


def test_no_dependency_is_written_about_that_is_not_there() -> None:
    written = (ROOT / "docs" / "dependencies.md").read_text()
    listed = set(re.findall(r"^\| `([^`]+)` \|", written, flags=re.M))
    assert listed - dependencies() == set()


def test_what_serves_is_the_same_list_for_both_readers() -> None:
    """edge/requirements.in, which is locked, and edge/pyproject.toml, which is installed."""
    project = tomllib.loads((ROOT / "edge" / "pyproject.toml").read_text())["project"]
    locked = (ROOT / "edge" / "requirements.in").read_text().splitlines()
    wanted = {each for each in project["dependencies"] if each != "askwell-runtime"}
    assert {each for each in locked if re.match(r"\w", each)} - {"setuptools"} == wanted


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_no_host_to_download_from(name: str) -> None:
    text = (ROOT / name).read_text()
    assert '"resolved"' not in text
    assert not re.search(r"registry|index-url|find-links|trusted-host|\.(whl|tgz|tar\.gz)\b", text)


def test_requirements_are_pinned_with_hashes() -> None:
    for name in LOCKS[:2]:
        text = (ROOT / name).read_text()
        pinned = re.findall(r"^\S+==\S+", text, flags=re.M)
        assert len(pinned) >= 15
        assert all(f"{each} \\\n    --hash=sha256:" in text for each in pinned)


def test_no_page_names_a_registrys_host() -> None:
    for page in PAGES:
        assert not re.search(r"pypi\.org|pythonhosted|registry\.npmjs|jsdelivr", page.read_text())


def test_every_benchmark_that_is_written_about_is_there() -> None:
    for page in PAGES:
        for name in re.findall(r"build\.py bench ([a-z-]+)", page.read_text()):
            script = ROOT / "bench" / f"{name.replace('-', '_')}.py"
            assert script.exists(), f"{page.name}: bench {name}"
            assert "__main__" in script.read_text(), f"{page.name}: bench {name}"

"""One noun, one module: what has grown out of a size that is read in one go is named here."""

from pathlib import Path

from sources import ROOT, files

MODULE_LINES = 250
MODULE_LIMIT = 400
SCRIPT_LINES = 200
# Larger than that, and why it is one thing all the same.
ALLOWED = {
    "build.py": "the one program that runs before anything is installed",
    "edge/askwell_edge/sample/shop.py": "the sample's figures",
    "edge/askwell_edge/store/tables.py": "every table, side by side",
    "snippet/engine/bundles.py": "the worlds that the engine is trained on",
}
MIGRATIONS = Path("edge/askwell_edge/store/migrations/versions")


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def modules() -> dict[str, int]:
    """Every module that is over its size, by its path."""
    found = {}
    kinds = ((".py", MODULE_LINES), (".js", SCRIPT_LINES), (".mjs", SCRIPT_LINES))
    for folder in ("runtime", "edge", "snippet"):
        for ending, most in kinds:
            for path in files(folder, ending):
                name = path.relative_to(ROOT)
                if lines(path) > most and name.parent != MIGRATIONS:
                    found[str(name)] = lines(path)
    found["build.py"] = lines(ROOT / "build.py")
    return found


def test_no_module_is_larger_than_can_be_read_in_one_go() -> None:
    assert {name: size for name, size in modules().items() if name not in ALLOWED} == {}


def test_nothing_is_ever_larger_than_the_hard_stop() -> None:
    assert {name: size for name, size in modules().items() if size > MODULE_LIMIT} == {}


def test_what_is_allowed_needs_it() -> None:
    assert set(ALLOWED) <= set(modules())


def test_the_decision_itself_stays_small() -> None:
    assert lines(ROOT / "runtime/askwell_runtime/decide.py") <= 150
    assert lines(ROOT / "edge/askwell_edge/app.py") <= 150


def test_files_of_tests_stay_small() -> None:
    for folder in ("tests", "e2e", "bench"):
        for path in files(folder, ".py"):
            assert lines(path) <= MODULE_LIMIT, path

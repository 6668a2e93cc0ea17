#!/usr/bin/env python3
"""Sets up and runs everything: `python3 build.py demo`, `test`, `serve`, `build`, `check`, `bench`.

Standard library only: it runs on a bare machine, before anything is installed. Each step is done
again only when what it is made from has changed.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
BUILT = ROOT / "build"
STAMPS = BUILT / "stamps"
SNIPPET = ROOT / "snippet"
SERVING = ROOT / "edge" / "requirements.txt"
TESTING = ROOT / "tests" / "requirements.txt"
SOURCES = ["build.py", "bench", "edge", "e2e", "runtime", "snippet/engine", "tests"]
PYTHON_NEEDED = (3, 11)
NODE_NEEDED = 20


Words = Sequence[str | Path]
Environ = dict[str, str]
Lane = Sequence[Callable[[], object]]


class Failure(Exception):
    """A step did not work; the message says what to do next."""


# Steps ---------------------------------------------------------------------------------------


def prepare_python() -> None:
    """The virtual environment: what serves, and Askwell itself."""
    if sys.version_info < PYTHON_NEEDED:
        raise Failure(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}.")
    minor = "{}.{}".format(*sys.version_info)  # its packages are for this one; patches may come
    if stale("python", [SERVING], minor) or not PYTHON.exists():
        for name in ("python", "python-tests", "packages"):
            (STAMPS / name).unlink(missing_ok=True)
        if find_spec("ensurepip") is None:
            install_debian("python3-venv")
        run("Virtual environment", [sys.executable, "-m", "venv", "--clear", VENV])
        pip("Python packages", "--require-hashes", "-r", SERVING)
        remember("python", [SERVING], minor)
    projects = [ROOT / "runtime" / "pyproject.toml", ROOT / "edge" / "pyproject.toml"]
    if stale("packages", projects, str(ROOT)):
        editable = [part for project in projects for part in ("-e", project.parent)]
        pip("Askwell itself", "--no-deps", "--no-build-isolation", *editable)
        remember("packages", projects, str(ROOT))


def prepare_tests() -> None:
    """What tests need on top."""
    if stale("python-tests", [TESTING]):
        pip("Python packages for tests", "--require-hashes", "-r", TESTING)
        remember("python-tests", [TESTING])


def pip(title: str, *arguments: str | Path) -> None:
    quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar=off"]
    run(title, [PYTHON, "-m", "pip", "install", *quiet, *arguments])


def prepare_node(*, testing: bool) -> None:
    """The npm packages: what the build needs, and what checks and tests need on top."""
    inputs = [SNIPPET / "package.json", SNIPPET / "package-lock.json"]
    wanted = "all" if testing else "building"
    have = (STAMPS / "node").read_text().split()[-1] if (STAMPS / "node").exists() else ""
    done = not stale("node", inputs, have) and have in (wanted, "all")
    if done and (SNIPPET / "node_modules").exists():
        return
    node = shutil.which("node") if shutil.which("npm") else None
    version = subprocess.check_output([node, "--version"], text=True).strip() if node else "v0"
    if int(version.lstrip("v").split(".")[0]) < NODE_NEEDED:
        said = "there is none" if node is None else f"this is {version}"
        raise Failure(f"Node.js {NODE_NEEDED} or later with npm is needed; {said}. See nodejs.org.")
    arguments = [] if testing else ["--omit=dev"]
    run("npm packages", ["npm", "ci", "--no-audit", "--no-fund", *arguments], cwd=SNIPPET)
    remember("node", inputs, wanted)


def build_engine() -> None:
    """The core's wheel and the engine that runs it in a browser."""
    inputs = [
        *files(ROOT / "runtime" / "askwell_runtime"),
        *files(SNIPPET / "engine"),
        *files(SNIPPET / "src" / "engine"),
        *(SNIPPET / "node_modules" / name / "package.json" for name in ("esbuild", "pyodide")),
        *sorted(site_packages().glob("msgpack-*/METADATA")),
    ]
    if not stale("engine", inputs) and (BUILT / "engine.json").exists():
        return
    wheel = ["wheel", "-q", "--no-deps", "--no-build-isolation", "-w"]
    run("The core's wheel", [PYTHON, "-m", "pip", *wheel, BUILT, ROOT / "runtime"])
    command: list[str | Path] = ["node", "engine/build.mjs", BUILT]
    for package in (ROOT / "runtime" / "askwell_runtime", site_packages() / "msgpack"):
        command += ["--package", package]
    said = run("Engine (half a minute, once)", command, cwd=SNIPPET, shown=True)
    for line in said.splitlines():
        if "NO QUICK ENGINE" in line:
            print(f"      {line}", flush=True)
    remember("engine", inputs)


def build_scripts() -> None:
    """Loader, client, debugger, and what the console's pages load."""
    inputs = [
        *files(SNIPPET / "src"),
        *files(ROOT / "edge" / "askwell_edge" / "console" / "static"),
        *files(ROOT / "edge" / "askwell_edge" / "demo" / "static"),
        SNIPPET / "build.mjs",
        SNIPPET / "package-lock.json",
    ]
    if not stale("scripts", inputs) and (BUILT / "manifest.json").exists():
        return
    run("Scripts for browsers", ["node", "build.mjs", BUILT], cwd=SNIPPET)
    remember("scripts", inputs)


def prepare(*, testing: bool = False, checking: bool = False) -> None:
    """Everything that serving needs, or everything that tests need, and the sources checked."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    with open(STAMPS / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # nobody builds over what another builds
        if testing:
            prepare_system()
        together([prepare_python], [partial(prepare_node, testing=testing)])
        tests = [prepare_tests] if testing else []
        checks = [[check_python], [check_scripts]] if checking else [[], []]
        together([*tests, *checks[0]], [build_engine, build_scripts, *checks[1]])


def together(*lanes: Lane) -> None:
    """Go through lanes of steps side by side; a step that does not work ends its lane, then all."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda lane: [step() for step in lane], lanes))


def prepare_system() -> None:
    """What tests need of the machine: a browser and PostgreSQL."""
    missing = []
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        missing.append("chromium")
    if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) and not shutil.which("initdb"):
        missing.append("postgresql")
    if find_spec("ensurepip") is None:
        missing.append("python3-venv")
    if missing:
        install_debian(*missing)


def install_debian(*packages: str) -> None:
    command = f"apt-get install -y {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Failure(f"This needs {', '.join(packages)}. On Debian, as root: {command}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run("Debian's list of packages", ["apt-get", "update", "-q"], env=quiet)
    run(f"Debian's {', '.join(packages)}", [*command.split(), "-q"], env=quiet)


# Verbs ---------------------------------------------------------------------------------------


def demo(typed: argparse.Namespace) -> None:
    """Serve the sample and the demo shop."""
    prepare()
    hand_over(["demo", *serving_arguments(typed)])


def serve(typed: argparse.Namespace) -> None:
    """Serve without sample data."""
    prepare()
    hand_over(["serve", *serving_arguments(typed)])


def askwell(typed: argparse.Namespace) -> None:
    """Run a verb of the command line: `python3 build.py askwell init --origin …`."""
    prepare()
    hand_over(typed.arguments)


def build(typed: argparse.Namespace) -> None:
    """Make everything that is served, and stop."""
    prepare()
    print(f"built in {BUILT}")


def test(typed: argparse.Namespace) -> None:
    """Check the sources, then run all tests; arguments go to pytest, and then it only tests."""
    prepare(testing=True, checking=not typed.arguments)
    finish([PYTHON, "-m", "pytest", *(typed.arguments or everything())])


def everything() -> list[str]:
    """All tests on all cores, by the file, so that what a file's tests share is made once.

    The journeys go first: their files take longest, and short ones fill the end.
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    spread = ["-n", str(cores), "--dist", "loadfile", "--no-loadscope-reorder"]
    return [*(spread if cores > 1 else []), "e2e", "tests"]


def check(typed: argparse.Namespace) -> None:
    """Linters and type checkers, no tests."""
    prepare(testing=True, checking=True)


def check_python() -> None:
    here = [path for path in SOURCES if (ROOT / path).exists()]
    bin = VENV / "bin"
    run("ruff", [bin / "ruff", "check", *here])
    run("ruff format", [bin / "ruff", "format", "--check", *here])
    run("mypy --strict", [bin / "mypy"])


def check_scripts() -> None:
    node = SNIPPET / "node_modules" / ".bin"
    run("biome", [node / "biome", "check", "."], cwd=SNIPPET)
    run("tsc", [node / "tsc", "--noEmit"], cwd=SNIPPET)


def bench(typed: argparse.Namespace) -> None:
    """Run one script of bench/, or list them."""
    scripts = {path.stem.replace("_", "-"): path for path in sorted((ROOT / "bench").glob("*.py"))}
    runnable = [name for name, path in scripts.items() if "__main__" in path.read_text()]
    if typed.name is None:
        print("\n".join(runnable))
        return
    if typed.name not in runnable:
        raise Failure(f"bench: there is no {typed.name}; choose from {', '.join(runnable)}")
    prepare(testing=True)
    finish([PYTHON, scripts[typed.name], *typed.arguments])


def lock(typed: argparse.Namespace) -> None:
    """Choose versions anew: hashed requirements, and npm's lock."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    tools = BUILT / "lock-venv"
    if not tools.exists():
        run("Tools", [sys.executable, "-m", "venv", tools])
        run("pip-tools", [tools / "bin" / "pip", "install", "-q", "pip-tools"])
    quiet = ["--quiet", "--no-header", "--no-annotate", "--strip-extras", "--allow-unsafe"]
    nameless = ["--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links"]
    fresh = ["--upgrade"] if typed.upgrade else []
    for source, target in (("edge/requirements.in", SERVING), ("tests/requirements.in", TESTING)):
        options = ["--generate-hashes", *quiet, *nameless, *fresh, "-o", str(target), source]
        run(f"Versions of {source}", [tools / "bin" / "pip-compile", *options])
    run("Versions of npm packages", ["npm", "install", "--package-lock-only"], cwd=SNIPPET)


def serving_arguments(typed: argparse.Namespace) -> list[str]:
    given = {name: getattr(typed, name) for name in ("host", "port", "data")}
    return [f"--{name}={what}" for name, what in given.items() if what is not None]


def finish(command: Words) -> None:
    """Run the last command of a verb in plain sight, and end as it ends."""
    sys.exit(subprocess.run(command, cwd=ROOT, env=built_env()).returncode)


def hand_over(arguments: Sequence[str]) -> None:
    """Become the command line, so that signals and the exit code are its own."""
    program = VENV / "bin" / "askwell"
    sys.stdout.flush()
    os.execve(program, [str(program), *arguments], built_env())


def built_env() -> Environ:
    return {"ASKWELL_BUILT_DIR": str(BUILT), **os.environ}


# What steps are made of ----------------------------------------------------------------------


def run(
    title: str, command: Words, *, cwd: Path = ROOT, env: Environ | None = None, shown: bool = False
) -> str:
    """Run one step, say how long it takes, and give back what it said; Failure with that if not.

    With `shown`, what it says last is shown while it runs.
    """
    began = time.monotonic()
    start = "\r\x1b[K" if (live := sys.stdout.isatty()) else ""
    print(f"{start}  … {title}", end="" if live else "\n", flush=True)
    words = [str(part) for part in command]
    with (
        tempfile.NamedTemporaryFile(dir=STAMPS) as log,
        subprocess.Popen(
            words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        ) as process,
    ):
        told = ""
        while process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
            lines = Path(log.name).read_text(errors="replace").splitlines()
            latest = lines[-1] if shown and lines else ""
            if live:
                spent = f"{time.monotonic() - began:.0f} s"
                print(f"{start}  … {title}  {spent}  {latest}"[:100], end="", flush=True)
            elif latest != told:
                print(f"    … {latest}", flush=True)
            told = latest
        said = Path(log.name).read_text(errors="replace")
    mark = "ok" if process.returncode == 0 else "!!"
    print(f"{start}  {mark} {title}  {time.monotonic() - began:.1f} s  ", flush=True)
    if process.returncode != 0:
        raise Failure(f"{said[-6000:]}\n{title}: `{' '.join(words)}` did not work.")
    return said


def files(folder: Path) -> list[Path]:
    """Every source file below a folder, in a fixed order."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts)


def stamp(inputs: Iterable[Path], *more: str) -> str:
    digest = hashlib.sha256(repr(more).encode())
    for path in inputs:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0")
        digest.update(path.read_bytes() if path.exists() else b"")
    return " ".join([digest.hexdigest(), *more[-1:]])


def stale(name: str, inputs: Iterable[Path], *more: str) -> bool:
    """Whether a step's inputs are other than when it was done last."""
    path = STAMPS / name
    return not path.exists() or path.read_text() != stamp(inputs, *more)


def remember(name: str, inputs: Iterable[Path], *more: str) -> None:
    (STAMPS / name).write_text(stamp(inputs, *more))


def site_packages() -> Path:
    return next((VENV / "lib").glob("python3*")) / "site-packages"


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="build.py", description=__doc__.splitlines()[0])
    verbs = made.add_subparsers(required=True, metavar="VERB")
    for verb in (demo, serve, askwell, build, test, check, bench, lock):
        inner = verbs.add_parser(verb.__name__, help=verb.__doc__, description=verb.__doc__)
        inner.set_defaults(verb=verb)
        if verb in (demo, serve):
            inner.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
            inner.add_argument("--port", type=int, help="default: 8470; 0 takes any free one")
            inner.add_argument("--data", type=Path, help="data folder (default: data)")
        if verb is bench:
            inner.add_argument("name", nargs="?")
        if verb is lock:
            inner.add_argument("--upgrade", action="store_true", help="take the newest of all")
    return made


def main() -> None:
    made = parser()
    typed, others = made.parse_known_args()
    if others and typed.verb not in (askwell, test, bench):
        made.error(f"unknown arguments: {' '.join(others)}")
    typed.arguments = others  # for pytest, a benchmark or the command line, as they are
    try:
        typed.verb(typed)
    except Failure as failure:
        sys.exit(f"\n{failure}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

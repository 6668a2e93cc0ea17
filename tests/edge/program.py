"""The command line as a process of its own, for tests that type, serve and kill it."""

import os
import signal
import subprocess
import sys
from pathlib import Path


def askwell(folder: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "askwell_edge.cli", *words, "--data", str(folder / "data")],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,  # for one that hangs
        cwd=folder,
        env=clean_environment(),
    )


def clean_environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("ASKWELL_")}


def done(folder: Path, *words: str, stdin: str = "") -> str:
    result = askwell(folder, *words, stdin=stdin)
    assert result.returncode == 0, result.stderr
    return result.stdout


def start(folder: Path, verb: str, **environ: str) -> tuple[subprocess.Popen[str], list[str]]:
    """A serving edge and what it printed up to its `ready` line."""
    running = subprocess.Popen(
        [sys.executable, "-m", "askwell_edge.cli", verb, "--data", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder.parent,
        env={**clean_environment(), **environ},
    )
    assert running.stdout is not None
    lines: list[str] = []
    for line in running.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith("ready "):
            return running, lines
    raise AssertionError(f"it ended with {running.wait()}: {lines}")


def stop(running: subprocess.Popen[str]) -> int:
    running.send_signal(signal.SIGINT)
    code = running.wait(timeout=20)
    assert running.stdout is not None
    running.stdout.close()
    return code

"""Builds the engine as the project does."""

import subprocess
from pathlib import Path

import msgpack
from agreement import REPOSITORY


def run_build(folder: Path, core: Path = REPOSITORY / "runtime" / "askwell_runtime") -> str:
    """Builds the engine by its own command from a core and msgpack as they are here."""
    command = ["node", "engine/build.mjs", str(folder)]
    for package in (core, Path(msgpack.__file__).parent):
        command += ["--package", str(package)]
    ran = subprocess.run(command, cwd=REPOSITORY / "snippet", capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-1000:] + ran.stderr[-1000:]
    return ran.stdout

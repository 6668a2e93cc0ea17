"""Builds the engine as the project does."""

import os
import subprocess
from pathlib import Path

import msgpack
from agreement import REPOSITORY


def run_build(folder: Path, path: str | None = None) -> str:
    """Builds the engine by its own command from the core and msgpack as they are here."""
    command = ["node", "engine/build.mjs", str(folder)]
    for package in (REPOSITORY / "runtime" / "askwell_runtime", Path(msgpack.__file__).parent):
        command += ["--package", str(package)]
    env = {**os.environ, **({"PATH": path} if path else {})}
    ran = subprocess.run(
        command, cwd=REPOSITORY / "snippet", capture_output=True, text=True, env=env
    )
    assert ran.returncode == 0, ran.stdout[-1000:] + ran.stderr[-1000:]
    return ran.stdout

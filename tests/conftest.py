"""Both databases for every test that takes `store_url`: SQLite, and PostgreSQL of our own.

Where there is room, what tests write is written to memory: stores by the thousand come and go.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from askwell_edge.settings import driver_url
from askwell_edge.store.migrate import upgrade

TEMPLATE = "askwell_template"
MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes, far above what the tests fill


def pytest_configure() -> None:
    """Settle what the tests' own process and those that it starts inherit."""
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    # Else each process would compile our sources anew, and each store that opens its migrations.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store of the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("store") / "askwell.sqlite3"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The socket folder of a cluster of our own, with a template of the newest schema."""
    with tempfile.TemporaryDirectory(prefix="askwell-pg-") as folder:
        cluster = Path(folder)
        cluster.chmod(0o755)
        data = cluster / "data"
        if os.geteuid() == 0:
            shutil.chown(cluster, "postgres")
        postgres(
            "initdb", "-D", str(data), "-U", "askwell", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        # It does not outlive the tests: nothing need reach the disk.
        quick = "-c fsync=off -c full_page_writes=off -c max_wal_size=128MB"
        options = f"-k {cluster} -c listen_addresses='' -c max_connections=200 {quick}"
        postgres(
            "pg_ctl", "-D", str(data), "-o", options, "-l", str(cluster / "log"), "-w", "start"
        )
        try:
            asyncio.run(statement(folder, f"CREATE DATABASE {TEMPLATE}"))
            upgrade(driver_url(f"postgresql://askwell@/{TEMPLATE}?host={folder}"))
            yield folder
        finally:
            postgres("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh store; the test runs once on each database."""
    if request.param == "sqlite":
        folder = tmp_path / "sqlite"
        folder.mkdir()
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, folder / template.name)
        yield f"sqlite:///{folder / template.name}"
        return
    cluster: str = request.getfixturevalue("postgresql")
    name = f"askwell_{os.urandom(6).hex()}"
    asyncio.run(statement(cluster, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    yield f"postgresql://askwell@/{name}?host={cluster}"
    asyncio.run(statement(cluster, f"DROP DATABASE {name} WITH (FORCE)"))


async def statement(cluster: str, text: str) -> None:
    """Run one statement outside any transaction."""
    conn = await asyncpg.connect(host=cluster, user="askwell", database="postgres")
    try:
        await conn.execute(text)
    finally:
        await conn.close()


def postgres(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; never as root, which it refuses."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    path = str(installed[-1]) if installed else shutil.which(program)
    assert path, f"{program} of PostgreSQL is not installed"
    other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    ran = subprocess.run(
        [*other, path, *arguments],
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
